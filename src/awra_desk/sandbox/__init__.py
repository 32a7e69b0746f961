"""A simulated merchant with known truth, for demo, tests and training. Never imports the matcher it is used to judge."""
