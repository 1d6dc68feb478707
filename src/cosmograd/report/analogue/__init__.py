"""The report of an analogue: its page, its figures, its animation, and its numbers."""
