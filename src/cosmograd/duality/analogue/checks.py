"""What no universe on a network can be made of, and what to change: each mistake is a ValueError."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from cosmograd.duality.analogue.field_theory import FieldTheory
from cosmograd.duality.analogue.forecast import HighestFrequency, PredictedError
from cosmograd.duality.analogue.readout import Readout
from cosmograd.duality.analogue.starts import FieldStart
from cosmograd.learning.networks import AbstractNetwork, Parameters
from cosmograd.precision import require_float64

# A universe whose expected error is as large as itself is of no use, whatever was asked for.
_USELESS = 1.0
# Beyond this a relative error no longer grows as its cause does.
_SATURATED = 0.1
# Beyond these sizes of a field its squares leave the range of float64.
_SMALLEST = 1e-100
# Eigenvalues below this share of the largest are rounding alone.
_RANK = 1e-14
_CARRY_MORE = (
    "Take a wider network, an activation that is not linear, weight_scale and bias_scale nearer to 3 and 1, or fewer "
    "modes."
)


def check_request(
    theory: FieldTheory,
    network: AbstractNetwork,
    parameters: Parameters,
    amplitude: float | None,
    accuracy: float | None,
) -> None:
    """ValueError where network and theory do not fit each other, or numbers are out of bounds."""
    require_float64("A universe on a network")
    if amplitude is not None and not (np.isfinite(amplitude) and amplitude > 0):
        raise ValueError(f"`amplitude` must be positive and finite, got {amplitude!r}.")
    if accuracy is not None and not 0 < accuracy < 1:
        raise ValueError(f"`accuracy` must lie between 0 and 1, got {accuracy!r}.")
    if any(leaf.dtype != jnp.float64 for leaf in jax.tree.leaves(parameters)):
        raise ValueError("the network's parameters must be float64: initialise it without a dtype, or convert them.")
    wanted = (theory.box.inputs.shape[1],)
    if network.input_shape != wanted:
        raise ValueError(
            f"the network takes points of shape {network.input_shape}; a box of {theory.box.dimension} dimension(s) "
            f"gives {wanted}: cosine and sine of each coordinate's angle."
        )
    if network.output_size != theory.fields:
        raise ValueError(
            f"the network has {network.output_size} output(s), but the potential is one of {theory.fields} field(s)."
        )
    try:
        jax.eval_shape(network.apply, parameters, theory.box.inputs)
    except Exception as error:
        raise ValueError(
            f"the network cannot be applied to these parameters: {type(error).__name__}: {error}"
        ) from error
    modes, free = len(theory.box.waves) * theory.fields, sum(leaf.size for leaf in jax.tree.leaves(parameters))
    if free < modes:
        raise ValueError(
            f"the network has {free} parameters, fewer than the {modes} modes that it is to carry; make it wider."
        )


def check_start(theory: FieldTheory, start: FieldStart) -> None:
    shape = (len(theory.box.waves), theory.fields)
    for name, values in (("coefficients", start.coefficients), ("velocities", start.velocities)):
        if jnp.shape(values) != shape:
            raise ValueError(f"`start.{name}` must have the shape (modes, fields) = {shape}, got {jnp.shape(values)}.")
        largest = float(jnp.max(jnp.abs(jnp.asarray(values))))
        if not (largest == 0 or _SMALLEST <= largest <= 1 / _SMALLEST):
            raise ValueError(
                f"`start.{name}` must be finite numbers whose largest is between {_SMALLEST:g} and {1 / _SMALLEST:g}, "
                f"or zero; got {largest:g}. Choose another unit of the field."
            )


def refuse_long_step(time_step: float, highest: HighestFrequency) -> None:
    """ValueError unless the step is shorter than the longest stable one."""
    ω, time, largest = *highest, highest.stable_step
    if not np.isfinite(ω):
        raise ValueError(f"the potential's curvature is not a finite number where the fields are at t = {time:.4g}.")
    if not time_step < largest:
        raise ValueError(
            f"a time step of {time_step:g} is too long: at t = {time:.4g} the highest frequency is {ω:.4g}, and steps "
            f"must be shorter than 2/ω = {largest:.4g}; for accuracy, a tenth of that."
        )


def refuse_singular(theory: FieldTheory, readout: Readout) -> None:
    """ValueError where the network's kernel has no size along some of the modes."""
    λ = np.asarray(readout.kernel_eigenvalues)
    lost = _is_rounding(λ)
    if lost.any():
        share = np.square(np.asarray(readout.kernel_modes)[:, lost]).sum(axis=1)
        raise ValueError(
            f"this network cannot carry {_names(theory, share, 0.5)}: of {len(λ)} eigenvalues of its kernel on the "
            f"modes, {int(lost.sum())} are below {_RANK:g} of the largest, which is rounding. {_CARRY_MORE}"
        )


def refuse_singular_members(eigenvalues: Float[np.ndarray, "members size"]) -> None:
    """The same of many networks, from their kernels' eigenvalues in rising order."""
    lost = np.flatnonzero(_is_rounding(eigenvalues).any(axis=1)).tolist()
    if lost:
        raise ValueError(
            f"the networks of {len(lost)} of {len(eigenvalues)} members cannot carry all modes (the first is member "
            f"{lost[0]}): eigenvalues of their kernels are below {_RANK:g} of the largest, which is rounding. "
            f"{_CARRY_MORE}"
        )


def _is_rounding(eigenvalues: Float[np.ndarray, "*members size"]) -> Bool[np.ndarray, "*members size"]:
    return ~(eigenvalues >= _RANK * eigenvalues[..., -1:])


def refuse_inaccurate(
    theory: FieldTheory,
    readout: Readout,
    predicted: PredictedError,
    accuracy: float | None,
    time_step: float,
    chosen: bool = False,
) -> None:
    """ValueError where the expected error is above the accuracy; or as large as the fields, where none is asked for.

    chosen: whether the amplitude follows from the accuracy, so that another would not be better.
    """
    bound = accuracy or _USELESS
    if predicted.total <= bound:
        return
    cause, ε = predicted.largest, float(readout.amplitude)
    size = getattr(predicted, cause)
    more = f"more than the accuracy {accuracy:.3g}" if accuracy is not None else "as large as the fields themselves"
    if not size > bound:
        size, more = predicted.total, f"{more}, all causes together; {size:.3g} is the largest"
    # Errors near one are saturated: what is proposed is then on the safe side.
    margin = 0.7 if size < _SATURATED else 0.1
    if chosen and cause in ("rounding", "finite_width"):
        best = predicted.rounding + predicted.finite_width
        raise ValueError(
            f"between rounding and finite width the best amplitude, {ε:.2g}, leaves an error of about {best:.2g}, "
            f"{more}. Ask for less accuracy, or take a wider network, fewer modes, a shorter run, or refreshes where "
            "fields oscillate for long."
        )
    if cause == "rounding":
        raise ValueError(
            f"rounding makes an error of about {size:.3g} at the amplitude {ε:.2g}, {more}; it is mostly in "
            f"{_weakest(theory, readout)}, which the kernel (condition number "
            f"{float(readout.condition_number):.2g}) carries least. Take a larger amplitude, a wider network with "
            "weight_scale and bias_scale nearer to 3 and 1, or fewer modes."
        )
    if cause == "finite_width":
        named = f"below about {margin * ε * bound / size:.2g}" if np.isfinite(size) else "far below, in shorter runs"
        raise ValueError(
            f"at the amplitude {ε:.3g} the network leaves its linear window: its finite width makes an error of about "
            f"{size:.3g}, {more}. That is reached at amplitudes {named}, or at widths larger by the same factor."
        )
    if cause == "lattice":
        side = theory.box.points_per_side
        raise ValueError(
            f"{side} points per side are too few for this potential: waves that it makes are taken for modes of the "
            f"box, an error of {size:.3g}, {more}. Take {2 * side} points per side, or every mode of the lattice."
        )
    named = f"{time_step * (margin * bound / size) ** 0.5:.2g}" if np.isfinite(size) else f"{time_step / 10:.2g}"
    raise ValueError(
        f"the time step {time_step:g} makes an error of {size:.3g}, {more}; take one of at most {named}, and more "
        "updates for the same time."
    )


def _weakest(theory: FieldTheory, readout: Readout) -> str:
    """The modes that most of what rounding does is in: by their shares of the sum of 1/λ."""
    share = np.square(np.asarray(readout.kernel_modes)) @ (1 / np.asarray(readout.kernel_eigenvalues))
    return _names(theory, share, 0.5 * share.max())


def _names(theory: FieldTheory, share: np.ndarray, least: float) -> str:
    """The modes, of all fields, whose share is not less."""
    share = share.reshape(len(theory.box.waves), theory.fields).max(axis=1)
    names = [theory.box.waves[i].name for i in np.argsort(-share, kind="stable") if share[i] >= least]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return f"the modes {shown}" if names else "some combinations of its modes"
