"""The targets: each turns the plan into files.

In: `Plan`. Out: `Artifact`s. A new target is one module with `emit` and one line in `TARGETS`; targets never import each
other. Modules are loaded when they emit, so that a lint pays for none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from monitorspec.artifact import Artifact
from monitorspec.plan import Plan

# name → module; outputs are made in this order.
TARGETS: dict[str, str] = {
    "prometheus": "monitorspec.targets.prometheus",
    "promtest": "monitorspec.targets.promtest",
    "alertmanager": "monitorspec.targets.alertmanager",
    "grafana": "monitorspec.targets.grafana",
    "cloudwatch": "monitorspec.targets.cloudwatch",
    "kubernetes": "monitorspec.targets.kubernetes",
    "runbook": "monitorspec.targets.runbook",
}


class Target(Protocol):
    """What a target module offers."""

    def emit(self, plan: Plan) -> Iterable[Artifact]:
        """The target's files, paths below the system's output folder; pure."""


def load(name: str) -> Target:
    """The target called `name`."""
    return cast(Target, import_module(TARGETS[name]))


# Where each target's files stand; the longest prefix decides.
_FOLDERS = {
    "prometheus/": "prometheus",
    "prometheus/tests/": "promtest",
    "alertmanager/": "alertmanager",
    "grafana/": "grafana",
    "cloudwatch/": "cloudwatch",
    "kubernetes/": "kubernetes",
    "runbooks/": "runbook",
}


def target_of(path: str) -> str:
    """The target that makes the file at `path`, "" for none."""
    found = [prefix for prefix in _FOLDERS if path.startswith(prefix)]
    return _FOLDERS[max(found, key=len)] if found else ""
