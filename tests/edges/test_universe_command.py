"""`cosmograd universe` from outside: what it prints and writes, and what it says to requests that cannot be met."""

import json
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import scipy.special
import xarray as xr
from hypothesis import given, strategies as st

from cosmograd.cli.application import main
from cosmograd.cli.assignments import assignment
from cosmograd.cli.universe_command import _wavenumbers
from cosmograd.errors import UserError
from cosmograd.experiments.spectator.specification import parse as parse_test_field
from cosmograd.experiments.toml_text import toml_text
from cosmograd.experiments.universe.run import power_at_pivot
from cosmograd.experiments.universe.specification import parse as parse_universe, potentials_by_name
from cosmograd.runs import write_results

pytestmark = pytest.mark.usefixtures("without_type_checks")
QUADRATIC = ["universe", "--potential", "quadratic", "--set", "mass=6e-6", "--field", "17"]


def run(capsys, *arguments):
    """Exit code, standard output, standard error."""
    code = 0
    try:
        main(list(arguments))
    except SystemExit as left:
        code = left.code
    return code, *capsys.readouterr()


def test_spectra_of_a_named_potential(capsys, tmp_path):
    potential = ["universe", "--potential", "quadratic", "--field", "17"]  # its mass left to the default
    request = [*potential, "--pivot-e-folds", "55", "--wavenumbers", "1e-2:1e2:21", "--out", str(tmp_path), "--json"]
    code, printed, _ = run(capsys, *request)
    assert code == 0
    numbers = json.loads(printed)
    assert numbers["e_folds_total"] == pytest.approx(72.8312951065, rel=1e-9)
    assert numbers["scalar_amplitude"] == pytest.approx(1.8354408e-9, rel=1e-5)
    assert numbers["scalar_tilt"] == pytest.approx(0.96337876, abs=1e-5)
    assert numbers["running"] == pytest.approx(-6.7467e-4, abs=1e-5)
    assert numbers["tensor_to_scalar_ratio"] == pytest.approx(0.14403298, rel=1e-5)
    assert numbers["tensor_tilt"] == pytest.approx(-0.01851123, abs=1e-5)
    assert numbers["friedmann_violation"] <= 1e-10
    assert numbers["achieved_accuracy"] <= 1e-5
    assert numbers["failed_wavenumbers"] == []
    with xr.open_dataset(tmp_path / "results.nc", engine="h5netcdf") as results:
        np.testing.assert_allclose(results["wavenumber"], np.geomspace(1e-2, 1e2, 21))
        assert results["scalar_power"].dims == results["tensor_power"].dims == ("wavenumber",)
        for name in ("field", "field_velocity", "hubble_rate"):
            assert results[name].dims == ("e_folds",)
        assert float(results["field"][0]) == pytest.approx(17.0)
        φ, v, H = (results[name].values for name in ("field", "field_velocity", "hubble_rate"))
        np.testing.assert_allclose(3 * H**2, H**2 * v**2 / 2 + 18e-12 * φ**2, rtol=1e-6)
        assert float(results["e_folds"][-1]) == pytest.approx(numbers["e_folds_total"])
        past = results["evolution_e_folds"].values > numbers["e_folds_total"]
        assert np.isfinite(results["evolution_field"].values[past]).all()
        for name, variable in results.variables.items():
            assert variable.attrs["long_name"]
            assert ("units" in variable.attrs) == (variable.dtype.kind == "f"), (
                f"{name}: numbers have a unit, words none"
            )
        stored = json.loads(results.attrs["specification"])["potential"]
    assert stored == {"name": "quadratic", "mass": 6e-6}, "defaults may change, results not"
    page = (tmp_path / "report.html").read_bytes()
    assert "mass = 6e-06" in page.decode()
    (tmp_path / "report.html").unlink()
    assert run(capsys, "report", str(tmp_path))[0] == 0
    assert (tmp_path / "report.html").read_bytes() == page
    assert json.loads(run(capsys, "report", str(tmp_path), "--json")[1]) == numbers


TWO_FIELDS = [
    "universe",
    "--potential",
    "double-quadratic",
    "--set",
    "mass_2=3e-6",
    "--field",
    "17,2",
    "--accuracy",
    "1e-3",
]


@pytest.mark.slow
def test_isocurvature_at_the_pivot_of_several_fields(capsys):
    """That of the pivot itself, or by the wavenumbers around it; null outside of them."""
    there, around, beside = (
        json.loads(run(capsys, *TWO_FIELDS, "--wavenumbers", wavenumbers, "--json")[1])
        for wavenumbers in ("0.5,1,2", "0.5,0.9,2", "2,3,4")
    )
    assert 0 < there["isocurvature_power"] < there["scalar_amplitude"]
    assert around["isocurvature_power"] == pytest.approx(there["isocurvature_power"], rel=1e-4)
    assert beside["isocurvature_power"] is None
    table = run(capsys, *TWO_FIELDS, "--wavenumbers", "0.5,1,2")[1]
    row = next(line for line in table.split("\n") if "isocurvature_power" in line)
    assert f"{there['isocurvature_power']:.9g}" in row
    assert "isocurvature power at" in row


def test_powers_at_the_pivot_are_interpolated_in_the_logarithm():
    log_k = np.array([-1.2, -0.5, 0.2, 0.9, 2.0])
    power = np.exp(-20 + 0.3 * log_k - 0.02 * log_k**2 + 0.004 * log_k**3)
    assert power_at_pivot(log_k, power) == pytest.approx(np.exp(-20), rel=1e-12)  # a cubic is exact through four
    assert power_at_pivot(log_k[:3], power[:3]) == pytest.approx(np.exp(-20), rel=1e-3)
    power[2] = np.nan  # a wavenumber without power is passed over
    assert power_at_pivot(log_k, power) == pytest.approx(np.exp(-20), rel=1e-12)
    assert power_at_pivot(np.array([0.0]), np.array([3e-9])) == pytest.approx(3e-9, rel=1e-14)
    for outside in (slice(3, 5), slice(0, 2), slice(2, 3), slice(0, 0)):
        assert np.isnan(power_at_pivot(log_k[outside], power[outside]))


def test_numbers_are_printed_without_what_files_and_figures_need():
    code = """
import sys
from cosmograd.cli import main
from cosmograd.experiments.universe import run
from cosmograd.experiments.universe.quantities import QUANTITIES
from cosmograd.results import Result
main(["universe", "--test-field", "--wavenumbers", "100:1:5", "--json"])
k = ("wavenumber",)
arrays = {"wavenumber": (k, [1.0]), "reason": (k, [""]), "achieved_accuracy": ((), 1e-6)}
run.run = lambda *_, **__: Result.of("universe", QUANTITIES, arrays, {"name": "made"})  # compiles nothing
main(["universe", "--potential", "quadratic", "--json"])
loaded = {"xarray", "pandas", "h5netcdf", "matplotlib", "jinja2", "scipy.interpolate"} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("attributes", "missing"),
    [
        ({"experiment": "universe", "name": "mine"}, "wavenumber"),
        ({"experiment": "universe", "specification": "[" * 100_000}, "wavenumber"),
    ],
)
def test_results_that_are_no_universe_are_refused(capsys, tmp_path, attributes, missing):
    write_results(tmp_path / "results.nc", xr.Dataset({"power": ("k", np.arange(3.0))}, attrs=attributes))
    code, printed, said = run(capsys, "report", str(tmp_path))
    assert (code, printed) == (1, "")
    assert f"holds no universe ({missing} is missing)" in " ".join(said.split())


def test_results_without_a_specification_are_refused(capsys, tmp_path):
    names = ("wavenumber_over_ah", "mode_real", "mode_imaginary", "power", "achieved_accuracy")
    for contents in ("", "nonsense", "[" * 100_000, "[]"):
        results = xr.Dataset(dict.fromkeys(names, 1.0), attrs={"experiment": "spectator", "specification": contents})
        write_results(tmp_path / "results.nc", results)
        code, _, said = run(capsys, "report", str(tmp_path))
        assert code == 1
        assert "holds no specification of a test field" in " ".join(said.split())


def test_a_test_field(capsys):
    code, printed, _ = run(capsys, "universe", "--test-field", "--mass-over-hubble-squared", "2.25", "--json")
    assert code == 0
    numbers = json.loads(printed)
    x = np.array(numbers["wavenumber_over_ah"])
    assert (x[0], x[-1]) == (pytest.approx(100), pytest.approx(0.01))
    mode = np.array(numbers["mode_real"]) + 1j * np.array(numbers["mode_imaginary"])
    exact = np.sqrt(np.pi) / 2 * np.exp(0.25j * np.pi) * x**1.5 * scipy.special.hankel1(0, x)
    np.testing.assert_allclose(mode, exact, rtol=1e-8)
    np.testing.assert_allclose(numbers["power"], np.abs(exact) ** 2 / (2 * np.pi**2), rtol=1e-8)
    code, printed, _ = run(capsys, "universe", "--test-field", "--mass-over-hubble-squared", "2.25")
    assert code == 0
    for name in ("mode_real", "mode_imaginary", "power"):
        for value in (numbers[name][0], numbers[name][100], numbers[name][-1]):
            assert f"{value:.7g}" in printed, "mode and power stand on the screen too"


def test_a_wavenumber_that_starts_outside_is_named_while_the_others_stand(capsys):
    code, printed, said = run(capsys, *QUADRATIC, "--wavenumbers", "1e-9:1e2:21", "--json")
    assert code == 0
    failed = json.loads(printed)["failed_wavenumbers"]
    assert 0 < len(failed) < 21
    assert failed[0]["wavenumber"] == pytest.approx(1e-9)
    assert "it must start inside the horizon" in failed[0]["reason"]
    assert failed[0]["reason"] in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--potential", "quadric"], "there is no potential 'quadric'. Did you mean 'quadratic'?"),
        (["--potential", "quadratic", "--set", "mas=1"], "Did you mean 'mass'?"),
        (["--potential", "quadratic", "--set", "mass"], "--set takes KEY=VALUE"),
        (["--potential", "quadratic", "--set", "mass=1e-6", "--set", "mass=2e-6"], "--set gives `mass` twice"),
        (["--potential", "quadratic", "--set", "mass=1e-200"], "below the smallest number of float64"),
        (["--potential", "quadratic", "--field", "1e10"], "after the first step beyond 2000 e-folds"),
        (["--potential", "quadratic", "--set", "mass=heavy"], "allowed: a number (mass m, in M_Pl)"),
        (["--potential", "quadratic", "--set", "mass=-1"], "must be a finite number > 0"),
        (["--potential", "quadratic", "--set", "acuracy=1"], "has no such parameter"),
        (
            ["--potential", "quadratic", "--accuracy", "1e-16"],
            "accuracy: 1e-16 is not allowed; allowed: from 1e-09 to 0.01",
        ),
        (["--potential", "quadratic", "--wavenumbers", "1:2"], "FIRST:LAST:COUNT"),
        (["--potential", "quadratic", "--wavenumbers", "2:1:5"], "`first` must be below `last`"),
        (
            ["--potential", "quadratic", "--wavenumbers", "1,3,2"],
            "`wavenumbers` must increase: 2 follows 3, at place 3",
        ),
        (["--potential", "quadratic", "--wavenumbers", "0,1"], "spectrum.wavenumbers.0: 0.0 is not allowed"),
        (
            ["--potential", "quadratic", "--field", "-3,nan"],
            "start.field.1: nan is not allowed; allowed: a finite",
        ),
        (["--potential", "quadratic", "--field-velocity", "-0.1,-0.2"], "`velocity` must be 1 finite number"),
        (["--test-field", "--wavenumbers", "1:100:10"], "Error: wavenumbers: k/aH falls with time"),
        (["--potential", "quadratic", "--wavenumbers", "1:2:x"], "COUNT must be a whole number"),
        (["--potential", "quadratic", "--field", "a"], "--field: 'a' is not a number"),
        (["--potential", "quadratic", "--field", "1,2"], "`field` must be 1 finite number"),
        (["--potential", "quadratic", "--pivot-e-folds", "0"], "pivot_e_folds: 0.0 is not allowed"),
        (["--potential", "quadratic", "--field", "0.5"], "there is no inflation at the start"),
        (["--potential", "quadratic", "--set", "cosmological_constant=-1"], "H² has no value"),
        (["--potential", "quadratic", "--pivot-e-folds", "5", "--pivot-wavenumber", "1"], "at most one of"),
        ([], "give a universe file, or --potential NAME"),
        (["nowhere.toml"], "there is no universe file nowhere.toml"),
        (["--test-field", "--potential", "quadratic"], "leave out --potential"),
        (["--mass-over-hubble-squared", "1"], "belongs to --test-field"),
        (["--test-field", "--wavenumbers", "0.01:100:5"], "the first must be above the last"),
        (["--test-field", "--mass-over-hubble-squared", "1", "--wavenumbers", "2:0.01:5"], "the vacuum is known to"),
    ],
)
def test_what_cannot_be_met_is_said(capsys, arguments, message):
    code, printed, said = run(capsys, "universe", *arguments)
    assert code == 1
    assert printed == ""
    assert said.startswith("Error: ")
    assert message in " ".join(said.split())
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise RuntimeError('no')", "fails (line 3): RuntimeError: no"),
        ("return φ", "returns an array of shape (2,); it must return one number"),
        ("return", "returns NoneType; it must return one number"),
        ("return float(φ[0])", "(line 3), with float, int or the module math. Write it by operations of jax.numpy"),
        ("return np.sin(φ[0]) ** 2", "calls NumPy or SciPy on the fields (line 3), which JAX cannot differentiate"),
        ("return np.sin(φ[0]) ** 2", "import jax.numpy as jnp, then jnp.sin instead of np.sin"),
        ("return φ[0] if φ[0] > 0 else -φ[0]", "decides by the values of the fields (line 3)"),
        ("one, two, three = φ; return one", "expected 3"),
        ("one, two, three = φ; return one", "one vector of 2 fields, as `potential.fields` says"),
        ("return φ[0] + φ[2]", "Raise `potential.fields` to as many as it needs"),
    ],
)
def test_a_function_of_the_user_that_fails_is_named(capsys, tmp_path, body, message):
    (tmp_path / "mine.py").write_text(f"import numpy as np\ndef potential(φ):\n    {body}\n")
    file = tmp_path / "universe.toml"
    file.write_text('potential = {file = "mine.py", fields = 2}\n')
    code, _, said = run(capsys, "universe", str(file))
    assert code == 1
    said = " ".join(said.split())
    assert said.startswith("Error: potential: 'potential' of mine.py ")
    assert message in said


def test_one_mistake_is_one_line(capsys):
    """A list is not explained as the section that could stand in its place, nor the reverse."""
    for wavenumbers in ("1e2:1e-2:81", "0,1"):
        said = run(capsys, "universe", "--potential", "quadratic", "--wavenumbers", wavenumbers)[2]
        assert said.count("spectrum.wavenumbers") == 1


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_computed(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("cosmograd.experiments.universe.run.run", None)
    code, _, said = run(capsys, "universe", "--potential", "quadratic", "--out", str(tmp_path / "file" / "below"))
    assert code == 1
    assert "is a file. Name another folder with --out." in " ".join(said.split())


def test_a_field_that_is_not_there_is_named(capsys, tmp_path):
    """JAX reads the last field in its place."""
    (tmp_path / "mine.py").write_text("def potential(φ):\n    return 1.8e-11 * (φ[0] ** 2 + φ[1] ** 2)\n")
    (tmp_path / "mine.toml").write_text('potential = {file = "mine.py"}\nstart.field = 17.0\n')
    code, _, said = run(capsys, "universe", str(tmp_path / "mine.toml"))
    assert code == 1
    message = "one vector of 1 field, as `potential.fields` says. Raise `potential.fields` to as many as it needs."
    assert message in " ".join(said.split())


@pytest.mark.parametrize("start", ["field = 17.0", "field = [12.0, 12.0]\nstart.velocity = [0.1, 0.1, 0.1]"])
def test_a_start_of_other_fields_names_the_key_of_both(capsys, tmp_path, start):
    (tmp_path / "mine.py").write_text("def potential(φ):\n    return 1.8e-11 * (φ[0] ** 2 + φ[1] ** 2)\n")
    (tmp_path / "mine.toml").write_text(f'potential = {{file = "mine.py", fields = 2}}\nstart.{start}\n')
    code, _, said = run(capsys, "universe", str(tmp_path / "mine.toml"))
    assert code == 1
    said = " ".join(said.split())
    assert ("start.velocity has 3 numbers" if "velocity" in start else "start.field has 1 number,") in said
    assert "the potential is of 2 fields: `potential.fields` = 2" in said


METRIC = """
import jax.numpy as jnp
def metric(field):
    return jnp.diag(jnp.stack([jnp.ones(()), jnp.exp(0.02 * field[0])]))
def crooked(field):
    return jnp.array([[1.0, 0.5], [0.0, 1.0]])
def negative(field):
    return -jnp.eye(2)
flat = 1.0
"""


@pytest.mark.slow
def test_a_field_space_from_a_file_is_the_one_by_name(capsys, tmp_path):
    (tmp_path / "mine.py").write_text(METRIC)
    numbers = []
    for space in ('file = "mine.py"', 'kind = "hyperbolic"\nrate = 0.01'):
        file = tmp_path / "background.toml"
        file.write_text(f'experiment = "background"\n[potential]\nname = "double-quadratic"\n[field_space]\n{space}\n')
        code, printed, said = run(capsys, "run", str(file), "--json")
        assert code == 0, said
        numbers.append(json.loads(printed)["e_folds_total"])
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-9)


def test_the_file_on_the_page_gives_a_metric_of_the_users_again():
    contents = {"potential": {"name": "double-quadratic"}, "field_space": {"file": "mine.py"}}
    specification = parse_universe(contents)
    assert (specification.field_space.kind, specification.field_space.function) == ("function", "metric")
    assert parse_universe(tomllib.loads(toml_text(specification.model_dump()))) == specification
    assert "function" not in toml_text(parse_universe({"potential": {"name": "quadratic"}}).model_dump())


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ('file = "mine.py"\nfunction = "crooked"', "is not symmetric"),
        ('file = "mine.py"\nfunction = "negative"', "is not positive"),
        ('file = "mine.py"\nfunction = "flat"', "must be a function of the fields"),
        ('file = "mine.py"\nkind = "flat"', "leave out `kind`"),
        ('file = "mine.py"\nrate = 0.3', '`rate` belongs to kind = "hyperbolic"'),
        ('kind = "function"', 'kind = "function" needs `file`'),
        ('function = "metric"', "`function` is that of a `file`"),
        ('file = "theirs.py"', "theirs.py"),
    ],
)
def test_field_spaces_that_cannot_be_used(capsys, tmp_path, space, message):
    (tmp_path / "mine.py").write_text(METRIC)
    file = tmp_path / "universe.toml"
    file.write_text(f'accuracy = 1e-3\n[potential]\nname = "double-quadratic"\n[field_space]\n{space}\n')
    code, printed, said = run(capsys, "universe", str(file), "--json")
    assert (code, printed) == (1, "")
    assert message in " ".join(said.split())
    assert "Traceback" not in said


def test_potentials_as_json(capsys):
    potentials = json.loads(run(capsys, "universe", "--potential", "help", "--json")[1])
    assert potentials["quadratic"] == {"mass": "mass m, in M_Pl"}


def test_help_lists_every_potential(capsys):
    code, printed, _ = run(capsys, "universe", "--potential", "help")
    assert code == 0
    assert all(name in printed for name in potentials_by_name())


texts = st.text(max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["potential", "start", "field_space", "spectrum", "accuracy", "name", "cosmological_constant"])


def understood_or_refused(read, what):
    """Whether it was understood; a refusal has a text."""
    try:
        read(what)
    except UserError as error:
        return bool(str(error))
    return True


@given(st.dictionaries(keys | texts, values, max_size=5))
def test_any_contents_of_a_file_are_understood_or_refused(contents):
    assert understood_or_refused(parse_universe, contents)
    assert understood_or_refused(parse_test_field, contents)


@given(texts)
def test_any_text_on_the_command_line_is_understood_or_refused(text):
    assert understood_or_refused(lambda given: assignment(given, "mass=1"), text)
    assert understood_or_refused(_wavenumbers, text)


@pytest.mark.slow
def test_modes_that_are_drawn_come_to_the_spectrum_where_masses_oscillate_fast(capsys, tmp_path):
    potential = ["--potential", "axion-monodromy", "--set", "decay_constant=0.003", "--set", "modulation=0.02"]
    code, _, said = run(capsys, "universe", *potential, "--wavenumbers", "0.5:2:21", "--out", str(tmp_path), "--json")
    assert code == 0
    assert "Warning" not in said
    with xr.open_dataset(tmp_path / "results.nc", engine="h5netcdf") as results:
        drawn = results["mode_scalar_power"].transpose("mode", "stage").values
        n = results["mode_e_folds"].transpose("mode", "stage").values
        asked = np.isclose(results["wavenumber"].values[:, None], results["mode_wavenumber"].values).any(axis=1)
        np.testing.assert_allclose(drawn[:, -1], results["scalar_power"].values[asked], rtol=0.01)
        np.testing.assert_allclose(n[:, -1], float(results["e_folds_total"]))
    assert (np.diff(n) > 0).all()
