"""The tangent kernel of any model that people have, with its modes."""

import dataclasses
import functools
import html
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from cosmograd.compilation import compiled
from cosmograd.learning.networks import AbstractModel, JaxModel, as_model
from cosmograd.learning.networks.models import as_points
from cosmograd.learning.tangent_kernel.kernel import as_matrix, neural_tangent_kernel, traced_tangent_kernel
from cosmograd.learning.tangent_kernel.kernel_quantities import QUANTITIES
from cosmograd.results import Result
from cosmograd.solvers import Eigenmodes, eigenmodes

# 32 GiB: a dense matrix whose modes no computer finds in a day.
_LARGEST_SIZE = 2**16
_EIGENVALUES_SHOWN = 6
# Up to this size modes are found whenever the kernel is printed, in a few seconds.
_SIZE_SHOWN = 2000


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TangentKernel:
    r"""A tangent kernel on some points, with its modes, in float64.

    matrix: Θ, square, over flattened outputs (all outputs of the first point, then of the second, …), or over points
    where outputs are averaged; outputs: f, shape (points, outputs); probe_matrix, probe_outputs: rows over the other
    points, columns over the points, and f there; None where no other points were given; model: what it is the kernel
    of.
    """

    matrix: Float[np.ndarray, "size size"]
    outputs: Float[np.ndarray, "points outputs"]
    model: AbstractModel
    average_outputs: bool = False
    probe_matrix: Float[np.ndarray, "other_size size"] | None = None
    probe_outputs: Float[np.ndarray, "probe_points outputs"] | None = None

    @functools.cached_property
    def _eigenmodes(self) -> Eigenmodes:
        return eigenmodes(self.matrix)

    @property
    def eigenvalues(self) -> Float[np.ndarray, " modes"]:
        """λ, the largest first."""
        return self._eigenmodes.eigenvalues

    @property
    def modes(self) -> Float[np.ndarray, "size modes"]:
        """Eigenvectors as columns, in the order of `eigenvalues`."""
        return self._eigenmodes.vectors

    def result(self) -> Result:
        """The same as a result: `eigenvalues`, `modes`, `matrix`, `outputs` with their axes."""
        arrays = {
            "matrix": (("row", "column"), self.matrix),
            "eigenvalues": (("mode",), self.eigenvalues),
            "modes": (("row", "mode"), self.modes),
            "outputs": (("point", "output"), self.outputs),
            "trace": ((), np.trace(self.matrix)),
        }
        if self.probe_matrix is not None:
            arrays["probe_matrix"] = (("probe_row", "column"), self.probe_matrix)
            arrays["probe_outputs"] = (("probe_point", "output"), self.probe_outputs)
        return Result.of("kernel", QUANTITIES, arrays, {"name": "tangent kernel", "model": repr(self.model)})

    def to_xarray(self) -> Any:
        """All of it as an `xarray.Dataset`."""
        return self.result().to_xarray()

    def plot(self, name: str | None = None) -> Any:
        """The spectrum, or the leading modes: `plot("modes")`."""
        return self.result().plot(name)

    def save(self, folder: str | Path) -> Path:
        """Write a folder that `cosmograd.load` reads, as a result."""
        return self.result().save(folder)

    def _lines(self) -> list[tuple[str, str]]:
        points, k = self.outputs.shape
        size = len(self.matrix)
        outputs = "output" if k == 1 else "outputs"
        what = f"{points} points, mean over {k} outputs" if self.average_outputs else f"{points} points × {k} {outputs}"
        lines = [("matrix", f"{size} × {size} ({what})"), ("trace", f"{np.trace(self.matrix):.6g}")]
        if size <= _SIZE_SHOWN or "_eigenmodes" in vars(self):
            λ = self.eigenvalues
            shown = [f"{value:.4g}" for value in λ[:_EIGENVALUES_SHOWN]]
            if size > _EIGENVALUES_SHOWN:
                shown += ["…", f"{λ[-1]:.4g}"] if size > _EIGENVALUES_SHOWN + 1 else [f"{λ[-1]:.4g}"]
            zero = int(np.count_nonzero(λ <= size * np.finfo(np.float64).eps * np.abs(λ).max()))
            condition = f"singular, {zero} eigenvalues are zero to round-off" if zero else f"{λ[0] / λ[-1]:.3g}"
            lines += [("eigenvalues", ", ".join(shown)), ("condition", condition)]
        else:
            lines.append(("eigenvalues", "found when asked for: .eigenvalues, .modes"))
        if self.probe_outputs is not None:
            lines.append(("other points", str(len(self.probe_outputs))))
        return lines

    def __repr__(self) -> str:
        lines = "\n".join(f"  {name:<13}{value}" for name, value in self._lines())
        return f"Tangent kernel of {self.model!r}\n{lines}"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in self._lines())
        return f"<table><caption>Tangent kernel of {html.escape(repr(self.model))}</caption>{rows}</table>"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class _KeptModel(AbstractModel):
    """A model of which only its kernel was kept."""

    @property
    def parameter_count(self) -> int:
        return 0

    def outputs(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        raise ValueError(f"{self.description} was not kept, only its kernel; give the model itself.")

    def along_parameters(self, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "points outputs"]:
        return self.outputs(inputs)

    def __repr__(self) -> str:
        return self.description


def kernel_of_result(result: Result) -> TangentKernel:
    """The kernel that `TangentKernel.result` gave, read back from a folder; its model is not there."""
    others = [result[name].values if name in result else None for name in ("probe_matrix", "probe_outputs")]
    matrix, outputs = result["matrix"].values, result["outputs"].values
    model = _KeptModel(str(result.attrs.get("model", "a model")), (), outputs.shape[1])
    return TangentKernel(matrix, outputs, model, len(matrix) < outputs.size, *others)


def tangent_kernel(
    model: Any,
    inputs: Any,
    probe_inputs: Any = None,
    *,
    average_outputs: bool = False,
    key: PRNGKeyArray | None = None,
) -> TangentKernel:
    r"""The tangent kernel of a model at its current parameters.

    $$\Theta(x,i;\,x',j) = \sum_p \frac{\partial f_i(x)}{\partial\theta_p}\frac{\partial f_j(x')}{\partial\theta_p}$$

    Args:
        model: an Equinox module, a Flax NNX module, a Flax Linen module with its parameters, a pair
            (apply, parameters), a `torch.nn.Module`, or a network of ours with parameters or a `key`; see `as_model`.
        inputs: array (points, …).
        probe_inputs: further points, whose kernel with `inputs` is computed too: predictions on unseen points need it.
        average_outputs: the average over outputs, $\frac1k\sum_i\Theta(x,i;x',i)$, of shape (points, points), to which
            the kernel of a wide network tends for each of its outputs.
        key: the draw of a network of ours that comes without parameters.

    Returns:
        The kernel with `matrix`, `eigenvalues`, `modes` and `outputs`, as NumPy arrays in float64. The unit of Θ is
        that of f², for parameters without a unit.

    Raises:
        ValueError: with the reason and what to do, for models and inputs that cannot be used.

    Example:
        >>> module = eqx.nn.MLP(3, 2, 8, 1, key=jax.random.key(0))
        >>> tangent_kernel(module, jnp.ones((5, 3))).matrix.shape
        (10, 10)

    Source: Jacot, Gabriel & Hongler 2018, §3.
    """
    found, points = as_model(model, inputs, key=key), as_points(inputs)
    size = len(points) * (1 if average_outputs else found.output_size)
    if size > _LARGEST_SIZE:
        cure = "fewer points" if average_outputs or found.output_size == 1 else "fewer points, or average_outputs=True"
        raise ValueError(
            f"the kernel of {len(points)} points with {found.output_size} outputs would be {size} × {size}, more than "
            f"{_LARGEST_SIZE} × {_LARGEST_SIZE}. Take {cure}."
        )
    outputs = found.outputs(points)
    if not np.isfinite(outputs).all():
        bad = int(np.count_nonzero(~np.isfinite(outputs).all(axis=1)))
        raise ValueError(f"{found.description} returns NaN or infinite numbers on {bad} of {len(points)} points.")
    matrix = _matrix(found, points, None, average_outputs)
    if probe_inputs is None:
        return TangentKernel(matrix, outputs, found, average_outputs)
    others = as_points(probe_inputs, "probe_inputs")
    if others.shape[1:] != points.shape[1:]:
        raise ValueError(
            f"`probe_inputs` are points of shape {others.shape[1:]}, `inputs` of shape {points.shape[1:]}; they must "
            "be the same."
        )
    probe_matrix = _matrix(found, others, points, average_outputs)
    return TangentKernel(matrix, outputs, found, average_outputs, probe_matrix, found.outputs(others))


def kernel_of_points(model: AbstractModel, inputs: Float[np.ndarray, "points ..."]) -> Float[np.ndarray, "size size"]:
    """Θ over flattened outputs of a model as `as_model` returns it."""
    return _matrix(model, inputs, None, False)


def _matrix(
    model: AbstractModel, rows: np.ndarray, columns: np.ndarray | None, average_outputs: bool
) -> Float[np.ndarray, "rows columns"]:
    if not isinstance(model, JaxModel):
        from cosmograd.learning.tangent_kernel.torch_kernel import torch_kernel

        return torch_kernel(model, rows, columns, average_outputs)  # pyright: ignore[reportArgumentType]
    points = (None if array is None else jnp.asarray(array) for array in (rows, columns))
    compute = _averaged if average_outputs else _full
    return np.asarray(compute(model.network, model.parameters, *points), dtype=np.float64)


@compiled
def _full(network: Any, parameters: Any, rows: Any, columns: Any) -> Any:
    return as_matrix(neural_tangent_kernel(network, parameters, rows, columns))


@compiled
def _averaged(network: Any, parameters: Any, rows: Any, columns: Any) -> Any:
    return traced_tangent_kernel(network, parameters, rows, columns)
