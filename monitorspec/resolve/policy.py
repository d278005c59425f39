"""The spec's policy, checked.

In: `spec.policy`. Out: `plan.Policy`, or None where the spec has none.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.promql import regex
from monitorspec.resolve.context import Context, checked_label
from monitorspec.spec.policy import TextPolicy


def policy(context: Context) -> plan.Policy | None:
    """What the spec asks of its alerts and rules."""
    spec = context.spec.policy
    if spec is None:
        return None
    here: Path = ("policy",)
    for key in ("only_labels", "keep_labels"):
        for n, name in enumerate(getattr(spec, key) or ()):
            checked_label(context.notes, name, (*here, key, n))
    if spec.min_for and spec.max_for is not None and spec.min_for > spec.max_for:
        context.notes.add("policy/range", (*here, "min_for"), "`min_for` is longer than `max_for`")
    return plan.Policy(
        labels=_texts(context, spec.labels, (*here, "labels")),
        annotations=_texts(context, spec.annotations, (*here, "annotations")),
        only_labels=None if spec.only_labels is None else tuple(spec.only_labels),
        keep_labels=tuple(spec.keep_labels or ()),
        min_for=spec.min_for or 0,
        max_for=spec.max_for,
        forbidden_metrics=tuple(
            _pattern(context, text, (*here, "forbidden_metrics", n))
            for n, text in enumerate(spec.forbidden_metrics or ())
        ),
        alert_names=_pattern(context, spec.alert_names, (*here, "alert_names")),
        record_names=_pattern(context, spec.record_names, (*here, "record_names")),
        rules_per_group=spec.rules_per_group,
        groups=spec.groups,
    )


def _texts(context: Context, given: Mapping[str, TextPolicy] | None, path: Path) -> dict[str, plan.TextPolicy]:
    out = {}
    for name, asked in (given or {}).items():
        checked_label(context.notes, name, (*path, name), key=True)
        severities = asked.severities or ()
        for n, severity in enumerate(severities):
            context.severity(severity, (*path, name, "severities", n))
        out[name] = plan.TextPolicy(
            asked.required,
            tuple(asked.values or ()),
            _pattern(context, asked.pattern, (*path, name, "pattern")),
            severities,
        )
    return out


def _pattern(context: Context, text: str | None, path: Path) -> str:
    """A pattern that RE2 takes; "" for one that it refuses, and for none."""
    if not text:
        return ""
    found = regex.compiled(text)
    if isinstance(found, regex.Fault):
        fault = found._replace(message=f"invalid regular expression: {found.message}")
        context.notes.fault("policy/pattern", path, text, fault, label="RE2, as in Prometheus' matchers")
        return ""
    return text
