"""Every template that is generated from the specs and the documentation's examples.

In: specs/ and docs/examples/. Out: templates as text, and read by another YAML parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from monitorspec.compiler import compile_file, emit, environments

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.monitorspec.yaml"))
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.monitorspec.yaml"))


@cache
def templates(spec: Path) -> Mapping[str, str]:
    """Name → text of the templates of a spec, in each of its environments."""
    out = {}
    for environment in ("", *environments(spec)):
        plan = compile_file(spec, environment).plan
        assert plan is not None, spec
        for artifact in emit(plan, ("cloudwatch",)):
            name = artifact.path.removeprefix("cloudwatch/")
            out[f"{environment}/{name}" if environment else name] = artifact.text
    return out


def bodies(spec: Path) -> dict[str, dict[str, Any]]:
    """Name → the template as libyaml reads it."""
    return {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in templates(spec).items()}
