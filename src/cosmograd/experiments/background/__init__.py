"""The background of inflation, without perturbations."""
