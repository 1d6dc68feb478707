"""Measured n_s and r, to compare with."""

# 68 %, TT,TE,EE+lowE+lensing: Planck Collaboration, Astron. Astrophys. 641 (2020) A6, table 2.
SCALAR_TILT, SCALAR_TILT_ERROR = 0.9649, 0.0042
# 95 %, at k = 0.05/Mpc: BICEP/Keck Collaboration, Phys. Rev. Lett. 127 (2021) 151301.
LARGEST_RATIO = 0.036
# Standard errors of n_s that count as compatible.
COMPATIBLE = 2.0

SOURCES = (
    "n_s: Planck Collaboration, Astron. Astrophys. 641 (2020) A6; r: BICEP/Keck Collaboration, Phys. Rev. Lett. 127 "
    "(2021) 151301."
)
