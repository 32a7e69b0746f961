"""Pure rules of staged writes: templates, keys and digests, preflight, read-back comparison, reversal."""
