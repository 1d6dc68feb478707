"""What can be asked of the dictionary."""

from typing import Annotated

from pydantic import Field, model_validator

from cosmograd.duality.dictionary import Scheme, TimeUnit
from cosmograd.experiments.dictionary.numbers import contradiction
from cosmograd.experiments.validation import Count, Positive, Section
from cosmograd.learning.optimiser_names import OptimiserName

COMMAND = "cosmograd run FILE"
BY_NAME_ONLY = True


class Specification(Section):
    """A training step and the universe that it is: give η (and β), or H and δ; in units of one update H and η."""

    name: str = Field(default="dictionary", description="Title of the page.")
    learning_rate: Positive | None = Field(
        default=None, description="Learning rate η; beside H too in units of one update."
    )
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        default=None, description="Momentum β, for Adam β₁; 0 when left out, 0.9 for Nesterov, Adam and AdamW."
    )
    optimiser: OptimiserName = Field(
        default="sgd", description="Whose numbers these are: sgd (heavy ball), nesterov, adam, adamw or rmsprop."
    )
    averaged: bool = Field(
        default=False, description="Whether momentum averages gradients, v = βv + (1 − β)g, as in textbooks."
    )
    dampening: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Dampening τ of PyTorch's SGD, v = βv + (1 − τ)g."
    )
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Weight decay w; 0 when left out, 0.01 for AdamW."
    )
    hubble_rate: Positive | None = Field(default=None, description="Or: Hubble rate H of the universe to simulate.")
    time_step: Positive | None = Field(
        default=None, description="With it: duration δ of an update; 1 in units of one update."
    )
    time_unit: TimeUnit = Field(
        default="canonical",
        description="Unit of time: canonical (V = L), gradient-flow (δ = η), sqrt-learning-rate (δ = √η), update.",
    )
    scheme: Scheme = Field(default="leapfrog", description="How an update is read as a step of time.")

    eigenvalue: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Eigenvalue of the tangent kernel, for the mass and the regime of its mode."
    )
    points: Count = Field(
        default=1, description="Number of points N that the loss is the mean over; 1 when it is their sum."
    )

    @model_validator(mode="after")
    def _one_direction(self) -> "Specification":
        numbers = ("learning_rate", "momentum", "hubble_rate", "time_step")
        given = [name for name in numbers if getattr(self, name) is not None]
        if fault := contradiction(given, self.time_unit, lambda name: f"`{name}`"):
            raise ValueError(fault)
        if self.hubble_rate is not None and (self.optimiser != "sgd" or self.dampening or self.averaged):
            raise ValueError("a universe is simulated by heavy ball; leave the optimiser's convention out")
        return self
