"""Data: points on the circle, real handwritten digits, and the user's own arrays and tables."""

from cosmograd.learning.datasets.circle import circle
from cosmograd.learning.datasets.dataset import Dataset, make_dataset
from cosmograd.learning.datasets.digits import ENCODINGS, SCALINGS, Encoding, Scaling, digits
from cosmograd.learning.datasets.tables import left_out_columns, table_dataset, table_notes

__all__ = [
    "ENCODINGS",
    "SCALINGS",
    "Dataset",
    "Encoding",
    "Scaling",
    "circle",
    "digits",
    "left_out_columns",
    "make_dataset",
    "table_dataset",
    "table_notes",
]
