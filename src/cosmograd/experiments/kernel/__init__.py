"""The tangent kernel of a model: its spectrum and its modes."""
