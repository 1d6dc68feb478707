"""What can be asked of the dictionary."""

from typing import Annotated

from pydantic import Field, model_validator

from cosmograd.duality.dictionary import Scheme, TimeUnit
from cosmograd.experiments.validation import Positive, Section

COMMAND = "cosmograd run FILE"
BY_NAME_ONLY = True


class Specification(Section):
    """A training step and the universe that it is: give η (and β), or H and δ."""

    name: str = Field(default="dictionary", description="Title of the page.")
    learning_rate: Positive | None = Field(default=None, description="Learning rate η.")
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        default=None, description="Momentum β of heavy-ball gradient descent; 0 when left out."
    )
    hubble_rate: Positive | None = Field(default=None, description="Or: Hubble rate H of the universe to simulate.")
    time_step: Positive | None = Field(default=None, description="With it: duration δ of an update.")
    time_unit: TimeUnit = Field(
        default="canonical",
        description="Unit of time: canonical (V = L), gradient-flow (δ = η), sqrt-learning-rate (δ = √η), update.",
    )
    scheme: Scheme = Field(default="leapfrog", description="How an update is read as a step of time.")

    @model_validator(mode="after")
    def _one_direction(self) -> "Specification":
        backwards = self.hubble_rate is not None or self.time_step is not None
        if backwards == (self.learning_rate is not None or self.momentum is not None):
            raise ValueError("give either `learning_rate` (and `momentum`), or `hubble_rate` and `time_step`")
        if (self.hubble_rate is None) != (self.time_step is None):
            raise ValueError("a universe needs both `hubble_rate` and `time_step`")
        if not backwards and self.learning_rate is None:
            raise ValueError("`momentum` needs `learning_rate`")
        return self
