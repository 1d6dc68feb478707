"""The report of a measurement: its page and its figures."""
