"""Ensembles of networks in training, compared with their effective theory and read as universes."""
