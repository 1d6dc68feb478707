r"""Schedules of learning rate and momentum read as expansion histories, and back.

A schedule is a(t): with momentum from rest, $\beta_n = (a_n/a_{n+1})^3$ up to the scheme. In updates of duration δ
around the time $t_n$:

* **leapfrog**: $\beta_n = (1-h_n)/(1+h_n)$, $\eta_n = \delta^2/(1+h_n)$ with $h_n = \tfrac32 H(t_n)\delta$;
* **stroboscopic**: $\beta_n = e^{-3N_n}$, $\eta_n = \delta^2(1-\beta_n)/(3N_n)$ with the e-folds
  $N_n = \ln a(t_n+\delta/2) - \ln a(t_n-\delta/2)$.

Where the learning rate changes, so does δ_n, and the friction takes part of that: with Γ_n the friction per update,
θ'' + Γθ' per update becomes, in the time that advances by δ_n,

$$3H_n\delta_n = \Gamma_n + \Delta\ln\delta_n.$$

The e-folds of such a schedule therefore depend on the unit of time: one in which V is a fixed multiple of L
(canonical, √η at fixed β) reads another expansion than the count of updates, in which V changes with the learning rate.

Power laws $a\propto t^p$ give $\Gamma = 3p/t$; with p = 1 and $t_n = (n+\tfrac12)\delta$ the leapfrog value is
Nesterov's $\beta_n = (n-1)/(n+2)$ (Su, Boyd & Candès 2016, §2; derived afresh).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from cosmograd.cosmology import AbstractExpansion
from cosmograd.duality.dictionary import TrainingStep, check_names, dual_universe, learning_rate_of_time_step


class ExpansionOfSchedule(NamedTuple):
    r"""The universe that a schedule is, before each update and after the last.

    time: of the unit asked for, 0 at the start; log_scale_factor: ln a, the e-folds since the start, update n taking
    it from half a step before $t_n$ to half a step after; hubble_rate, time_step: those of each update.
    """

    time: Float[np.ndarray, " updates_and_end"]
    log_scale_factor: Float[np.ndarray, " updates_and_end"]
    hubble_rate: Float[np.ndarray, " updates"]
    time_step: Float[np.ndarray, " updates"]


def expansion_of_schedule(
    learning_rates: Any,
    momenta: Any,
    updates: int | None = None,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
) -> ExpansionOfSchedule:
    r"""a(t) of a schedule: numbers, or vectors with one entry per update.

    Second order in the step for schedules that are smooth functions of time:
    $3H_n = (\Gamma_n + \Delta\ln\delta_n)/\delta_n$ with central differences Δ, times by the trapezoidal rule.
    `updates` is needed when both are numbers; a number stands for all updates. Raises `ValueError` for vectors that
    differ in length, learning rates ≤ 0 and momenta outside [0, 1).
    """
    η, β = (np.asarray(x, dtype=np.float64) for x in (learning_rates, momenta))
    lengths = {array.shape[0] for array in (η, β) if array.ndim == 1}
    if max(η.ndim, β.ndim) > 1 or len(lengths) > 1:
        raise ValueError(f"schedules must be numbers or vectors of one length, got shapes {η.shape} and {β.shape}.")
    count = lengths.pop() if lengths else updates
    if count is None or count < 1 or (updates is not None and updates != count):
        raise ValueError(f"`updates` must be ≥ 1 and agree with the schedules' length; got {updates} and {count}.")
    universe = dual_universe(np.broadcast_to(η, (count,)), np.broadcast_to(β, (count,)), time_unit, scheme)
    time_step = np.array(np.broadcast_to(universe.time_step, (count,)))
    e_folds = np.array(np.broadcast_to(universe.e_folds_per_update, (count,)))
    hubble_rate = np.array(np.broadcast_to(universe.hubble_rate, (count,)))
    between = time_step.copy()
    with np.errstate(invalid="ignore"):
        changes = count > 1 and np.isfinite(time_step).all() and bool(np.ptp(time_step) > 0)
    if changes:
        e_folds = e_folds + np.gradient(np.log(time_step)) / 3
        hubble_rate = e_folds / time_step
        between[:-1] = (time_step[:-1] + time_step[1:]) / 2
    return ExpansionOfSchedule(
        np.concatenate([[0.0], np.cumsum(between)]),
        np.concatenate([[0.0], np.cumsum(e_folds)]),
        hubble_rate,
        time_step,
    )


def schedule_of_expansion(
    expansion: AbstractExpansion,
    time_step: float,
    updates: int,
    start_time: float = 0.0,
    time_unit: str = "canonical",
    scheme: str = "leapfrog",
    learning_rate: float | None = None,
) -> TrainingStep:
    r"""Learning rates and momenta, one per update, that simulate an expansion history in a named unit of time.

    Update n is centred on $t_n$ = `start_time` + nδ, δ = `time_step`. In canonical time V = L; in units of one update
    (δ = 1) the `learning_rate` must be given. Training starts from rest, so the first momentum has no effect and is
    raised to zero where the expansion asks for less.
    Raises `ValueError` where a later update would need a negative momentum (leapfrog with 3Hδ/2 > 1) or the universe
    contracts.
    """
    check_names(scheme, time_unit)
    if not (np.isfinite(time_step) and time_step > 0):
        raise ValueError(f"`time_step` must be a positive finite number, got {time_step}.")
    if updates < 1:
        raise ValueError(f"`updates` must be ≥ 1, got {updates}.")
    times = start_time + time_step * np.arange(updates)
    if scheme == "leapfrog":
        e_folds = time_step * np.asarray(jax.vmap(expansion.hubble_rate)(jnp.asarray(times)))
        _check_expands(e_folds, times)
        h = 1.5 * e_folds
        if (h[1:] > 1 + 1e-12).any():
            worst = 1 + int(np.argmax(h[1:]))
            raise ValueError(
                f"at t = {times[worst]:g} the expansion gives 3Hδ/2 = {h[worst]:.4g} > 1, which would need a negative "
                "momentum. Take a smaller `time_step`, start later, or use the stroboscopic scheme."
            )
        momenta = (1 - h) / (1 + h)
    else:
        log_scale_factor = jax.vmap(expansion.log_scale_factor)
        before, after = (jnp.asarray(times + sign * time_step / 2) for sign in (-1, 1))
        e_folds = np.asarray(log_scale_factor(after) - log_scale_factor(before))
        _check_expands(e_folds, times)
        momenta = np.exp(-3 * e_folds)
    steps = np.full(updates, float(time_step))
    rates = learning_rate_of_time_step(steps, e_folds, time_unit, scheme, learning_rate)
    return TrainingStep(rates, np.clip(momenta, 0.0, None))


def _check_expands(rate: np.ndarray, times: np.ndarray) -> None:
    bad = ~(np.isfinite(rate) & (rate >= 0))
    if bad.any():
        raise ValueError(
            f"the universe must expand at a finite rate at every update; at t = {times[np.argmax(bad)]:g} it does not."
        )
