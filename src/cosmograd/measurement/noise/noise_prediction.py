r"""What the noise of minibatches does to a mode, exactly, for independent draws.

$$\theta_{n+1} = \theta_n + \beta(\theta_n-\theta_{n-1}) - \eta\,(\nabla L(\theta_n) + \xi_n), \qquad
  \langle\xi_n|\theta_n,\theta_{n-1},\dots\rangle = 0,\quad \langle\xi_n\xi_n^{\mathsf T}\rangle = C/B$$

Along an eigenmode v of the Hessian with eigenvalue λ, of a quadratic loss, the stationary variances are those of a
temperature: with $\sigma^2 = v^{\mathsf T}Cv$, C averaged over the stationary distribution,

$$T = \frac{\eta\,\sigma^2}{2B(1-\beta)}\,\Big/\Big(1 - \frac{\eta\lambda}{2(1+\beta)}\Big), \qquad
  \langle q^2\rangle = \frac T\lambda, \qquad
  \Big\langle\Big(\frac{q_n-q_{n-1}}{\delta}\Big)^2\Big\rangle = T, \quad \delta^2 = \frac{2\eta}{1+\beta}.$$

δ is the canonical time step of the dictionary, so positions and velocities share one temperature at any step: the two
second moments of a two-term recursion, where only the part of the noise that is new at each update counts, so that it
may depend on where θ stands. Small steps: Mandt, Hoffman & Blei 2017 (JMLR 18:134); T grows as η/B: Jastrzębski et
al. 2017 (arXiv:1711.04623); the finite step: Liu, Ziyin & Ueda 2021 (ICML).
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import ArrayLike, Float

from cosmograd.learning.batches import AbstractBatches, WithoutReplacement, WithReplacement
from cosmograd.learning.optimisers import AbstractOptimiser, GradientDescent, HeavyBall


class NoisePrediction(NamedTuple):
    """Stationary fluctuations of modes.

    temperature: T of each mode; position_variance: ⟨q²⟩; velocity_variance: ⟨((q_n − q_{n−1})/η)²⟩;
    finite_step_factor: by which all three exceed their limit of small steps.
    """

    temperature: Float[np.ndarray, " modes"]
    position_variance: Float[np.ndarray, " modes"]
    velocity_variance: Float[np.ndarray, " modes"]
    finite_step_factor: Float[np.ndarray, " modes"]


def small_step_temperature(
    learning_rate: float, momentum: float, gradient_variance: Any, batch_size: int, factor: float = 1.0
) -> Any:
    r"""$T = \eta\sigma^2/(2B(1-\beta))$, σ² times the `sampling_factor`: the limit of small steps."""
    return learning_rate * gradient_variance * factor / (2 * batch_size * (1 - momentum))


def step_of(optimiser: AbstractOptimiser) -> tuple[float, float]:
    """η and β of an optimiser that the theory of the noise holds for: gradient descent and heavy ball, constant."""
    if not isinstance(optimiser, (GradientDescent, HeavyBall)) or not optimiser.constant:
        kinds = {"GradientDescent": "a schedule", "HeavyBall": "a schedule", "Nesterov": "Nesterov's method"}
        kind = kinds.get(type(optimiser).__name__, type(optimiser).__name__)
        raise ValueError(
            f"the theory of gradient noise holds for gradient descent and heavy ball with constant learning rate and "
            f"momentum, got {kind}; take `GradientDescent` or `HeavyBall` with numbers."
        )
    return float(optimiser.learning_rate), float(optimiser.momentum)


def sampling_factor(batches: AbstractBatches, points: int) -> float:
    r"""By what the variance of a batch's gradient differs from σ²/B: 1 with replacement, $(N-B)/(N-1)$ without.

    `ValueError` for shuffled epochs, whose batches are not independent; `shuffled_epochs_ratio` is for these.
    """
    batches.check_points(points)
    if isinstance(batches, WithReplacement):
        return 1.0
    if isinstance(batches, WithoutReplacement):
        return (points - batches.size) / (points - 1) if points > 1 else 0.0
    raise ValueError(
        f"the batches of {type(batches).__name__} are not drawn independently, so no factor holds for all modes; "
        "`shuffled_epochs_ratio` gives the one of each mode."
    )


def predict_noise(
    eigenvalues: Float[ArrayLike, " modes"],
    gradient_variance: Float[ArrayLike, " modes"],
    optimiser: AbstractOptimiser,
    batch_size: int,
    factor: float = 1.0,
) -> NoisePrediction:
    """Stationary fluctuations of modes with eigenvalues λ > 0 and variances σ² of the gradients of single examples.

    factor: `sampling_factor` of the draws. `ValueError` for modes that are not stable or have no stationary state.
    """
    η, β = step_of(optimiser)
    λ, σ2 = (np.asarray(x, dtype=np.float64) for x in (eigenvalues, gradient_variance))
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be ≥ 1, got {batch_size}.")
    if not (λ > 0).all():
        raise ValueError(f"modes with λ ≤ 0 have no stationary state, got λ = {λ.min():g}; leave them out.")
    if not (η * λ < 2 * (1 + β)).all():
        raise ValueError(
            f"ηλ = {η * λ.max():g} is not below 2(1 + β) = {2 * (1 + β):g}: the mode is unstable; "
            "lower the learning rate."
        )
    finite = 1 / (1 - η * λ / (2 * (1 + β)))
    T = small_step_temperature(η, β, σ2, batch_size, factor) * finite
    return NoisePrediction(T, T / λ, σ2 * factor / (batch_size * (1 - β**2)) * finite, finite)


class ShuffledRatios(NamedTuple):
    """Temperature of positions and of velocities under shuffled epochs, over those of draws with replacement."""

    position: Float[np.ndarray, " modes"]
    velocity: Float[np.ndarray, " modes"]


def shuffled_epochs_ratio(
    eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser, batch_size: int, points: int
) -> ShuffledRatios:
    r"""How much colder modes are when batches are cut from shuffled epochs, averaged over the epoch.

    Of the M = N/B batches of an epoch the noises add up to zero: with
    $s^2 = \frac{\sigma^2}{B}\frac{N-B}{N-1}$, $\langle\xi_i\xi_j\rangle = s^2(\delta_{ij} - (1-\delta_{ij})/(M-1))$
    within an epoch and 0 between epochs. The two-term recursion carries these through an epoch, and the covariance of
    $(q_n, q_{n-1})$ repeats after each. Derived afresh; exact where the gradients of examples differ by constants (one
    Hessian for all), and to leading order in the noise elsewhere. B must divide N.
    """
    η, β = step_of(optimiser)
    λ = np.asarray(eigenvalues, dtype=np.float64)
    if batch_size < 1 or points % batch_size:
        raise ValueError(f"the batch size must divide the number of points, got {batch_size} and {points}.")
    prediction = predict_noise(λ, np.ones_like(λ), optimiser, batch_size)
    updates = points // batch_size
    if updates == 1:
        return ShuffledRatios(np.zeros_like(λ), np.zeros_like(λ))
    s2 = (points - batch_size) / (points - 1) / batch_size
    ratios = []
    for index, eigenvalue in enumerate(λ):
        step = np.array([[1 + β - η * eigenvalue, -β], [1.0, 0.0]])
        powers = [np.eye(2)]
        for _ in range(updates):
            powers.append(step @ powers[-1])
        kicks = np.array([-η * power[:, 0] for power in powers[:-1]])
        squares = np.cumsum(kicks[:, :, None] * kicks[:, None, :], axis=0)
        sums = np.cumsum(kicks, axis=0)
        within = s2 * (updates * squares - sums[:, :, None] * sums[:, None, :]) / (updates - 1)
        start = scipy.linalg.solve_discrete_lyapunov(powers[-1], within[-1])
        over_epoch = [p @ start @ p.T + w for p, w in zip(powers[1:], within, strict=True)]
        (q2, both), (_, before2) = np.mean(over_epoch, axis=0)
        ratios.append(
            (
                q2 / prediction.position_variance[index],
                (q2 - 2 * both + before2) / η**2 / prediction.velocity_variance[index],
            )
        )
    position, velocity = np.array(ratios).T
    return ShuffledRatios(position, velocity)


def relaxation_updates(eigenvalues: Float[ArrayLike, " modes"], optimiser: AbstractOptimiser) -> np.ndarray:
    r"""Updates after which a deviation has fallen to 1/e: $-1/\ln|r_+|$ with the larger root of $r^2 - ar + b = 0$."""
    η, β = step_of(optimiser)
    a = 1 + β - η * np.asarray(eigenvalues, dtype=np.float64)
    root = np.sqrt((a * a - 4 * β).astype(complex))
    largest = np.maximum(np.abs(a + root), np.abs(a - root)) / 2
    with np.errstate(divide="ignore"):
        return -1 / np.log(largest)
