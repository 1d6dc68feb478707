"""What a universe on a network was computed from, as figures and page need it: from a file, or from objects."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from cosmograd.cosmology import AbstractExpansion, DeSitter
from cosmograd.duality.analogue import FieldTheory, PeriodicBox, Wave, box_of_waves
from cosmograd.experiments.network_universe.model import build_box
from cosmograd.experiments.network_universe.specification import Specification, parse
from cosmograd.learning.networks import AbstractNetwork, Perceptron
from cosmograd.results import Result
from cosmograd.results.number_format import listed, number


class Setting(NamedTuple):
    """network, background, potential: in words, to stand in a sentence; interacting_vacuum: whether fields that
    interact start in their vacuum; accuracy: that was asked for, or None; refreshes: of the linearisation.
    """

    box: PeriodicBox
    network: str
    background: str
    potential: str
    interacting_vacuum: bool
    accuracy: float | None
    refreshes: int


def setting_of(result: Result) -> Setting:
    """The setting that the result says, else that of its specification."""
    several = "member" in result
    if "setting" in result.attrs:
        return _from_text(str(result.attrs["setting"]))
    return _from_file(str(result.attrs["specification"]), several)


def setting_text(
    theory: FieldTheory,
    network: AbstractNetwork,
    potential: str,
    linear: bool,
    from_vacuum: bool,
    members: int,
    accuracy: float | None,
    refreshes: int,
) -> str:
    """The setting of a universe that was made from objects, for the attribute `setting` of its result."""
    box = theory.box
    contents = {
        "box": {
            "dimension": box.dimension,
            "points_per_side": box.points_per_side,
            "length": box.length,
            "waves": [[list(wave.numbers), wave.shape] for wave in box.waves],
            "is_whole_lattice": box.is_whole_lattice,
        },
        "network": _network_in_words(network, members > 1),
        "background": _background_in_words(theory.expansion),
        "potential": potential,
        "interacting_vacuum": from_vacuum and not linear,
        "accuracy": accuracy,
        "refreshes": refreshes,
    }
    return json.dumps(contents, ensure_ascii=False)


@lru_cache(maxsize=4)
def _from_text(text: str) -> Setting:
    contents = json.loads(text)
    box: dict[str, Any] = contents.pop("box")
    waves = [Wave(tuple(numbers), shape) for numbers, shape in box.pop("waves")]
    return Setting(box_of_waves(**box, waves=waves), **contents)


@lru_cache(maxsize=4)
def _from_file(text: str, several: bool) -> Setting:
    specification = parse(json.loads(text))
    section, training = specification.network, specification.training
    network = (
        f"{section.name or 'network'} of {section.file}"
        if section.file is not None
        else _layers_in_words(section.hidden, several)
    )
    return Setting(
        build_box(specification),
        network,
        _BACKGROUNDS[specification.background.kind],
        _potential_in_words(specification),
        not specification.field.is_linear and specification.start.kind != "waves",
        training.accuracy,
        training.refreshes,
    )


_BACKGROUNDS = {
    "de-sitter": "de Sitter space",
    "power-law": "a universe that expands as a power of time",
    "radiation": "a universe of radiation",
    "matter": "a universe of matter",
    "tabulated": "a tabulated expansion",
    "inflation": "an inflating universe",
}


def _background_in_words(expansion: AbstractExpansion) -> str:
    return _BACKGROUNDS["de-sitter"] if isinstance(expansion, DeSitter) else f"a {type(expansion).__name__}"


def _network_in_words(network: AbstractNetwork, several: bool) -> str:
    if isinstance(network, Perceptron):
        return _layers_in_words(tuple(network.widths[1:-1]), several)
    return f"a network of the class {type(network).__name__}"


def _layers_in_words(hidden: tuple[int, ...], several: bool) -> str:
    each, layers = ("each with " if several else "with "), ("hidden layers" if len(hidden) > 1 else "a hidden layer")
    return f"{each}{layers} of {listed(map(str, hidden))}"


def potential_in_words(given: Any, fields: int) -> str:
    """m² of a free field, or the name of a function or potential."""
    if isinstance(given, (int, float, np.number)):
        return f"m² = {number(given)}" if given else _NO_POTENTIAL
    name = getattr(given, "name", None) or getattr(given, "__name__", type(given).__name__)
    name = "a function" if name == "<lambda>" else name
    return f"{name}{f' of {fields} fields' if fields > 1 else ''}"


_NO_POTENTIAL = "none, a free and massless field"


def _potential_in_words(specification: Specification) -> str:
    field = specification.field
    if field.potential is not None:
        section = field.potential
        return section.get("name") or f"{section.get('function', 'potential')} of {section['file']}"
    texts = []
    if field.mass_matrix is not None:
        rows = "; ".join(", ".join(number(x) for x in row) for row in field.mass_matrix)
        texts.append(f"mass matrix ({rows})")
    elif field.mass_squared:
        texts.append(f"m² = {number(field.mass_squared)}")
    if field.quartic:
        texts.append(f"λ = {number(field.quartic)} in λφ⁴/4")
    if field.coupling:
        texts.append(f"g = {number(field.coupling)} in gφ_1²φ_2²/2")
    return listed(texts) if texts else _NO_POTENTIAL
