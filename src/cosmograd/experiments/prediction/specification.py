"""Keys of a prediction: data, network, loss and optimiser of the training, and how far to predict."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from cosmograd.experiments.training.specification import (
    LONGEST_RUN,
    DataSection,
    LossSection,
    NetworkSection,
    OptimiserSection,
    PerceptronNetwork,
    Seed,
    with_kind_of_network,
)
from cosmograd.experiments.validation import Count, Section

COMMAND = "cosmograd predict"

# Its sections are those of a training.
BY_NAME_ONLY = True


class Specification(Section):
    """A training predicted from the initial kernel alone: `cosmograd predict`, or `cosmograd run FILE`."""

    name: str = Field(default="prediction", description="Title of the page.")
    seed: Seed = Field(default=0, description="Seed of the initial networks.")
    data: DataSection = Field(description="The data that networks learn.")
    network: NetworkSection = Field(default=PerceptronNetwork(), description="The network.")
    loss: LossSection = Field(
        default=LossSection(), description="The loss that training minimises; the squared one only."
    )
    optimiser: OptimiserSection = Field(description="How it is minimised.")
    members: Count = Field(default=4, description="Initial networks that the kernel and the start are averaged over.")
    updates: Annotated[int, Field(ge=1, le=LONGEST_RUN)] = Field(default=1000, description="Length of the run.")
    records: Annotated[int, Field(ge=2)] = Field(
        default=200, description="Updates at which the loss is predicted, evenly in log(1 + n)."
    )

    @model_validator(mode="after")
    def _squared(self) -> "Specification":
        if self.loss.kind != "squared":
            raise ValueError(
                f'loss.kind: {self.loss.kind!r} is not allowed; allowed: "squared", whose modes do not act on each '
                'other. For another loss, train: experiment = "training"'
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _perceptron_unless_said(cls, contents: Any) -> Any:
        return with_kind_of_network(contents)
