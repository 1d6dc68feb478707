"""Programs that are kept between commands change no bit."""

import os
import subprocess
import sys


def test_cold_warm_and_no_cache_give_the_same_bytes(tmp_path):
    printed = []
    free = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    for cache in ("off", str(tmp_path), str(tmp_path)):
        command = [sys.executable, "-m", "cosmograd", "universe", "--potential", "quadratic", "--json"]
        finished = subprocess.run(command, capture_output=True, env=free | {"COSMOGRAD_CACHE": cache}, check=True)
        printed.append(finished.stdout)
    assert printed[0] == printed[1] == printed[2]
    assert any(tmp_path.rglob("*-cache"))
