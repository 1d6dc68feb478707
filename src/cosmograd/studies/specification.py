"""What a study is made of: the contents of `study.toml`, validated key by key.

A study is ensembles of networks on one kind of data, trained and predicted, over swept keys
(`cosmograd.studies.sweep`). Every error names the key, the value and what is allowed.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from cosmograd.errors import UserError
from cosmograd.experiments.validation import (
    Count,
    CountOrNone,
    Finite,
    Positive,
    Section,
    validated,
    with_values,
)
from cosmograd.learning import StrategyName
from cosmograd.learning.batches import SamplingName
from cosmograd.learning.datasets import Encoding, Scaling
from cosmograd.learning.losses import Normalisation
from cosmograd.learning.networks import Activation, Parametrisation
from cosmograd.measurement import LEAST_RECORDS
from cosmograd.measurement.noise import VARIANCE_EVERY
from cosmograd.studies.sweep import MOST_POINTS, SweepBlock, hashable, read_sweep

# Updates of a run are counted in 32 bits, and nobody waits for more.
LONGEST_RUN = 10**8

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class CircleData(Section):
    """Equidistant points on the circle with a Fourier series as target."""

    kind: Literal["circle"] = "circle"
    points: Count = 32
    probe_points: CountOrNone = 0
    cosine: list[Finite] = [0.0, 1.0]
    sine: list[Finite] = [0.0, 0.0, 0.5]


class DigitsData(Section):
    """Real handwritten digits, as shipped with scikit-learn."""

    kind: Literal["digits"] = "digits"
    classes: list[Annotated[int, Field(ge=0, le=9)]] = list(range(10))
    points: Count = 64
    probe_points: CountOrNone = 0
    encoding: Encoding = "one-hot"
    scaling: Scaling = "standardised"
    seed: Seed = 0


class TableData(Section):
    """The user's own `.npz`, `.csv` or `.parquet`; the path is relative to the study file."""

    kind: Literal["table"] = "table"
    file: str
    target: str | list[str]
    inputs: list[str] | None = None
    points: Count | None = None
    probe_points: CountOrNone = 0
    standardise: bool = True
    seed: Seed = 0


class PerceptronNetwork(Section):
    """A multilayer perceptron: `hidden_layers` layers of one `width`, or the hidden `widths` one by one.

    linearised: each draw in its parameters around itself, the free theory whose kernel never moves.
    """

    kind: Literal["perceptron"] = "perceptron"
    width: Count = 512
    hidden_layers: CountOrNone = 2
    widths: list[Count] | None = None
    activation: Activation = "tanh"
    parametrisation: Parametrisation = "ntk"
    weight_scale: Positive = 1.5
    bias_scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.1
    linearised: bool = False

    @model_validator(mode="after")
    def _one_way_to_give_widths(self) -> "PerceptronNetwork":
        if self.widths is not None and {"width", "hidden_layers"} & self.model_fields_set:
            raise ValueError("give either `widths`, or `width` and `hidden_layers`, not both")
        return self

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Sizes of the hidden layers."""
        return tuple(self.widths) if self.widths is not None else (self.width,) * self.hidden_layers


class ModelNetwork(Section):
    """The user's own model: `name` in a Python file, relative to the study file.

    It is an `AbstractNetwork`, or a function (input_shape, outputs) that returns one. linearised: as for a perceptron.
    """

    kind: Literal["model"] = "model"
    file: str
    name: str = "network"
    linearised: bool = False


class LossSection(Section):
    """The loss, summed over points and outputs (`sum`), or its mean over points.

    kind: `squared`, ½d² of each deviation d from the targets, or `pseudo-huber`, which is linear beyond `scale` (1).
    The predictions are those of small deviations, where both are the same.
    """

    kind: Literal["squared", "pseudo-huber"] = "squared"
    normalisation: Normalisation = "mean"
    scale: Positive | None = None

    @model_validator(mode="after")
    def _scale_of_pseudo_huber(self) -> "LossSection":
        if self.kind == "squared" and self.scale is not None:
            raise ValueError('`scale` belongs to kind = "pseudo-huber"; the squared loss has none')
        return self


class OptimiserSection(Section):
    """The method, its momentum, its step and its schedule.

    The step is `learning_rate`, or `eta_lambda_max` in units of 1/λ_max of the ensemble's mean initial kernel.
    Schedules: `constant`; `cosine` (half a period, to zero after the last update); `power-law`: the expansion
    a ∝ t^exponent.
    """

    method: Literal["gradient-descent", "heavy-ball", "nesterov"] = "heavy-ball"
    learning_rate: Positive | None = None
    eta_lambda_max: Positive | None = None
    momentum: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    schedule: Literal["constant", "cosine", "power-law"] = "constant"
    exponent: Positive | None = None

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
    """Size of the ensemble, length of the run, what is recorded, and how it is computed.

    record: `all` updates, every k-th (a number), or `log`: `records` of them, evenly spaced in log(1 + n).
    kernel_snapshots: how many tangent kernels are taken along the run, log-spaced; the drifting prediction needs 2.
    memory_budget: MiB for the arrays of training; it changes no result. batch_size: examples per update, drawn by
    `sampling`, by each member on its own; full batches when left out.
    """

    members: Count = 16
    updates: Annotated[int, Field(ge=1, le=LONGEST_RUN)] = 200
    record: Literal["all", "log"] | Count = "log"
    records: Annotated[int, Field(ge=2)] = 60
    kernel_snapshots: Annotated[int, Field(ge=2)] = 12
    precision: Literal["float32", "float64"] = "float32"
    strategy: StrategyName = "auto"
    vmap_width: Count | None = None
    memory_budget: Count = 2048
    batch_size: Count | None = None
    sampling: SamplingName = "with-replacement"

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
    """Which universe the trainings show: of their first `updates`, all recorded; 0: nothing is measured.

    kernel: `known` (each member's own initial kernel) or `blind`.
    """

    updates: CountOrNone = 0
    kernel: Literal["known", "blind"] = "known"


class NoiseSection(Section):
    """The temperature of the minibatches: of `members` runs around a minimum, `updates` are recorded; 0: not measured.

    The minimum is the one nearest to the first member's start, the runs take the point's own optimiser and batches, and
    the `modes` stiffest modes are followed. Records are cut to a multiple of `VARIANCE_EVERY` updates.
    """

    updates: Annotated[int, Field(ge=0, le=LONGEST_RUN)] = 0
    members: Count = 64
    modes: Count = 4


class StudySpecification(Section):
    """One study: everything that decides its results; of several blocks `[[sweep]]`, `sweep` is the list."""

    name: str = "study"
    seed: Seed = 0
    data: Annotated[CircleData | DigitsData | TableData, Field(discriminator="kind")]
    network: Annotated[PerceptronNetwork | ModelNetwork, Field(discriminator="kind")] = PerceptronNetwork()
    loss: LossSection = LossSection()
    optimiser: OptimiserSection
    training: TrainingSection = TrainingSection()
    measurement: MeasurementSection = MeasurementSection()
    noise: NoiseSection = NoiseSection()
    sweep: dict[str, list[Any]] | list[dict[str, list[Any]]] = {}

    @model_validator(mode="after")
    def _measurable(self) -> "StudySpecification":
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
    def _noisy(self) -> "StudySpecification":
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
        network = contents.get("network") if isinstance(contents, Mapping) else None
        if isinstance(network, Mapping) and "kind" not in network:
            return {**contents, "network": {"kind": "perceptron", **network}}
        return contents


class StudyPoint(NamedTuple):
    """One point of a sweep: its number, all keys that the study sweeps with their values here, its own specification.

    A label is None where the point has no such value.
    """

    number: int
    labels: dict[str, Any]
    specification: StudySpecification


def parse_study(contents: Mapping[str, Any], most_points: int = MOST_POINTS) -> StudySpecification:
    """Validate the contents of a study file; `UserError` lists everything that is wrong with it.

    Swept keys may be left out of their section. most_points: a sweep of more points is refused. The result's `sweep`
    holds the values of every swept key, ranges written out.
    """
    contents = dict(contents)
    blocks = read_sweep(contents.pop("sweep", {}), StudySpecification, most_points)
    _refuse_mistakes(contents, blocks)
    written = [block.written_out() for block in blocks]
    contents["sweep"] = written if len(written) > 1 else written[0]
    return validated(StudySpecification, with_values(contents, next(blocks[0].combinations())))


def _refuse_mistakes(contents: Mapping[str, Any], blocks: Sequence[SweepBlock]) -> None:
    """Validate every point; mistakes in a swept value say that they stand in the sweep.

    Of several blocks, all mistakes name theirs, but for those that every block begins with: they stand in the file.
    """
    firsts = [_mistakes(contents, next(block.combinations())) for block in blocks]
    in_the_file = set(firsts[0]).intersection(*firsts[1:])
    for block in blocks:
        for labels in block.combinations():
            lines = _mistakes(contents, labels)
            if lines:
                in_the_block = [
                    line.partition(":")[0] in labels or (len(blocks) > 1 and line not in in_the_file) for line in lines
                ]
                raise UserError(
                    "\n".join(
                        f"{block.name}: {line}" if here else line
                        for line, here in zip(lines, in_the_block, strict=True)
                    )
                )


def _mistakes(contents: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    """What is wrong with one point, line by line."""
    try:
        validated(StudySpecification, with_values(contents, labels))
    except UserError as error:
        return str(error).split("\n")
    return []


def study_points(specification: StudySpecification, contents: Mapping[str, Any]) -> list[StudyPoint]:
    """All points of a study, block by block of its sweep, in each the last key fastest.

    A point that an earlier block holds is not repeated.
    """
    base = {key: value for key, value in contents.items() if key != "sweep"}
    blocks = _blocks(specification)
    keys = dict.fromkeys(key for block in blocks for group in block.together for key in group)
    points = {}
    for block in blocks:
        for swept in block.combinations():
            own = with_values(base, swept)
            point = validated(StudySpecification, own)
            labels = {key: swept[key] if key in swept else _value_at(key, point, own) for key in keys}
            points.setdefault(hashable(tuple(labels.values())), (labels, point))
    return [StudyPoint(number, labels, point) for number, (labels, point) in enumerate(points.values())]


def _value_at(key: str, point: StudySpecification, contents: Mapping[str, Any]) -> Any:
    """What a key is at a point that does not sweep it, by its file or by default; None where it is nothing."""
    name = key.rpartition(".")[2]
    section = getattr(point, key.partition(".")[0]) if "." in key else point
    value = getattr(section, name, None)
    if value is None or name in section.model_fields_set:
        return value
    # A default counts where it could be written: not the width beside `widths`, or momentum that the schedule sets.
    return None if _mistakes(contents, {key: value}) else value


def points_asked_for(specification: StudySpecification) -> int:
    """How many points the sweep has by its blocks, as they are confirmed; a point of two blocks counts twice."""
    return sum(block.size for block in _blocks(specification))


def _blocks(specification: StudySpecification) -> list[SweepBlock]:
    """The sweep of a study whose number of points was allowed."""
    return read_sweep(specification.sweep, StudySpecification, sys.maxsize)
