"""What an organisation asks of alerts and rules.

In: nothing (resolve makes it). Out: `Policy`. Patterns are valid; durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TextPolicy(NamedTuple):
    """What is asked of a label or an annotation; no `values`: any, no `severities`: all, pattern "": none."""

    required: bool
    values: tuple[str, ...]
    pattern: str
    severities: tuple[str, ...]


class Policy(NamedTuple):
    labels: Mapping[str, TextPolicy]
    annotations: Mapping[str, TextPolicy]
    only_labels: tuple[str, ...] | None
    keep_labels: tuple[str, ...]
    min_for: int
    max_for: int | None
    forbidden_metrics: tuple[str, ...]
    alert_names: str
    record_names: str
    rules_per_group: int | None
    groups: int | None
