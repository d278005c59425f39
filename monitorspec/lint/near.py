"""What was probably meant by matchers that no alert fits.

In: matchers and alerts. Out: a hint, or "".
"""

from __future__ import annotations

from collections.abc import Sequence

from monitorspec.plan import Alert, Matcher, Path, Plan


def meant(matchers: Sequence[Matcher], alerts: Sequence[Alert]) -> str:
    """A hint for the first matcher that no alert fits."""
    from difflib import get_close_matches

    for m in matchers:
        values = sorted({v for a in alerts if (v := a.name if m.label == "alertname" else a.labels.get(m.label))})
        if m.op == "=" and values and m.value not in values:
            near = get_close_matches(m.value, values, 1)
            return f"did you mean `{near[0]}`?" if near else f"alerts have {m.label} {', '.join(values[:5])}"
    return ""


def misspelt(plan: Plan, origin: Path) -> bool:
    """Whether one of the matchers at a path is a finding of its own: then that is what is wrong."""
    from monitorspec.lint.matchers import unknown_label, unknown_value

    found = (*unknown_label(plan), *unknown_value(plan))
    return any(finding.origin[: len(origin)] == origin for finding in found)
