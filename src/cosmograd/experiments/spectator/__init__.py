"""A test field in de Sitter space: its Bunch–Davies mode through the horizon."""
