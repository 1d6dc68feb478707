"""A recorded training of several networks: their outputs, kernels and losses along the updates."""
