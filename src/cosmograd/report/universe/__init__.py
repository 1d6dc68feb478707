"""The report of a universe: its page, its figures, and its numbers."""
