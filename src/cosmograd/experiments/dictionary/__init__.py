"""A training step read as a step of an expanding universe, and back."""
