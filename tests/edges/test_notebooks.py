"""Results in a real notebook kernel: they show themselves, and draw their figures."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    "import numpy as np, optax, cosmograd as cg",
    "cg.dual_universe(0.05, 0.8)",
    "cg.dual_universe(0.05, 0.8).plot()",
    "cg.predict(eigenvalues=[1.0, 0.1], start=[1.0, 1.0], optimiser=optax.sgd(0.5), updates=50)",
    "cg.tangent_kernel((lambda θ, x: x @ θ, np.ones((2, 1))), np.eye(2))",
    "cg.inflate('quadratic', field=16.0)",
)


@pytest.fixture(scope="module")
def shown():
    """What each cell shows, by kind of output."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return [cell.outputs[-1].data if cell.outputs else {} for cell in notebook.cells]


def test_results_are_tables_with_units(shown):
    universe = shown[1]
    assert "Hubble rate" in universe["text/html"]
    assert "1/T" in universe["text/html"]
    assert "canonical" in universe["text/html"]
    assert "Hubble rate" in universe["text/plain"]


def test_figures_are_drawn(shown):
    assert shown[2]["image/svg+xml"].lstrip().startswith(("<?xml", "<svg"))


@pytest.mark.parametrize(("cell", "said"), [(3, "largest_stable_eta_lambda"), (4, "eigenvalues"), (5, "e_folds_total")])
def test_every_kind_of_result_shows_itself(shown, cell, said):
    assert said in shown[cell]["text/html"]
    assert len(shown[cell]["text/plain"].splitlines()) <= 40
