"""A tangent kernel in numbers, and its page."""

from typing import Any

from cosmograd.figures import KeyNumber, Page, Section
from cosmograd.results import Result
from cosmograd.results.number_format import number


def summary(result: Result) -> dict[str, Any]:
    """Eigenvalues and trace."""
    return {
        "model": result.attrs.get("model", ""),
        "trace": float(result["trace"]),
        "eigenvalues": result["eigenvalues"].values.tolist(),
    }


def page(result: Result) -> Page:
    """Size, trace and largest eigenvalue."""
    λ = result["eigenvalues"].values
    return Page(
        title="Tangent kernel",
        summary=str(result.attrs.get("model", "")),
        first=Section("numbers", "Numbers", []),
        key_numbers=[
            KeyNumber("size", str(len(λ)), "flattened outputs"),
            KeyNumber("trace", number(result["trace"], 4), "sum of the eigenvalues"),
            KeyNumber("λ_max", number(λ[0], 4), "largest eigenvalue"),
        ],
    )
