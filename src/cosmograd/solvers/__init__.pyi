from .chained_stages import (
    end_of_stage_chain as end_of_stage_chain,
    stage_chain as stage_chain,
)
from .chebyshev import (
    chebyshev_nodes as chebyshev_nodes,
    differentiation_matrix as differentiation_matrix,
)
from .dense_modes import (
    Eigenmodes as Eigenmodes,
    eigenmodes as eigenmodes,
    fixed_blas_threads as fixed_blas_threads,
    spectrum as spectrum,
)
from .hermite_interpolation import (
    hermite as hermite,
    hermite_coefficients as hermite_coefficients,
)
from .inverses import small_inverses as small_inverses
from .log_spacing import (
    log_spaced_integers as log_spaced_integers,
    spread_apart as spread_apart,
)
from .oscillators import (
    impulse_response as impulse_response,
    step_response as step_response,
)
from .piecewise_polynomials import (
    PiecewisePolynomial as PiecewisePolynomial,
    derivative_at_samples as derivative_at_samples,
    polynomial as polynomial,
)
from .recorded_steps import (
    RecordedSteps as RecordedSteps,
    adaptive_steps as adaptive_steps,
)
from .recursions import recursion_roots as recursion_roots
from .requests import (
    disorder as disorder,
    outcome_of as outcome_of,
    require_accuracy as require_accuracy,
    require_increasing as require_increasing,
    require_vector as require_vector,
)
from .two_tolerances import (
    LEAST_STEP as LEAST_STEP,
    MAX_STEPS as MAX_STEPS,
    TwoSolutions as TwoSolutions,
    solve_at_two_tolerances as solve_at_two_tolerances,
)
