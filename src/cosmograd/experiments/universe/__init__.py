"""Inflation of a given potential: its background, primordial spectra, and the numbers at the pivot."""
