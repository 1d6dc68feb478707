r"""A training problem whose outputs are a universe: two starting networks, a loss and a schedule, and a readout."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cosmograd.compilation import compiled
from cosmograd.duality.analogue.field_theory import Coefficients, FieldTheory, earlier_fields
from cosmograd.duality.analogue.leapfrog_schedule import LeapfrogSchedule, leapfrog_schedule
from cosmograd.duality.analogue.network_universe import NetworkPath, network_universe
from cosmograd.duality.analogue.readout import Readout
from cosmograd.duality.analogue.starts import FieldStart
from cosmograd.learning.networks import AbstractNetwork, Parameters


class TrainingProblem(eqx.Module):
    """All that a training loop needs.

    theory: the fields; readout: the network, its base parameters, and how fields are read off it; schedule: momentum
    and learning rate of every update; start: fields and velocities at $t_0$; before: fields a step earlier, (modes,
    fields); refreshes: how often the network is linearised anew on the way.
    """

    theory: FieldTheory
    readout: Readout
    schedule: LeapfrogSchedule
    start: FieldStart
    before: Coefficients
    refreshes: int = eqx.field(static=True)

    @property
    def updates(self) -> int:
        """How many updates the universe takes."""
        return self.schedule.updates

    @property
    def schedule_of_program(self) -> LeapfrogSchedule:
        """Padded, but where the network is linearised anew, at places that depend on the length."""
        return self.schedule if self.refreshes else self.schedule.padded()

    @property
    def time_step(self) -> float:
        """δ, in the unit of time of 1/H."""
        return float(self.schedule.times[1] - self.schedule.times[0])

    def starting_networks(self) -> tuple[Parameters, Parameters]:
        """θ_0 and θ_{−1}."""
        return self.readout.showing(self.start.coefficients), self.readout.showing(self.before)

    def fields(self, parameters: Parameters) -> Coefficients:
        """The fields that a network shows, (modes, fields)."""
        return self.readout.fields(parameters)

    def loss(self, parameters: Parameters, update: int | Int[Array, ""]) -> Float[Array, ""]:
        r"""$L_n(\theta) = \varepsilon^2U(q(\theta), t_n)$, whose heavy ball with this schedule is the universe."""
        energy = self.theory.potential_energy(self.fields(parameters), self.schedule.log_scale_factors[update])
        return self.readout.amplitude**2 * energy

    def train(self) -> NetworkPath:
        """The fields at every update, and the network at the end."""
        readout = self.readout
        return self.train_another(readout.network, readout.base, readout.amplitude)

    def train_another(
        self, network: AbstractNetwork, base: Parameters, amplitude: Float[Array, ""] | float
    ) -> NetworkPath:
        """The same universe on another network."""
        path = _train(
            self.theory, network, base, self.schedule_of_program, self.start.coefficients, self.before,
            jnp.asarray(amplitude, dtype=float), self.refreshes,
        )  # fmt: skip
        return NetworkPath(self.schedule.cut(path.fields), path.parameters, path.condition_number)

    def at_amplitude(self, amplitude: float) -> "TrainingProblem":
        """The same at another ε."""
        return TrainingProblem(
            self.theory, self.readout.at_amplitude(amplitude), self.schedule, self.start, self.before, self.refreshes
        )

    def allows_step(self, time_step: float) -> bool:
        """Whether δ may be this long: momenta stay positive, and a step before the start lies in the same history."""
        expansion, start = self.theory.expansion, self.start.time
        H = float(jnp.max(jax.vmap(expansion.hubble_rate)(self.schedule.times[:-1])))
        before = jnp.asarray(start - time_step)
        known = np.isfinite([float(expansion.log_scale_factor(before)), float(expansion.hubble_rate(before))]).all()
        return 1.5 * H * time_step <= 1 and bool(known)

    def at_step(self, time_step: float) -> "TrainingProblem":
        """The same universe over the same time, to the nearest update, in steps of another length."""
        updates = max(1, round(self.time_step * self.updates / time_step))
        schedule = leapfrog_schedule(self.theory.expansion, time_step, updates, self.start.time)
        before = earlier_fields(self.theory, *self.start, time_step)
        refreshes = min(self.refreshes, max(updates // 2 - 1, 0))
        return TrainingProblem(self.theory, self.readout, schedule, self.start, before, refreshes)


_train = compiled(network_universe)
