"""What every part of resolve needs to know about the whole spec.

In: a `Spec`. Out: `Context`, made once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.notes import Notes
from monitorspec.spec.root import Spec

# Names become file names, labels and parts of ids.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DEFAULT_SEVERITIES = (
    plan.Severity("critical", 0, True, "Somebody has to act now, at any hour."),
    plan.Severity("warning", 1, False, "Somebody has to act in working hours."),
    plan.Severity("info", 2, False, "Worth knowing; nobody has to act."),
)
# Labels that the compiler sets itself.
RESERVED = (
    "alertname",
    "severity",
    "system",
    "service",
    "owner",
    "slo",
    "burn_tier",
    "burn_rate",
    "long_window",
    "short_window",
)


class Context(NamedTuple):
    notes: Notes
    spec: Spec
    severities: tuple[plan.Severity, ...]
    versions: plan.Versions
    interval: int
    hold: int
    slo_window: int
    labels: Mapping[str, str]
    """The spec's own labels and `system`."""
    targets: tuple[str, ...]
    parameters: tuple[str, ...]
    """Names of the parameters that the CloudFormation stacks can have."""

    def severity(self, name: str, path: Path, *, key: bool = False) -> plan.Severity | None:
        """The severity called `name`, or a finding (below the key with `key`)."""
        for severity in self.severities:
            if severity.name == name:
                return severity
        known = (s.name for s in self.severities)
        self.notes.unknown("severities/unknown", path, "severity", name, known, "severities", key=key)
        return None

    def platforms(self, given: Sequence[str] | None) -> tuple[str, ...]:
        """Where a dashboard is made: as it says itself, else as the defaults do, else in Grafana."""
        if given is None and self.spec.defaults is not None:
            given = self.spec.defaults.platforms
        return tuple(dict.fromkeys(given)) if given is not None else ("grafana",)

    @property
    def resources(self) -> Collection[str]:
        """Logical ids of the spec's raw resources."""
        return (self.spec.aws.resources if self.spec.aws else None) or ()

    @property
    def declared(self) -> set[str]:
        """Every SLO and threshold that the spec writes, as `service.name`, also those with an error."""
        return {
            f"{name}.{key}"
            for name, service in (self.spec.services or {}).items()
            for key in (*(service.slos or {}), *(service.thresholds or {}))
        }

    @property
    def page(self) -> plan.Severity:
        """The severity of alerts that wake somebody."""
        return next((s for s in self.severities if s.page), self.severities[0])

    @property
    def ticket(self) -> plan.Severity:
        """The severity of alerts that can wait: the most severe that does not page."""
        return next((s for s in self.severities if not s.page and s.rank > self.page.rank), self.severities[-1])


def checked_name(notes: Notes, name: str, path: Path, what: str) -> bool:
    """Whether a name can become a file name and a label value."""
    if NAME.fullmatch(name) and not name.endswith(".") and ".." not in name:
        return True
    notes.add(
        "names/invalid",
        path,
        f"`{name}` cannot name {'an' if what == 'SLO' else 'a'} {what}",
        key=what != "system",
        label="letters, digits, `-`, `_` and `.`, a letter or digit first, at most 100",
        effect="names become file names and label values",
    )
    return False


def checked_labels(notes: Notes, labels: Mapping[str, str] | None, path: Path) -> dict[str, str]:
    """User labels, without those that cannot be."""
    out: dict[str, str] = {}
    for name, value in (labels or {}).items():
        if name in RESERVED:
            notes.add("labels/reserved", (*path, name), f"label `{name}` is set by monitorspec itself", key=True)
        elif checked_label(notes, name, (*path, name), key=True):
            out[name] = value
    return out


def checked_label(notes: Notes, name: str, path: Path, *, key: bool = False) -> bool:
    """Whether a label can have this name."""
    if LABEL.fullmatch(name) and not name.startswith("__"):
        return True
    fixed = re.sub(r"^(?=[0-9])", "_", re.sub(r"[^A-Za-z0-9_]", "_", name.strip("_")))
    notes.add(
        "labels/name",
        path,
        f"`{name}` is not a label name",
        key=key,
        label="letters, digits and `_`, no digit first, not `__…`",
        help=(f"write `{fixed}`",) if fixed.strip("_") else (),
    )
    return False


def sorted_labels(*parts: Mapping[str, str]) -> dict[str, str]:
    """Merged, later ones win, by name."""
    merged: dict[str, str] = {}
    for part in parts:
        merged.update(part)
    return dict(sorted(merged.items()))
