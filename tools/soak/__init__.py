"""Long runs under faults: `python3 tools/dev.py soak [NAME...] [--minutes N]`.

A module of this package with a function `run(minutes: float) -> Iterable[str]` is a run of its name: it yields lines
about its progress and raises AssertionError where a promise was broken.
"""
