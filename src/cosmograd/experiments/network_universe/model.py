"""From a specification to the objects it names: expansion, box, potential, network, and length."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import scipy  # scipy.optimize loads where it is used

from cosmograd.compilation import compiled
from cosmograd.cosmology import AbstractExpansion, DeSitter, PowerLawExpansion, TabulatedExpansion
from cosmograd.cosmology.background import (
    InflationSettings,
    Model,
    attractor_velocity,
    expansion_of_inflation,
    failure_of_inflation,
    inflate,
)
from cosmograd.cosmology.potentials import AbstractPotential
from cosmograd.duality.analogue import MOST_POINTS, FieldTheory, PeriodicBox, field_potential, periodic_box
from cosmograd.errors import UserError
from cosmograd.experiments.network_universe.specification import (
    CarrierSection,
    DeSitterBackground,
    EvolutionSection,
    FieldSection,
    InflationBackground,
    MatterBackground,
    PowerLawBackground,
    Specification,
    TabulatedBackground,
)
from cosmograd.experiments.training.assembly import Sources, user_network
from cosmograd.learning.networks import AbstractNetwork, Perceptron

# Numbers of all members' paths, in memory together.
_MOST_NUMBERS = 2 * 10**8
_INFLATION = InflationSettings(tolerance=1e-11, grid_points=4097, max_steps=16384)
# No universe doubles its scale factor so often.
_LONGEST_SEARCH = 200


class AnalogueModel(NamedTuple):
    """What a universe on a network is compiled from; linear: whether its fields obey linear equations."""

    theory: FieldTheory
    network: AbstractNetwork
    start_time: float
    updates: int
    linear: bool


def build(specification: Specification, sources: Sources) -> AnalogueModel:
    """Everything but the start; `UserError` where the sections do not fit each other."""
    training = specification.training
    box = build_box(specification)
    potential = _potential(specification.field, sources)
    expansion = _expansion(specification, sources)
    start = float(specification.background.start_time)
    theory = FieldTheory(box, expansion, potential)
    where = "background.file" if isinstance(specification.background, TabulatedBackground) else "background.kind"
    updates = checked_updates(training, theory, start, where)
    network = _network(specification.network, box, potential.fields, sources)
    return AnalogueModel(theory, network, start, updates, specification.field.is_linear)


def checked_updates(training: EvolutionSection, theory: FieldTheory, start: float, where: str = "expansion") -> int:
    """How many updates a run has; `UserError` where that is too much, or the expansion is not known for so long.

    where: what messages call a tabulated expansion.
    """
    expansion, modes = theory.expansion, len(theory.box.waves) * theory.fields
    updates = training.updates or _updates_of(training.e_folds or 0.0, expansion, start, training.time_step)
    numbers = training.members * (updates + 1) * modes
    if numbers > _MOST_NUMBERS:
        raise UserError(
            f"training: {training.members} × {updates} updates of {modes} modes are "
            f"{numbers:.2g} numbers, more than {_MOST_NUMBERS:.2g}. Take fewer updates, members or modes."
        )
    _check_time_step(expansion, start, training.time_step, updates, where)
    return updates


def build_box(specification: Specification) -> PeriodicBox:
    """The box; `UserError` where its lattice is too coarse or too large.

    Where interactions are to act, its lattice takes more than four points for each wave, if so many are allowed.
    """
    section = specification.box
    largest = None if section.largest_number == "all" else section.largest_number

    points = section.points_per_side
    if points is None and largest is not None and not specification.field.is_linear:
        fine = 1 << (4 * largest).bit_length()
        points = fine if fine**section.dimension <= MOST_POINTS else None
    try:
        return periodic_box(section.dimension, largest, points, section.length, section.constant_mode)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"box: {error}") from None


def _network(section: CarrierSection, box: PeriodicBox, fields: int, sources: Sources) -> AbstractNetwork:
    inputs = box.inputs.shape[1]
    if section.file is None:
        return Perceptron(
            (inputs, *section.hidden, fields), section.activation, section.parametrisation, section.weight_scale,
            section.bias_scale,
        )  # fmt: skip
    try:
        return user_network(section.file, section.name or "network", (inputs,), fields, sources)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"network: {error}") from error


def _potential(section: FieldSection, sources: Sources) -> AbstractPotential:
    if section.potential is not None:
        return _named(section.potential, sources, "field.potential")
    masses = section.mass_squared or 0.0
    if section.fields > 1:
        masses = np.asarray(section.mass_matrix or np.zeros((section.fields, section.fields)))
    return field_potential(masses, section.quartic or 0.0, section.coupling or 0.0)


def _named(section: Mapping[str, Any], sources: Sources, where: str) -> AbstractPotential:
    from cosmograd.experiments.universe.model import build_potential

    return build_potential(section, sources.model, where)


def _expansion(specification: Specification, sources: Sources) -> AbstractExpansion:
    section = specification.background
    if isinstance(section, DeSitterBackground):
        return DeSitter(section.hubble_rate)
    if isinstance(section, PowerLawBackground):
        return PowerLawExpansion(section.exponent, section.start_time)
    if isinstance(section, TabulatedBackground):
        return _tabulated(section, sources)
    if isinstance(section, InflationBackground):
        return _inflation(section, sources)
    kind = PowerLawExpansion.matter if isinstance(section, MatterBackground) else PowerLawExpansion.radiation
    return kind(section.start_time)


def _inflation(section: InflationBackground, sources: Sources) -> AbstractExpansion:
    potential = _named(section.potential, sources, "background.potential")
    model, suggested = Model(potential), potential.suggested_field()
    if section.field is None and suggested is None:
        raise UserError("background.field: give where the inflaton starts, in M_Pl; this potential suggests none.")
    field = jnp.atleast_1d(jnp.asarray(suggested if section.field is None else section.field, dtype=float))
    if field.shape != (potential.fields,):
        raise UserError(f"background.field: {section.field} is not {potential.fields} number(s), one for each field.")
    history = compiled(inflate)(model, field, attractor_velocity(model, field), _INFLATION)
    if failure := failure_of_inflation(history, _INFLATION):
        raise UserError(f"background: {failure}")
    try:
        return expansion_of_inflation(history, section.e_folds_before_end, section.hubble_rate)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"background.e_folds_before_end: {error}") from None


def _tabulated(section: TabulatedBackground, sources: Sources) -> AbstractExpansion:
    columns = sources.columns(section.file)
    for key in ("time_column", "scale_factor_column"):
        if getattr(section, key) not in columns:
            raise UserError(
                f"background.{key}: {section.file} has no column {getattr(section, key)!r}; it has: "
                f"{', '.join(columns)}."
            )
    try:
        return TabulatedExpansion.from_scale_factor(columns[section.time_column], columns[section.scale_factor_column])
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"background.file: {section.file}: {error}") from None


def _updates_of(e_folds: float, expansion: AbstractExpansion, start: float, time_step: float) -> int:
    """Updates until the universe has grown by so many e-folds, to the nearest."""

    def missing(time: float) -> float:
        return float(expansion.log_scale_factor(time) - expansion.log_scale_factor(start)) - e_folds

    duration = time_step
    for _ in range(_LONGEST_SEARCH):
        if not missing(start + duration) < 0:
            break
        duration *= 2
    if not missing(start + duration) >= 0:
        raise UserError(
            f"training.e_folds: the universe does not grow by {e_folds:g} e-folds after t = {start:g}; take fewer, "
            "or give `updates`."
        )
    end = scipy.optimize.brentq(missing, start, start + duration, xtol=1e-12, rtol=1e-14)
    return max(1, round((float(end) - start) / time_step))


def _check_time_step(expansion: AbstractExpansion, start: float, δ: float, updates: int, where: str) -> None:
    """The step before the start, which momentum needs, and the end must lie where the expansion is known."""
    if isinstance(expansion, TabulatedExpansion):
        times = np.asarray(expansion.times)
        if start - δ < times[0] or start + updates * δ > times[-1]:
            raise UserError(
                f"{where}: the table covers t = {times[0]:g} to {times[-1]:g}; the training needs "
                f"{start - δ:g}, a step before the start, to {start + updates * δ:g}."
            )
    elif isinstance(expansion, PowerLawExpansion) and start <= δ:
        raise UserError(
            f"background.start_time: the universe begins at t = 0, and the step before the start would be at "
            f"{start - δ:g}; take `start_time` above training.time_step = {δ:g}."
        )
