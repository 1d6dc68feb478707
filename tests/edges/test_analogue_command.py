"""`cosmograd analogue` from outside: what it prints and writes, and what it says to requests that cannot be met."""

import json
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import xarray as xr
from html_pages import elements

from cosmograd.cli.application import main
from cosmograd.errors import UserError
from cosmograd.experiments.network_universe.model import build
from cosmograd.experiments.network_universe.quantities import QUANTITIES
from cosmograd.experiments.network_universe.run import run as run_experiment, timed_run
from cosmograd.experiments.network_universe.specification import parse
from cosmograd.experiments.toml_text import toml_text
from cosmograd.report import write_report
from cosmograd.runs import ResultFolder, sources_from, write_results

pytestmark = pytest.mark.usefixtures("without_type_checks")

# Two modes on a narrow network: what is tested here is not how well it does.
FILE = """
name = "small"
[background]
kind = "de-sitter"
[box]
largest_number = 1
points_per_side = 4
[start]
kind = "mode-functions"
[network]
width = 24
[training]
time_step = 0.05
updates = 12
amplitude = 1e-5
"""
ENSEMBLE = ["--set", "start.kind=vacuum", "--set", "training.members=6", "--set", "box.largest_number=2"]
ENSEMBLE += ["--set", "box.points_per_side=8"]
WAVES = ["--set", "start.kind=waves", "--set", 'start.waves={"cos 1" = 1.0}']

NUMBERS = {
    "relative_error", "convergence_order", "largest_stable_step", "kernel_condition_number", "error_from_step",
    "error_from_amplitude", "error_from_width", "predicted_error_from_step", "predicted_error_from_finite_width",
    "predicted_error_from_rounding", "time_step", "updates", "amplitude", "e_folds", "network_seconds",
    "direct_seconds",
}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return str(path)


def run(capsys, *arguments):
    """Exit code, standard output, standard error."""
    code = 0
    try:
        main(list(arguments))
    except SystemExit as left:
        code = left.code
    return code, *capsys.readouterr()


def numbers_of(capsys, *arguments):
    code, printed, said = run(capsys, "analogue", *arguments, "--json")
    assert code == 0, said
    return json.loads(printed)


@pytest.mark.slow
def test_a_universe_on_a_network(capsys, file, tmp_path):
    out = tmp_path / "out"
    numbers = numbers_of(capsys, file, "--out", str(out))
    assert set(numbers) >= NUMBERS
    assert numbers["updates"] == 12
    assert numbers["e_folds"] == pytest.approx(0.6)
    assert numbers["relative_error"] < 2 * (numbers["error_from_step"] + numbers["error_from_width"])
    assert numbers["convergence_order"] == pytest.approx(2, abs=0.2)  # its steps are coarse, up to 0.1
    assert numbers["network_seconds"] > 0
    with xr.open_dataset(out / "results.nc", engine="h5netcdf") as results:
        assert results["network_fields"].dims == ("update", "mode", "component")
        assert results["network_fields"].shape == (13, 2, 1)
        assert list(results["mode"].values) == ["cos 1", "sin 1"]
        network, direct = results["network_fields"].values, results["direct_fields"].values
        error = np.linalg.norm(network - direct) / np.linalg.norm(direct)
        assert error == pytest.approx(numbers["relative_error"], rel=1e-9)
        assert not any("seconds" in str(name) for name in results.variables)
        declared = {quantity.name: quantity for quantity in QUANTITIES}
        for name, variable in results.variables.items():
            assert variable.dims == declared[name].dimensions
            assert variable.attrs == declared[name].attributes
            assert ("units" in variable.attrs) == (variable.dtype.kind in "fiu"), "all but words have a unit"
        assert (results.attrs["experiment"], results.attrs["name"]) == ("network_universe", "small")
        assert json.loads(results.attrs["specification"])["network"]["width"] == 24
    page = (out / "report.html").read_text()
    assert "data:image/gif;base64," in page
    assert "<code>cosmograd analogue FILE --out FOLDER</code>" in page
    found = elements(page)
    shown = [attributes["id"] for tag, attributes in found if tag == "figure"]
    assert shown == ["field", "modes", "mode-errors", "phase-portraits", "field-in-space", "error-scaling"]
    assert [attributes["href"] for tag, attributes in found if tag == "a"] == [
        "#field", "#numbers", *(f"#{name}" for name in shown[1:]), "#method", "#specification",
    ]  # fmt: skip
    names = {path.name for path in (out / "figures").iterdir()}
    assert names == {
        "modes.svg", "mode-errors.svg", "phase-portraits.svg", "field-in-space.svg", "error-scaling.svg", "field.gif",
    }  # fmt: skip
    assert (out / "figures" / "field.gif").stat().st_size < 1.5e6
    figures = {path.name: path.read_bytes() for path in (out / "figures").iterdir()}
    for path in (out / "figures").iterdir():
        path.unlink()
    assert run(capsys, "report", str(out))[0] == 0
    assert {path.name: path.read_bytes() for path in (out / "figures").iterdir()} == figures
    again = json.loads(run(capsys, "report", str(out), "--json")[1])
    assert again == {key: value for key, value in numbers.items() if "seconds" not in key}


@pytest.mark.slow
def test_the_same_bits_twice(tmp_path):
    specification = parse(tomllib.loads(FILE))
    for name in ("first.nc", "second.nc"):
        write_results(tmp_path / name, run_experiment(specification, sources_from(tmp_path)).to_xarray())
    assert (tmp_path / "first.nc").read_bytes() == (tmp_path / "second.nc").read_bytes()


def test_numbers_alone_load_nothing_that_writes_or_draws(file):
    """Half a second of imports each."""
    code = f"""
import json, sys
from cosmograd.cli.application import main
from cosmograd.experiments.network_universe import run
from cosmograd.experiments.network_universe.quantities import QUANTITIES
from cosmograd.results import Result

def made(specification, *_, **__):
    causes = ("step", "finite_width", "rounding", "lattice")
    arrays = {{f"predicted_error_from_{{cause}}": ((), 0.1) for cause in causes}}
    arrays |= {{"relative_error": ((), 0.1), "updates": ((), 12), "e_folds": (("update",), [0.0, 0.6])}}
    attributes = {{"name": "made", "specification": json.dumps(specification.model_dump())}}
    return Result.of("network_universe", QUANTITIES, arrays, attributes), {{}}

run.timed_run = made
main(["analogue", {file!r}, "--json"])
print(sorted({{"xarray", "pandas", "matplotlib", "jinja2"}} & set(sys.modules)), file=sys.stderr)
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "[]\n")
    assert json.loads(finished.stdout)["e_folds"] == 0.6


@pytest.mark.slow
def test_an_ensemble(capsys, file, tmp_path):
    out = tmp_path / "out"
    numbers = numbers_of(capsys, file, *ENSEMBLE, "--out", str(out))
    assert [row["wavenumber"] for row in numbers["spectrum"]] == [1.0, 2.0]
    for row in numbers["spectrum"]:
        assert set(row) == {"wavenumber", "power", "standard_error", "exact_power", "direct_power"}
        assert row["power"] == pytest.approx(row["direct_power"], rel=0.02)
        k = row["wavenumber"]  # |u|² = H²/2k³ (1 + (k/aH)²)
        exact = (1 + (k * np.exp(-numbers["e_folds"])) ** 2) / (2 * np.pi) ** 2
        assert row["exact_power"] == pytest.approx(exact, rel=1e-6)
    assert numbers["hubble_over_two_pi_squared"] == pytest.approx(1 / (2 * np.pi) ** 2)
    assert numbers["tilt"] == pytest.approx(numbers["direct_tilt"], abs=0.02)
    assert numbers["tilt_outside_horizon"] == pytest.approx(0)
    assert {"tilt_error", "exact_tilt", "kernel_condition_number"} <= set(numbers)
    with xr.open_dataset(out / "results.nc", engine="h5netcdf") as results:
        assert results["last_fields"].shape == (6, 4, 1)
        assert results["power_history"].values[0, -1] == pytest.approx([row["power"] for row in numbers["spectrum"]])
    assert {"spectrum.svg", "power-history.svg", "field.gif"} <= {p.name for p in (out / "figures").iterdir()}


def test_keys_set_on_the_command_line(capsys, file, monkeypatch):
    def seen(specification, *_, **__):
        raise UserError(json.dumps(specification.model_dump()))

    monkeypatch.setattr("cosmograd.experiments.network_universe.run.timed_run", seen)
    changed = ["training.time_step=0.02", "background.hubble_rate=2", "training.updates=9", "box.constant_mode=true"]
    changed += ["start.waves.cos 1=0.5", "start.kind=waves", "name=other"]
    code, _, said = run(capsys, "analogue", file, *sets(*changed))
    assert code == 1
    found = json.loads(said.removeprefix("Error: "))
    assert (found["name"], found["training"]["time_step"], found["training"]["updates"]) == ("other", 0.02, 9)
    assert found["background"] == {"kind": "de-sitter", "hubble_rate": 2.0, "start_time": 0.0}
    assert found["start"]["waves"] == {"cos 1": 0.5}
    assert found["box"]["constant_mode"] is True


def model_of(text, base):
    return build(parse(tomllib.loads(text)), sources_from(base))


@pytest.mark.parametrize(
    ("background", "duration"),
    [('"matter"', np.exp(0.45) - 1), ('"radiation"', np.exp(0.6) - 1), ('"de-sitter"\nhubble_rate = 0.5', 0.6)],
)
def test_e_folds_become_updates(tmp_path, background, duration):
    """By the inverse of ln a = ⅔ ln t, ½ ln t and t/2."""
    text = FILE.replace('"de-sitter"', background).replace("updates = 12", "e_folds = 0.3")
    assert model_of(text, tmp_path).updates == round(duration / 0.05)


@pytest.mark.slow
def test_two_fields_in_a_plane(tmp_path):
    """So few updates have no order in the time step."""
    text = (
        FILE.replace("largest_number = 1", "largest_number = 1\ndimension = 2")
        .replace('"mode-functions"', '"waves"\nwaves = { "cos (1, 0)" = [1.0, 0.2] }')
        .replace("[start]", "[field]\nfields = 2\nmass_matrix = [[0.1, 0.05], [0.05, 0.3]]\ncoupling = 0.1\n[start]")
        .replace("updates = 12", "updates = 3")
    )
    done = []
    result, seconds = timed_run(parse(tomllib.loads(text)), sources_from(tmp_path), done.append)
    assert sum(done) == pytest.approx(1)
    assert result.relative_error < 1e-2
    assert np.isnan(result.convergence_order)
    assert seconds == {}
    folder = ResultFolder(tmp_path / "out")
    write_report(folder, result)
    assert "φ<sub>2</sub>" in folder.report.read_text()
    assert {path.name for path in folder.figures.iterdir()} >= {"field-in-space.svg", "field.gif", "modes.svg"}


def test_a_tabulated_expansion_and_a_function_of_the_user(capsys, tmp_path):
    time = np.linspace(-0.2, 1.0, 200)
    np.savez(tmp_path / "table.npz", time=time, scale_factor=np.exp(time))
    (tmp_path / "mine.py").write_text("def potential(φ):\n    return φ[0] ** 4 / 4\n")
    text = FILE.replace('kind = "de-sitter"', 'kind = "tabulated"\nfile = "table.npz"\nstart_time = 0.0')
    text = text.replace("[start]", '[field]\npotential = { file = "mine.py" }\n[start]')
    mine, plain = (model_of(contents, tmp_path).theory for contents in (text, FILE + "[field]\nquartic = 1\n"))
    q = np.array([[0.7], [0.4]])
    for ln_a in (0.0, 0.5):
        np.testing.assert_allclose(mine.force(q, ln_a), plain.force(q, ln_a), rtol=1e-12)
    assert float(mine.expansion.hubble_rate(0.4)) == pytest.approx(1, rel=1e-9)
    (tmp_path / "mine.toml").write_text(text)
    code, _, said = run(capsys, "analogue", str(tmp_path / "mine.toml"), *WAVES, "--set", "training.updates=30")
    assert code == 1
    assert "the table covers t = -0.2 to 1; the training needs -0.05, a step before the start, to 1.5" in flat(said)


@pytest.mark.slow
def test_steps_too_long_to_be_doubled_and_single_updates(capsys, file):
    """Twice the step would need a negative momentum, or lie before the bang: there is no order, and all else stands."""
    radiation = 'background={kind = "radiation", start_time = 0.08}'
    for arguments in (sets("training.time_step=0.4"), [*WAVES, *sets(radiation)]):
        numbers = numbers_of(capsys, file, *arguments)
        assert numbers["convergence_order"] is None
        assert numbers["relative_error"] < 1
    assert numbers_of(capsys, file, *sets("training.updates=1"))["updates"] == 1


def test_what_a_reader_must_know_is_said_and_printed(capsys, file):
    code, printed, said = run(capsys, "analogue", file, "--json", *sets("training.amplitude=1e-13"))
    assert code == 0
    numbers = json.loads(printed)
    assert any(text.startswith("Rounding") for text in numbers["warnings"])
    assert "Warning: Rounding" in flat(said)
    assert numbers["error_from_amplitude"] is None  # rounding hides it


@pytest.mark.slow
def test_an_alternative_replaces_the_files_key(capsys, file):
    numbers = numbers_of(capsys, file, *sets("training.e_folds=0.3", "network.widths=[24, 24]"))
    assert numbers["updates"] == 6


def test_a_network_of_the_user(capsys, file, tmp_path):
    (tmp_path / "net.py").write_text(
        "import jax\nfrom cosmograd.learning.networks import FunctionNetwork, Perceptron\n"
        "def network(input_shape, outputs):\n"
        "    return Perceptron((*input_shape, 24, outputs), 'tanh', 'ntk', 3.0, 1.0)\n"
        "def broken(input_shape, outputs):\n    return 1 / 0\n"
        "three = Perceptron((3, 8, 1))\n"
    )
    section = FILE.replace("width = 24", 'file = "net.py"')
    (tmp_path / "own.toml").write_text(section)
    own, plain = (numbers_of(capsys, str(path)) for path in (tmp_path / "own.toml", file))
    assert own["relative_error"] == plain["relative_error"]
    for more, words in (
        ("network.name=broken", "broken((2,), 1) in net.py fails: ZeroDivisionError"),
        ("network.name=nothing", "nothing"),
        ("network.name=three", "the network takes points of shape (3,)"),
        ("network.width=8", "the network is the one in `file`; leave out `width`"),
    ):
        code, printed, said = run(capsys, "analogue", str(tmp_path / "own.toml"), "--set", more)
        assert (code, printed) == (1, "")
        assert words in flat(said)


@pytest.mark.slow
def test_the_expansion_of_an_inflaton(tmp_path):
    """m²φ²: H(t) and a(t) of the analogue's background obey Friedmann's equation of the inflaton."""
    contents = FILE.replace(
        'kind = "de-sitter"', 'kind = "inflation"\npotential = { name = "quadratic", mass = 6e-6 }\nfield = 17.0'
    )
    model = model_of(contents, tmp_path)
    t = np.linspace(-5, 20, 200)
    H = np.array([float(model.theory.expansion.hubble_rate(one)) for one in t])
    ln_a = np.array([float(model.theory.expansion.log_scale_factor(one)) for one in t])
    assert float(model.theory.expansion.log_scale_factor(0.0)) == pytest.approx(0, abs=1e-12)
    assert float(model.theory.expansion.hubble_rate(0.0)) == pytest.approx(1, rel=1e-7)
    # Slow roll: H² ∝ φ² with φ² = 2(1 + 2N_left) to this order, so dln H/dN = −ε with ε = 1/(2N_left + 1).
    left = 55 - ln_a
    np.testing.assert_allclose(-np.gradient(np.log(H), ln_a)[5:-5], 1 / (2 * left + 1)[5:-5], rtol=0.02)


def flat(text):
    return " ".join(text.split())


def inflating(potential, *more):
    parts = ['kind = "inflation"', f'potential = {{name = "{potential}"}}', *more]
    return ["--set", f"background={{{', '.join(parts)}}}"]


def sets(*assignments):
    return [part for text in assignments for part in ("--set", text)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (sets("training.time_step=2.5", "background.hubble_rate=0.1"), "steps must be shorter than 2/ω = 2;"),
        (sets("training.amplitude=0.5", "training.accuracy=0.01"), "That is reached at amplitudes below about"),
        (sets("training.accuracy=1e-5"), "take one of at most"),
        (sets("network.activation=linear", "box.largest_number=3", "box.points_per_side=8"), "cannot carry the modes"),
        (sets("network.width=1", "box.largest_number=3", "box.points_per_side=8"), "fewer than the 6 modes"),
        ([*WAVES, *sets("field.quartic=-20", "training.updates=100")], "not bounded below"),
        (sets("training.step=1"), "training.step: there is no such key. Did you mean 'time_step'?"),
        (sets("trainin.updates=1"), "Did you mean 'training'?"),
        (sets("background.exponent=2"), "this key goes with background.kind = 'power-law'"),
        (sets("background.kind=desitter"), "Did you mean 'de-sitter'?"),
        (sets("training.updates=many"), "training.updates: 'many' is not allowed; allowed: a whole number"),
        (sets("training.updates=1.5"), "training.updates: 1.5 is not allowed"),
        (sets("box.dimension=4"), "box.dimension: 4 is not allowed; allowed: 1, 2, 3"),
        (sets("box.largest_number=9"), "box: modes up to n = 9 need at least 19 points per side, got 4"),
        (sets("box.largest_number=every"), "box.largest_number: 'every' is not allowed"),
        (sets("training.members=3"), "differ by their draws from the vacuum; set start.kind = \"vacuum\""),
        (sets("training.e_folds=1", "training.updates=3"), "give exactly one of `e_folds` and `updates`"),
        (sets("network.weight_scale=1e300"), "network.weight_scale: 1e+300 is not allowed"),
        (sets("field.mass_squared=400"), "Where the universe inflates take a smaller mass"),
        (sets("start.kind=waves", "box.largest_number=2", "box.points_per_side=5", "field.quartic=10",
              "training.accuracy=0.01", 'start.waves={"cos 1" = 3.0}', "training.time_step=0.01"),
         "5 points per side are too few"),
        (sets("training.accuracy=2"), "training.accuracy: 2 is not allowed"),
        (sets("training.amplitude=0"), "training.amplitude: 0 is not allowed"),
        (sets("training.refreshes=12"), "`refreshes` must be fewer than half of `updates` = 12"),
        (sets("training.updates=100000000000"), "Take fewer updates, members or modes"),
        (sets("field.coupling=1"), "`coupling` belongs to two fields"),
        (sets("field.fields=2", "field.mass_matrix=[[1, 2], [3, 4]]"), "two rows of two numbers, symmetric"),
        (sets("field.potential.name=quadric"), "field.potential: there is no potential 'quadric'"),
        (sets("field.potential={name = \"quadratic\", mas = 1}"), "field.potential.mas: the quadratic potential has"),
        (sets("start.kind=waves"), "needs `waves` or `velocities`"),
        (sets("start.kind=waves", 'start.waves={"cos 7" = 1}'), "start.waves: the box has no mode 'cos 7'; it has"),
        (sets("start.kind=waves", 'start.waves={"cos 1" = [1, 2]}'), "is 2 number(s); the potential is one of 1"),
        (sets("start.kind=waves", 'start.waves={"cos 1" = "big"}'), "start.waves.cos 1: 'big' is not allowed"),
        (sets("box.constant_mode=true"), "the constant mode (k = 0) is never inside the horizon"),
        (sets("background.kind=radiation", "field.mass_squared=0.5"), "have no vacuum before t = 1"),
        (sets("background.hubble_rate=0"), "the universe must expand at t = 0 to have a horizon"),
        ([*WAVES, *sets("background={kind = \"matter\", start_time = 0.01}")], "take `start_time` above"),
        ([*WAVES, *sets("background.hubble_rate=50")], "Take a time step of at most"),
        (sets("network.widths=[8, 8]", "network.width=8"), "give either `width`, or `widths`"),
        (inflating("quadratic", "field = 5.0"), "e-folds to its end"),
        (inflating("quadratc"), "there is no potential"),
        (inflating("quadratic", "field = 0.1"), "background: there is no inflation at φ = 0.1 M_Pl"),
        (sets("training"), "--set takes KEY=VALUE, for example --set training.time_step=0.02"),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_said_in_one_line(capsys, file, arguments, message):
    code, printed, said = run(capsys, "analogue", file, *arguments)
    assert (code, printed) == (1, "")
    assert said.startswith("Error: ")
    assert message in flat(said)
    assert said.count("\n") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "training: this key is needed and missing"),
        ("[training", "is not valid TOML"),
        (None, "there is no analogue file"),
    ],
)
def test_files_that_say_nothing(capsys, tmp_path, contents, message):
    path = tmp_path / "file.toml"
    if contents is not None:
        path.write_text(contents)
    code, _, said = run(capsys, "analogue", str(path))
    assert code == 1
    assert message in flat(said)


OF_THIS_KIND = {"experiment": "network_universe", "name": "mine"}


def test_results_that_are_no_analogue_are_refused(capsys, tmp_path):
    write_results(tmp_path / "results.nc", xr.Dataset({"time": ("k", np.arange(3.0))}, attrs=OF_THIS_KIND))
    code, printed, said = run(capsys, "report", str(tmp_path))
    assert (code, printed) == (1, "")
    assert "holds no universe on a network (e_folds is missing). Compute it: cosmograd analogue." in flat(said)


def test_a_folder_of_another_kind_is_not_overwritten(capsys, file, tmp_path, monkeypatch):
    write_results(tmp_path / "results.nc", xr.Dataset({"time": ("k", np.arange(3.0))}, attrs={"universe": "mine"}))
    monkeypatch.setattr("cosmograd.experiments.network_universe.run.timed_run", None)
    code, _, said = run(capsys, "analogue", file, "--out", str(tmp_path))
    assert code == 1
    assert "holds other results, which would be overwritten" in flat(said)


@pytest.mark.parametrize("name", ["de-sitter", "scale-invariant", "lambda-phi4", "slow-roll-tilt"])
def test_examples_are_valid_and_can_be_written_out_again(request, name):
    contents = tomllib.loads((request.config.rootpath / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    specification = parse(contents)
    assert parse(tomllib.loads(toml_text(specification.model_dump()))) == specification
