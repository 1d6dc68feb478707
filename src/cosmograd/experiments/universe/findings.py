"""Inflation in numbers, and its page: which universe it is, its numbers beside slow roll, and what to know of them."""

from typing import Any

import numpy as np

from cosmograd.experiments.toml_text import file_text
from cosmograd.experiments.universe.figures.freeze_out import distance_from_spectrum
from cosmograd.experiments.universe.figures.history import energy_name, field_names, fields_of
from cosmograd.experiments.universe.specification import parameters_of, potentials_by_name
from cosmograd.figures import Content, KeyNumber, Notice, Page, Section, Sentences, Table, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import count, error, error_span, listed, number, with_error

# Modes drawn with few steps may be this far from the spectrum; further, one of the two is wrong.
_DRAWN_APART = 0.02


# Numbers that are printed under the name of the spectrum they are of.
PRINTED_AS = {"isocurvature_amplitude": "isocurvature_power"}


def summary(result: Result) -> dict[str, Any]:
    """All single numbers, then what failed: `cosmograd universe --json`. Spectra stand in the result itself."""
    reasons = result["reason"].values
    failed = reasons != ""
    pairs = zip(result["wavenumber"].values[failed], reasons[failed], strict=True)
    return {
        "name": result.attrs.get("name", ""),
        **{PRINTED_AS.get(name, name): value for name, value in result.numbers.items()},
        "wavenumbers": int(failed.size),
        "failed_wavenumbers": [{"wavenumber": float(k), "reason": str(reason)} for k, reason in pairs],
    }


def page(result: Result) -> Page:
    """Its numbers beside slow roll, warnings, how it was computed, and the file that gives it again."""
    given, missed, failed = result.attrs.get("name", ""), warnings(result), failures(result)
    notices = [Notice("warnings", "Warnings", [Sentences(missed)])] if missed else []
    if failed:
        stand = "They are missing in the spectra; the other wavenumbers stand."
        notices.append(Notice("failures", "Wavenumbers without power", [stand, Sentences(failed)]))
    after = [Section("method", "How it was computed", _method(result))]
    if result.specification:
        after.append(Section("specification", "Specification", _file(result)))
    return Page(
        title=given if given not in ("", "universe") else f"Inflation: {_potential_name(result)}",
        summary=_lead(result),
        first=Section("numbers", "Numbers", [slow_roll_table(result)]),
        key_numbers=_key_numbers(result),
        notices=notices,
        after=after,
        sources=_SOURCES,
    )


_SOURCES = (
    "Perturbations in several fields: M. Sasaki and E. D. Stewart, Prog. Theor. Phys. 95 (1996) 71; transport of their "
    "covariance: M. Dias, J. Frazer and D. Seery, JCAP 12 (2015) 030; slow roll beyond leading order: E. D. Stewart "
    "and D. H. Lyth, Phys. Lett. B 302 (1993) 171; S. M. Leach, A. R. Liddle, J. Martin and D. J. Schwarz, Phys. Rev. "
    "D 66 (2002) 023515."
)


def _file(result: Result) -> list[Content]:
    sources = {name: str(result.attrs.get(f"{name}_source", "")) for name in ("potential", "metric")}
    return [
        "All that decides the results, as a universe file. To compute them again: `cosmograd universe FILE --out "
        "FOLDER`",
        Verbatim(file_text(result)),
        *(
            content
            for name, source in sources.items()
            if source
            for content in (f"The file with the {name}, as it was then:", Verbatim(source))
        ),
    ]


def _lead(result: Result) -> str:
    names, fields, velocities = field_names(result), fields_of(result, "field"), fields_of(result, "field_velocity")
    start = listed(f"{name} = {number(value, 4)} M_Pl" for name, value in zip(names, fields[0], strict=True))
    rolling = listed(f"d{name}/dN = {number(value)}" for name, value in zip(names, velocities[0], strict=True))
    given = result.specification.get("start", {}).get("velocity") is not None
    how = f"with {rolling} M_Pl" if given else f"on the attractor ({rolling} M_Pl)"
    who = "A field" if len(names) == 1 else f"{_COUNTED.get(len(names), str(len(names)))} fields"
    rolls = "rolls" if len(names) == 1 else "roll"
    return (
        f"{who} in the {_potential_name(result)} potential{_in_brackets(result)} {rolls} from {start} {how}, and the "
        f"universe inflates by {number(result['e_folds_total'], 4)} e-folds."
    )


_COUNTED = {2: "Two", 3: "Three", 4: "Four"}


def _potential_name(result: Result) -> str:
    section = result.specification.get("potential", {})
    if "file" in section:
        return f"{section.get('function', 'potential')} of {section['file']}"
    return section.get("name", "given")


def _in_brackets(result: Result) -> str:
    """Parameters of the model, those left out of the file with their defaults."""
    contents = result.specification
    texts = _parameters(contents.get("potential", {}))
    if (Λ := contents.get("cosmological_constant", 0.0)) != 0:
        texts.append(f"Λ = {number(Λ, 4)} M_Pl⁴")
    space = contents.get("field_space", {})
    if space.get("file"):
        texts.append(f"field space with the metric {space['function']} of {space['file']}")
    elif space.get("kind", "flat") != "flat":
        texts.append(f"{space['kind']} field space of rate {number(space['rate'], 4)}")
    return f" ({'; '.join(texts)})" if texts else ""


def _parameters(section: dict[str, Any]) -> list[str]:
    kind = potentials_by_name().get(section.get("name", ""))
    if kind is None:
        return []
    defaults = {name: getattr(kind, name, None) for name in parameters_of(kind)}
    texts = []
    for name, meaning in parameters_of(kind).items():
        value = section.get(name, defaults[name])
        what, _, unit = meaning.partition(", in ")
        if value is not None:
            texts.append(f"{what} = {number(value, 4)}{' ' + unit if unit else ''}")
    return texts


def _key_numbers(result: Result) -> list[KeyNumber]:
    values = result.numbers
    tilt_error, tensor_error, running_error = (values[f"{name}_error"] for name in ("tilt", "tensor_tilt", "running"))
    asked = result.specification.get("accuracy")
    before_end = values["e_folds_total"] - values["pivot_crossing"]
    return [
        KeyNumber("A_s", number(values["scalar_amplitude"], 4), "scalar power at the pivot"),
        KeyNumber("n_s", with_error(values["scalar_tilt"], tilt_error), f"at the pivot, ± {error(tilt_error)}"),
        KeyNumber("running dn_s/dln k", with_error(values["running"], running_error, 3), f"± {error(running_error)}"),
        KeyNumber("r", number(values["tensor_to_scalar_ratio"], 4), "tensor over scalar power at the pivot"),
        KeyNumber("n_t", with_error(values["tensor_tilt"], tensor_error, 4), f"at the pivot, ± {error(tensor_error)}"),
        KeyNumber(
            "e-folds of inflation",
            number(values["e_folds_total"], 4),
            f"the pivot leaves the horizon {number(before_end, 4)} before the end",
        ),
        KeyNumber(
            "accuracy",
            error(values["achieved_accuracy"]),
            "estimated relative error of any power" + (f"; asked for {number(asked, 2)}" if asked else ""),
        ),
        KeyNumber("Friedmann violation", error(values["friedmann_violation"]), "largest of the background, relative"),
    ]


def warnings(result: Result) -> list[str]:
    """What a reader must know before using the numbers."""
    asked, reached = result.specification.get("accuracy"), float(result["achieved_accuracy"])
    texts = []
    if asked is not None and not reached <= asked:
        texts.append(f"The accuracy {number(asked, 2)} was not reached: the estimated error is {error(reached)}.")
    apart = distance_from_spectrum(result)
    apart = apart[apart > _DRAWN_APART]
    if apart.size:
        texts.append(
            f"The curvature power of {count(int(apart.size), 'mode')}, followed to the end of inflation on its own, "
            f"differs from the spectrum by {error_span(apart)} (relative). They should agree: one of the two is not "
            "resolved, or leaves something out."
        )
    return texts


def failures(result: Result) -> list[str]:
    """Why wavenumbers have no power, one sentence for each."""
    return [str(reason) for reason in result["reason"].values if reason]


_TILTS = {
    "n_s": ("scalar_tilt", "tilt_error"),
    "running dn_s/dln k": ("running", "running_error"),
    "n_t": ("tensor_tilt", "tensor_tilt_error"),
}
# Where the powers stand, and how many of them a number is made of, whose relative errors add up.
_POWERS = {"A_s": ("scalar_amplitude", 1), "r": ("tensor_to_scalar_ratio", 2)}


def slow_roll_table(result: Result) -> Table:
    """Tilts, running, A_s and r: computed, and in slow roll where that is known."""
    values = result.numbers
    predicted = _powers_at_pivot(result)
    rows = [
        _row(name, values[key], values[uncertainty], values.get(f"slow_roll_{key}", np.nan))
        for name, (key, uncertainty) in _TILTS.items()
    ]
    for name, (key, powers) in _POWERS.items():
        uncertainty = powers * values["achieved_accuracy"] * values[key]
        rows.append(_row(name, values[key], uncertainty, predicted.get(name, np.nan)))
    caption = (
        "At the pivot, with estimated absolute errors. Slow roll is the expansion in horizon-flow parameters of the "
        "exact background where the pivot has k = aH: powers to next-to-leading order, tilts to second order, the "
        "running to its lowest."
    )
    if "slow_roll_scalar_power" not in result:
        caption += " It predicts no curvature of several fields, which feed it outside the horizon."
    elif not predicted:
        caption += " The pivot is not among the wavenumbers, so that slow roll's A_s and r are not known there."
    return Table(("", "computed", "error", "slow roll", "computed − slow roll"), tuple(rows), 1, caption)


def _row(name: str, value: float, uncertainty: float, prediction: float) -> tuple[str, ...]:
    difference = number(value - prediction, 2)
    return name, with_error(value, uncertainty), error(uncertainty), number(prediction, 6), difference


def _powers_at_pivot(result: Result) -> dict[str, float]:
    """A_s and r in slow roll; nothing where the pivot is not among the wavenumbers, or has no power."""
    if "slow_roll_scalar_power" not in result:
        return {}
    distance = np.abs(np.log(result["wavenumber"].values))
    at = int(np.argmin(distance))
    scalar, tensor = (float(result[f"slow_roll_{kind}_power"].values[at]) for kind in ("scalar", "tensor"))
    if distance[at] > 1e-9 or not (np.isfinite(scalar) and scalar > 0):
        return {}
    return {"A_s": scalar, "r": tensor / scalar}


def _method(result: Result) -> list[str]:
    """How the results came about."""
    violation, points = float(result["friedmann_violation"]), result.sizes["e_folds"]
    depth = float(result["mode_wavenumber_over_ah"].values[:, 0].min()) if result.sizes.get("mode", 0) else None
    shown = f" (the modes that are drawn, at k/aH = {number(depth, 2)})" if depth is not None else ""
    return [
        "Units: ħ = c = 1 and M_Pl = 1/√(8πG) = 1; a = 1 at the start. N counts e-folds from there, and k is given in "
        f"units of the pivot, {number(result['pivot_wavenumber'], 4)} M_Pl.",
        "Background: φ, dφ/dN and ln H are integrated in e-folds until ε_1 = 1, with H on its own, so that Friedmann's "
        f"constraint 3H² = H²(dφ/dN)²/2 + {energy_name(result)} checks the result: it is violated by "
        f"{number(violation, 2)} at most, relative to 3H². The history is kept at {points} values of N.",
        f"Perturbations: each mode starts in its Bunch–Davies vacuum while it is deep inside the horizon{shown}, from "
        "the adiabatic series of the background it really has. It is then followed, not as an oscillating function but "
        "through its covariance relative to that of a massless field in de Sitter space, in which nothing oscillates.",
        "Errors are estimated, not proven: by taking steps twice as long, by the last terms kept of expansions, and by "
        "the background's tolerance and interpolation. The computation is refined until their sum is below the "
        "accuracy asked for, or until refining no longer helps.",
        "Tilts and running are derivatives of a polynomial in ln k through powers near the pivot, within a factor e of "
        "it or, where the spectrum has a feature, e^(1/4); their errors are its distance from one through every other "
        "point and the derivative of the powers' own error.",
    ]
