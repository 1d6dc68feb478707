"""The groups of benchmarks, one module and one process each.

Listed here so that choosing among them needs no import of JAX; every group's process checks its own line.
"""

GROUPS: dict[str, tuple[str, ...]] = {
    "matmul_peak": ("measure_peak",),
    "start_up": ("start_up", "first_spectrum"),
    "tangent_kernels": ("layerwise_against_jacobian", "full_kernel"),
    "exactness": ("kernel_paths", "linear_network"),
    "minibatch_noise": ("temperature",),
    "measurements": ("whole_commands", "further_fits", "growth"),
    "power_spectra": ("background_and_modes", "beside_diffrax", "many_potentials", "second_spectra"),
    "mode_methods": ("forms_at_equal_steps", "adaptive_oscillating"),
    "ensemble_training": ("training_throughput",),
    "network_universes": ("ensemble", "against_direct"),
    "strategies": ("width_32", "width_128", "width_512", "width_1024"),
    "sweeps": ("scheduling_overhead", "two_workers", "killed_worker"),
    "whole_studies": ("default_study", "theory_table"),
}
