"""The presets' files: one for each kind of service, in this folder.

In: nothing. Out: their names, what each holds, and which of them describes a namespace of CloudWatch: the first line of such
a file names its namespaces (`# AWS/Lambda, LambdaInsights`), so that only the files in question are ever read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from monitorspec import source

FOLDER = Path(__file__).parent
_NAMESPACES = re.compile(r"# ([\w./]+(?:, [\w./]+)*)\n")


@cache
def known() -> tuple[str, ...]:
    """The names of all presets."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def read(preset: str) -> Any:
    """What a preset's file holds; shared, so never change it."""
    return source.load(FOLDER / f"{preset}.yaml", f"preset {preset}").data


@cache
def namespaces() -> Mapping[str, str]:
    """Each namespace of CloudWatch that a file describes, with the preset of that name."""
    out = {}
    for preset in known():
        with (FOLDER / f"{preset}.yaml").open(encoding="utf-8") as stream:
            first = _NAMESPACES.fullmatch(stream.readline())
        if first:
            out.update(dict.fromkeys(first[1].split(", "), preset))
    return out
