"""A simulated merchant with known truth, for demo, tests and training; never imports the matcher it judges."""
