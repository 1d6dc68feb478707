"""Models as people have them: Equinox, Flax, PyTorch, or a function with its parameters."""

from cosmograd.learning.networks.models.as_model import as_model
from cosmograd.learning.networks.models.model import AbstractModel, JaxModel
from cosmograd.learning.networks.models.points import as_points

__all__ = ["AbstractModel", "JaxModel", "as_model", "as_points"]
