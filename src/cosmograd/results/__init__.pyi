from .estimate import ESTIMATE_PARTS as ESTIMATE_PARTS, Estimate as Estimate
from .labelled_array import LabelledArray as LabelledArray
from .quantity import Quantity as Quantity, quantities_by_name as quantities_by_name
from .result import Result as Result
