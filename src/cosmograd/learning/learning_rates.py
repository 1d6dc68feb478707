"""Which learning rates there are: others overflow, or lose digits, when they are squared or inverted."""

SMALLEST, LARGEST = 1e-150, 1e150
