"""What an analogue file is made of: fields in an expansion, the box and network they live on, and the training."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from cosmograd.cosmology.potentials import DoubleQuadraticPotential, QuadraticPotential
from cosmograd.experiments.validation import Count, CountOrNone, Finite, Positive, Section, validated
from cosmograd.learning.networks import Activation, Parametrisation
from cosmograd.studies.specification import Seed
from cosmograd.studies.universe_specification import Numbers, check_potential

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


# Of the hidden layer, where none is given.
_WIDTH = 512


class DeSitterBackground(Section):
    """a = e^{Ht}, which is one at t = 0."""

    kind: Literal["de-sitter"] = "de-sitter"
    hubble_rate: NotNegative = 1.0
    start_time: Finite = 0.0


class PowerLawBackground(Section):
    """a = (t/start_time)^exponent, so that H = exponent/start_time at first; inflation for exponents above 1."""

    kind: Literal["power-law"] = "power-law"
    exponent: Positive
    start_time: Positive = 1.0


class RadiationBackground(Section):
    """a = (t/start_time)^{1/2}."""

    kind: Literal["radiation"] = "radiation"
    start_time: Positive = 1.0


class MatterBackground(Section):
    """a = (t/start_time)^{2/3}."""

    kind: Literal["matter"] = "matter"
    start_time: Positive = 1.0


class TabulatedBackground(Section):
    """The user's table of times and scale factors; the path is relative to the analogue file."""

    kind: Literal["tabulated"] = "tabulated"
    file: str
    time_column: str = "time"
    scale_factor_column: str = "scale_factor"
    start_time: Finite


class InflationBackground(Section):
    """The expansion of slow-roll inflation: of one of the library's potentials with its parameters, or a function in a
    Python file. a = 1 and H = `hubble_rate` at t = 0, which is `e_folds_before_end` before its end; the inflaton starts
    on the attractor at `field` (M_Pl), or where its potential suggests.
    """

    kind: Literal["inflation"] = "inflation"
    potential: dict[str, Any]
    field: Numbers | None = None
    e_folds_before_end: Positive = 55.0
    hubble_rate: Positive = 1.0
    start_time: Finite = 0.0


class BoxSection(Section):
    """The periodic box: every mode up to a number, or `all` that its lattice has."""

    dimension: Literal[1, 2, 3] = 1
    largest_number: Count | Literal["all"] = 6
    points_per_side: Count | None = None
    length: Positive = 2 * np.pi
    constant_mode: bool = False


class FieldSection(Section):
    """V = ½φᵀM²φ + λΣφ⁴/4 + gφ₁²φ₂²/2, or `potential`: one of the library's, or a function in a Python file.

    One field takes `mass_squared`, two take `mass_matrix` (M²) and `coupling` (g); `quartic` is λ. What is left
    out is 0.
    """

    fields: Literal[1, 2] = 1
    mass_squared: Finite | None = None
    mass_matrix: list[list[Finite]] | None = None
    quartic: Finite | None = None
    coupling: Finite | None = None
    potential: dict[str, Any] | None = None

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
    """Where the fields begin: the vacuum's mode functions, random draws from the vacuum, or waves of given size.

    waves, velocities: coefficients of the box's modes by name (`cos 1`, `constant`), one number for each field.
    """

    kind: Literal["mode-functions", "vacuum", "waves"] = "mode-functions"
    waves: dict[str, Numbers] | None = None
    velocities: dict[str, Numbers] | None = None

    @model_validator(mode="after")
    def _waves_of_waves(self) -> "FieldStartSection":
        if self.kind != "waves" and (self.waves is not None or self.velocities is not None):
            raise ValueError('`waves` and `velocities` belong to kind = "waves"')
        if self.kind == "waves" and not (self.waves or self.velocities):
            raise ValueError('kind = "waves" needs `waves` or `velocities`, for example waves = {"cos 1" = 0.3}')
        return self


class CarrierSection(Section):
    """The network: one hidden layer of `width` (512), or the `widths` of several. These scales keep its kernel well
    conditioned. Or the user's own: `name` (network) in a Python `file`, relative to the analogue file, a network or a
    function (input_shape, outputs) that returns one; it takes cosine and sine of each coordinate's angle.
    """

    width: Count | None = None
    widths: list[Count] | None = None
    activation: Activation = "tanh"
    parametrisation: Parametrisation = "ntk"
    weight_scale: Annotated[float, Field(gt=0, le=1e6)] = 3.0
    bias_scale: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    file: str | None = None
    name: str | None = None

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
    """How long, in what steps, at what amplitude, and of how many universes, each on a network of its own."""

    time_step: Positive = 0.01
    e_folds: Positive | None = None
    updates: Count | None = None
    amplitude: Positive | None = None
    accuracy: Annotated[float, Field(gt=0, lt=1)] | None = None
    members: Count = 1
    refreshes: CountOrNone = 0
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_length(self) -> "EvolutionSection":
        if (self.e_folds is None) == (self.updates is None):
            raise ValueError("give exactly one of `e_folds` and `updates`")
        if self.updates is not None and 2 * (self.refreshes + 1) > max(self.updates, 2):
            raise ValueError(f"`refreshes` must be fewer than half of `updates` = {self.updates}, got {self.refreshes}")
        return self


class Specification(Section):
    """A universe on a network: everything that decides its results."""

    name: str = "analogue"
    background: Annotated[
        DeSitterBackground
        | PowerLawBackground
        | RadiationBackground
        | MatterBackground
        | TabulatedBackground
        | InflationBackground,
        Field(discriminator="kind"),
    ] = DeSitterBackground()
    box: BoxSection = BoxSection()
    field: FieldSection = FieldSection()
    start: FieldStartSection = FieldStartSection()
    network: CarrierSection = CarrierSection()
    training: EvolutionSection

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
