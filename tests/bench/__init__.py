"""How fast and how large: `python -m tests.bench` measures real processes and files, and writes build/bench.json."""
