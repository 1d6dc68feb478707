"""The plane of n_s and r, member by member and pivot by pivot."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cosmograd.compilation import compiled
from cosmograd.cosmology.background import InflationHistory, Model
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.cosmology.spectra import EFoldsBeforeEnd, SlowRollSpectra, primordial_spectra, slow_roll_spectra
from cosmograd.errors import UserError
from cosmograd.experiments.sources import Sources
from cosmograd.experiments.tilt_plane.measured import COMPATIBLE, LARGEST_RATIO, SCALAR_TILT, SCALAR_TILT_ERROR
from cosmograd.experiments.tilt_plane.quantities import QUANTITIES
from cosmograd.experiments.tilt_plane.specification import Specification, numbers
from cosmograd.experiments.universe.model import build_model, refuse_other_numbers_of_fields
from cosmograd.experiments.universe.specification import Specification as UniverseSpecification, parameters_of
from cosmograd.results import Result

_OF_POINTS = (
    "scalar_tilt",
    "tilt_error",
    "tensor_to_scalar_ratio",
    "tensor_to_scalar_ratio_error",
    "running",
    "running_error",
    "scalar_amplitude",
    "slow_roll_scalar_tilt",
    "slow_roll_tensor_to_scalar_ratio",
)


def run(
    specification: Specification,
    sources: Sources,
    progress: Callable[[float], None] = lambda fraction: None,
    pictured: bool = False,
) -> Result:
    """n_s and r of every member at every pivot; `UserError` where none of them has any."""
    del pictured  # figures need nothing more
    models = _members(specification, sources)
    values, e_folds = numbers(specification.parameter.values), numbers(specification.e_folds)
    shape = len(values), len(e_folds)
    found = {name: np.full(shape, np.nan) for name in _OF_POINTS}
    reason, total = np.full(shape, "", dtype=object), np.full(len(values), np.nan)
    for member, (asked, model) in enumerate(models):
        for place, before_end in enumerate(e_folds):
            try:
                point, total[member] = _point(asked, model, float(before_end))
            except (ValueError, UserError) as error:
                reason[member, place] = str(error)
            else:
                for name in _OF_POINTS:
                    found[name][member, place] = point[name]
            progress(1 / reason.size)
    if (reason != "").all():
        raise UserError("\n".join(dict.fromkeys(reason.ravel().tolist())))
    plane = ("parameter", "e_folds")
    arrays: dict[str, Any] = {
        "parameter": (("parameter",), values),
        "e_folds": (("e_folds",), e_folds),
        **{name: (plane, array) for name, array in found.items()},
        "reason": (plane, reason.astype(str)),
        "e_folds_total": (("parameter",), total),
        "compatible_share": (
            (),
            compatible(found["scalar_tilt"], found["tensor_to_scalar_ratio"])[reason == ""].mean(),
        ),
        "smallest_ratio": ((), np.nanmin(found["tensor_to_scalar_ratio"])),
    }
    return Result.of("tilt_plane", QUANTITIES, arrays, _said(specification, models[0][1].potential, sources))


def _said(specification: Specification, potential: AbstractPotential, sources: Sources) -> dict[str, str]:
    """Name and specification, with every parameter of a named potential, since defaults may change; the user's file."""
    contents = specification.model_dump()
    file = contents["potential"].get("file")
    if file is None:
        others = (name for name in parameters_of(type(potential)) if name != specification.parameter.name)
        contents["potential"] |= {name: float(getattr(potential, name)) for name in others}
    said = {"name": specification.name, "specification": json.dumps(contents, ensure_ascii=False)}
    return said if file is None else said | {"potential_source": sources.text(file)}


def compatible(scalar_tilt: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Which points agree with what is measured; none without numbers."""
    with np.errstate(invalid="ignore"):
        return (np.abs(scalar_tilt - SCALAR_TILT) <= COMPATIBLE * SCALAR_TILT_ERROR) & (ratio < LARGEST_RATIO)


def check(specification: Specification, sources: Sources) -> None:
    """Raise `UserError` where a member of the family is no potential."""
    _members(specification, sources)


def machine(specification: Specification) -> dict[str, Any]:
    """The backend decides the bits."""
    del specification
    return {"backend": jax.default_backend()}


class _Member(eqx.Module):
    """A user's function of the fields and the parameter, at one value of it; all members share a program."""

    function: Callable[..., Any] = eqx.field(static=True)
    value: Float[Array, ""]

    def __call__(self, field: Array) -> Array:
        return self.function(field, self.value)


def _members(specification: Specification, sources: Sources) -> list[tuple[UniverseSpecification, Model]]:
    """Every member of the family as a universe, and its model."""
    section, parameter = specification.potential, specification.parameter
    own = _own_function(specification, sources) if "file" in section else None
    members = []
    for value in numbers(parameter.values).tolist():
        asked = UniverseSpecification(
            potential=section if own is not None else section | {parameter.name: value},
            start=specification.start,
            field_space=specification.field_space,
            cosmological_constant=specification.cosmological_constant,
            accuracy=specification.accuracy,
        )
        at_value = None if own is None else _Member(own, jnp.asarray(value))
        try:
            model = build_model(asked, lambda file, name, found=at_value: found)
            refuse_other_numbers_of_fields(asked, model)
        except UserError as error:
            raise UserError(f"parameter.values: at {parameter.name} = {value:g}, {error}") from None
        members.append((asked, model))
    return members


def _own_function(specification: Specification, sources: Sources) -> Callable[..., Any]:
    section, parameter = specification.potential, specification.parameter.name
    name = section.get("function", "potential")
    function = sources.model(section["file"], name)
    example = f"def {name}(field, {parameter}): …"
    if not callable(function):
        raise UserError(f"potential.function: {name!r} of {section['file']} is no function; write {example}")
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        raise UserError(
            f"potential.function: {name!r} of {section['file']} must take the vector of fields and the value of "
            f"{parameter}: {example}"
        ) from None
    except ValueError:  # a function without a signature; it is called, and what goes wrong is named there
        pass
    return function


@compiled
def _slow_roll(history: InflationHistory, e_folds: Float[Array, ""]) -> SlowRollSpectra:
    return slow_roll_spectra(history, history.continued_phase(history.e_folds_total - e_folds))


def _point(asked: UniverseSpecification, model: Model, before_end: float) -> tuple[dict[str, float], float]:
    """Numbers of one member at one pivot, and its e-folds in all; ValueError where there are none."""
    result = primordial_spectra(
        model,
        asked.start.field,
        asked.start.velocity,
        wavenumbers=[1.0],
        pivot=EFoldsBeforeEnd(before_end),
        accuracy=asked.accuracy,
    )
    rolling = _slow_roll(result.history, jnp.asarray(before_end))
    pivot, rolling, total, accuracy = jax.device_get(
        (result.pivot, rolling, result.history.e_folds_total, result.achieved_accuracy)
    )
    ratio = float(pivot.tensor_amplitude) / float(pivot.scalar_amplitude)
    return {
        "scalar_tilt": float(pivot.scalar_tilt),
        "tilt_error": float(pivot.tilt_error),
        "tensor_to_scalar_ratio": ratio,
        "tensor_to_scalar_ratio_error": 2 * ratio * float(accuracy),  # both powers' errors together
        "running": float(pivot.running),
        "running_error": float(pivot.running_error),
        "scalar_amplitude": float(pivot.scalar_amplitude),
        "slow_roll_scalar_tilt": float(rolling.scalar_tilt),
        "slow_roll_tensor_to_scalar_ratio": float(rolling.tensor_power / rolling.scalar_power),
    }, float(total)
