"""The report of a universe: self-contained, true to its numbers, and sound where something is missing."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from html_pages import elements

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.experiments import experiment
from cosmograd.experiments.spectator.figures import smooth_mode
from cosmograd.experiments.spectator.quantities import QUANTITIES as OF_TEST_FIELD
from cosmograd.experiments.spectator.specification import Specification as FieldSpecification
from cosmograd.experiments.toml_text import toml_text
from cosmograd.experiments.universe.figures.expansion import expansion
from cosmograd.experiments.universe.figures.freeze_out import freeze_out
from cosmograd.experiments.universe.figures.history import aftermath
from cosmograd.experiments.universe.figures.phase_portrait import phase_portrait
from cosmograd.experiments.universe.figures.potential import potential_slope
from cosmograd.experiments.universe.figures.spectra import spectra
from cosmograd.experiments.universe.figures.transfer import isocurvature_transfer
from cosmograd.experiments.universe.quantities import QUANTITIES
from cosmograd.experiments.universe.specification import Specification, parse
from cosmograd.figures import Figure
from cosmograd.report import write_report
from cosmograd.report.result_report import page_text_of
from cosmograd.results import LabelledArray, Result
from cosmograd.results.number_format import number, with_error
from cosmograd.runs import ResultFolder

MASS, START = 6e-6, 16.0
TOTAL, PIVOT = (START**2 - 2) / 4, 10.0
WAVENUMBERS = np.geomspace(0.01, 100, 21)
Variables = dict[str, tuple[tuple[str, ...], Any]]


def specification(**changes: Any) -> str:
    contents = {"potential": {"name": "quadratic", "mass": MASS}, **changes}
    return json.dumps(Specification.model_validate(contents).model_dump(), ensure_ascii=False)


def rolling(n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """φ, dφ/dN and H of V = m²φ²/2 in slow roll, φ² = φ₀² − 4N, with the velocity's own share of H."""
    φ = np.sqrt(START**2 - 4 * n)
    return φ, -2 / φ, MASS * φ / np.sqrt(6 - 4 / φ**2)


def oscillating(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """φ and dφ/dt of the same field when it oscillates: matter, H = 2/3t, φ = √(8/3) sin(mt)/mt."""
    φ = np.sqrt(8 / 3) * np.sin(MASS * time) / (MASS * time)
    return φ, np.sqrt(8 / 3) * np.cos(MASS * time) / time - φ / time


def background() -> Variables:
    n = np.linspace(0, TOTAL, 129)
    φ, v, H = rolling(n)
    return {
        "e_folds": (("e_folds",), n),
        "field": (("e_folds",), φ),
        "field_velocity": (("e_folds",), v),
        "hubble_rate": (("e_folds",), H),
        "potential_energy": (("e_folds",), MASS**2 * φ**2 / 2),
        "epsilon_1": (("e_folds",), v**2 / 2),
        "epsilon_2": (("e_folds",), 4 / φ**2),
    }


def spectrum() -> Variables:
    k = ("wavenumber",)
    scalar, tensor = 2e-9 * WAVENUMBERS**-0.04, 3e-10 * WAVENUMBERS**-0.02
    return {
        "wavenumber": (k, WAVENUMBERS),
        "scalar_power": (k, scalar),
        "tensor_power": (k, tensor),
        "slow_roll_scalar_power": (k, scalar / (1 + 2e-4 * WAVENUMBERS**0.1)),
        "slow_roll_tensor_power": (k, tensor / (1 - 1e-4)),
        "relative_error": (k, np.full(21, 3e-6)),
        "outcome": (k, ["done"] * 21),
        "reason": (k, [""] * 21),
        "horizon_crossing": (k, PIVOT + np.log(WAVENUMBERS)),
    }


def pivot_numbers() -> Variables:
    values = {
        "e_folds_total": TOTAL,
        "pivot_crossing": PIVOT,
        "pivot_wavenumber": np.exp(PIVOT) * rolling(np.array(PIVOT))[2],
        "scalar_amplitude": 2e-9,
        "scalar_tilt": 0.9601234,
        "running": -6.54e-4,
        "tensor_to_scalar_ratio": 0.15,
        "tensor_tilt": -0.0201,
        "tilt_error": 2e-6,
        "tensor_tilt_error": 2e-6,
        "running_error": 5e-7,
        "slow_roll_scalar_tilt": 0.9602,
        "slow_roll_running": -6.6e-4,
        "slow_roll_tensor_tilt": -0.02,
        "friedmann_violation": 4.4e-11,
        "achieved_accuracy": 3.3e-6,
    }
    return {name: ((), value) for name, value in values.items()}


def modes() -> Variables:
    k, x = np.array([0.01, 1.0, 100.0]), np.geomspace(30, 1e-4, 201)
    return {
        "mode_wavenumber": (("mode",), k),
        "mode_e_folds": (("mode", "stage"), PIVOT + np.log(k)[:, None] - np.log(x)),
        "mode_scalar_power": (("mode", "stage"), 2e-9 * k[:, None] ** -0.04 * (1 + x**2)),
        "mode_wavenumber_over_ah": (("mode", "stage"), np.tile(x, (3, 1))),
    }


def evolution() -> Variables:
    """Inflation, then matter from the same H on."""
    n = np.linspace(0, TOTAL, 40)
    φ, v, H = rolling(n)
    later = TOTAL + np.linspace(0, 2, 81)[1:]
    started = 2 / (3 * H[-1])
    time = started * np.exp(1.5 * (later - TOTAL))
    oscillation = oscillating(time)
    along = ("evolution",)
    return {
        "evolution_e_folds": (along, np.concatenate([n, later])),
        "cosmic_time": (along, np.concatenate([np.linspace(0, 3e6, 40), 3e6 + time - started])),
        "evolution_field": (along, np.concatenate([φ, oscillation[0]])),
        "evolution_velocity": (along, np.concatenate([H * v, oscillation[1]])),
        "evolution_hubble_rate": (along, np.concatenate([H, 2 / (3 * time)])),
    }


def potential() -> Variables:
    φ = np.linspace(-2, 18, 41)
    curve = MASS**2 * φ**2 / 2
    return {"potential_field": (("potential_field",), φ), "potential_curve": (("potential_field",), curve)}


def inflation(**changes: Any) -> Result:
    variables = background() | spectrum() | pivot_numbers() | modes() | evolution() | potential()
    attributes = {"name": "universe", "specification": specification(**changes)}
    return Result.of("universe", QUANTITIES, variables, attributes)


def two_fields() -> Result:
    """The same field twice, the second one smaller: along a straight line."""
    both = spectrum() | pivot_numbers() | modes()
    for name, (dimensions, values) in (background() | evolution()).items():
        if name.endswith(("field", "field_velocity", "evolution_velocity")):
            both[name] = ((*dimensions, "component"), np.stack([values, 0.3 * np.asarray(values)], axis=-1))
        else:
            both[name] = (dimensions, values)
    section = {"name": "double-quadratic", "mass_2": 1e-5}
    attributes = {"name": "a <pair>", "specification": specification(potential=section)}
    for name in ("slow_roll_scalar_power", "slow_roll_scalar_tilt", "slow_roll_running"):
        del both[name]
    both["isocurvature_power"] = (("wavenumber",), 1e-2 * spectrum()["scalar_power"][1])
    both["isocurvature_correlation"] = (("wavenumber",), np.linspace(0.25, 0.5, 21))
    both["transfer_to_curvature"] = (("wavenumber",), np.linspace(0.6, 0.7, 21))
    both["transfer_to_isocurvature"] = (("wavenumber",), np.geomspace(1e-3, 1e-1, 21))
    return Result.of("universe", QUANTITIES, both, attributes)


def massless_test_field() -> Result:
    """δφ = H/√(2k³) (x + i) e^{ix} in de Sitter space (Bunch & Davies 1978)."""
    contents = FieldSpecification(last=0.1, count=61)
    x = np.geomspace(contents.first, contents.last, contents.count)
    mode = (x + 1j) * np.exp(1j * x) / np.sqrt(2)
    along = ("wavenumber_over_ah",)
    variables: Variables = {
        "wavenumber_over_ah": (along, x),
        "mode_real": (along, mode.real),
        "mode_imaginary": (along, mode.imag),
        "power": (along, np.abs(mode) ** 2 / (2 * np.pi**2)),
        "achieved_accuracy": ((), 2.2e-10),
    }
    attributes = {"name": contents.name, "specification": json.dumps(contents.model_dump())}
    return Result.of("spectator", OF_TEST_FIELD, variables, attributes)


def changed(result: Result, specified: dict[str, Any] | None = None, **values: Any) -> Result:
    """The same result with other values of some quantities, or with other sections of the specification."""
    arrays = {name: LabelledArray(new, result[name].dims, result[name].quantity) for name, new in values.items()}
    contents = {"specification": json.dumps(result.specification | (specified or {}))}
    return Result(result.experiment, result.arrays | arrays, result.attrs | contents)


def replaced(result: Result, name: str, places: Any, value: Any) -> np.ndarray:
    """A quantity's values with others at some places."""
    values = result[name].values.copy()
    values[places] = value
    return values


def figures_of(result: Result) -> list[Figure]:
    made = [rule(result) for rule in experiment(result.experiment).figures]
    return [figure for figure in made if figure is not None]


def captions(result: Result) -> dict[str, str]:
    return {figure.name: figure.caption for figure in figures_of(result)}


def caption_of(figure: Figure | None) -> str:
    assert figure is not None
    return figure.caption


def text_of(page: str) -> str:
    """What a reader reads."""
    return re.sub(r"<[^>]+>", "", re.sub(r"(?s)<style>.*?</style>|src=\"[^\"]*\"", "", page)).replace("\u00a0", " ")


def undrawn_page(result: Result) -> str:
    """The page with empty pictures; the figures are made, but not drawn."""
    return page_text_of(result, [(figure, "<svg/>") for figure in figures_of(result)])


@pytest.fixture(scope="module")
def results() -> Result:
    return inflation()


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("universe")
    (folder / "figures").mkdir()
    (folder / "figures" / "field-space.svg").write_text("<svg/>")  # of an earlier universe in this folder
    (folder / "figures" / "mine.svg").write_text("<svg/>")
    write_report(ResultFolder(folder), results)
    return folder


@pytest.fixture(scope="module")
def page(folder) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


FIGURES = ["potential", "phase-portrait", "expansion", "freeze-out", "spectra"]


def test_page_is_one_file_without_network(page):
    found = elements(page)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & {tag for tag, _ in found}
    for tag, attributes in found:
        for name in ("src", "srcset", "href", "data", "action", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/svg+xml,")), (tag, name, value[:80])
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert len(page.encode()) < 2e6


def test_page_is_complete(page):
    found = elements(page)
    images = [attributes for tag, attributes in found if tag == "img"]
    assert len(images) == len(FIGURES)
    assert all(len(image["alt"] or "") > 40 for image in images)
    targets = {attributes["id"] for _, attributes in found if "id" in attributes}
    links = {(attributes["href"] or "").removeprefix("#") for tag, attributes in found if tag == "a"}
    assert links <= targets
    assert set(FIGURES) <= links
    for tag in ("table", "figure", "details", "ul", "dl", "div", "p"):
        assert page.count(f"<{tag}") - page.count("<pre") * (tag == "p") == page.count(f"</{tag}>"), tag
    assert not {"warnings", "failures"} & targets
    assert not re.search(r"\bnan\b|\binf\b|None", text_of(page))


def test_figures_are_files_of_vectors(folder):
    names = {path.stem for path in (folder / "figures").iterdir()}
    assert names == {*FIGURES, "mine"}
    for name in FIGURES:
        root = ElementTree.fromstring((folder / "figures" / f"{name}.svg").read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "path" in kinds
        assert not {"image", "text", "script", "foreignObject"} & kinds, name


def test_numbers_of_the_page(page):
    text = text_of(page)
    assert "A field in the quadratic potential (mass m = 6 × 10⁻⁶ MPl) rolls from φ = 16 MPl on the attractor" in text
    for shown in ("0.960123", "± 2 × 10⁻⁶", "0.15", "63.5", "3.3 × 10⁻⁶", "asked for 1 × 10⁻⁵", "4.4 × 10⁻¹¹"):
        assert shown in text, shown
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    for value in (0.9602, -6.6e-4, -0.02):
        assert number(value, 6) in cells
    assert number(2e-9 / 1.0002, 6) in cells  # A_s in slow roll: the pivot is among the wavenumbers
    assert number(3e-10 / (1 - 1e-4) / (2e-9 / 1.0002), 6) in cells


def test_captions_state_the_numbers(results):
    said = {name: caption.replace("\u00a0", " ") for name, caption in captions(results).items()}
    at_pivot = rolling(np.array(PIVOT))
    assert "starts at φ = 16 M_Pl with dφ/dN = −0.125 M_Pl" in said["potential"]
    assert f"10 e-folds later, at φ = {number(at_pivot[0])} M_Pl" in said["potential"]
    assert "after 63.5 e-folds, at φ = 1.41 M_Pl" in said["potential"]
    assert f"ε_1 = {number(2 / at_pivot[0] ** 2)}" in said["expansion"]
    assert "ε_1 is 1.5 on average" in said["expansion"]
    late = evolution()["evolution_velocity"][1][39:]
    turns = int((np.diff(np.sign(late)) != 0).sum())
    assert f"In the 2 e-folds after it, φ turns round {turns} times, and H falls to 0.05" in said["phase-portrait"]
    assert "There it is 2 times its last value" in said["freeze-out"]
    assert "their last values differ from it by 1 × 10⁻⁸" in said["freeze-out"]
    assert f"n_s = {with_error(0.9601234, 2e-6)} and r = 0.15" in said["spectra"]
    assert "at most 3.2 × 10⁻⁴ (at 100 pivots) for scalars and 1 × 10⁻⁴" in said["spectra"]


def test_data_of_every_figure_are_in_the_results(results):
    for of in (results, two_fields(), massless_test_field()):
        for figure in figures_of(of):
            assert set(figure.variables) <= set(of), figure.name


def test_slope_of_the_potential_follows_from_the_background():
    """|V′|/V of V ∝ φ², on a background that solves its own Klein–Gordon equation: dφ/dN = −2/φ, exactly."""
    φ = np.linspace(3, 15, 7)
    v = -2 / φ
    # H² = V/(3 − ε) and φ″ + (3 − ε)φ′ + V′/H² = 0 give V′/V = −φ′ − φ″/(3 − ε), with φ″ = −4/φ³.
    expected = np.abs(-v + 4 / φ**3 / (3 - v**2 / 2))
    variables: Variables = {
        "field_velocity": (("e_folds",), v),
        "epsilon_1": (("e_folds",), v**2 / 2),
        "epsilon_2": (("e_folds",), 4 / φ**2),
    }
    np.testing.assert_allclose(potential_slope(Result.of("universe", QUANTITIES, variables)), expected, rtol=1e-12)


def test_between_recorded_points_the_oscillation_is_smooth(results):
    after = aftermath(results)
    assert after is not None
    smooth = after.smooth()
    H = rolling(np.array(TOTAL))[2]
    later = smooth.e_folds > TOTAL + 0.1
    φ, velocity = oscillating(smooth.time[later] - 3e6 + 2 / (3 * H))
    np.testing.assert_allclose(smooth.field[later, 0], φ, atol=2e-3 * np.abs(φ).max())
    np.testing.assert_allclose(smooth.velocity[later, 0], velocity, atol=1e-2 * np.abs(velocity).max())


def test_a_mode_is_smooth_between_points_that_are_coarser_than_its_oscillation():
    results = massless_test_field()
    x = np.geomspace(90, 0.11, 500)
    exact = (x + 1j) * np.exp(1j * x) / np.sqrt(2)
    np.testing.assert_allclose(smooth_mode(results, x), exact, rtol=1e-4)


def without_power(result: Result, of: slice) -> Result:
    names = ("scalar_power", "tensor_power", "slow_roll_scalar_power", "slow_roll_tensor_power")
    reasons = result["reason"].values.astype("U60")
    reasons[of] = "k starts outside the horizon, where k/aH < 1."
    return changed(result, reason=reasons, **{name: replaced(result, name, of, np.nan) for name in names})


def test_wavenumbers_without_power_are_named(results):
    missing = without_power(results, slice(0, 4))
    assert "Missing: 4 wavenumbers without power." in caption_of(spectra(missing))
    page = undrawn_page(missing)
    assert page.count("k starts outside the horizon, where k/aH &lt; 1.") == 4
    assert 'id="failures"' in page


def test_no_power_at_all(results):
    nothing = without_power(results, slice(None)).at(mode=slice(0))
    assert [figure.name for figure in figures_of(nothing)] == ["potential", "phase-portrait", "expansion"]
    page = undrawn_page(nothing)
    assert "All 21 of them" in page
    assert "not known there" in page


def test_one_wavenumber_away_from_the_pivot(results):
    one = results.at(wavenumber=slice(3, 4), mode=slice(1))
    assert "at 1 wavenumber from 0.0398 to 0.0398 times the pivot, where" in caption_of(spectra(one))
    assert "The pivot is not among the wavenumbers" in undrawn_page(one)


def test_modes_are_shown_from_the_start_of_the_background_on(results):
    # k = 0.01 pivots then starts before N = 0
    early = changed(results, mode_e_folds=results["mode_e_folds"].values - 8.0)
    figure = freeze_out(early)
    assert figure is not None
    assert min(np.min(line.x) for line in figure.panels[0].marks) >= 0


def test_slow_roll_without_a_positive_power(results):
    power = replaced(results, "slow_roll_scalar_power", slice(3, 5), -1e-9)
    failing = changed(results, slow_roll_scalar_power=power)
    assert "for scalars (negative at 2 wavenumbers, not drawn) and" in caption_of(spectra(failing))


def test_evolution_that_breaks_off(results):
    names = ("cosmic_time", "evolution_field", "evolution_velocity", "evolution_hubble_rate")
    broken = changed(results, **{name: replaced(results, name, slice(60, None), np.nan) for name in names})
    assert "The later evolution is known for 0.5 e-folds only" in caption_of(phase_portrait(broken))
    nothing_after = results.at(evolution=slice(0, 40))
    assert [figure.name for figure in figures_of(nothing_after)] == [
        name for name in FIGURES if name != "phase-portrait"
    ]


def test_several_fields():
    results = two_fields()
    figures = figures_of(results)
    assert [figure.name for figure in figures] == ["field-space", *FIGURES[1:], "isocurvature-transfer"]
    said = figures[0].caption
    assert "start at φ_1 = 16 and φ_2 = 4.8 M_Pl" in said
    assert "swings by 0° in all" in said
    assert "0.01 times the power of the curvature, with a correlation of 0.25 to 0.5." in figures[-2].caption
    assert "T_RS is 0.6 to 0.7, T_SS 0.001 to 0.1" in figures[-1].caption
    assert [panel.y.scale for panel in figures[-1].panels] == ["linear", "log"]
    page = undrawn_page(results)
    assert "It predicts no curvature of several fields" in page
    assert "<h1>a &lt;pair&gt;</h1>" in page
    assert "Two fields in the double-quadratic potential (mass m₁ of the first field = 6 × 10⁻⁶" in text_of(page)
    assert "mass m₂ of the second field = 1 × 10⁻⁵" in text_of(page)


def test_straight_trajectory_feeds_no_curvature():
    straight = changed(two_fields(), transfer_to_curvature=np.zeros(21))
    figure = isocurvature_transfer(straight)
    assert "T_RS is 0, T_SS" in caption_of(figure)
    assert (figure.panels[0].y.low, figure.panels[0].y.high) == (0.0, 1.0)
    assert isocurvature_transfer(changed(straight, transfer_to_curvature=np.full(21, np.nan))) is None


def test_isocurvature_below_the_error():
    """What has decayed is rounding error, of any sign."""
    results = two_fields()
    power = results["scalar_power"].values * np.linspace(-1e-9, 1e-9, 21)
    results = changed(results, isocurvature_power=power)
    said = caption_of(spectra(results)).replace("\u00a0", " ")
    assert "decayed to less than the estimated error, 3.3 × 10⁻⁶ of the curvature power" in said


def test_curved_field_space_has_no_flow_after_the_end():
    results = two_fields()
    curved = changed(results, {"field_space": {"kind": "hyperbolic", "rate": 0.3}})
    panels = [expansion(of).panels[4] for of in (results, curved)]
    assert len(panels[1].marks) == len(panels[0].marks) - 1
    assert "hyperbolic field space of rate 0.3" in page_text_of(curved, [])


def test_of_a_test_field(tmp_path):
    results = massless_test_field()
    write_report(ResultFolder(tmp_path), results)
    text = text_of((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "a test field with m²/H² = 0 in de Sitter space, from k/aH = 100 to 0.1" in text
    assert "Where k = aH, |δφ| = 1." in text  # (1 + x²)/2 at x = 1
    assert f"the power is {number(1.01 / (4 * np.pi**2))} H², 1 times that of a massless field" in text
    assert "--test-field --mass-over-hubble-squared=0.0 --wavenumbers 100.0:0.1:61 --accuracy 1e-09" in text
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["test-field.svg"]


def test_warnings(results):
    power = replaced(results, "mode_scalar_power", 1, 1.5 * results["mode_scalar_power"].values[1])
    apart = changed(results, mode_scalar_power=power, achieved_accuracy=2e-4)
    page = text_of(undrawn_page(apart))
    assert "The accuracy 1 × 10⁻⁵ was not reached: the estimated error is 2 × 10⁻⁴." in page
    assert (
        "The curvature power of 1 mode, followed to the end of inflation on its own, differs from the spectrum" in page
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": 'quoted "name" with \\', "accuracy": 1e-9},
        {"potential": {"name": "plateau-step", "amplitude": 1e-3}, "cosmological_constant": 1e-14},
        {"start": {"field": [14.0], "velocity": [0.1]}, "spectrum": {"wavenumbers": [0.1, 1.0]}},
        {
            "potential": {"name": "double-quadratic"},
            "field_space": {"kind": "hyperbolic", "rate": 0.5},
            "spectrum": {"pivot_wavenumber": 12.5, "wavenumbers": {"first": 1.0, "last": 1.0, "count": 1}},
        },
    ],
)
def test_specification_reads_back(changes):
    """What the page shows is a universe file that means the same."""
    contents = json.loads(specification(**changes))
    assert parse(tomllib.loads(toml_text(contents))).model_dump() == contents


def test_folder_of_a_study_is_refused(tmp_path):
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="holds a study"):
        ResultFolder(tmp_path).refuse_useless("universe")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="is a file"):
            ResultFolder(path).refuse_useless("universe")


@pytest.fixture
def computed_at_once(monkeypatch) -> None:
    """The command without what it computes, and without what it draws."""
    monkeypatch.setattr("cosmograd.experiments.universe.run.run", lambda *_, **__: inflation())
    monkeypatch.setattr("cosmograd.experiments.universe.figures.FIGURES", ())


@pytest.mark.usefixtures("computed_at_once")
def test_command_writes_the_report_and_says_where(capsys, tmp_path):
    main(["universe", "--potential", "quadratic", "--out", str(tmp_path / "out"), "--json"])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["scalar_tilt"] == 0.9601234
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in printed.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.nc", "report.html"}


@pytest.mark.usefixtures("computed_at_once")
def test_results_keep_the_file_with_the_potential(capsys, tmp_path, monkeypatch):
    """In the encoding that it declares; shown as text, whatever it holds, and long ones whole."""
    source = "# coding: latin-1\ndef potential(phi):\n    return phi[0] ** 2  # for φ < 1\n"
    source = source.replace("φ", "\xe4") + "# more\n" * 20_000
    (tmp_path / "mine.py").write_bytes(source.encode("latin-1"))
    (tmp_path / "mine.toml").write_text('potential.file = "mine.py"\n')

    def run(specification, sources, pictured):
        given = specification.potential["file"], sources.model("mine.py", "potential")(np.ones(1)), pictured
        assert given == ("mine.py", 1.0, True)
        made = inflation()
        return Result(made.experiment, made.arrays, made.attrs | {"potential_source": sources.text("mine.py")})

    monkeypatch.setattr("cosmograd.experiments.universe.run.run", run)
    main(["universe", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out")])
    assert ResultFolder(tmp_path / "out").read_results().attrs["potential_source"] == source
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "return phi[0] ** 2  # for ä &lt; 1\n" in page
    assert page.count("# more") == 20_000
    assert "file with the potential" not in undrawn_page(inflation())


@pytest.mark.usefixtures("computed_at_once")
@pytest.mark.parametrize("what", [("--potential", "quadratic"), ("--test-field",)])
def test_command_refuses_the_folder_of_a_study(capsys, tmp_path, what):
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(SystemExit):
        main(["universe", *what, "--out", str(tmp_path)])
    assert "holds a study" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


def test_progress_of_drawing_adds_up(tmp_path):
    done: list[float] = []
    write_report(ResultFolder(tmp_path), massless_test_field(), done.append)
    assert sum(done) == pytest.approx(1.0)
