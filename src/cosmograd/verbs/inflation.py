"""Inflation at the front door: background and power spectra of any potential."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from cosmograd.cosmology.background import Model
from cosmograd.cosmology.field_space import AbstractFieldSpace, FlatFieldSpace, FunctionFieldSpace
from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential
from cosmograd.cosmology.spectra import ComovingWavenumber, EFoldsBeforeEnd, primordial_spectra
from cosmograd.experiments.background.run import background_result
from cosmograd.experiments.universe.run import spectra_result
from cosmograd.experiments.universe.specification import named_potential, parameters_of
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.verbs.checks import Number, refuse_traced

_DEFAULT_WAVENUMBERS = (1e-2, 1e2, 81)


@in_float64
def spectra(
    potential: str | AbstractPotential | Callable[[Any], Any],
    *,
    field: Number | Sequence[Number] | np.ndarray | None = None,
    velocity: Number | Sequence[Number] | np.ndarray | None = None,
    parameters: Mapping[str, Number] | None = None,
    metric: AbstractFieldSpace | Callable[[Any], Any] | None = None,
    wavenumbers: Any = None,
    pivot_e_folds: Number | None = None,
    pivot_wavenumber: Number | None = None,
    cosmological_constant: Number = 0.0,
    accuracy: Number = 1e-5,
    pictures: bool = False,
) -> Result:
    r"""Primordial power spectra of inflation in a potential, with the numbers at the pivot and their errors.

    $$P_R(k) = \frac{k^3}{2\pi^2}|R_k|^2, \qquad n_s = 1 + \frac{\mathrm{d}\ln P_R}{\mathrm{d}\ln k}, \qquad
      r = \frac{P_t}{P_R}$$

    at the end of inflation, from the equations of the perturbations of all fields, not from slow roll.

    Args:
        potential: V(φ) in M_Pl⁴ of the vector of fields in M_Pl, by operations of `jax.numpy`; for one field V may
            also be a function of the number. Or the name of a potential of the library, or one of its objects.
        field: φ at the start, one number for each field; needed with a function.
        velocity: dφ/dN at the start; that of the slow-roll attractor when left out.
        parameters: of a named potential, `{"mass": 6e-6}`.
        metric: G(φ) of the field space, a function that returns a symmetric positive matrix, or one of
            `cosmograd.cosmology.field_space`; flat when left out.
        wavenumbers: k in units of the pivot, increasing; 81 from 0.01 to 100 when left out.
        pivot_e_folds: the pivot has k = aH that many e-folds before the end; 55 when left out.
        pivot_wavenumber: instead, k of the pivot in M_Pl with a = 1 at the start.
        cosmological_constant: Λ in M_Pl⁴, added to V.
        accuracy: relative, of every power; 1e-9 to 1e-2.
        pictures: whether to compute what further figures show: the potential, modes that freeze out, the end.

    Returns:
        `scalar_amplitude`, `scalar_tilt`, `running`, `tensor_to_scalar_ratio`, `tensor_tilt` with errors, the powers
        `scalar_power` and `tensor_power` at `wavenumber`, and the background; of several fields isocurvature too.
        `achieved_accuracy` says how exact the powers are.

    Raises:
        ValueError: with the reason and what to do, where the potential cannot be used or does not inflate.

    Example:
        >>> round(spectra(lambda phi: 0.5e-10 * phi[0] ** 2, field=17.0).scalar_tilt, 4)
        0.9634

    Source: M. Sasaki and E. D. Stewart, Prog. Theor. Phys. 95 (1996) 71; M. Dias, J. Frazer and D. Seery, JCAP 12
    (2015) 030. Differentiable: `cosmograd.cosmology.spectra.spectra`.
    """
    refuse_traced("spectra", "cosmograd.cosmology.spectra.spectra", field, velocity, parameters, potential)
    model, start = _model(potential, field, parameters, metric, cosmological_constant)
    if pivot_e_folds is not None and pivot_wavenumber is not None:
        raise ValueError("give at most one of `pivot_e_folds` and `pivot_wavenumber`.")
    if pivot_wavenumber is not None:
        pivot = ComovingWavenumber(float(pivot_wavenumber))
    else:
        pivot = EFoldsBeforeEnd() if pivot_e_folds is None else EFoldsBeforeEnd(float(pivot_e_folds))
    first, last, count = _DEFAULT_WAVENUMBERS
    k = np.geomspace(first, last, count) if wavenumbers is None else np.atleast_1d(np.asarray(wavenumbers, float))
    found = primordial_spectra(model, start, velocity, wavenumbers=k, pivot=pivot, accuracy=float(accuracy))
    spectrum = {"wavenumbers": k.tolist(), "pivot_e_folds": pivot_e_folds, "pivot_wavenumber": pivot_wavenumber}
    asked = {"spectrum": spectrum, "accuracy": accuracy}
    said = _said("universe", potential, model, metric, field, velocity, asked)
    return spectra_result(model, found, pictures, said)


@in_float64
def inflate(
    potential: str | AbstractPotential | Callable[[Any], Any],
    *,
    field: Number | Sequence[Number] | np.ndarray | None = None,
    velocity: Number | Sequence[Number] | np.ndarray | None = None,
    parameters: Mapping[str, Number] | None = None,
    metric: AbstractFieldSpace | Callable[[Any], Any] | None = None,
    cosmological_constant: Number = 0.0,
) -> Result:
    r"""The background of inflation, from the start to its end at ε = 1.

    $$\ddot\varphi^I + \Gamma^I_{JK}\dot\varphi^J\dot\varphi^K + 3H\dot\varphi^I + G^{IJ}V_{,J} = 0, \qquad
      3H^2 = \tfrac12 G_{IJ}\dot\varphi^I\dot\varphi^J + V$$

    Args:
        potential: as in `spectra`, and so are all others.
        field: φ at the start.
        velocity: dφ/dN at the start.
        parameters: of a named potential.
        metric: G(φ) of the field space.
        cosmological_constant: Λ in M_Pl⁴.

    Returns:
        `field`, `field_velocity` (dφ/dN), `hubble_rate`, `epsilon_1` and `epsilon_2` along `e_folds`, their number
        `e_folds_total`, and `friedmann_violation`, the largest relative error of the second equation.

    Raises:
        ValueError: with the reason and what to do, where the potential cannot be used or does not inflate.

    Example:
        >>> round(inflate("quadratic", field=16.0).e_folds_total, 1)
        64.6

    Source: Dodelson & Schmidt 2020, Modern Cosmology, ch. 7. Differentiable: `cosmograd.cosmology.background.inflate`.
    """
    refuse_traced("inflate", "cosmograd.cosmology.background.inflate", field, velocity, parameters, potential)
    model, start = _model(potential, field, parameters, metric, cosmological_constant)
    result = background_result(model, start, velocity)
    result.attrs.update(_said("background", potential, model, metric, field, velocity, {}))
    return result


def _said(
    name: str, potential: Any, model: Model, metric: Any, field: Any, velocity: Any, asked: dict[str, Any]
) -> dict[str, str]:
    """Name and, of what a file can say, the specification; the text of a function of the user's, where it is known."""
    if metric is not None or not isinstance(potential, (str, AbstractPotential)):
        try:
            return {"name": name, "potential_source": inspect.getsource(potential)}
        except (OSError, TypeError):  # typed at a prompt, or made by another function
            return {"name": name}
    section = {key: float(getattr(model.potential, key)) for key in parameters_of(type(model.potential))}
    contents = {
        "name": name,
        "potential": {"name": model.potential.name} | section,
        "start": {"field": _plain(field), "velocity": _plain(velocity)},
        "field_space": {"kind": "flat", "rate": None},
        "cosmological_constant": float(model.cosmological_constant),
    }
    return {"name": name, "specification": json.dumps(contents | asked, ensure_ascii=False)}


def _plain(value: Any) -> Any:
    return None if value is None else np.asarray(value, dtype=float).tolist()


def _model(
    potential: Any,
    field: Any,
    parameters: Mapping[str, Number] | None,
    metric: Any,
    cosmological_constant: Number,
) -> tuple[Model, Any]:
    """The model of inflation, and its start (None: where the potential suggests)."""
    if metric is None:
        space: AbstractFieldSpace = FlatFieldSpace()
    elif isinstance(metric, AbstractFieldSpace):
        space = metric
    elif callable(metric):
        function: Any = metric
        space = FunctionFieldSpace(function)
    else:
        raise ValueError(f"`metric` must be a function of the fields or a field space, got {metric!r}.")
    return Model(_potential(potential, field, parameters), space, float(cosmological_constant)), field


def _potential(potential: Any, field: Any, parameters: Mapping[str, Number] | None) -> AbstractPotential:
    if isinstance(potential, str):
        return named_potential(potential, {key: float(value) for key, value in (parameters or {}).items()})
    if parameters:
        raise ValueError("`parameters` belong to a potential given by name; set them in your own function.")
    if isinstance(potential, AbstractPotential):
        return potential
    if not callable(potential):
        raise ValueError(
            f"`potential` must be a function V(φ), the name of a potential or one of cosmograd.cosmology.potentials, "
            f"got {potential!r}."
        )
    if field is None:
        raise ValueError("a potential given as a function needs a start: give `field`, φ in M_Pl, as in field=17.0.")
    fields, function = np.size(field), cast(Callable[[Any], Any], potential)
    return FunctionPotential(function if fields > 1 else _of_vector(function), fields)


def _of_vector(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same potential of one field as a function of a vector, also where it was written for a number."""
    try:
        shape = jax.eval_shape(function, jax.ShapeDtypeStruct((1,), jnp.result_type(float)))
    except (TypeError, ValueError, IndexError):
        try:
            shape = jax.eval_shape(function, jax.ShapeDtypeStruct((), jnp.result_type(float)))
        except Exception:  # neither: what is wrong is told where the vector is checked
            return function
        if getattr(shape, "shape", None) == ():
            return lambda φ: function(φ[0])
    return function
