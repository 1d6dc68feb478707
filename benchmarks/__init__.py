"""What the library costs, measured: `python -m benchmarks` runs everything and writes results.json beside this file."""
