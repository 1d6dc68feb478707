"""Recorded trainings from files: what is read, and what is refused with a sentence that helps."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings, strategies as st
from linear_trainings import kernel_of, train
from recorded_modes import record

from cosmograd.errors import UserError
from cosmograd.experiments.fit.findings import summary
from cosmograd.experiments.fit.run import measurement_result
from cosmograd.measurement import measure_universe, trajectories
from cosmograd.report import write_report
from cosmograd.runs import ResultFolder, read_kernel, read_trajectories, write_results

OUTPUTS, DIRECTIONS = record(np.random.default_rng(7), 5, 60, 6, 0.5, [0.4, 0.1], noise=0.01)
KERNEL = DIRECTIONS @ np.diag([8.0, 2.0]) @ DIRECTIONS.T
TARGETS = np.linspace(-1, 1, 6)


def test_three_kinds_of_files_say_the_same(tmp_path):
    shifted = OUTPUTS + TARGETS
    np.savez(tmp_path / "run.npz", outputs=shifted, targets=TARGETS, kernel=KERNEL, update=np.arange(60))
    dataset = xr.Dataset(
        {
            "outputs": (("member", "point", "update"), np.moveaxis(shifted, 0, 2)),
            "targets": ("point", TARGETS),
            "kernel": (("row", "column"), KERNEL),
        }
    )
    dataset.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    update, member, point = (index.ravel() for index in np.indices(shifted.shape))
    table = {"update": update, "member": member, "point": point, "value": shifted.ravel(), "target": TARGETS[point]}
    pd.DataFrame(table).sample(frac=1, random_state=0).to_csv(tmp_path / "run.csv", index=False)
    for name in ("run.npz", "run.nc", "run.csv"):
        read = read_trajectories(str(tmp_path / name))  # paths may be texts
        np.testing.assert_allclose(read.outputs, shifted, rtol=1e-15)
        np.testing.assert_allclose(read.targets, TARGETS, rtol=1e-15)
        assert (read.kernel is None) == (name == "run.csv")
    np.testing.assert_array_equal(read_kernel(str(tmp_path / "run.npz")), KERNEL)
    assert read_trajectories(tmp_path / "run.npz", loss_divisor=6.0).loss_divisor == 6.0


def with_nan(array):
    array = array.copy()
    array[3, 2, 1] = np.nan
    return array


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (
            {"outputs": with_nan(OUTPUTS)},
            "NaN or infinite values, the first at update 3, member 2, point 1.*finite ones after",
        ),
        ({"outputs": OUTPUTS[:, 0]}, r"got the shape \(60, 6\). A single network needs"),
        ({"outputs": OUTPUTS[:5]}, "5 records are too few"),
        ({"outputs": np.ones((20, 3, 4))}, "do not change from update to update"),
        ({"outputs": np.moveaxis(OUTPUTS, 0, 1)}, "does not look like updates.*np.moveaxis"),
        ({"outputs": np.moveaxis(OUTPUTS, 0, 2)}, "axis 2 .length 60. does"),
        ({"outputs": OUTPUTS, "update": np.delete(np.arange(61), 30)}, "31 follows 29 at place 31"),
        ({"outputs": OUTPUTS, "update": np.arange(60)[::-1]}, "do not go back or repeat"),
        ({"outputs": OUTPUTS, "update": np.append(np.arange(40), np.arange(30, 50))}, "30 follows 39 at place 41"),
        ({"outputs": OUTPUTS, "update": np.geomspace(1, 300, 60).round()}, "do not go back or repeat|uneven updates"),
        ({"outputs": OUTPUTS + 0j}, "holds complex numbers"),
        ({"outputs": OUTPUTS, "kernel": KERNEL[None], "kernel_update": [0, 5]}, "allowed: .2, 6, 6."),
        (
            {"outputs": OUTPUTS, "kernel": np.stack([KERNEL] * 2), "kernel_update": [5, 0]},
            "`kernel_update` must be increasing",
        ),
        ({"outputs": OUTPUTS, "update": np.arange(59)}, "`update` has 59 numbers, but `outputs` has 60 records"),
        ({"outputs": OUTPUTS, "targets": np.zeros(5)}, r"`targets` has the shape \(5,\), but `outputs` ends in \(6,\)"),
        ({"outputs": OUTPUTS, "kernel": np.eye(5)}, r"`kernel` has the shape \(5, 5\); allowed: \(6, 6\)"),
        ({"outputs": OUTPUTS, "kernel": np.triu(np.ones((6, 6)))}, "not symmetric"),
        ({"outputs": OUTPUTS, "kernel": -KERNEL}, "none below zero"),
        ({"outputs": OUTPUTS, "loss_divisor": -1.0}, "`loss_divisor` must be a positive number"),
        ({"output": OUTPUTS}, "'output' is not read; did you mean 'outputs'"),
        ({"recording": OUTPUTS}, "holds no `outputs`.*it holds 'recording'"),
        ({"outputs": OUTPUTS, "target": TARGETS}, "'target' is not read; did you mean 'targets'"),
        ({"outputs": 1e200 * OUTPUTS}, "squares of it overflow"),
        ({"outputs": OUTPUTS, "kernel": np.zeros((6, 6))}, "`kernel` is zero everywhere"),
        ({"outputs": np.array([None, 1])}, "it holds Python's objects"),
        ({"outputs": OUTPUTS.astype(str)}, "array of real numbers"),
        ({"outputs": np.zeros((0, 2, 3))}, "is empty"),
        ({"outputs": OUTPUTS, "ntk": KERNEL}, "'ntk' is not read; did you mean 'kernel'"),
        ({"outputs": OUTPUTS, "labels": TARGETS}, "'labels' is not read; did you mean 'targets'"),
        ({"outputs": OUTPUTS, "update": np.arange(60) - 3}, "must count whole updates from 0 on"),
        ({"outputs": OUTPUTS.reshape(60, 5, 3, 2), "targets": np.zeros((2, 3))}, r"`targets` has the shape \(2, 3\)"),
        ({"outputs": OUTPUTS[:, [0, 1, 0]]}, r"members 0 and 2 .* the same outputs to the last bit"),
        (
            {
                "outputs": np.swapaxes(OUTPUTS[:, :, [0, 1, 2, 3, 4]] + 9 * TARGETS[:5], 1, 2),
                "targets": 9 * TARGETS[:5],
            },
            r"second axis of `outputs` looks like points.*swapaxes\(outputs, 1, 2\)",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path, arrays, words):
    np.savez(tmp_path / "run.npz", **arrays)
    with pytest.raises(UserError, match=words):
        read_trajectories(tmp_path / "run.npz")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="value"), "no column 'value'"),
        (lambda t: t.drop(index=17), "is missing .1 such rows"),
        (lambda t: pd.concat([t, t[:2]]), "appears twice .2 such rows"),
        (lambda t: t.assign(value=t.value.where(t.index != 4)), "'value' has no finite number in line 6"),
        (lambda t: t.assign(value="x"), "'value' holds something else than numbers"),
        (lambda t: t.assign(target=t.index.to_numpy(float)), "target of a point differs"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path, change, words):
    update, member, point = (index.ravel() for index in np.indices(OUTPUTS.shape))
    table = pd.DataFrame({"update": update, "member": member, "point": point, "value": OUTPUTS.ravel()})
    change(table).to_csv(tmp_path / "run.csv", index=False)
    with pytest.raises(UserError, match=words):
        read_trajectories(tmp_path / "run.csv")


def test_missing_and_unknown_files(tmp_path):
    with pytest.raises(UserError, match="there is no file"):
        read_trajectories(tmp_path / "run.npz")
    with pytest.raises(UserError, match=r"unknown kind of file '.txt'; allowed: .npz, .nc, .csv"):
        read_trajectories(tmp_path / "run.txt")
    np.savez(tmp_path / "run.npz", outputs=OUTPUTS)
    np.save(tmp_path / "single.npy", OUTPUTS)
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    with pytest.raises(UserError, match=r"holds a single array; save it with np.savez"):
        read_trajectories(tmp_path / "single.npz")
    with pytest.raises(UserError, match="holds no `kernel`"):
        read_kernel(tmp_path / "run.npz")


def test_netcdf_axes_go_by_their_names(tmp_path):
    single = xr.Dataset({"outputs": (("update", "point"), OUTPUTS[:, 0])}, {"update": np.arange(4, 64)})
    single.to_netcdf(tmp_path / "single.nc", engine="h5netcdf")
    read = read_trajectories(tmp_path / "single.nc")
    np.testing.assert_array_equal(read.outputs, OUTPUTS[:, :1])
    assert read.first_update == 4
    single.rename(point="place").to_netcdf(tmp_path / "unknown.nc", engine="h5netcdf")
    with pytest.raises(UserError, match="has the axis 'place'"):
        read_trajectories(tmp_path / "unknown.nc")


def test_no_update_is_recorded_twice():
    outputs, _ = record(np.random.default_rng(4), 3, 20, 4, 0.5, [0.4, 0.1])
    with pytest.raises(ValueError, match=r"records 7 and 8 of `outputs`.*are the same to the last bit"):
        trajectories(np.insert(outputs, 7, outputs[7], axis=0), np.zeros(4))
    at_rest = np.concatenate([outputs, np.repeat(outputs[-1:], 5, axis=0)])
    trajectories(at_rest, np.zeros(4))  # a run that has come to rest repeats itself to its end


def test_a_run_that_diverges_is_measured_up_to_there():
    """NaN from some update on: what is before is used, and said; a member that diverges early is left out instead."""
    outputs, targets = train(kernel_of(), 0.3, 0.8, 60), np.zeros(12)
    late, early = outputs.copy(), outputs.copy()
    late[50:] = np.nan
    early[7:, 2] = np.inf
    cut, without = (trajectories(array, targets, updates=np.arange(61)) for array in (late, early))
    assert cut.outputs.shape == (50, 6, 12)
    assert "the first 50 of 61 records" in cut.notes[0]
    assert without.outputs.shape == (61, 5, 12)
    assert "member 2 " in without.notes[0]
    for kept in (cut, without):
        found = measure_universe(kept, 0.3)
        assert found.momentum.value == pytest.approx(0.8, abs=1e-8)
        assert kept.notes[0] in found.notes
    with pytest.raises(ValueError, match="from its first record on"):
        trajectories(np.full((20, 2, 3), np.nan))


@pytest.mark.parametrize(("kind", "error"), [(np.float32, 1e-3), (np.float16, 0.1)])
def test_numbers_of_less_precision_are_measured_with_it(kind, error):
    """float32 and float16 records: their rounding is part of the interval, or too much to tell friction by."""
    outputs = train(kernel_of(smallest=0.1), 0.3, 0.8, 60).astype(kind)
    β = measure_universe(trajectories(outputs, np.zeros(12), updates=np.arange(61)), 0.3).momentum
    assert not β.identifiable or (β.low <= 0.8 <= β.high and abs(β.value - 0.8) < error)
    assert kind is np.float16 or β.identifiable


def test_short_records_give_up_directions_first():
    """Ten records of one network with twelve modes: fewer numbers than a full matrix, and an answer or a reason."""
    outputs = train(kernel_of(), 0.3, 0.8, 9, members=1)
    found = measure_universe(trajectories(outputs, np.zeros(12), updates=np.arange(10)), 0.3)
    assert not found.momentum.identifiable or found.momentum.low <= 0.8 <= found.momentum.high
    assert found.momentum.reason


def test_text_is_no_npz_file(tmp_path):
    (tmp_path / "run.npz").write_text("hello")
    with pytest.raises(UserError, match=r"it is no \.npz file"):
        read_trajectories(tmp_path / "run.npz")


def test_oscillation_is_no_disorder():
    """β = 0.9, ηλ = 1.9: every mode has a period of four updates, and the points are smooth."""
    angles = 2 * np.pi * np.arange(12) / 12
    outputs = np.cos(np.pi / 2 * np.arange(40))[:, None, None] * np.cos(angles + np.arange(2)[:, None])
    assert trajectories(outputs, np.zeros(12)).outputs.shape == (40, 2, 12)


def test_a_kernel_along_which_nothing_moves():
    outputs = OUTPUTS - OUTPUTS.mean(axis=2, keepdims=True)
    with pytest.raises(ValueError, match=r"the motion lies along none of the kernel's .* strongest modes"):
        measure_universe(trajectories(outputs, np.zeros(6), np.ones((6, 6))), 0.05)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), suffix=st.sampled_from([".npz", ".nc", ".csv"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("fuzz") / f"run{suffix}"
    path.write_bytes(data)
    with pytest.raises(UserError):
        read_trajectories(path)


def test_a_measurement_refuses_what_no_run_can_have():
    good = trajectories(OUTPUTS, np.zeros(6))
    for arguments, words in (
        ({"learning_rate": 0.0}, "`learning_rate` must be a positive"),
        ({"learning_rate": 0.1, "momentum": 1.2}, "`momentum` must lie in"),
        ({"learning_rate": 0.1, "time_unit": "second"}, "`time_unit` is 'second'"),
        ({"learning_rate": 0.1, "intervals": "wide"}, "`intervals` is 'wide'"),
    ):
        with pytest.raises(ValueError, match=words):
            measure_universe(good, **arguments)
    with pytest.raises(ValueError, match="a bootstrap needs 4 members at least; the record holds 1"):
        measure_universe(trajectories(OUTPUTS[:, :1], np.zeros(6)), 0.1, intervals="bootstrap")


def test_one_member_and_wrong_settings_are_told():
    alone = measure_universe(trajectories(OUTPUTS[:, :1], np.zeros(6)), 0.05)
    assert alone.hubble_rate.identifiable
    assert any("One network: intervals are from its noise" in note for note in alone.notes)
    wrong = measure_universe(trajectories(OUTPUTS, np.zeros(6), KERNEL), 0.2, 0.9)
    assert any("The updates show the momentum 0.49" in note and "not 0.9 as given" in note for note in wrong.notes)
    assert any("0.25 times as large as given" in note for note in wrong.notes)


def test_the_recorder_for_optax_writes_what_is_read(tmp_path):
    """The block of code in the documentation, on a linear model: kernel constant, β = 0.5, mean over six points."""
    text = Path("examples/recorders.md").read_text(encoding="utf-8")
    namespace: dict = {}
    exec(text.split("## Optax")[1].split("```python")[1].split("```")[0], namespace)
    inputs = np.random.default_rng(0).normal(size=(6, 2))
    namespace["record"](
        lambda key: jax.random.normal(key, (2, 1)), lambda p, x: x @ p, inputs, np.ones((6, 1)), 0.3, 0.5, 3, 40,
        tmp_path / "run.npz",
    )  # fmt: skip
    read = read_trajectories(tmp_path / "run.npz")
    assert read.outputs.shape == (41, 3, 6)
    assert read.loss_divisor == 6
    found = measure_universe(read, 0.3, 0.5)
    assert found.momentum.value == pytest.approx(0.5, abs=1e-4)
    λ = np.linalg.eigvalsh(inputs.T @ inputs / 6)[::-1]
    np.testing.assert_allclose([m.value for m in found.masses_squared], λ, rtol=1e-3)


def test_the_page_and_its_numbers(tmp_path):
    np.savez(tmp_path / "run.npz", outputs=OUTPUTS + TARGETS, targets=TARGETS, kernel=KERNEL)
    measured = measure_universe(read_trajectories(tmp_path / "run.npz"), 0.05, 0.9)
    folder = ResultFolder(tmp_path / "fit")
    folder.write_results(measurement_result(measured, "run.npz"))
    assert folder.experiment == "fit"
    results = folder.read_results()
    write_report(folder, results)
    page = folder.report.read_text(encoding="utf-8")
    assert "The universe of run.npz" in page
    assert "not 0.9 as given" in page
    assert "$" not in page, "formulas as text, not as TeX"
    first = folder.report.read_bytes()
    write_report(folder, results)
    assert folder.report.read_bytes() == first
    numbers = summary(results)
    assert numbers["hubble_rate"]["value"] == measured.hubble_rate.value
    assert [m["value"] for m in numbers["masses_squared"]] == [m.value for m in measured.masses_squared]
    other = results.to_xarray().drop_attrs(deep=False)
    (tmp_path / "other").mkdir()
    write_results(tmp_path / "other" / "results.nc", other)
    for experiment, held in (("fit", "other"), ("universe", "fit")):
        with pytest.raises(UserError, match="holds other results"):
            ResultFolder(tmp_path / held).refuse_useless(experiment)
    with pytest.raises(UserError, match="does not say which experiment"):
        ResultFolder(tmp_path / "other").read_results()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        ResultFolder(tmp_path / "file" / "below").refuse_useless("fit")


def test_the_command_prints_one_json_object(tmp_path):
    np.savez(tmp_path / "run.npz", outputs=OUTPUTS + TARGETS, targets=TARGETS, kernel=KERNEL)
    command = [sys.executable, "-m", "cosmograd", "fit", str(tmp_path / "run.npz"), "--learning-rate", "0.05"]
    done = subprocess.run([*command, "--momentum", "0.5", "--blind", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("hubble_rate", "cosmological_constant", "e_folds_per_update"):
        assert set(found[name]) >= {"value", "low", "high", "identifiable", "reason", "predicted"}
        assert found[name]["low"] <= found[name]["predicted"] <= found[name]["high"]
    assert len(found["masses_squared"]) == 2
    assert found["scheme"] == "leapfrog"
    assert found["kernel"] == "blind"
    assert found["goodness_of_fit"] > 0.99
    assert found["estimator"] == "trajectory"
    assert set(found["kernel_drift"]) >= {"value", "low", "high", "identifiable", "reason"}
    assert len(found["eta_lambda_over_time"]["update"]) == len(found["eta_lambda_over_time"]["value"]) == 60
    halves = [tmp_path / f"part{place}.npz" for place in range(2)]
    for place, half in enumerate(halves):
        np.savez(half, outputs=(OUTPUTS + TARGETS)[:, place::2], targets=TARGETS)
    several = [sys.executable, "-m", "cosmograd", "fit", *map(str, halves), "--learning-rate", "0.05"]
    done = subprocess.run(several, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "hubble rate" in done.stdout
    failed = subprocess.run([*command, "--blind", "--kernel", "k.npz"], capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: --blind ignores kernels")
