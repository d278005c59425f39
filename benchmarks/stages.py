"""Where a build's time goes: every stage of the compiler timed in one process, or the whole of it under a profiler.

In: a spec file and an output folder. Out: (stage, seconds) in order, or the profiler's table.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from monitorspec.artifact import Artifact
    from monitorspec.plan import Plan

T = TypeVar("T")


def stages(spec: Path, out: Path) -> list[tuple[str, float]]:
    """Seconds of each stage of a full build of `spec` below `out`, imports apart."""
    times: list[tuple[str, float]] = []

    def timed(name: str, stage: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = stage()
        times.append((name, time.perf_counter() - started))
        return result

    timed("imports", _imports)

    from monitorspec import output, source
    from monitorspec.lint import lint
    from monitorspec.resolve import resolve
    from monitorspec.spec.validate import validate
    from monitorspec.targets import TARGETS

    gc.disable()  # as the command line does
    loaded = timed("load", lambda: source.load(spec, str(spec)))
    valid, wrong, _ = timed("validate", lambda: validate(loaded.data, loaded.positions))
    if valid is None:
        raise RuntimeError(f"the spec is not valid: {wrong}")
    plan, notes = timed("resolve", lambda: resolve(valid, loaded.positions, lambda *_: "", tuple(TARGETS)))
    if any(note.level == "error" for note in notes):
        raise RuntimeError(f"the spec is wrong: {notes}")
    timed("lint", lambda: lint(plan, loaded.positions))
    artifacts: list[Artifact] = []
    for name in plan.targets:
        artifacts += timed(name, partial(_emitted, name, plan))
    timed("write", lambda: output.write(out, plan.system, artifacts, {}))
    return times


def profile(spec: Path, out: Path, rows: int) -> None:
    """Print the functions of a full build that take the most time of their own."""
    import cProfile
    import pstats

    profiler = cProfile.Profile()
    profiler.enable()
    stages(spec, out)
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(rows)


def _emitted(name: str, plan: Plan) -> list[Artifact]:
    from monitorspec.targets import load

    return list(load(name).emit(plan))


def _imports() -> None:
    import monitorspec.compiler
    import monitorspec.output  # noqa: F401
    from monitorspec.targets import TARGETS, load

    for name in TARGETS:
        load(name)
