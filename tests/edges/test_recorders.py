"""Recorders of every framework write the file that `fit` reads; kills, resumed runs and mistakes included."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cosmograd as cg
from cosmograd.cli.application import main
from cosmograd.recorders import JaxRecorder, Recorder, TorchRecorder, keras_recorder, lightning_recorder
from cosmograd.runs.recorder_files import is_recorder_file, read_recorder_file

pytestmark = pytest.mark.usefixtures("without_type_checks")

X = np.random.default_rng(1).standard_normal((6, 2))
Y = np.sin(X[:, :1])
FEATURES = np.stack([X[:, 0], X[:, 1], X[:, 0] ** 2, np.ones(6)], axis=1)


def linear(parameters, inputs):
    """Outputs that are linear in four parameters: the recursion is exact."""
    del inputs
    return FEATURES @ parameters[:, None]


def trained(recorder, updates, state=None, η=0.05, β=0.8):
    """Heavy ball in NumPy; the state after the updates."""
    θ, v = (np.zeros(4), np.zeros(4)) if state is None else state
    for _ in range(updates):
        v = β * v - η * FEATURES.T @ (linear(θ, X) - Y)[:, 0]
        θ = θ + v
        recorder.after_update(θ)
    return θ, v


def recorder(path, θ=None, **more):
    start = np.zeros(4) if θ is None else θ
    return JaxRecorder(linear, start, X, Y, path, learning_rate=0.05, momentum=0.8, **more)


def test_a_run_in_a_loop_is_measured_with_no_other_option(tmp_path, capsys):
    path = tmp_path / "run.rec"
    kernel = FEATURES @ FEATURES.T
    with recorder(path, kernel=kernel) as recording:
        trained(recording, 100)
    main(["fit", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["momentum"]["value"] == pytest.approx(0.8, abs=1e-6)
    assert found["e_folds_per_update"]["identifiable"]
    assert cg.fit(path).momentum.value == pytest.approx(0.8, abs=1e-6)
    record = read_recorder_file(path)
    assert record.updates.tolist() == list(range(101))
    assert record.settings == (0.05, 0.8)
    np.testing.assert_array_equal(record.kernel, kernel)


def test_any_name_and_every_tenth_update(tmp_path):
    path = tmp_path / "run.npz"
    recording = recorder(path, every=10)
    trained(recording, 55)
    recording.close()
    assert is_recorder_file(path)
    assert read_recorder_file(path).updates.tolist() == [0, 10, 20, 30, 40, 50]


def test_memory_is_bounded_and_pieces_are_written(tmp_path):
    path = tmp_path / "run.rec"
    recording = recorder(path)
    trained(recording, 200)
    assert len(recording._waiting) < 64
    assert len(read_recorder_file(path).records) >= 192 - 63


class TestInterrupted:
    def test_a_killed_run_loses_the_last_piece_at_most(self, tmp_path):
        path = tmp_path / "run.rec"
        program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recorders import recorder, trained
recording = recorder({str(path)!r})
state = trained(recording, 130)
print("made", flush=True)
time.sleep(60)
"""
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline().strip() == "made"
            process.kill()
        updates = read_recorder_file(path).updates
        assert updates.tolist() == list(range(len(updates)))
        assert 130 - 64 <= len(updates) <= 131

    @pytest.mark.parametrize("cut", [1, 40, 500])
    def test_a_broken_file_gives_back_what_is_whole(self, tmp_path, cut):
        path = tmp_path / "run.rec"
        with recorder(path) as recording:
            trained(recording, 150)
        contents = path.read_bytes()
        path.write_bytes(contents[:-cut])
        found = read_recorder_file(path)
        assert 60 < len(found.records) < 151
        assert found.updates.tolist() == list(range(len(found.records)))
        path.write_bytes(contents[:50])
        with pytest.raises(cg.UserError):
            cg.fit(path, learning_rate=0.05)

    def test_a_run_goes_on_from_its_checkpoint(self, tmp_path):
        """Saved at 80, killed at 130, begun again at 80: the same file as of one run."""
        one, two = tmp_path / "one.rec", tmp_path / "two.rec"
        with recorder(one) as recording:
            trained(recording, 160)
        recording = recorder(two)
        state = trained(recording, 80)
        trained(recording, 50, state)
        recording.close()
        two.write_bytes(two.read_bytes()[:-3])
        with recorder(two, state[0]) as recording:
            assert recording.updates == 80
            trained(recording, 80, state)
        whole, again = read_recorder_file(one), read_recorder_file(two)
        np.testing.assert_array_equal(whole.updates, again.updates)
        np.testing.assert_array_equal(whole.outputs, again.outputs)

    def test_a_run_that_begins_again_does_not_erase_the_one_before(self, tmp_path):
        path = tmp_path / "run.rec"
        with recorder(path) as recording:
            trained(recording, 30)
        before = path.read_bytes()
        with pytest.raises(ValueError, match=r"holds a run of 30 updates, and the network stands at its start"):
            recorder(path)
        assert path.read_bytes() == before
        recorder(path, update=0).close()
        assert read_recorder_file(path).updates.tolist() == [0]

    def test_a_piece_that_is_damaged_is_left_out(self, tmp_path):
        path = tmp_path / "run.rec"
        with recorder(path) as recording:
            trained(recording, 150)
        whole = read_recorder_file(path)
        damaged = path.read_bytes().replace(np.array([100.0]).tobytes(), np.array([np.nan]).tobytes(), 1)
        path.write_bytes(damaged)
        found = read_recorder_file(path)
        assert 0 < len(found.records) < len(whole.records)
        assert found.updates.tolist() == list(range(len(found.records)))

    def test_where_the_file_does_not_tell_the_update_is_asked_for(self, tmp_path):
        path = tmp_path / "run.rec"
        with recorder(path) as recording:
            trained(recording, 20)
        with pytest.raises(ValueError, match=r"no record in .* has the outputs that the network has now.*update="):
            recorder(path, np.full(4, 7.0))
        assert recorder(path, np.full(4, 7.0), update=33).updates == 33


class TestMistakes:
    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"targets": Y[:4]}, "`targets` have shape"),
            ({"kernel": np.eye(3)}, "`kernel` has shape"),
            ({"every": 0}, "`every` must be a whole number"),
            ({"outputs": np.full(6, 1j)}, "must be real numbers"),
            ({"kernel": True}, "`kernel` is the matrix here"),
            ({"path": "no/such/folder/run.rec"}, "there is no folder no/such/folder"),
        ],
    )
    def test_at_the_start(self, tmp_path, more, message):
        asked = {"outputs": np.zeros((6, 1)), "inputs": X, "targets": Y, "path": tmp_path / "run.rec"} | more
        with pytest.raises(ValueError, match=message):
            Recorder(**asked)
        assert not (tmp_path / "run.rec").exists()

    def test_points_may_not_change(self, tmp_path):
        path = tmp_path / "run.rec"
        recording = Recorder(np.zeros((6, 1)), X, Y, path)
        with pytest.raises(ValueError, match="a record is of fixed points"):
            recording.record(np.zeros((5, 1)))
        with pytest.raises(ValueError, match="points or targets differ"):
            Recorder(np.zeros((6, 1)), X + 1, Y, path)
        with pytest.raises(ValueError, match="not every 2"):
            Recorder(np.zeros((6, 1)), X, Y, path, every=2)
        other = tmp_path / "other.rec"
        other.write_text("mine")
        with pytest.raises(ValueError, match="is no recorder's file"):
            Recorder(np.zeros((6, 1)), X, Y, other)
        assert other.read_text() == "mine"

    def test_a_file_that_is_not_there(self, capsys):
        with pytest.raises(SystemExit):
            main(["fit", "nothing.rec"])
        assert "there is no file nothing.rec" in capsys.readouterr().err

    def test_a_learning_rate_that_changes(self, tmp_path, capsys):
        path = tmp_path / "run.rec"
        with JaxRecorder(
            linear, np.zeros(4), X, Y, path, learning_rate=lambda n: 0.05 / (1 + n), momentum=0.8
        ) as recording:
            trained(recording, 30)
        with pytest.raises(SystemExit):
            main(["fit", str(path)])
        assert "the learning rate changes along the record, from 0.05 to" in capsys.readouterr().err

    def test_a_file_without_a_learning_rate(self, tmp_path, capsys):
        path = tmp_path / "run.rec"
        with Recorder(np.zeros((6, 1)), X, Y, path) as recording:
            for place in range(30):
                recording.record(np.ones((6, 1)) * 0.9**place)
        with pytest.raises(SystemExit):
            main(["fit", str(path)])
        assert "--learning-rate" in capsys.readouterr().err


class TestFrameworks:
    """The real ones, where they are installed: `pip install .[recorders-test]`."""

    @pytest.mark.recorders
    def test_torch(self, tmp_path):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Linear(2, 256), torch.nn.Tanh(), torch.nn.Dropout(0.5), torch.nn.Linear(256, 1)
        )
        model[2].p = 0.0  # in training, yet harmless: outputs are taken in evaluation
        optimiser = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)
        x, y = (torch.as_tensor(array, dtype=torch.float32) for array in (X, Y))
        recording = TorchRecorder(model, X, Y, tmp_path / "run.rec")
        for _ in range(120):
            optimiser.zero_grad()
            (0.5 * ((model(x) - y) ** 2).sum()).backward()
            optimiser.step()
            before = torch.get_rng_state()
            recording.after_update(optimiser)
            assert torch.equal(before, torch.get_rng_state())
            assert model.training
        recording.close()
        found = cg.fit(tmp_path / "run.rec")
        assert found.momentum.low <= 0.9 <= found.momentum.high
        assert found.momentum.identifiable

    @pytest.mark.recorders
    @pytest.mark.filterwarnings("ignore::FutureWarning")  # of Lightning itself
    def test_lightning(self, tmp_path):
        torch = pytest.importorskip("torch")
        lightning = pytest.importorskip("lightning")

        class Module(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.network = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))

            def forward(self, x):
                return self.network(x)

            def training_step(self, batch, _):
                return 0.5 * ((self(batch[0]) - batch[1]) ** 2).sum()

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.002, momentum=0.9)

        data = torch.utils.data.TensorDataset(*(torch.as_tensor(a, dtype=torch.float32) for a in (X, Y)))
        path = tmp_path / "run.rec"
        trainer = lightning.Trainer(
            max_epochs=40, callbacks=[lightning_recorder(X, Y, path)], logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, accelerator="cpu", default_root_dir=tmp_path,
        )  # fmt: skip
        trainer.fit(Module(), torch.utils.data.DataLoader(data, batch_size=6))
        found = read_recorder_file(path)
        assert found.updates.tolist() == list(range(41))
        assert found.settings == (pytest.approx(0.002), pytest.approx(0.9))

    @pytest.mark.recorders
    def test_keras(self, tmp_path, monkeypatch):
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        keras = pytest.importorskip("keras")
        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(64, "tanh"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.01, momentum=0.8), "mse")
        path = tmp_path / "run.rec"
        inputs = X.astype("float32")
        model.fit(
            inputs, Y, epochs=30, batch_size=6, shuffle=False, verbose=0, callbacks=[keras_recorder(inputs, Y, path)]
        )
        found = read_recorder_file(path)
        assert found.updates.tolist() == list(range(31))
        assert found.settings == (pytest.approx(0.01), pytest.approx(0.8))
        assert np.ptp(found.outputs, axis=0).min() > 0

    @pytest.mark.recorders
    def test_momentum_of_keras_is_heavy_ball(self, monkeypatch):
        """v ← βv − ηg, and not an average of gradients."""
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        keras = pytest.importorskip("keras")
        variable = keras.Variable(np.array([1.0], dtype="float32"))
        optimiser, θ, v = keras.optimizers.SGD(0.1, momentum=0.9), 1.0, 0.0
        optimiser.build([variable])
        for _ in range(6):
            optimiser.apply([2 * np.asarray(variable)], [variable])
            v = 0.9 * v - 0.1 * 2 * θ
            θ = θ + v
        assert float(np.asarray(variable)[0]) == pytest.approx(θ, rel=1e-5)

    @pytest.mark.recorders
    def test_flax_and_optax(self, tmp_path):
        import jax
        import optax

        nnx = pytest.importorskip("flax.nnx")
        model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
        graph, parameters = nnx.split(model)
        transformation = optax.sgd(0.05, momentum=0.5)
        state = transformation.init(parameters)
        apply = jax.jit(lambda parameters, x: nnx.merge(graph, parameters)(x))
        slope = jax.jit(jax.grad(lambda p: 0.5 * ((apply(p, X) - Y) ** 2).sum()))
        with JaxRecorder(apply, parameters, X, Y, tmp_path / "run.rec", learning_rate=0.05, momentum=0.5) as recording:
            for _ in range(60):
                step, state = transformation.update(slope(parameters), state, parameters)
                parameters = optax.apply_updates(parameters, step)
                recording.after_update(parameters)
        assert cg.fit(tmp_path / "run.rec").momentum.value == pytest.approx(0.5, abs=1e-3)
