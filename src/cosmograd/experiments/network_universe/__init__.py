"""A universe on a network: fields in an expanding box are the outputs of a network in training."""
