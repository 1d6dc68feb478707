"""A training before it is made: which learning rates are stable, what is learned when, and what to change."""
