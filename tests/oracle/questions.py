"""How much is asked of the oracles, and the program that answers from Alertmanager's own packages.

In: `MONITORSPEC_FUZZ`, how many routes a long run asks of amtool (`make fuzz`), with everything else in proportion, and
`MONITORSPEC_FUZZ_SEED`, to repeat one. Without them a run is short, and asks the same each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHORT = 1_000
"""Routes that amtool is asked for in a short run."""
LONG = int(os.environ.get("MONITORSPEC_FUZZ") or SHORT)
SHARDS = 4
"""Parts of a run, for as many processes."""
PROGRAM = Path(__file__).parents[2] / ".tools" / "bin" / "amcheck"


def share(short: int) -> int:
    """Cases of one part, where a short run has `short` in all its parts."""
    return -(-short * LONG // (SHORT * SHARDS))


def seeds() -> list[int]:
    """A seed for each part: the same ones in each short run, others in each long one."""
    start = os.environ.get("MONITORSPEC_FUZZ_SEED") or (time.strftime("%Y%m%d") if LONG != SHORT else "1")
    return [int(start) * 100 + part for part in range(SHARDS)]


def ask(questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of Alertmanager's packages, one for each question."""
    asked = "\n".join(json.dumps(question) for question in questions)
    done = subprocess.run([PROGRAM], input=asked.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers
