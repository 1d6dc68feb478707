"""Keys of a measurement: files, settings of the run, and how to measure."""

from typing import Annotated

from pydantic import Field, model_validator

from cosmograd.duality.dictionary import Scheme, TimeUnit
from cosmograd.experiments.sources import FILE
from cosmograd.experiments.validation import Positive, Section
from cosmograd.measurement import check_settings
from cosmograd.measurement.notes import Convention, OptimiserName
from cosmograd.measurement.spectroscopy import Estimator, IntervalKind

COMMAND = "cosmograd fit"


class Specification(Section):
    """Which universe a recorded training is: `cosmograd fit`, whose options are these keys."""

    name: str = Field(default="", description="Title of the page; the name of the file when left out.")
    files: str | list[str] = Field(
        description="Recorded outputs as `.npz`, `.nc` or `.csv`, relative to this file; several are members of one "
        "ensemble."
    )
    learning_rate: Positive = Field(
        description="η of the run, which sets the unit of time unless a kernel tells it too."
    )
    momentum: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = Field(
        default=None, description="β of the run, with which the measured one is compared."
    )
    kernel: Annotated[str | None, FILE] = Field(
        default=None, description="`.npz` or `.nc` with the array `kernel`, the tangent kernel at the start."
    )
    loss_divisor: Positive | None = Field(
        default=None, description="N of the loss ½ Σ|f − y|²/N; that of the file, or 1, when left out."
    )
    blind: bool = Field(default=False, description="Measure from the outputs alone, without the file's own kernel.")
    optimiser: OptimiserName | None = Field(
        default=None, description="The optimiser of the run, compared with the one that is found."
    )
    convention: Convention | None = Field(
        default=None, description="Momentum as v = βv + g (`heavy-ball`), or v = βv + (1 − β)g (`averaged`)."
    )
    time_unit: TimeUnit = Field(default="canonical", description="Unit of time of H, Λ and masses.")
    scheme: Scheme = Field(default="leapfrog", description="How an update is read as a step of time.")
    estimator: Estimator = Field(
        default="auto",
        description="Regression with drifting kernels for exact outputs, trajectory fit at constant kernel for outputs "
        "with noise.",
    )
    intervals: IntervalKind = Field(
        default="auto",
        description="Intervals of the trajectory fit: from its curvature, a bootstrap over members, or the posterior.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Specification":
        if not self.files:
            raise ValueError("files: name at least one file with recorded outputs")
        if self.blind and self.kernel is not None:
            raise ValueError("blind = true ignores kernels: leave out `kernel`, or `blind`")
        check_settings(
            self.learning_rate, self.momentum, self.time_unit, self.scheme, self.intervals, self.estimator,
            self.optimiser, self.convention,
        )  # fmt: skip
        return self
