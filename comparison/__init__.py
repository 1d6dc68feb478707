"""Results of all commands, studies and examples, recorded and compared between two states of the code."""
