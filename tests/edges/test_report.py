"""The report: self-contained, the same bytes again, sound for every kind of study, and true to its numbers."""

import html
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr
from html_pages import elements
from made_studies import measured_variables
from matplotlib.figure import Figure as DrawnFigure
from training_sweeps import all_points, figures_of, page_of, parse_study, result_of, study_points

from cosmograd.experiments.training.analysis.study import Study, StudyPoint
from cosmograd.experiments.training.analysis.swept_keys import labels_in_words
from cosmograd.experiments.training.assembly import build_dataset, build_network
from cosmograd.experiments.training.figures.mass_spectrum import masses_and_eta_lambda
from cosmograd.experiments.training.findings.sentences import divergences, findings
from cosmograd.experiments.training.run import run_point
from cosmograd.figures import Figure, Guide, LegendEntry, Line, Panel
from cosmograd.report import summary_of, write_report
from cosmograd.report.drawing import drawn
from cosmograd.report.figure_style import figure_style
from cosmograd.report.powers_of_ten import write_powers_in_characters
from cosmograd.results.number_format import between, error, error_span, number, span
from cosmograd.runs import StudyFolder, sources_from

STUDY: dict[str, Any] = {
    "name": "tiny",
    "data": {"kind": "circle", "points": 6, "probe_points": 3},
    "network": {"width": 8},
    "loss": {"normalisation": "sum"},
    "optimiser": {},
    "training": {"members": 3, "updates": 12, "kernel_snapshots": 3},
    "sweep": {"optimiser.eta_lambda_max": [0.3, 1.6]},
}


def trained(optimiser: dict[str, Any] = STUDY["optimiser"], sweep: Any = STUDY["sweep"]) -> list[xr.Dataset]:
    """The points of the study, really trained."""
    contents = STUDY | {"optimiser": optimiser, "sweep": sweep}
    points = []
    for point in study_points(parse_study(contents)):
        dataset = build_dataset(point.specification, sources_from(Path()))
        network = build_network(point.specification, dataset, sources_from(Path()))
        points.append(run_point(point.specification, dataset, network))
    return points


def combined(points: list[xr.Dataset], **labels: list[Any]) -> xr.Dataset:
    results = all_points(points, [dict(zip(labels, row, strict=True)) for row in zip(*labels.values(), strict=True)])
    return results.assign_attrs(name="tiny")


def one_member(point: xr.Dataset) -> xr.Dataset:
    """As of one network without probe points."""
    point = point.isel(member=[0], point=~point["is_probe"].values)
    return point.assign(
        {name: point[name] * np.nan for name in point if "probe" in str(name) or "perturb" in str(name)}
    )


def smaller(point: xr.Dataset) -> xr.Dataset:
    """As of a smaller and shorter study, which combined with the other leaves gaps."""
    return point.isel(
        record=slice(5), mode=slice(2), leading_mode=slice(2), snapshot=slice(2), update=slice(4), point=slice(4)
    )


def without_drift(point: xr.Dataset) -> xr.Dataset:
    """As of a network that is linear in its parameters: its kernel stands still, its predictions are exact."""
    exact = point["relative_error"].where(point["prediction"] != "stroboscopic", 1e-15)
    return point.assign(kernel_drift=0 * point["kernel_drift"], relative_error=exact)


def study_of(results: xr.Dataset) -> Study:
    return Study(result_of(results))


def points_of(results: xr.Dataset) -> list[StudyPoint]:
    return study_of(results).points


def figure_of(results: xr.Dataset, name: str) -> Figure:
    return next(figure for figure in figures_of(results) if figure.name == name)


def cells_of(page: str) -> list[str]:
    return [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page)]


def text_of(page: str) -> str:
    """As it is read, without pictures and tags."""
    page = re.sub(r"</?su[bp]>", "", re.sub(r'src="[^"]*"', "", page)).replace("&#39;", "'")
    return re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def points() -> list[xr.Dataset]:
    return trained()


@pytest.fixture(scope="module")
def results(points) -> xr.Dataset:
    return combined(points, **STUDY["sweep"])


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory) -> StudyFolder:
    folder = StudyFolder(tmp_path_factory.mktemp("study"))
    (folder.path / "study.toml").write_text('name = "tiny"  # <b>not markup</b>\n')
    folder.figures.mkdir()
    (folder.figures / "of-an-older-version.svg").write_text("<svg/>")
    write_report(folder, result_of(results))
    return folder


@pytest.fixture(scope="module")
def page(folder) -> str:
    return folder.report.read_text(encoding="utf-8")


def test_page_needs_no_network(page):
    found = elements(page)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & {tag for tag, _ in found}
    for tag, attributes in found:
        for name in ("src", "srcset", "href", "data", "action", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/svg+xml,")), (tag, name, value[:80])
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert len(page.encode()) < 5e6


def test_page_is_complete(page, results):
    found = elements(page)
    images = [attributes for tag, attributes in found if tag == "img"]
    assert len(images) == 9
    assert all(len(image["alt"] or "") > 40 for image in images)
    targets = {attributes["id"] for _, attributes in found if "id" in attributes}
    links = {attributes["href"] for tag, attributes in found if tag == "a"}
    assert links
    assert {link.removeprefix("#") for link in links} <= targets
    assert "&lt;b&gt;not markup&lt;/b&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    for tag in ("table", "figure", "details", "ul", "dl", "div"):
        assert page.count(f"<{tag}") == page.count(f"</{tag}>"), tag


def test_figures_are_files_of_vectors(folder):
    names = sorted(path.name for path in folder.figures.iterdir())
    assert len(names) == 9
    assert "of-an-older-version.svg" not in names
    for path in folder.figures.iterdir():
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "path" in kinds
        assert not {"image", "text", "script", "foreignObject"} & kinds, path


def test_same_results_give_the_same_bytes(folder, results, tmp_path):
    import matplotlib as mpl

    again = StudyFolder(tmp_path)
    (tmp_path / "study.toml").write_bytes((folder.path / "study.toml").read_bytes())
    with mpl.rc_context({"font.size": 20, "axes.grid": False, "svg.hashsalt": "other"}):  # a user's own style
        write_report(again, result_of(results))
    assert again.report.read_bytes() == folder.report.read_bytes()
    for path in folder.figures.iterdir():
        assert (again.figures / path.name).read_bytes() == path.read_bytes(), path.name


def test_data_of_every_figure_are_in_the_results(results):
    for figure in figures_of(results):
        for name in figure.variables:
            assert name in results, (figure.name, name)
            values = results[name].values
            assert values.dtype.kind not in "f" or np.isfinite(values).any(), (figure.name, name)


def test_page_states_the_numbers_of_this_run(page, results):
    text, cells, points = text_of(page), cells_of(page), summary_of(result_of(results))["points"]
    for name in ("gradient_flow", "second_order", "stroboscopic", "drifting"):
        assert error_span(p["relative_error"][name] for p in points) in text
    for point in points:
        assert number(point["kernel_drift"]) in cells
        assert number(point["final_loss"]) in cells
    assert span(p["universe"]["hubble_rate"] for p in points) in text
    universe = next(row for row in re.findall(r"<tr>(.*?)</tr>", page) if "light" in row)
    updates, per_update, in_all, stroboscopic, all_stroboscopic = cells_of(universe)[6:11]
    assert (updates, per_update, in_all) == ("12", "0.667", "8")
    assert (stroboscopic, all_stroboscopic) == ("∞", "∞")
    assert span(4.5 * p["eta_lambda_max"] for p in points) in text  # m²/H² = (9/2) ηλ without momentum
    for part in ("background", "perturbations"):
        own = results.sel(part=part, kernel="own", prediction="stroboscopic")
        for found, probe in zip(own["ensemble_error"].values, own["ensemble_error_probe"].values, strict=True):
            assert f"{error(found)} ({error(probe)})" in cells


def test_captions_are_two_sentences_at_most(results, measured):
    for figure in (*figures_of(results), *figures_of(measured)):
        assert figure.caption.endswith("."), figure.name
        assert len(re.findall(r"\.(?= [A-ZΑ-Ωα-ω]|$)", figure.caption)) <= 2, figure.caption
        assert not re.search(r"(^|\. )(What|Of)\b", figure.caption), figure.caption


def test_curves_of_figures_are_the_results(results):
    point = points_of(results)[0]
    records = point.values("record")
    panel = figure_of(results, "learning-curves").panels[0]
    markers = panel.marks[-1]
    assert isinstance(markers, Line)
    expected = np.median(point.data["loss"].values, axis=0)
    np.testing.assert_array_equal(markers.y, expected[np.searchsorted(records, markers.x)])
    by_update, in_time = figure_of(results, "expansion").panels
    for panel in (by_update, in_time):
        np.testing.assert_allclose(panel.marks[0].y, 2 / 3 * records)  # pyright: ignore[reportAttributeAccessIssue]
    masses = figure_of(results, "mass-spectrum").panels[0].marks
    lines = [mark.at for mark in masses if isinstance(mark, Guide)]
    np.testing.assert_allclose(lines, [9 / 4, *point.values("regime_boundary_mass")])
    marked = np.concatenate([mark.y for mark in masses if isinstance(mark, Line)])
    assert sorted(marked) == sorted(point.masses[point.resolved])


def test_page_says_where_critical_damping_is_wrong(page, results):
    assert "puts critical damping at ηλ = ½, the real map at 1" in page
    misread = (results["regime"] != results["continuum_regime"]).sum("mode").values
    assert misread.max() > 0
    assert f"misreads the regime of {span(misread)} modes" in page


def test_tables_hold_universe_and_limits(page, results):
    Λ = results["cosmological_constant"].sel(scheme="leapfrog", time_unit="canonical").values
    cells = cells_of(page)
    for value in (*Λ, *results["duality_limit"].sel(limit="discretisation").values):
        assert number(value) in cells


def test_diverged_members_are_named(results):
    named = results.copy(deep=True)
    named["diverged_at"][1, 2] = 7
    page = page_of(named).replace("<sub>max</sub>", "_max")
    own = 1.6 / float(results["lambda_max"][1]) * float(results["kernel_eigenvalues"][1, 2, 0, 0])
    assert "ηλ_max 1.6: member 2 diverged at update 7" in page
    assert f"Its own initial kernel has ηλ_max = {number(own)}, the ensemble&#39;s mean kernel 1.6" in page
    assert "stable up to 2" in page
    assert "2 of 3" in page


def test_study_whose_members_all_diverged(results):
    gone = results.copy(deep=True)
    gone["diverged_at"][:] = 3
    per_ensemble = [
        name for name in gone if str(name).startswith(("mode_background", "mode_pert", "ensemble", "backgr", "perturb"))
    ]
    gone = gone.drop_vars(per_ensemble)
    gone["duality_limit"][:] = np.nan  # of members that stood
    assert [figure.name for figure in figures_of(gone)] == ["mass-spectrum", "expansion"]
    page = page_of(gone)
    assert page.count("diverged at update 3") == 6
    assert "No prediction can be judged" in page


KINDS: dict[str, dict[str, Any]] = {
    "momentum": {"momentum": 0.8},
    "cosine": {"momentum": 0.8, "schedule": "cosine"},
    "coasting": {"schedule": "power-law", "exponent": 1.0},
    "nesterov": {"method": "nesterov", "momentum": 0.8},
}


@pytest.fixture(scope="module", params=KINDS)
def kind_and_point(request) -> tuple[str, xr.Dataset]:
    (point,) = trained({"eta_lambda_max": 0.9, **KINDS[request.param]}, {})
    return request.param, point


def test_every_kind_of_point_has_a_page(kind_and_point):
    kind, point = kind_and_point
    page = page_of(combined([one_member(point) if kind == "momentum" else point]))
    text = re.sub(r'src="[^"]*"', "", page)
    assert not re.search(r"\bnan\b|\binf\b|None", text)
    assert "this study" in text
    assert ("Nesterov&#39;s method takes its gradient at the extrapolated point" in text) == (kind == "nesterov")
    assert ("A schedule changes the constants" in text) == (kind in ("cosine", "coasting"))
    assert ("no band, for there is one member only" in text) == (kind == "momentum")


def test_masses_and_eta_lambda_are_two_scales_of_one_axis(kind_and_point):
    """The right-hand axis of the mass spectrum inverts the left-hand one, and both agree with the results."""
    kind, point = kind_and_point[0], points_of(combined([kind_and_point[1]]))[0]
    ηλ, masses = point.eta_lambda, point.data["mass_over_hubble_squared"].sel(scheme="leapfrog").values
    tolerance = 0.05 if kind == "coasting" else 1e-9  # β changes between the update and the one whose memory it is
    eta_lambda_of, mass_of = masses_and_eta_lambda(point)
    np.testing.assert_allclose(mass_of(ηλ), masses, rtol=tolerance)
    np.testing.assert_allclose(eta_lambda_of(mass_of(ηλ)), ηλ, rtol=1e-12)
    boundaries = point.data["regime_boundary"].values
    np.testing.assert_allclose(mass_of(boundaries), point.data["regime_boundary_mass"], rtol=tolerance)


def test_points_of_different_shapes(points):
    page = page_of(combined([points[0], smaller(points[0])], **{"data.points": [6, 2], "training.updates": [12, 4]}))
    text = text_of(page)
    assert re.search(r"e-folds\s+2.67 to 8\s+over the whole run", text)
    assert {"4", "12"} <= set(cells_of(page))
    assert [len(point.masses) for point in points_of(combined([points[0], smaller(points[0])]))] == [6, 2]


def test_a_kernel_that_stands_still(points):
    """Nothing positive for a logarithmic axis, and errors far below the frame."""
    page = page_of(combined([without_drift(point) for point in points], **STUDY["sweep"]))
    assert "lets the kernel drift by" in page
    assert "The stroboscopic prediction is off by 1 × 10⁻¹⁵" in page.replace("\u00a0", " ")
    drift = next(row for row in re.findall(r"<tr>(.*?)</tr>", page) if ">0</td>" in row)
    assert cells_of(drift)[4] == "0"


def test_settings_that_differ_between_points_are_all_named(points):
    other = points[1].assign_attrs(points[1].attrs | {"precision": "float64", "loss_divisor": 6.0})
    results = combined([points[0], other], **STUDY["sweep"])
    assert results["precision"].values.tolist() == ["float32", "float64"]
    assert results["loss_divisor"].values.tolist() == [1.0, 6.0]
    assert {"precision", "loss_divisor"}.isdisjoint(results.attrs)
    assert results.attrs["training_points"] == 6
    assert results["precision"].attrs["long_name"] == "of parameters and training"
    assert "<dd>float32, float64</dd>" in page_of(results)


def test_progress_of_drawing_adds_up(results, tmp_path):
    done: list[float] = []
    write_report(StudyFolder(tmp_path), result_of(results), done.append)
    assert sum(done) == pytest.approx(1.0)


def test_many_points_keep_the_page_small(results):
    """Many points: figures show some of them, and say so; the tables show all."""
    many = xr.concat([results.isel(study_point=[0]), *[results.isel(study_point=[1])] * 39], "study_point")
    many = many.assign_coords(
        {"study_point": np.arange(40), "optimiser.eta_lambda_max": ("study_point", np.linspace(0.1, 2, 40))}
    )
    assert "(6 of 40 points)" in figure_of(many, "background").caption
    page = page_of(many)
    assert "Figures of single points show 6 of the study's 40 points" in text_of(page)
    assert page.count("<tr>") > 80
    assert len(page) < 1e6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.0, "2"),
        (-0.0351, "−0.0351"),
        (1234.5, "1230"),
        (1.5e-7, "1.5\u00a0×\u00a010⁻⁷"),
        (9.9996, "10"),
        (float("inf"), "∞"),
        (float("nan"), "–"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


def test_powers_of_ten_are_written_in_characters():
    figure = DrawnFigure()
    axis = figure.subplots()
    axis.loglog([2e-7, 3e5], [-1.0, 1.0])
    axis.set_xlim(1e-7, 1e6)
    write_powers_in_characters(figure)
    labels = axis.xaxis.get_major_formatter().format_ticks([1e-3, 1.0, 1e6])
    assert labels == ["10⁻³", "10⁰", "10⁶"]
    axis.set_xscale("log", base=2)
    axis.set_xlim(1, 1024)
    write_powers_in_characters(figure)
    assert axis.xaxis.get_major_formatter().format_ticks([8.0]) == ["2³"]


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize(
    "title",
    [
        "short",
        "ηλ_max 2.9, β 0.5, linearised True, hidden layers 0, points 32, batch size 16",
        "a title without any comma that is longer than any panel of three or even of two",
    ],
)
def test_titles_stay_within_their_panels(title, columns):
    with figure_style():
        figure = drawn(Figure("", "", [Panel([], title=title)] * columns, "", "", grid=(1, columns)))
        axes = figure.axes
        figure.canvas.draw()
        for axis in axes:
            name = axis.title if axis.title.get_text() else axis._left_title  # pyright: ignore[reportAttributeAccessIssue]
            box = name.get_window_extent()
            assert box.x1 <= axis.get_window_extent().x1 + 0.1 * figure.dpi
    assert " ".join(axes[0].get_title("left").split()).replace("$_{\\mathrm{max}}$", "_max").endswith(title)


@pytest.mark.parametrize("columns", [None, 5])
@pytest.mark.parametrize("words", ["β 0.5", "ηλ 0.2, β 0.5, loss pseudo-huber, scale of the loss 2"])
def test_legends_stay_within_their_figures(words, columns):
    with figure_style():
        legend = [LegendEntry(f"{words}, {i}") for i in range(4)]
        figure = drawn(Figure("", "", [Panel([])] * 2, "", "", legend=legend, legend_columns=columns))
        figure.canvas.draw()
        box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_points_are_not_named_by_what_is_measured_of_them():
    columns = {"network.width": [64, 128], "measurement.updates": [30, 10]}
    assert labels_in_words(columns) == ["width 64", "width 128"]
    columns = {"network.width": [64, 64], "measurement.updates": [30, 10]}
    assert labels_in_words(columns) == ["width 64, updates measured 30", "width 64, updates measured 10"]


def test_an_error_that_has_run_away_has_no_digits():
    assert [error(value) for value in (0.123, 999.0, 1001.0, 7.1e14)] == ["0.12", "1000", ">\u00a01000", ">\u00a01000"]
    assert error_span([np.nan, 2e14, 0.036]) == "0.036 to >\u00a01000"
    assert error_span([np.nan]) == error(np.nan) == "–"


def test_points_that_failed_are_named_and_nowhere_else(points):
    results = all_points(
        [points[0], None, points[1]], [{"seed": n} for n in range(3)], ["", "the kernel <b>vanishes</b>.", ""]
    )
    results = results.assign_attrs(name="tiny")
    page = page_of(results)
    assert "Point 1 (seed 1): the kernel &lt;b&gt;vanishes&lt;/b&gt;." in page
    assert [point.number for point in points_of(results)] == [0, 2]
    failed = summary_of(result_of(results))["points"][1]
    assert failed["failure"] == "the kernel <b>vanishes</b>."
    assert np.isnan(failed["relative_error"]["stroboscopic"])
    assert failed["diverged"] == []


def test_points_without_a_swept_value_have_a_dash(points):
    """As the points of one block `[[sweep]]` do where another sweeps a key that they do not have."""
    gaps = {"optimiser.learning_rate": [0.2, None], "network.activation": [None, "relu"], "seed": [1, 0]}
    results = combined(points, **gaps)
    labels = [point.label for point in points_of(results)]
    assert labels == ["η 0.2, activation –, seed 1", "η –, activation relu, seed 0"]
    assert "sweeping η (0.2) and activation (relu) and seed (1, 0)." in page_of(results)
    entries = summary_of(result_of(results))["points"]
    assert [entry["network.activation"] for entry in entries] == [None, "relu"]
    np.testing.assert_array_equal([entry["optimiser.learning_rate"] for entry in entries], [0.2, np.nan])


def test_of_many_points_the_axis_is_a_key_that_all_have(points):
    """And a range is named by its ends, in whatever order its values came."""
    momenta = [0.33, *np.linspace(0.0, 0.9, 19).tolist()]
    results = combined(
        [points[number % 2] for number in range(20)],
        **{"optimiser.exponent": [None] * 10 + [0.1 * n for n in range(10)], "optimiser.momentum": momenta},
    )
    assert "β (20 values from 0 to 0.9)" in page_of(results)
    overview = figure_of(results, "error-overview")
    assert "; drawn against β." in overview.caption
    assert [panel.x.label for panel in overview.panels] == ["", "", "β", "β"]


@pytest.mark.slow
def test_of_very_many_points_only_what_shows_all_of_them_is_drawn(points):
    many = all_points([points[number % 2] for number in range(201)], [{"seed": n} for n in range(201)])
    figures = figures_of(many.assign_attrs(name="tiny"))
    assert [figure.name for figure in figures] == [
        "error-overview", "limit-discretisation", "limit-no-gradient-term", "limit-fast-root",
    ]  # fmt: skip
    page = page_of(many.assign_attrs(name="tiny"))
    assert "The table shows 6 of the study&#39;s 201 points" in page
    assert page.count("<tr>") > 201


@pytest.fixture(scope="module")
def measured() -> xr.Dataset:
    """Widths and learning rates, some beyond the limit of stability, each with a measured universe."""
    sweep = {"network.width": [6, 8], "optimiser.eta_lambda_max": [0.3, 1.5, 2.2]}
    points = trained(sweep=sweep)
    labels = {"network.width": [6, 6, 6, 8, 8, 8], "optimiser.eta_lambda_max": [0.3, 1.5, 2.2] * 2}
    results = combined(points, **labels)
    return results.assign(measured_variables(results["eta_lambda_max"].values, results["momentum"].values))


def test_dependence_report_of_a_map(measured):
    figures = {figure.name: figure for figure in figures_of(measured)}
    assert {
        "dependence-on-network-width", "dependence-on-optimiser-eta-lambda-max", "validity-map", "regime-map",
        "catapult", "limit-discretisation", "limit-no-gradient-term", "limit-fast-root", "limit-no-back-reaction",
    } == {name for name in figures if name.startswith(("dep", "val", "reg", "cat", "lim"))}  # fmt: skip
    for figure in figures.values():
        assert set(figure.variables) <= set(map(str, measured.variables)), figure.name
    summary = summary_of(result_of(measured))
    slopes = {(slope["hyperparameter"], slope["quantity"]): slope for slope in summary["slopes"]}
    assert slopes["optimiser.eta_lambda_max", "cosmological_constant"]["slope"] == pytest.approx(-1, abs=0.01)
    assert {onset["what"] for onset in summary["onsets"]} == {"oscillation", "divergence"}
    page = page_of(measured)
    assert "Dependence on the hyperparameters" in page
    text = text_of(page)
    assert re.search(r"ηλmax\s+cosmological constant\s+−1\s+.* to .*\s+−1\s+yes\s+6\s", text)
    assert re.search(r"oscillation\s+0\s+real\s", text)
    H = [float(measured[f"measured_hubble_rate{end}"][0]) for end in ("_low", "", "_high")]
    assert between(*H) in cells_of(page)
    assert "The measured regime of the heaviest mode is the predicted one at 6 of 6 points." in text


def test_one_or_two_points_show_no_dependence(measured):
    """A map of one cell, or a line through two points, is no figure."""
    few = measured.isel(study_point=[0, 1])
    names = {figure.name for figure in figures_of(few)}
    assert not {name for name in names if name.startswith(("dep", "val", "reg", "limit-d", "limit-f", "limit-no-b"))}
    assert "error-overview" in names


def by_minibatches(point: xr.Dataset, temperature: float) -> xr.Dataset:
    """As if its updates had seen two examples each."""
    limits = point["duality_limit"].where(point["limit"] != "minibatch noise", temperature)
    attributes = point.attrs | {"sampling": "with-replacement", "batch_size": 2}
    return point.assign(duality_limit=limits).assign_attrs(attributes)


def test_noise_of_minibatches_is_not_called_finite_width(points):
    """Predictions are those of full batches: where batches are not full, what they leave out is noise as well."""
    full, stirred = points[0], by_minibatches(points[1], 0.03)
    of_full, of_both, of_stirred = (
        combined(chosen, **{"optimiser.eta_lambda_max": [0.3, 1.6][: len(chosen)]})
        for chosen in ([full, points[1]], [full, stirred], [stirred])
    )
    texts = [" ".join(findings(study_of(results))) for results in (of_full, of_both, of_stirred)]
    assert "finite width lets the kernel drift" in texts[0]
    assert "noise" not in texts[0]
    assert "The updates at 1 point of 2 are those of minibatches" in texts[1]
    assert "finite width and the noise of minibatches where batches are not full let the kernel drift" in texts[1]
    assert "The updates are those of minibatches" in texts[2]
    assert "the noise of the batches is part of the errors there, beside finite width" in texts[2]
    loss, error = stirred["loss"].isel(record=0), stirred["error_over_time"].isel(record=-1)
    level = float(np.sqrt(0.03 / 2 / loss.median()))
    left = min(float(error.sel(prediction=name).median()) for name in ("stroboscopic", "drifting"))
    assert f"the predicted noise of the stiffest mode alone is {number(level, 2)}, and" in texts[2]
    assert f"the best prediction is off by {number(left, 2)}; median over members" in texts[2]
    assert "finite width and the noise of minibatches let the kernel drift" in texts[2]


def test_divergence_below_the_limit_may_be_noise(points):
    gone = by_minibatches(points[0], 0.03).copy(deep=True)
    gone["diverged_at"][1] = 4
    for point, explained in (
        (gone, "the noise of the minibatches"),
        (gone.assign_attrs(sampling="full-batch"), "cannot"),
    ):
        (sentence,) = divergences(points_of(combined([point])))
        assert "started below it" in sentence
        assert explained in sentence


def test_nothing_measured_has_no_tables_of_slopes(page):
    assert "Dependence on the hyperparameters" not in page


def test_a_single_training_has_figures_and_a_page(points):
    """As `cosmograd.run` returns it from Python, without a study around it."""
    single = result_of(points[0])
    assert single.plot().name == "error-overview"
    assert single.plot("kernel-drift").panels[0].title == "kernel drift"
    with pytest.raises(
        ValueError, match="there is no figure 'spectrum' of this result; there are error-overview, back"
    ):
        single.plot("spectrum")
    assert "3 networks trained on circle" in page_of(points[0])
    assert summary_of(single)["points"][0]["members"] == 3
