"""A test field in numbers, and its page."""

from typing import Any

from cosmograd.experiments.spectator.specification import COMMAND
from cosmograd.figures import KeyNumber, Notice, Page, Section, Sentences, Verbatim
from cosmograd.results import Result
from cosmograd.results.number_format import error, number

KIND = "universe"

_LISTED = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power")


def summary(result: Result) -> dict[str, Any]:
    """Its single numbers, and the mode as lists: `cosmograd universe --test-field --json`."""
    return (
        {"name": result.attrs.get("name", "")}
        | result.numbers
        | {name: result[name].values.tolist() for name in _LISTED}
    )


def fault(result: Result) -> str | None:
    """What is wrong with results that were read."""
    return None if result.specification else f"holds no specification of a test field. Compute it: {COMMAND}."


def page(result: Result) -> Page:
    """Its numbers, how it was computed, and the command that does so again."""
    name, missed = result.attrs.get("name", ""), warnings(result)
    after = [Section("method", "How it was computed", _METHOD)]
    if result.specification:
        again = ["This command gives the same results again:", Verbatim(command(result))]
        after.append(Section("specification", "Specification", again))
    return Page(
        title=name if name not in ("", "test field") else "A test field in de Sitter space",
        summary=_lead(result),
        first=Section("numbers", "Numbers", []),
        key_numbers=_key_numbers(result),
        notices=[Notice("warnings", "Warnings", [Sentences(missed)])] if missed else [],
        after=after,
        sources=_SOURCES,
    )


_SOURCES = (
    "T. S. Bunch and P. C. W. Davies, “Quantum field theory in de Sitter space: renormalization by point-splitting”, "
    "Proc. R. Soc. Lond. A 360 (1978) 117."
)
_METHOD = [
    "Units: H = 1, in de Sitter space, whose expansion the field does not change. The mode's phase is that of "
    "e^(−ikτ) in the far past.",
    "The mode obeys d²δφ/dt² + 3H dδφ/dt + (k²/a² + m²)δφ = 0. It starts in its Bunch–Davies vacuum, by the "
    "adiabatic series at the largest k/aH, and is followed by amplitude and phase, which do not oscillate.",
    "Its error is estimated, not proven: from a second solution with a larger tolerance, and from the last term of "
    "the vacuum's series.",
]


def _lead(result: Result) -> str:
    x, mass = result["wavenumber_over_ah"].values, result.specification.get("mass_over_hubble_squared", float("nan"))
    return (
        f"The Bunch–Davies mode of a test field with m²/H² = {number(mass, 6)} in de Sitter space, from k/aH = "
        f"{number(x[0])} to {number(x[-1])}."
    )


def _key_numbers(result: Result) -> list[KeyNumber]:
    contents, power = result.specification, result["power"].values
    asked = contents.get("accuracy")
    return [
        KeyNumber("m²/H²", number(contents.get("mass_over_hubble_squared", float("nan")), 6), "of the test field"),
        KeyNumber(
            "power at the end",
            number(power[-1], 4),
            f"k³|δφ|²/2π² in units of H², at k/aH = {number(result['wavenumber_over_ah'].values[-1])}",
        ),
        KeyNumber(
            "accuracy",
            error(result["achieved_accuracy"]),
            "estimated relative error of the mode" + (f"; asked for {number(asked, 2)}" if asked else ""),
        ),
    ]


def warnings(result: Result) -> list[str]:
    """What a reader must know before using the numbers."""
    asked, reached = result.specification.get("accuracy"), float(result["achieved_accuracy"])
    if asked is None or reached <= asked:
        return []
    return [f"The accuracy {number(asked, 2)} was not reached: the estimated error is {error(reached)}."]


def command(result: Result) -> str:
    """The command that computes it again."""
    contents = result.specification
    first, last, mass, accuracy = (
        repr(contents[key]) for key in ("first", "last", "mass_over_hubble_squared", "accuracy")
    )
    return (
        f"{COMMAND} --mass-over-hubble-squared={mass} --wavenumbers {first}:{last}:{contents['count']} "
        f"--accuracy {accuracy}"
    )
