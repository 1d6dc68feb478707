"""The package's front door: instant, silent, and plain about what is missing."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def run_python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)


def test_import_is_lazy_and_silent():
    code = """
import sys
import cosmograd
heavy = {"jax", "numpy", "scipy", "xarray", "pandas", "equinox", "optax", "matplotlib", "sklearn"} & set(sys.modules)
assert not heavy, heavy
assert cosmograd.__version__
assert {"learning", "duality", "enable_float64"} <= set(dir(cosmograd))
"""
    result = run_python(code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_subpackages_load_on_first_use():
    code = """
import sys
import cosmograd
assert cosmograd.solvers.log_spaced_integers(9, 3).tolist() == [0, 2, 9]
assert "cosmograd.learning" not in sys.modules
"""
    result = run_python(code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_unknown_names_are_attribute_errors():
    import cosmograd

    with pytest.raises(AttributeError, match="module 'cosmograd' has no attribute 'gravity'"):
        cosmograd.gravity  # noqa: B018


def test_float64_is_required_where_it_matters_and_switched_on_by_request():
    code = """
import cosmograd
from cosmograd.precision import require_float64
import jax.numpy as jnp
try:
    require_float64("the effective theory")
except RuntimeError as error:
    message = str(error)
assert message.startswith("the effective theory needs float64, but JAX is set to float32"), message
assert "cosmograd.enable_float64()" in message
cosmograd.enable_float64()
require_float64("the effective theory")
assert jnp.ones(()).dtype == jnp.float64
"""
    result = run_python(code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_missing_extra_is_named_with_its_command():
    from cosmograd._optional import MissingExtraError, import_optional

    message = r"reading tables needs the package `no_such_package`.*pip install 'cosmograd\[parquet\]'"
    with pytest.raises(MissingExtraError, match=message) as caught:
        import_optional("no_such_package", "parquet", "reading tables")
    assert isinstance(caught.value, ImportError)
    assert import_optional("json", "parquet", "reading tables").loads("1") == 1


def test_extras_bring_what_the_code_asks_for():
    """No extra for code that is not there, and none that is asked for and missing; accelerators and tools apart."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    asked = {extra for _, extra in re.findall(r'import_optional\("(\w+)", "(\w+)"', sources)}
    assert set(project["optional-dependencies"]) - {"cuda", "dev", "recorders-test"} == asked
