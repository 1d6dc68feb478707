"""Parameters of the effective theory, measured from training runs."""
