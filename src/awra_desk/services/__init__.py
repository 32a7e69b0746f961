"""Use cases, one module per verb. Synchronous, no window, no adapter: everything they touch comes in through `Desk`."""
