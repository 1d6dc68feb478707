"""The plane of n_s and r: a family of potentials over one of its parameters and the e-folds after the pivot."""
