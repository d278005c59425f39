"""One measurement: a command in a process of its own, and what it took.

In: a command line. Out: wall and processor time in seconds and peak memory in MiB; medians of several.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Cost(NamedTuple):
    """`wall` and `cpu` in seconds (user and system, children too), `memory` in MiB: the peak of the largest process.

    `said`: what it printed.
    """

    wall: float
    cpu: float
    memory: float
    said: str = ""


def cost(command: Sequence[str]) -> Cost:
    """What it takes to run `command` from the project's folder. Raises RuntimeError when it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said.decode(errors='replace')}")
    # macOS tells bytes, every other system KiB.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, said.decode(errors="replace"))


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(
        median(found.wall for found in costs),
        median(found.cpu for found in costs),
        median(found.memory for found in costs),
    )


def _environment() -> dict[str, str]:
    """This process's environment, made fair: compiled modules are kept, and the project is importable."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
    return {**env, "PYTHONPATH": str(ROOT)}
