"""Keys of a study of noise: data, network, batches, momenta, and how long to record."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from cosmograd.experiments.training.specification import (
    LONGEST_RUN,
    DataSection,
    LossSection,
    NetworkSection,
    PerceptronNetwork,
    Seed,
    with_kind_of_network,
)
from cosmograd.experiments.validation import Count, Section
from cosmograd.learning.batches import SamplingName
from cosmograd.measurement.noise import VARIANCE_EVERY

COMMAND = "cosmograd run FILE"

# Its sections are those of a training.
BY_NAME_ONLY = True

_Momentum = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class Specification(Section):
    """The temperature of training by minibatches around a minimum, and its prediction: `cosmograd run FILE`."""

    name: str = Field(default="noise", description="Title of the page.")
    seed: Seed = Field(default=0, description="Seed of the start, whose nearest minimum is taken, and of the batches.")
    data: DataSection = Field(description="The data that the network has learned.")
    network: NetworkSection = Field(
        default=PerceptronNetwork(), description="The network, with too few parameters to fit every point."
    )
    loss: LossSection = Field(default=LossSection(), description="The loss; the squared one only.")
    batch_sizes: Annotated[list[Count], Field(min_length=1)] = Field(
        default=[1, 2, 4, 8, 16, 32, 64], description="Examples of an update, each number a run."
    )
    momenta: Annotated[list[_Momentum], Field(min_length=1)] = Field(
        default=[0.0, 0.9], description="Momenta β of heavy ball, each a run."
    )
    samplings: Annotated[list[SamplingName], Field(min_length=1)] = Field(
        default=["with-replacement", "shuffled-epochs"], description="How examples are drawn, each way a run."
    )
    drift: Annotated[float, Field(gt=0, lt=2)] = Field(
        default=0.1, description="ηλ_max/(1 − β), the same at every momentum, so that light modes move alike."
    )
    modes: Count = Field(default=8, description="Modes that are followed, the stiffest ones.")
    members: Count = Field(default=256, description="Independent trainings of each run.")
    updates: Annotated[int, Field(ge=VARIANCE_EVERY, le=LONGEST_RUN)] = Field(
        default=4000, description="Recorded updates of each training."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Specification":
        if self.loss.kind != "squared":
            raise ValueError(
                f'loss.kind: {self.loss.kind!r} is not allowed; allowed: "squared", whose minimum is searched'
            )
        for name in ("batch_sizes", "momenta", "samplings"):
            values = getattr(self, name)
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise ValueError(f"{name}: {twice!r} appears twice; each value is one run, so write it once")
        return self

    @model_validator(mode="before")
    @classmethod
    def _perceptron_unless_said(cls, contents: Any) -> Any:
        return with_kind_of_network(contents)
