"""What a study is made of: the contents of `study.toml`, validated key by key.

A study is ensembles of networks on one kind of data, trained and predicted, over swept keys
(`cosmograd.runs.sweep`). Every error names the key, the value and what is allowed.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from cosmograd.experiments.validation import Count, CountOrNone, Finite, Positive, Section
from cosmograd.learning import StrategyName
from cosmograd.learning.batches import SamplingName
from cosmograd.learning.datasets import Encoding, Scaling
from cosmograd.learning.losses import Normalisation
from cosmograd.learning.networks import Activation, Parametrisation
from cosmograd.measurement import LEAST_RECORDS
from cosmograd.measurement.noise import VARIANCE_EVERY

COMMAND = "cosmograd study"

# Updates of a run are counted in 32 bits, and nobody waits for more.
LONGEST_RUN = 10**8

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class CircleData(Section):
    """Equidistant points on the circle with a Fourier series as target."""

    kind: Literal["circle"] = Field(default="circle", description="This kind of data.")
    points: Count = Field(default=32, description="Training points.")
    probe_points: CountOrNone = Field(
        default=0, description="Points kept from training, as far from its points as possible."
    )
    cosine: list[Finite] = Field(default=[0.0, 1.0], description="Coefficients a₀, a₁, … of cos kθ in the target.")
    sine: list[Finite] = Field(
        default=[0.0, 0.0, 0.5], description="Coefficients b₀, b₁, … of sin kθ in the target; b₀ has no effect."
    )


class DigitsData(Section):
    """Real handwritten digits of 8×8 pixels, as shipped with scikit-learn."""

    kind: Literal["digits"] = Field(default="digits", description="This kind of data.")
    classes: list[Annotated[int, Field(ge=0, le=9)]] = Field(
        default=list(range(10)), description="Digits to draw images of."
    )
    points: Count = Field(default=64, description="Training images, drawn at random.")
    probe_points: CountOrNone = Field(default=0, description="Images kept from training.")
    encoding: Encoding = Field(
        default="one-hot",
        description="Targets: an output for each class (`one-hot`), ±1 for two classes (`sign`), the digit (`value`).",
    )
    scaling: Scaling = Field(
        default="standardised",
        description="Pixels: mean image removed and one common factor (`standardised`), grey values from 0 to 1 "
        "(`unit`), or every image of length 8 (`sphere`).",
    )
    seed: Seed = Field(default=0, description="Seed of the draw of images.")


class TableData(Section):
    """A table of the user's own."""

    kind: Literal["table"] = Field(default="table", description="This kind of data.")
    file: str = Field(description="`.csv`, `.npz` or `.parquet`; the path is relative to the study file.")
    target: str | list[str] = Field(description="Column to learn, or several.")
    inputs: list[str] | None = Field(
        default=None, description="Columns to learn from; every other numeric column when left out."
    )
    points: Count | None = Field(
        default=None, description="Training rows, drawn at random; all that are no probe rows when left out."
    )
    probe_points: CountOrNone = Field(default=0, description="Rows kept from training.")
    standardise: bool = Field(
        default=True, description="Whether inputs and targets get zero mean and unit deviation over the training rows."
    )
    seed: Seed = Field(default=0, description="Seed of the draw of rows.")


class PerceptronNetwork(Section):
    """A multilayer perceptron, the network where no kind is given."""

    kind: Literal["perceptron"] = Field(default="perceptron", description="This kind of network.")
    width: Count = Field(default=512, description="Width of every hidden layer.")
    hidden_layers: CountOrNone = Field(default=2, description="Number of hidden layers.")
    widths: list[Count] | None = Field(
        default=None, description="Widths of the hidden layers one by one, in place of `width` and `hidden_layers`."
    )
    activation: Activation = Field(default="tanh", description="Activation function of the hidden layers.")
    parametrisation: Parametrisation = Field(default="ntk", description="How layers are scaled with their widths.")
    weight_scale: Positive = Field(
        default=1.5, description="σ_w of the initial weights, in units of the parametrisation."
    )
    bias_scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.1, description="σ_b of the initial biases, in units of the parametrisation."
    )
    linearised: bool = Field(
        default=False,
        description="Whether each network is replaced by its linearisation at its start, whose kernel is constant.",
    )

    @model_validator(mode="after")
    def _one_way_to_give_widths(self) -> "PerceptronNetwork":
        if self.widths is not None and {"width", "hidden_layers"} & self.model_fields_set:
            raise ValueError("give either `widths`, or `width` and `hidden_layers`, not both")
        return self

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Sizes of the hidden layers."""
        return tuple(self.widths) if self.widths is not None else (self.width,) * self.hidden_layers


class _ScaledNetwork(Section):
    """What networks other than perceptrons share."""

    width: Count = Field(default=64, description="Channels of every convolution, or width of every block.")
    activation: Activation = Field(default="relu", description="Activation function.")
    parametrisation: Parametrisation = Field(default="ntk", description="How layers are scaled with their widths.")
    weight_scale: Positive = Field(
        default=1.5, description="σ_w of the initial weights, in units of the parametrisation."
    )
    bias_scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.1, description="σ_b of the initial biases, in units of the parametrisation."
    )
    linearised: bool = Field(default=False, description="As for a perceptron.")


class ConvolutionalSection(_ScaledNetwork):
    """A convolutional network on images."""

    kind: Literal["convolutional"] = Field(default="convolutional", description="This kind of network.")
    layers: Count = Field(default=2, description="Number of convolutions.")
    image: list[Count] | None = Field(
        default=None, description="Height, width and channels of flat points; a square of one channel when left out."
    )
    window: Count = Field(default=3, description="Side of the window.")
    stride: Count = Field(default=1, description="Step of the window.")
    padding: Literal["SAME", "VALID"] = Field(default="SAME", description="Whether images are padded with zeros.")
    pooling: Literal["average", "max", "none"] = Field(default="average", description="Over squares of 2 × 2.")
    globally: bool = Field(default=False, description="Whether what is left is averaged over pixels, not flattened.")


class ResidualSection(_ScaledNetwork):
    """A residual network."""

    kind: Literal["residual"] = Field(default="residual", description="This kind of network.")
    depth: Count = Field(default=4, description="Number of blocks.")
    normalised: bool = Field(default=True, description="Whether layers are normalised.")


class AttentionSection(_ScaledNetwork):
    """One block of self-attention."""

    kind: Literal["attention"] = Field(default="attention", description="This kind of network.")
    heads: Count = Field(default=4, description="Number of heads; divides the width.")
    tokens: Count | None = Field(
        default=None, description="Tokens of a flat point; as many as each has features when left out."
    )


class ModelNetwork(Section):
    """A model of the user's own."""

    kind: Literal["model"] = Field(default="model", description="This kind of network.")
    file: str = Field(description="Python file; the path is relative to the study file.")
    name: str = Field(
        default="network",
        description="Name in it of a network, or of a function (input_shape, outputs) that returns one.",
    )
    linearised: bool = Field(default=False, description="As for a perceptron.")


DataSection = Annotated[CircleData | DigitsData | TableData, Field(discriminator="kind")]
NetworkSection = Annotated[
    PerceptronNetwork | ConvolutionalSection | ResidualSection | AttentionSection | ModelNetwork,
    Field(discriminator="kind"),
]


def with_kind_of_network(contents: Any) -> Any:
    """The contents of a file, whose network is a perceptron unless it says another kind."""
    network = contents.get("network") if isinstance(contents, Mapping) else None
    if isinstance(network, Mapping) and "kind" not in network:
        return {**contents, "network": {"kind": "perceptron", **network}}
    return contents


class LossSection(Section):
    """The loss of the deviations d from the targets; predictions are those of small ones, where all losses agree."""

    kind: Literal["squared", "pseudo-huber"] = Field(
        default="squared",
        description="½d² (`squared`), or s²(√(1 + d²/s²) − 1), which is linear far out (`pseudo-huber`).",
    )
    normalisation: Normalisation = Field(
        default="mean", description="Mean over points or sum over them; sum over outputs."
    )
    scale: Positive | None = Field(default=None, description="s of the pseudo-Huber loss; 1 when left out.")

    @model_validator(mode="after")
    def _scale_of_pseudo_huber(self) -> "LossSection":
        if self.kind == "squared" and self.scale is not None:
            raise ValueError('`scale` belongs to kind = "pseudo-huber"; the squared loss has none')
        return self


class OptimiserSection(Section):
    """The method, its step, momentum and schedule; exactly one of `learning_rate` and `eta_lambda_max` is needed."""

    method: Literal["gradient-descent", "heavy-ball", "nesterov"] = Field(
        default="heavy-ball", description="The update rule; heavy ball without momentum is gradient descent."
    )
    learning_rate: Positive | None = Field(default=None, description="Learning rate η.")
    eta_lambda_max: Positive | None = Field(
        default=None, description="Learning rate in units of 1/λ_max of the ensemble's mean initial kernel."
    )
    momentum: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = Field(default=0.0, description="Momentum β.")
    schedule: Literal["constant", "cosine", "power-law"] = Field(
        default="constant",
        description="Constant; half a period of a cosine, to zero after the last update; or that of the expansion "
        "a ∝ t^exponent, which sets the momentum.",
    )
    exponent: Positive | None = Field(
        default=None, description='Exponent of the expansion; needed by schedule = "power-law".'
    )

    @model_validator(mode="after")
    def _consistent(self) -> "OptimiserSection":
        if (self.learning_rate is None) == (self.eta_lambda_max is None):
            raise ValueError("give exactly one of `learning_rate` and `eta_lambda_max`")
        if self.method == "gradient-descent" and self.momentum > 0:
            raise ValueError('plain gradient descent has no momentum; use method = "heavy-ball"')
        if (self.exponent is not None) != (self.schedule == "power-law"):
            raise ValueError('`exponent` belongs to schedule = "power-law", which needs it')
        if self.schedule == "power-law" and ("momentum" in self.model_fields_set or self.method == "gradient-descent"):
            raise ValueError('schedule = "power-law" sets the momentum itself; leave out `momentum`, and take '
                             'method = "heavy-ball" or "nesterov"')  # fmt: skip
        return self


class TrainingSection(Section):
    """Size of the ensemble, length of the run, what is recorded, and how it is computed."""

    members: Count = Field(default=16, description="Networks of the ensemble, each from a start of its own.")
    updates: Annotated[int, Field(ge=1, le=LONGEST_RUN)] = Field(default=200, description="Length of the run.")
    record: Literal["all", "log"] | Count = Field(
        default="log",
        description="Updates after which outputs are recorded: all, every k-th (a number), or evenly in log(1 + n).",
    )
    records: Annotated[int, Field(ge=2)] = Field(default=60, description='How many of them with record = "log".')
    kernel_snapshots: Annotated[int, Field(ge=2)] = Field(
        default=12,
        description="Tangent kernels taken along the run, evenly in log(1 + n), for the prediction that follows them.",
    )
    precision: Literal["float32", "float64"] = Field(
        default="float32", description="Precision of parameters and training; theory is in float64."
    )
    strategy: StrategyName = Field(
        default="auto",
        description="How members are mapped onto the machine; `vmap` batches them, all others give the same bits.",
    )
    vmap_width: Count | None = Field(
        default=None, description='Members in one operation with strategy = "vmap"; by the machine when left out.'
    )
    memory_budget: Count = Field(default=2048, description="MiB for the arrays of a point; it changes no result.")
    batch_size: Count | None = Field(
        default=None, description="Examples of each update, drawn by each member on its own; all points when left out."
    )
    sampling: SamplingName = Field(default="with-replacement", description="How the examples of a batch are drawn.")

    @model_validator(mode="after")
    def _consistent(self) -> "TrainingSection":
        if self.vmap_width is not None and self.strategy != "vmap":
            raise ValueError('`vmap_width` belongs to strategy = "vmap"')
        if isinstance(self.record, int) and self.record > self.updates:
            raise ValueError(f"`record` = {self.record} is more than `updates` = {self.updates}")
        if "sampling" in self.model_fields_set and self.batch_size is None:
            raise ValueError("`sampling` belongs to `batch_size`, which is missing: every update sees all points")
        return self


class MeasurementSection(Section):
    """Which universe the trainings show; by full batches with a constant schedule, not by Nesterov's method."""

    updates: CountOrNone = Field(
        default=0,
        description=f"First updates that are measured, all recorded: {LEAST_RECORDS - 1} or more; 0: no measurement.",
    )
    kernel: Literal["known", "blind"] = Field(
        default="known", description="Whether each member's own initial kernel is used, or its outputs alone."
    )


class NoiseSection(Section):
    """The temperature of minibatches, of runs around the minimum of the loss that is nearest to the first member."""

    updates: Annotated[int, Field(ge=0, le=LONGEST_RUN)] = Field(
        default=0,
        description=f"Recorded updates of each run, {VARIANCE_EVERY} or more, cut to a multiple of it; 0: none is run.",
    )
    members: Count = Field(default=64, description="Runs, with the point's own optimiser and batches.")
    modes: Count = Field(default=4, description="Modes that are followed, the stiffest ones.")


class Specification(Section):
    """Ensembles of networks in training, compared with theory: `cosmograd study FILE`."""

    name: str = Field(default="study", description="Title of the page.")
    seed: Seed = Field(default=0, description="Seed of the initial networks and of their batches.")
    data: DataSection = Field(description="The data.")
    network: NetworkSection = Field(default=PerceptronNetwork(), description="The network.")
    loss: LossSection = Field(default=LossSection(), description="The loss.")
    optimiser: OptimiserSection = Field(description="How it is minimised.")
    training: TrainingSection = Field(
        default=TrainingSection(), description="How many, how long, and what is recorded."
    )
    measurement: MeasurementSection = Field(default=MeasurementSection(), description="The universe that outputs show.")
    noise: NoiseSection = Field(default=NoiseSection(), description="The temperature of minibatches.")

    @model_validator(mode="after")
    def _measurable(self) -> "Specification":
        updates = self.measurement.updates
        if updates == 0:
            return self
        if not LEAST_RECORDS <= updates + 1 <= self.training.updates + 1:
            raise ValueError(
                f"`measurement.updates` = {updates} must lie between {LEAST_RECORDS - 1} and `training.updates` = "
                f"{self.training.updates}"
            )
        if self.optimiser.method == "nesterov" or self.optimiser.schedule != "constant":
            raise ValueError("`measurement` needs heavy ball or gradient descent with a constant schedule")
        if self.training.batch_size is not None:
            raise ValueError(
                "`measurement` needs full batches, whose updates carry no noise: leave out `training.batch_size`, or "
                "set `measurement.updates` = 0 and measure the noise instead, with `noise.updates`"
            )
        return self

    @model_validator(mode="after")
    def _noisy(self) -> "Specification":
        updates = self.noise.updates
        if updates == 0:
            return self
        if updates < VARIANCE_EVERY:
            raise ValueError(f"`noise.updates` = {updates} must be {VARIANCE_EVERY} or more, or 0 to measure no noise")
        if self.training.batch_size is None:
            raise ValueError("`noise` is that of minibatches: set `training.batch_size`, or leave out `noise.updates`")
        if self.optimiser.method == "nesterov" or self.optimiser.schedule != "constant":
            raise ValueError(
                "`noise` needs heavy ball or gradient descent with a constant schedule: change `optimiser.method` and "
                "`optimiser.schedule`, or leave out `noise.updates`"
            )
        if self.loss.kind != "squared":
            raise ValueError(
                '`noise` needs the squared loss, whose minimum is searched: set `loss.kind` to "squared", or leave out '
                "`noise.updates`"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _perceptron_unless_said(cls, contents: Any) -> Any:
        return with_kind_of_network(contents)
