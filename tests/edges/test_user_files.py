"""The user's own files: tables in three formats, damaged ones, and models in Python."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from cosmograd.cli import main
from cosmograd.errors import UserError
from cosmograd.learning.datasets import table_dataset, table_notes
from cosmograd.learning.networks import FunctionNetwork
from cosmograd.runs import load_model, read_columns, read_study_file

SEED = 7
FRAME = pd.DataFrame(np.random.default_rng(SEED).normal(size=(9, 3)), columns=["x", "z", "y"])


def test_three_formats_give_the_same_data(tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    FRAME.to_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", **{name: FRAME[name].to_numpy() for name in FRAME})
    paths = tmp_path / "t.csv", tmp_path / "t.parquet", str(tmp_path / "t.npz")
    sets = [table_dataset(read_columns(path), "y") for path in paths]
    for other in sets[1:]:
        np.testing.assert_allclose(other.inputs, sets[0].inputs, rtol=1e-12)
        np.testing.assert_allclose(other.targets, sets[0].targets, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("t.csv", b"", "empty"),
        ("t.csv", b"x,y\n", "no rows"),
        ("t.csv", b"x,y,y\n1,2,3\n", "column name 'y' appears twice"),
        ("t.csv", b"x;y\n1;2\n", "semicolons"),
        ("t.csv", b'x,y\n1,"2\n3', "cannot be read as comma-separated"),
        ("t.csv", b"\xff\xfe\x00\x00\x81", "cannot be read as comma-separated.*iconv -f UTF-16 -t UTF-8"),
        (
            "t.csv",
            "x,name,y\n1,a,2\n3,Café,4\n".encode("latin-1"),
            r"not UTF-8 \(byte 0xE9 in line 3, at byte 21 of the file\).*iconv -f LATIN1 -t UTF-8 t\.csv",
        ),
        ("t.csv", b"x,y\n1,234,5\n2,345,6\n", 'rows have more entries than the header has names.*"1,234"'),
        ("t.npz", b"PK\x03\x04 broken", "cannot be read as .npz"),
        ("t.npz", b"", "cannot be read as .npz"),
        ("t.parquet", b"PAR1 broken", "cannot be read as Parquet"),
        ("t.xlsx", b"", "unknown kind of file"),
    ],
)
def test_damaged_tables_are_named(tmp_path, name, contents, message):
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(UserError, match=message):
        read_columns(tmp_path / name)


def test_arrays_that_are_no_table(tmp_path):
    np.savez(tmp_path / "scalar.npz", x=3.0)
    with pytest.raises(UserError, match="single number"):
        read_columns(tmp_path / "scalar.npz")
    np.savez(tmp_path / "objects.npz", x=np.array([{}, 1], dtype=object))
    with pytest.raises(UserError, match=r"cannot be read as \.npz"):
        read_columns(tmp_path / "objects.npz")
    truncated = io.BytesIO()
    np.savez(truncated, x=np.arange(1000.0))
    (tmp_path / "short.npz").write_bytes(truncated.getvalue()[:-300])
    with pytest.raises(UserError, match=r"cannot be read as \.npz"):
        read_columns(tmp_path / "short.npz")
    with zipfile.ZipFile(tmp_path / "hollow.npz", "w"):
        pass
    with pytest.raises(UserError, match="no columns"):
        read_columns(tmp_path / "hollow.npz")
    with pytest.raises(UserError, match="there is no file"):
        read_columns(tmp_path / "absent.csv")


def test_integers_beyond_64_bits_are_numbers(tmp_path):
    (tmp_path / "large.csv").write_text("x,y,name\n123456789012345678901234567890,1,a\n2,2,b\n")
    columns = read_columns(tmp_path / "large.csv")
    np.testing.assert_array_equal(columns["x"], [123456789012345678901234567890.0, 2.0])
    assert columns["name"].dtype == object


@pytest.mark.parametrize(
    ("column", "beside", "read"),
    [
        (['"1,234.5"', "-7", '"2,000"'], "2", [1234.5, -7, 2000]),  # a point beside the comma
        (['"1,234,567"', "+8e2", '"-1,000"'], "2", [1234567, 800, -1000]),  # two commas
        (['"1,234"', "5", ""], "0.5", [1234, 5, np.nan]),  # decimal points elsewhere in the table
        (['"1,234"', "5", '"1,000"'], "2", None),  # nothing tells which kind of comma it is
        (['"1,23"', "5", '"1,000"'], "0.5", None),  # no thousands
        (['"1,234"', "red", '"1,000"'], "0.5", None),  # no numbers
    ],
)
def test_thousands_are_read_where_they_can_be_nothing_else(tmp_path, column, beside, read):
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{value},{beside}\n" for value in column))
    found = read_columns(tmp_path / "t.csv")["x"]
    if read is None:
        assert found.dtype == object
    else:
        np.testing.assert_array_equal(found, read)


@pytest.mark.parametrize("role", ["input", "target"])
def test_commas_in_numbers_are_no_reason_to_drop_a_column(role):
    texts, numbers = np.array(["5", "1,234"], dtype=object), np.array([1.0, 2.0])
    columns = {"x": texts, "y": numbers} if role == "input" else {"x": numbers, "y": texts}
    name = "x" if role == "input" else "y"
    message = f"the {role} column '{name}' has commas in its numbers: '1,234' in data row 2, .* 1234 or 1.234. Write"
    with pytest.raises(ValueError, match=message):
        table_dataset(columns, "y")
    words = {"x": np.array(["red, blue", "1,234"], dtype=object), "z": numbers, "y": numbers}
    assert table_dataset(words, "y").inputs.shape == (2, 1)


def test_what_may_not_be_meant_is_noted():
    rng = np.random.default_rng(SEED)
    order = rng.permutation(12)
    columns = {
        "number": order + 100, "Patient_ID": order // 2, "name": np.array(["a"] * 12, dtype=object),
        "humid": order**2, "share": order / 12, "grid": rng.normal(size=(12, 2)), "class": order % 3,
    }  # fmt: skip
    classes, *identifiers = table_notes(columns, "class")
    assert "'class' holds only 3 different whole numbers (0, 1, 2)" in classes
    assert "not as classes" in classes
    assert [note.split("'")[1] for note in identifiers] == ["number", "Patient_ID"]
    assert "consecutive whole numbers, each once" in identifiers[0]
    assert "by its name" in identifiers[1]
    assert table_notes(columns, "share", ["humid"]) == []


def test_byte_order_mark_is_no_part_of_a_study(tmp_path):
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbfname = 'marked'\n")
    assert read_study_file(tmp_path / "bom.toml").contents == {"name": "marked"}


@given(contents=st.binary(max_size=60) | st.text("x,y\n\"';1.2-eNa \t", max_size=60).map(str.encode))
def test_any_bytes_as_a_table_are_read_or_refused(tmp_path_factory, contents):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(contents)
    try:
        columns = read_columns(path)
    except UserError:
        return
    try:
        data = table_dataset(columns, list(columns)[-1])
    except ValueError:
        return
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.targets).all()


@given(contents=st.binary(max_size=80) | st.text("[]=\"'.ab1-\n", max_size=80).map(str.encode))
def test_any_bytes_as_a_study_file_are_read_or_refused(tmp_path_factory, contents):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(contents)
    try:
        contents = read_study_file(path).contents
    except UserError:
        return
    assert isinstance(contents, dict)


MODEL = """
import jax
import jax.numpy as jnp
from cosmograd.learning.networks import FunctionNetwork

def apply(parameters, inputs):
    return jnp.tanh(inputs @ parameters["w"]) @ parameters["v"]

def draw(key):
    one, two = jax.random.split(key)
    return {"w": jax.random.normal(one, (2, 16)), "v": jax.random.normal(two, (16, 1)) / 4}

def network(input_shape, outputs):
    return FunctionNetwork(apply, draw, input_shape, outputs)
"""
STUDY = (
    '[data]\nkind = "circle"\npoints = 6\n[network]\nkind = "model"\nfile = "mine.py"\n'
    "[optimiser]\neta_lambda_max = 0.5\n[training]\nmembers = 2\nupdates = 5\nkernel_snapshots = 2\n"
)


def run(folder, capsys):
    """Run the study; the exit code and what was said."""
    try:
        main(["study", str(folder / "s.toml"), "--out", str(folder / "out")])
    except SystemExit as left:
        return left.code, capsys.readouterr().err
    return 0, capsys.readouterr().err


def test_model_of_the_user_runs(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(STUDY)
    (tmp_path / "mine.py").write_text(MODEL)
    assert isinstance(load_model(str(tmp_path / "mine.py"), "network")((2,), 1), FunctionNetwork)
    code, _ = run(tmp_path, capsys)
    assert code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('@ parameters["v"]', '@ parameters["v"][:, 0]'), "the model returns shape (3,)"),
        (("(16, 1)", "(16, 2)"), "expected (3, 1)"),
        (("(2, 16)", "(3, 16)"), "cannot be applied to inputs of shape"),
        (("def network", "def netwrk"), "Did you mean 'netwrk'?"),
        (("return FunctionNetwork(apply, draw, input_shape, outputs)", "return 3"), "it must be a network"),
        (("import jax\n", "import jaxx\n"), "No module named 'jaxx'."),
        (("import jax\n", "import sys; sys.exit(3)\n"), "fails when it is run: SystemExit: 3."),
        (("return FunctionNetwork", "raise SystemExit(2)\n    return FunctionNetwork"), "fails: SystemExit: 2."),
        (("return jnp.tanh", "return 1j * jnp.tanh"), "must return real floating-point numbers, got complex"),
        (
            ("def draw(key):\n", "def draw(key):\n    return {}\n"),
            "no floating-point parameters, so there is nothing to train",
        ),
    ],
)
def test_mistakes_in_a_model_are_named(tmp_path, capsys, change, message):
    (tmp_path / "s.toml").write_text(STUDY)
    (tmp_path / "mine.py").write_text(MODEL.replace(*change))
    code, said = run(tmp_path, capsys)
    assert code == 1
    assert message in said
    assert not (tmp_path / "out").exists()
