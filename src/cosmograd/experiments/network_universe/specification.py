"""What an analogue file is made of: fields in an expansion, the box and network they live on, and the training."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from cosmograd.cosmology.potentials import DoubleQuadraticPotential, QuadraticPotential
from cosmograd.experiments.training.specification import Seed
from cosmograd.experiments.universe.specification import Numbers, check_potential
from cosmograd.experiments.validation import Count, CountOrNone, Finite, Positive, Section, validated
from cosmograd.learning.networks import Activation, Parametrisation

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


COMMAND = "cosmograd analogue"

# Of the hidden layer, where none is given.
_WIDTH = 512


class DeSitterBackground(Section):
    """a = e^{Ht}, which is one at t = 0."""

    kind: Literal["de-sitter"] = Field(default="de-sitter", description="This kind of expansion.")
    hubble_rate: NotNegative = Field(default=1.0, description="Hubble rate H.")
    start_time: Finite = Field(default=0.0, description="t at the start of training.")


class PowerLawBackground(Section):
    """a = (t/start_time)^exponent, so that H = exponent/start_time at first; inflation for exponents above 1."""

    kind: Literal["power-law"] = Field(default="power-law", description="This kind of expansion.")
    exponent: Positive = Field(description="Power of t.")
    start_time: Positive = Field(default=1.0, description="t at the start of training, where a = 1.")


class RadiationBackground(Section):
    """a = (t/start_time)^{1/2}."""

    kind: Literal["radiation"] = Field(default="radiation", description="This kind of expansion.")
    start_time: Positive = Field(default=1.0, description="t at the start of training, where a = 1.")


class MatterBackground(Section):
    """a = (t/start_time)^{2/3}."""

    kind: Literal["matter"] = Field(default="matter", description="This kind of expansion.")
    start_time: Positive = Field(default=1.0, description="t at the start of training, where a = 1.")


class TabulatedBackground(Section):
    """A table of times and scale factors."""

    kind: Literal["tabulated"] = Field(default="tabulated", description="This kind of expansion.")
    file: str = Field(description="`.csv`, `.npz` or `.parquet`; the path is relative to the analogue file.")
    time_column: str = Field(default="time", description="Column with the times t.")
    scale_factor_column: str = Field(default="scale_factor", description="Column with the scale factors a.")
    start_time: Finite = Field(description="t at the start of training.")


class InflationBackground(Section):
    """The expansion of slow-roll inflation, with a = 1 at t = 0; the inflaton starts on the attractor."""

    kind: Literal["inflation"] = Field(default="inflation", description="This kind of expansion.")
    potential: dict[str, Any] = Field(
        description="V of the inflaton: one of the library's by `name` with its parameters, or a function of your own."
    )
    field: Numbers | None = Field(
        default=None, description="Where the inflaton starts, in M_Pl; where the potential suggests when left out."
    )
    e_folds_before_end: Positive = Field(default=55.0, description="E-folds from t = 0 to the end of inflation.")
    hubble_rate: Positive = Field(default=1.0, description="H at t = 0, which sets the unit of time.")
    start_time: Finite = Field(default=0.0, description="t at the start of training.")


class BoxSection(Section):
    """The periodic box, its lattice and its modes."""

    dimension: Literal[1, 2, 3] = Field(default=1, description="Dimensions of space.")
    largest_number: Count | Literal["all"] = Field(
        default=6, description="Modes up to this number n in each direction, k = 2πn/L, or all that the lattice has."
    )
    points_per_side: Count | None = Field(
        default=None, description="Lattice points along each side; as many as the modes need when left out."
    )
    length: Positive = Field(default=2 * np.pi, description="Side L of the box, comoving.")
    constant_mode: bool = Field(default=False, description="Whether the mode k = 0 is among them.")


class FieldSection(Section):
    """The fields and V = ½φᵀM²φ + λΣφ⁴/4 + gφ₁²φ₂²/2, or any other `potential`."""

    fields: Literal[1, 2] = Field(default=1, description="Number of fields.")
    mass_squared: Finite | None = Field(default=None, description="M² of one field; 0 when left out.")
    mass_matrix: list[list[Finite]] | None = Field(
        default=None, description="M² of two fields, two rows of two numbers, symmetric; 0 when left out."
    )
    quartic: Finite | None = Field(default=None, description="λ; 0 when left out.")
    coupling: Finite | None = Field(default=None, description="g of two fields; 0 when left out.")
    potential: dict[str, Any] | None = Field(
        default=None,
        description="Instead: a potential of the library by `name` with its parameters, or a function of your own.",
    )

    @model_validator(mode="after")
    def _one_potential(self) -> "FieldSection":
        terms = ("mass_squared", "mass_matrix", "quartic", "coupling")
        given = [term for term in terms if getattr(self, term) is not None] + ["fields"] * (self.fields != 1)
        if self.potential is not None and given:
            raise ValueError(f"`potential` is the whole potential; leave out `{given[0]}`")
        if self.fields == 1 and (of_two := [term for term in ("mass_matrix", "coupling") if term in given]):
            raise ValueError(f"`{of_two[0]}` belongs to two fields: set `fields` = 2")
        if self.fields == 2 and self.mass_squared is not None:
            raise ValueError("`mass_squared` belongs to one field; two take `mass_matrix` = [[…, …], […, …]]")
        if self.mass_matrix is not None and not _is_symmetric(self.mass_matrix):
            raise ValueError(f"`mass_matrix` must be two rows of two numbers, symmetric, got {self.mass_matrix}")
        return self

    @property
    def is_linear(self) -> bool:
        """Whether the fields obey linear equations."""
        if self.potential is not None:
            return self.potential.get("name") in (QuadraticPotential.name, DoubleQuadraticPotential.name)
        return not self.quartic and not self.coupling


def _is_symmetric(matrix: list[list[float]]) -> bool:
    return len(matrix) == 2 and all(len(row) == 2 for row in matrix) and matrix[0][1] == matrix[1][0]


class FieldStartSection(Section):
    """Where the fields begin."""

    kind: Literal["mode-functions", "vacuum", "waves"] = Field(
        default="mode-functions",
        description="The vacuum's mode functions, random draws from the vacuum, or waves of given size.",
    )
    waves: dict[str, Numbers] | None = Field(
        default=None,
        description='Coefficients of the modes by name, `"cos 1"` or `"constant"`, one number for each field.',
    )
    velocities: dict[str, Numbers] | None = Field(default=None, description="Their derivatives by t, likewise.")

    @model_validator(mode="after")
    def _waves_of_waves(self) -> "FieldStartSection":
        if self.kind != "waves" and (self.waves is not None or self.velocities is not None):
            raise ValueError('`waves` and `velocities` belong to kind = "waves"')
        if self.kind == "waves" and not (self.waves or self.velocities):
            raise ValueError('kind = "waves" needs `waves` or `velocities`, for example waves = {"cos 1" = 0.3}')
        return self


class CarrierSection(Section):
    """The network, a perceptron whose scales keep its kernel well conditioned, or one of the user's own.

    It takes cosine and sine of the angle of each coordinate.
    """

    width: Count | None = Field(default=None, description=f"Width of the hidden layer; {_WIDTH} when left out.")
    widths: list[Count] | None = Field(default=None, description="Or: widths of several hidden layers.")
    activation: Activation = Field(default="tanh", description="Activation function of the hidden layers.")
    parametrisation: Parametrisation = Field(default="ntk", description="How layers are scaled with their widths.")
    weight_scale: Annotated[float, Field(gt=0, le=1e6)] = Field(default=3.0, description="σ_w of the initial weights.")
    bias_scale: Annotated[float, Field(ge=0, le=1e6)] = Field(default=1.0, description="σ_b of the initial biases.")
    file: str | None = Field(
        default=None,
        description="Python file with a network of your own, in place of these keys; relative to the analogue file.",
    )
    name: str | None = Field(
        default=None,
        description="Name in it of the network, or of a function (input_shape, outputs) that returns one; `network` "
        "when left out.",
    )

    @model_validator(mode="after")
    def _one_way_to_give_widths(self) -> "CarrierSection":
        if self.widths is not None and self.width is not None:
            raise ValueError("give either `width`, or `widths` of several hidden layers, not both")
        if self.widths == []:
            raise ValueError("`widths` must name one hidden layer at least")
        if self.file is None and self.name is not None:
            raise ValueError("`name` is that of a network in `file`; give both")
        for key, field in type(self).model_fields.items():
            if self.file is not None and key not in ("file", "name") and getattr(self, key) != field.default:
                raise ValueError(f"the network is the one in `file`; leave out `{key}`")
        return self

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return (self.width or _WIDTH,) if self.widths is None else tuple(self.widths)


class EvolutionSection(Section):
    """How long, in what steps, and of how many universes; exactly one of `e_folds` and `updates` is needed."""

    time_step: Positive = Field(default=0.01, description="Time δ of an update.")
    e_folds: Positive | None = Field(default=None, description="Length of the run in e-folds.")
    updates: Count | None = Field(default=None, description="Or: its number of updates.")
    amplitude: Positive | None = Field(
        default=None,
        description="ε, outputs per field, which errors of finite width go with; when left out, from `accuracy`, or "
        "1e-5.",
    )
    accuracy: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="Relative error that is allowed; what cannot reach it is refused before training."
    )
    members: Count = Field(
        default=1, description='Universes, each on a network of its own; several need start.kind = "vacuum".'
    )
    refreshes: CountOrNone = Field(
        default=0,
        description="How often the network is linearised anew, at equal distances; for fields that oscillate long.",
    )
    seed: Seed = Field(default=0, description="Seed of networks and vacuum.")

    @model_validator(mode="after")
    def _one_length(self) -> "EvolutionSection":
        if (self.e_folds is None) == (self.updates is None):
            raise ValueError("give exactly one of `e_folds` and `updates`")
        if self.updates is not None and 2 * (self.refreshes + 1) > max(self.updates, 2):
            raise ValueError(f"`refreshes` must be fewer than half of `updates` = {self.updates}, got {self.refreshes}")
        return self


class Specification(Section):
    """A universe on a network: everything that decides its results."""

    name: str = Field(default="analogue", description="Title of the page.")
    background: Annotated[
        DeSitterBackground
        | PowerLawBackground
        | RadiationBackground
        | MatterBackground
        | TabulatedBackground
        | InflationBackground,
        Field(discriminator="kind"),
    ] = Field(default=DeSitterBackground(), description="The expansion a(t).")
    box: BoxSection = Field(default=BoxSection(), description="Space.")
    field: FieldSection = Field(default=FieldSection(), description="The fields.")
    start: FieldStartSection = Field(default=FieldStartSection(), description="Where the fields begin.")
    network: CarrierSection = Field(default=CarrierSection(), description="The network that carries them.")
    training: EvolutionSection = Field(description="How long and in what steps.")

    @model_validator(mode="after")
    def _many_from_vacuum(self) -> "Specification":
        if self.training.members > 1 and self.start.kind != "vacuum":
            raise ValueError(
                f"training.members: {self.training.members} universes differ by their draws from the vacuum; set "
                'start.kind = "vacuum", or members = 1'
            )
        return self


def parse(contents: Mapping[str, Any]) -> Specification:
    """Validate the contents of an analogue file; `UserError` lists everything that is wrong with it."""
    specification = validated(Specification, contents)
    if specification.field.potential is not None:
        check_potential(specification.field.potential, "field.potential")
    if isinstance(specification.background, InflationBackground):
        check_potential(specification.background.potential, "background.potential")
    return specification
