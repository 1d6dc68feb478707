"""A universe on a network, at the front door."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cosmograd.cosmology import AbstractExpansion, DeSitter
from cosmograd.cosmology.potentials import AbstractPotential, FunctionPotential
from cosmograd.duality.analogue import FieldTheory, PeriodicBox, field_potential, periodic_box
from cosmograd.experiments.network_universe.model import AnalogueModel, checked_updates
from cosmograd.experiments.network_universe.run import computed
from cosmograd.experiments.network_universe.setting import potential_in_words, setting_text
from cosmograd.experiments.network_universe.specification import EvolutionSection, FieldStartSection
from cosmograd.experiments.validation import validated
from cosmograd.learning.networks import AbstractNetwork, EquinoxNetwork, Perceptron
from cosmograd.precision import in_float64
from cosmograd.results import Result
from cosmograd.verbs.checks import Number
from cosmograd.verbs.progress import Report, progress_of

_PLACES = 3  # where the curvature of a potential is compared
_WIDTH, _WEIGHT_SCALE = 512, 3.0  # of the network that carries a universe where none is given


@in_float64
def simulate(
    theory: FieldTheory | AbstractPotential | Callable[[Any], Any] | Number,
    network: Any = None,
    *,
    time_step: Number = 0.01,
    updates: int | None = None,
    e_folds: Number | None = None,
    expansion: AbstractExpansion | Number | None = None,
    box: PeriodicBox | None = None,
    fields: int | None = None,
    start: str | None = None,
    waves: Mapping[str, Number | Sequence[Number]] | None = None,
    velocities: Mapping[str, Number | Sequence[Number]] | None = None,
    start_time: Number = 0.0,
    members: int = 1,
    amplitude: Number | None = None,
    accuracy: Number | None = None,
    refreshes: int = 0,
    seed: int = 0,
    progress: Report | None = None,
) -> Result:
    r"""Scalar fields in an expanding universe, evolved by training a network, beside the direct solution.

    $$\ddot q_k + 3H\dot q_k + \frac{k^2}{a^2}q_k + \frac{\partial V}{\partial q_k} = 0$$

    for the modes $q_k$ of a periodic box; every update of the training is a leapfrog step of it.

    Args:
        theory: V(φ) of the fields at a point, by operations of `jax.numpy`; or m² of a free field as a number; or a
            `FieldTheory` of `cosmograd.duality.analogue`, which brings its expansion and box. Units of H.
        network: a function key → Equinox module or one of `cosmograd.learning.networks`, that takes `box.inputs`
            (cosine and sine of each coordinate) and has one output for each field; a wide perceptron when left out.
        time_step: δ of an update.
        updates: length of the run.
        e_folds: or its length in e-folds.
        expansion: H of de Sitter space, or one of `cosmograd.cosmology`; H = 1 when left out.
        box: of `cosmograd.duality.analogue.periodic_box`; modes up to n = 6 on a circle when left out.
        fields: how many fields V is of; 1 when left out.
        start: `mode-functions` of the vacuum (when left out), or random draws from the `vacuum`.
        waves: instead, coefficients of modes by name, one number for each field: `{"cos 1": 0.3}`.
        velocities: their derivatives by t, likewise.
        start_time: t at the start.
        members: universes, each on a network of its own, with start="vacuum".
        amplitude: ε, outputs of the network per field; derived when left out.
        accuracy: relative error that is allowed; what cannot reach it is refused before training.
        refreshes: how often the network is linearised anew.
        seed: of networks and vacuum.
        progress: called with the fraction done since its last call, instead of a bar.

    Returns:
        `network_fields` and `direct_fields` (update, mode, component), `relative_error` with its parts from the step,
        the amplitude and the width; of several members power spectra with standard errors.

    Raises:
        ValueError: with the reason and what to do, before anything is trained.

    Example:
        >>> float(simulate(0.0, time_step=0.01, e_folds=1.0).relative_error) < 1e-3
        True

    Source: `cosmograd.duality.analogue`.
    """
    if waves is not None or velocities is not None:
        if start is not None:
            raise ValueError("`waves` and `velocities` are a start of their own; leave out `start`.")
        start = "waves"
    start = start or "mode-functions"
    if isinstance(theory, FieldTheory):
        given = {"expansion": expansion, "box": box, "fields": fields}
        if known := [name for name, value in given.items() if value is not None]:
            raise ValueError(f"a `FieldTheory` brings its own {known[0]}; leave out `{known[0]}`.")
        found = theory
    else:
        found = FieldTheory(box or periodic_box(), _expansion(expansion), _potential(theory, fields or 1))
    chosen = {
        name: dict(values) for name, values in (("waves", waves), ("velocities", velocities)) if values is not None
    }
    section = validated(FieldStartSection, {"kind": start} | chosen)
    if members > 1 and start != "vacuum":
        raise ValueError(f'{members} universes differ by their draws from the vacuum; give start="vacuum".')
    length = {"e_folds": e_folds, "updates": updates}
    training = validated(
        EvolutionSection,
        {"time_step": time_step, "amplitude": amplitude, "accuracy": accuracy, "members": members}
        | {"refreshes": refreshes, "seed": seed}
        | {name: value for name, value in length.items() if value is not None},
    )
    steps = checked_updates(training, found, float(start_time))
    model = AnalogueModel(found, _network(network, found), float(start_time), steps, _is_linear(found))
    with progress_of("simulation", progress) as done:
        text = setting_text(
            found, model.network, potential_in_words(theory, found.fields), model.linear, start != "waves", members,
            training.accuracy, training.refreshes,
        )  # fmt: skip
        said = {"name": "universe on a network", "setting": text}
        return computed(model, section, training, said, done).result


def _expansion(expansion: Any) -> AbstractExpansion:
    if isinstance(expansion, AbstractExpansion):
        return expansion
    if expansion is not None and not isinstance(expansion, (int, float, np.number)):
        raise ValueError(
            f"`expansion` must be H of de Sitter space or an expansion of cosmograd.cosmology, as DeSitter(1.0) or "
            f"PowerLawExpansion.matter(1.0); got {expansion!r}."
        )
    return DeSitter(1.0 if expansion is None else float(expansion))


def _potential(theory: Any, fields: int) -> AbstractPotential:
    if isinstance(theory, AbstractPotential):
        return theory
    if callable(theory):
        function: Any = theory
        return FunctionPotential(function, fields)
    if not isinstance(theory, (int, float, np.number)):
        raise ValueError(
            "`theory` must be V(φ), a potential of cosmograd.cosmology.potentials, m² as a number or a "
            f"FieldTheory, got {theory!r}."
        )
    return field_potential(float(theory))


def _network(network: Any, theory: FieldTheory) -> AbstractNetwork:
    inputs = theory.box.inputs.shape[1]
    if network is None:
        return Perceptron((inputs, _WIDTH, theory.fields), "tanh", "ntk", _WEIGHT_SCALE, 1.0)
    return network if isinstance(network, AbstractNetwork) else EquinoxNetwork(network, (inputs,))


def _is_linear(theory: FieldTheory) -> bool:
    """Whether V is quadratic: its curvature is the same everywhere."""
    curvature = jax.hessian(theory.potential)
    places = np.random.default_rng(0).normal(size=(_PLACES, theory.fields))  # in no direction that V may single out
    first, *others = (np.asarray(curvature(jnp.asarray(place))) for place in places)
    return all(np.allclose(first, other, rtol=1e-10, atol=1e-12 * np.abs(first).max()) for other in others)
