"""Ensembles in training: the same bits however they are computed, and the exact solution where there is one."""

from functools import cache
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cosmograd.learning import (
    DIVERGENCE_FACTOR,
    choose_mapping,
    initial_outputs,
    mean_initial_kernel,
    member_keys,
    plan_training,
    train_ensemble,
    training,
)
from cosmograd.learning.datasets import circle, make_dataset
from cosmograd.learning.losses import SquaredLoss
from cosmograd.learning.networks import FreeNetwork, FunctionNetwork, LinearisedNetwork, Perceptron
from cosmograd.learning.optimisers import GradientDescent, HeavyBall, Nesterov
from cosmograd.learning.tangent_kernel import as_matrix, neural_tangent_kernel
from cosmograd.solvers import eigenmodes, recursion_roots

KEY = jax.random.key(2022)
NETWORK, DATA, LOSS = Perceptron((2, 16, 1)), circle(8, 3), SquaredLoss()
OPTIMISER = HeavyBall([0.1, 0.08], 0.5)
RECORDS, SNAPSHOTS = (0, 1, 4, 9, 20), (0, 7, 25)
GENEROUS = 2**30
INPUTS, TARGETS, ALL_INPUTS = (jnp.asarray(array) for array in (DATA.inputs, DATA.targets, DATA.all_inputs))


def run(strategy="map", precision="float64", members=5, budget=GENEROUS, width=None, progress=None):
    """All chunks of an ensemble put together, and the numbers of members in each."""
    mapping = choose_mapping(strategy, members, width)
    chunks = list(
        train_ensemble(
            *(NETWORK, DATA, LOSS, OPTIMISER, KEY, members, RECORDS, mapping, SNAPSHOTS),
            precision=precision,
            memory_budget=budget,
            progress=progress,
        )
    )
    names = ("members", "outputs", "losses", "diverged_at", "kernels")
    whole = {name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}
    return SimpleNamespace(**whole, sizes=[len(chunk.members) for chunk in chunks])


run_once = cache(run)


def assert_same_bits(first, second, members: int = 5) -> None:
    for name in ("members", "outputs", "losses", "diverged_at", "kernels"):
        left, right = getattr(first, name)[:members], getattr(second, name)[:members]
        assert left.dtype == right.dtype
        assert left.tobytes() == right.tobytes(), name


class TestAgainstASimpleLoop:
    """One member at a time, one update at a time, by the textbook rule."""

    @staticmethod
    @cache
    def parameters(member: int):
        """After every update from 0 to the last snapshot."""
        θ = NETWORK.initialise(jax.random.fold_in(KEY, member))
        step = jax.tree.map(jnp.zeros_like, θ)
        gradient = jax.jit(jax.grad(lambda θ: jnp.mean((NETWORK.apply(θ, INPUTS) - TARGETS) ** 2) / 2))
        path = [θ]
        for n in range(25):
            η = 0.1 if n == 0 else 0.08
            step = jax.tree.map(lambda s, g, η=η: 0.5 * s - η * g, step, gradient(θ))
            θ = jax.tree.map(jnp.add, θ, step)
            path.append(θ)
        return path

    @pytest.mark.parametrize("member", [0, 3])
    def test_outputs_are_recorded_after_the_asked_updates(self, member):
        result, path = run_once(), self.parameters(member)
        for index, update in enumerate(RECORDS):
            expected = NETWORK.apply(path[update], ALL_INPUTS)
            np.testing.assert_allclose(result.outputs[member, index], expected, rtol=0, atol=1e-13)
            loss = LOSS(expected[:8], TARGETS)
            assert result.losses[member, index] == pytest.approx(float(loss), rel=1e-12)

    @pytest.mark.parametrize("member", [0, 3])
    def test_kernels_are_taken_after_the_asked_updates(self, member):
        """Training goes on to the last of them; rows over all points, columns over training points."""
        result, path = run_once(), self.parameters(member)
        assert result.kernels.shape == (5, 3, 11, 8)
        for index, update in enumerate(SNAPSHOTS):
            expected = as_matrix(neural_tangent_kernel(NETWORK, path[update], ALL_INPUTS, INPUTS))
            np.testing.assert_allclose(result.kernels[member, index], expected, rtol=1e-12, atol=1e-13)


both_precisions = pytest.mark.parametrize("precision", ["float64", "float32"])


class TestSameBits:
    """Compiling takes the time here, so not every case is repeated in both precisions."""

    @pytest.mark.slow
    @both_precisions
    @pytest.mark.parametrize("strategy", ["sharded-map", "loop"])
    def test_however_members_are_mapped(self, strategy, precision):
        assert_same_bits(run_once(strategy, precision), run_once("map", precision))

    def test_whoever_the_neighbours_are(self):
        assert_same_bits(run(members=1), run_once(), members=1)

    def test_whatever_the_memory_budget(self):
        """Just enough for two members at a time: other chunks of members and of records."""
        result = run("map", "float32", budget=least_budget(2, "float32"))
        assert result.sizes == [2, 2, 1]
        assert_same_bits(result, run_once("map", "float32"))

    @both_precisions
    def test_however_the_updates_are_split(self, precision, monkeypatch):
        """A call of the compiled program may end after any number of updates."""
        monkeypatch.setattr(training, "_OPERATIONS_PER_CALL", 3 * 6 * 8 * 65 * 5)
        calls = []
        assert_same_bits(run("map", precision, progress=calls.append), run_once("map", precision))
        assert len(calls) >= 25 // 3
        assert sum(calls) == pytest.approx(1.0)

    def test_vmap_of_a_fixed_width_whatever_the_number_of_members(self):
        assert_same_bits(run_once("vmap", width=2), run("vmap", members=3, width=2), members=3)


def least_budget(at_a_time: int, precision: str) -> int:
    """By bisection: the smallest number of bytes for so many members at a time."""

    def members(budget: int) -> int:
        try:
            return plan_training(
                *(NETWORK, DATA, LOSS, OPTIMISER, 5, len(RECORDS), choose_mapping("map")),
                snapshots=len(SNAPSHOTS),
                precision=precision,
                memory_budget=budget,
            ).members
        except ValueError:
            return 0

    low, high = 0, 2**24
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if members(middle) >= at_a_time else (middle, high)
    return high


def test_vmap_agrees_with_map_to_rounding():
    np.testing.assert_allclose(run_once("vmap", width=2).outputs, run_once("map").outputs, rtol=0, atol=1e-13)


def test_float32_member_is_the_rounded_float64_member():
    """The same draw, rounded; after 20 contracting updates they are still within some float32 roundings."""
    single, double = run_once("map", "float32"), run_once("map", "float64")
    assert single.outputs.dtype == np.float32
    assert single.kernels.dtype == double.kernels.dtype == np.float64
    np.testing.assert_allclose(single.outputs, double.outputs, rtol=0, atol=3e-6)
    # The kernel itself is computed in float64 in both: at the start only the parameters' rounding is seen.
    np.testing.assert_allclose(single.kernels[:, 0], double.kernels[:, 0], rtol=1e-6, atol=1e-6)
    for member in range(2):
        key = jax.random.fold_in(KEY, member)
        rounded = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), NETWORK.initialise(key))
        same = jax.tree.map(lambda x, y: bool((x == y).all()), NETWORK.initialise(key, jnp.float32), rounded)
        assert all(jax.tree.leaves(same))


def test_member_keys_fold_in_the_number():
    keys = member_keys(KEY, np.array([0, 3, 7]))
    for key, number in zip(keys, (0, 3, 7), strict=True):
        assert (jax.random.key_data(key) == jax.random.key_data(jax.random.fold_in(KEY, number))).all()


class TestLinearisedNetwork:
    """Every mode obeys its own two-term recursion, in closed form: the free theory."""

    network = LinearisedNetwork(Perceptron((2, 12, 1)), Perceptron((2, 12, 1)).initialise(KEY))
    updates = (0, 1, 2, 5, 30, 200)

    def trained(self, optimiser, loss=LOSS):
        (chunk,) = train_ensemble(
            *(self.network, DATA, loss, optimiser, KEY, 1, self.updates, choose_mapping("map"), (0, 200))
        )
        # The free theory's kernel never moves.
        np.testing.assert_allclose(chunk.kernels[0, 1], chunk.kernels[0, 0], rtol=1e-13, atol=1e-13)
        modes = eigenmodes(chunk.kernels[0, 0][:8])
        deviations = (chunk.outputs[0, :, :8, 0] - DATA.targets[:, 0]) @ modes.vectors
        return modes.eigenvalues, deviations

    @pytest.mark.parametrize("normalisation", ["mean", "sum"])
    @pytest.mark.parametrize("part_of_limit", [0.05, 0.5, 0.95])
    def test_gradient_descent_is_a_geometric_series(self, normalisation, part_of_limit):
        loss = SquaredLoss(normalisation)
        λ = self.trained(GradientDescent(0.1), loss)[0] / loss.divisor(8)
        η = part_of_limit * 2 / λ[0]
        _, d = self.trained(GradientDescent(η), loss)
        expected = (1 - η * λ) ** np.array(self.updates)[:, None] * d[0]
        assert np.abs(d - expected).max() <= 1e-12 * np.linalg.norm(d[0])

    @pytest.mark.parametrize("make", [HeavyBall, Nesterov])
    @pytest.mark.parametrize("momentum", [0.3, 0.9])
    def test_momentum_makes_two_roots(self, make, momentum):
        """d_n = A r₊ⁿ + B r₋ⁿ through d_0 and d_1: over- and underdamped modes alike."""
        optimiser = make(0.4, momentum)
        λ, d = self.trained(optimiser)
        a, b = optimiser.mode_recursion(jnp.asarray(λ / 8), 0)
        larger, smaller = (np.asarray(root) for root in recursion_roots(a, b))
        first = (d[1] - smaller * d[0]) / (larger - smaller)
        n = np.array(self.updates)[:, None]
        expected = first * larger**n + (d[0] - first) * smaller**n
        assert np.abs(d - expected).max() <= 1e-12 * np.linalg.norm(d[0])
        assert (np.abs(larger) < 1).all()

    def test_unseen_points_follow_by_the_kernel(self):
        """f_*(n) = f_*(0) − Θ_* Θ⁻¹ (f(0) − f(n)): the kernel regression along the whole path."""
        (chunk,) = train_ensemble(
            *(self.network, DATA, LOSS, HeavyBall(0.4, 0.5), KEY, 1, self.updates, choose_mapping("map"), (0,))
        )
        kernel, outputs = chunk.kernels[0, 0], chunk.outputs[0, :, :, 0]
        weights = np.linalg.solve(kernel[:8], kernel[8:].T).T
        expected = outputs[0, 8:] + (outputs[:, :8] - outputs[0, :8]) @ weights.T
        np.testing.assert_allclose(outputs[:, 8:], expected, rtol=0, atol=1e-11)


class TestFreeNetwork:
    """An ensemble of free theories: every member is linearised around its own draw."""

    def test_each_member_is_the_linearised_network_of_its_draw(self):
        network = Perceptron((2, 12, 1))
        updates, arguments = (0, 1, 7, 60), (choose_mapping("map"), (0, 60))
        (chunk,) = train_ensemble(FreeNetwork(network), DATA, LOSS, HeavyBall(0.4, 0.5), KEY, 2, updates, *arguments)
        for member, key in enumerate(member_keys(KEY, np.arange(2))):
            alone = LinearisedNetwork(network, network.initialise(key))
            (expected,) = train_ensemble(alone, DATA, LOSS, HeavyBall(0.4, 0.5), KEY, 1, updates, *arguments)
            np.testing.assert_allclose(chunk.outputs[member], expected.outputs[0], rtol=0, atol=1e-13)
            np.testing.assert_allclose(chunk.kernels[member], expected.kernels[0], rtol=0, atol=1e-13)
        assert np.abs(chunk.kernels[0, 0] - chunk.kernels[1, 0]).max() > 0.1


class TestDivergence:
    """f = abx on one point, where ab runs away when η(a² + b²) is too large: some members do, some do not."""

    network = FunctionNetwork(lambda θ, x: θ[0] * θ[1] * x, lambda key: 2.0 * jax.random.normal(key, (2,)), (1,), 1)
    data = make_dataset([[1.0]], [1.0])
    rate, updates, members = 0.8, (0, 3, 40), 12

    def trained(self, strategy, updates=updates, width=None):
        (chunk,) = train_ensemble(
            *(self.network, self.data, LOSS, GradientDescent(self.rate), KEY, self.members, updates),
            choose_mapping(strategy, self.members, width),
        )
        return chunk

    def by_hand(self, member: int) -> tuple[int, list[float]]:
        """The first update at which the loss exceeds its bound, −1 if none; and the outputs up to there."""
        a, b = map(float, self.network.initialise(jax.random.fold_in(KEY, member)))
        limit = DIVERGENCE_FACTOR * max((a * b - 1) ** 2 / 2, 1 / 2)
        outputs = []
        for n in range(41):
            if not (a * b - 1) ** 2 / 2 <= limit:
                return n, outputs
            outputs.append(a * b)
            slope = a * b - 1
            a, b = a - self.rate * slope * b, b - self.rate * slope * a
        return -1, outputs

    def test_each_diverging_member_is_named_with_its_update(self):
        expected = [self.by_hand(member)[0] for member in range(self.members)]
        assert 2 <= expected.count(-1) <= self.members - 2  # the case tests something
        for strategy, width in (("map", None), ("sharded-map", None), ("vmap", 4)):
            assert self.trained(strategy, width=width).diverged_at.tolist() == expected

    def test_divergence_at_the_last_update_is_seen(self):
        """The loss after the last update is not needed for training, but it is for the verdict."""
        first = min(n for n, _ in map(self.by_hand, range(self.members)) if n >= 0)
        chunk = self.trained("map", (first - 1, first))
        expected = [first if self.by_hand(member)[0] == first else -1 for member in range(self.members)]
        assert chunk.diverged_at.tolist() == expected

    @pytest.mark.parametrize(("strategy", "width"), [("map", None), ("vmap", 4)])
    def test_other_members_are_not_touched(self, strategy, width):
        chunk = self.trained(strategy, width=width)
        for member in range(self.members):
            diverged_at, outputs = self.by_hand(member)
            if diverged_at < 0:
                expected = [outputs[n] for n in self.updates]
                np.testing.assert_allclose(chunk.outputs[member, :, 0, 0], expected, rtol=1e-10)
                assert np.isfinite(chunk.losses[member]).all()
            else:
                assert not chunk.losses[member, -1] <= DIVERGENCE_FACTOR * 0.5


class TestMeanInitialKernel:
    def kernel(self, strategy, precision="float64", width=None, members=5, **options):
        mapping = choose_mapping(strategy, members, width)
        return mean_initial_kernel(NETWORK, DATA, KEY, members, mapping, precision, **options)

    def test_is_the_mean_over_the_ensemble(self):
        """That is, of the first snapshots of the same ensemble in training."""
        snapshots = run_once().kernels[:, 0, :8]
        np.testing.assert_allclose(self.kernel("map"), snapshots.mean(axis=0), rtol=1e-14)

    @pytest.mark.parametrize(("precision", "strategy"), [("float64", "sharded-map"), ("float32", "loop")])
    def test_same_bits_however_members_are_mapped(self, precision, strategy):
        reference = self.kernel("map", precision)
        assert reference.dtype == np.float64
        assert self.kernel(strategy, precision).tobytes() == reference.tobytes()
        assert self.kernel(strategy, precision, memory_budget=1).tobytes() == reference.tobytes()

    def test_vmap_agrees_to_rounding(self):
        np.testing.assert_allclose(self.kernel("vmap", width=2), self.kernel("map"), rtol=1e-13, atol=1e-14)

    def test_reports_its_progress(self):
        fractions = []
        self.kernel("map", progress=fractions.append)
        assert sum(fractions) == pytest.approx(1.0)


@pytest.mark.parametrize("strategy", ["map", "sharded-map", "loop"])
def test_initial_outputs_are_the_first_records_whatever_the_memory_budget(strategy):
    mapping = choose_mapping(strategy, 5)
    whole, apart = (initial_outputs(NETWORK, DATA, KEY, 5, mapping, memory_budget=b) for b in (2**30, 1))
    assert whole.tobytes() == apart.tobytes()
    np.testing.assert_allclose(whole, run_once().outputs[:5, 0], rtol=1e-14)


def test_equinox_models_train_like_the_same_model_of_functions():
    """Two ways to bring one's own model, one path."""
    from cosmograd.learning.networks import EquinoxNetwork

    def build(key):
        return eqx.nn.MLP(2, 1, 6, 1, activation=jnp.tanh, key=key)

    by_module = EquinoxNetwork(build, (2,))
    structure = eqx.filter(build(KEY), eqx.is_inexact_array, inverse=True)
    by_function = FunctionNetwork(
        lambda θ, x: jax.vmap(eqx.combine(θ, structure))(x),
        lambda key: eqx.filter(build(key), eqx.is_inexact_array),
        (2,),
        1,
    )
    paths = [
        next(train_ensemble(network, DATA, LOSS, HeavyBall(0.1, 0.5), KEY, 2, (0, 5), choose_mapping("map"))).outputs
        for network in (by_module, by_function)
    ]
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-13, atol=1e-15)
