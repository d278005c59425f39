"""Label matchers with Alertmanager's meaning.

In: matchers of the plan, an alert's labels. Out: whether they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from monitorspec import re2
from monitorspec.plan import Alert, Labels, Matcher


@lru_cache(maxsize=50_000)
def predicate(op: str, value: str) -> Callable[[str], bool]:
    """The test of one label's value. Raises re2.Unsupported."""
    if op == "=":
        return value.__eq__
    if op == "!=":
        return value.__ne__
    found = re2.matcher(value)
    return found if op == "=~" else lambda text: not found(text)


def matches(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Whether all matchers hold; a label that is missing is "" (so `team!="x"` holds without a team)."""
    return all(predicate(m.op, m.value)(labels.get(m.label, "")) for m in matchers)


def may_match(matchers: Sequence[Matcher], alert: Alert) -> bool | None:
    """Whether an alert's own labels are matched; None where that is for its series, or for the server's external labels, to say.

    An alarm of CloudWatch has no labels but its own.
    """
    answer: bool | None = True
    for m in matchers:
        value = alert.name if m.label == "alertname" else alert.labels.get(m.label)
        if not alert.on_cloudwatch and (value is None or "{{" in value):
            answer = None
        elif not predicate(m.op, m.value)(value or ""):
            return False
    return answer
