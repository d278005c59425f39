"""What a finding is known by from one commit to the next.

In: diagnostics. Out: for each a text of 32 hexadecimal digits that stays while the finding stays: lines may move, other findings
may come and go, and numbers in its message may change. It is made of the code, the file's place in its project, the path in the
spec and what the message says; findings that all of this has in common are numbered.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from monitorspec.diagnostics import Diagnostic
from monitorspec.files import project_root

_NAMES_OR_NUMBERS = re.compile(r"(`[^`]*`)|\d[\d.,]*(?<=\d)")


def fingerprints(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """The fingerprint of each, no two the same."""
    seen: Counter[tuple[str, ...]] = Counter()
    out = []
    for d in diagnostics:
        known_by = (d.code, in_project(d.position.file), dotted(d), essence(d.message))
        seen[known_by] += 1
        out.append(sha256("\0".join((*known_by, str(seen[known_by]))).encode("utf-8", "replace")).hexdigest()[:32])
    return out


def dotted(diagnostic: Diagnostic) -> str:
    """The path in the spec; which item of a list it is does not matter, since others may come before it."""
    return ".".join("[]" if isinstance(step, int) else step for step in diagnostic.path)


def in_project(file: str) -> str:
    """A file's path from the top of its project, with forward slashes: the same from wherever one looks."""
    return _in_project(os.path.abspath(file))


@lru_cache(maxsize=10_000)
def _in_project(file: str) -> str:
    path = Path(file)
    try:
        return path.resolve().relative_to(project_root(path)).as_posix()
    except (ValueError, OSError, RuntimeError):
        return path.as_posix().lstrip("/")


def essence(message: str) -> str:
    """A message without the numbers that stand outside of names: counts and lines."""
    return _NAMES_OR_NUMBERS.sub(lambda m: m[1] or "#", message)
