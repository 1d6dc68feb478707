"""How the points of a study are told apart, and what is read off all of them together."""
