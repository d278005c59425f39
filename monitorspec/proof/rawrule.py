"""Raw alert rules as limits, where their own text says so.

In: an alert with a raw expression. Out: the same alert on a signal with a limit, or None.
"""

from __future__ import annotations

import re
from decimal import Decimal

from monitorspec.plan import Alert, Limit, Signal
from monitorspec.rules.text import binds_loosely

_COMPARED = re.compile(
    r"(?P<signal>.+?)\s*(?P<op>>=|<=|>|<)\s*(?P<value>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*", re.DOTALL
)


def as_limit(alert: Alert) -> Alert | None:
    """The alert as `<signal> <op> <number>`, or None where its expression is anything else."""
    found = _COMPARED.fullmatch(alert.signal.promql.strip())
    if not found or binds_loosely(found["signal"]) or "#" in found["signal"] or not _balanced(found["signal"]):
        return None
    limit = Limit(found["op"], Decimal(found["value"]), found["value"], None, None)
    return alert._replace(signal=Signal(found["signal"], None, alert.signal.unit), condition=limit)


def _balanced(text: str) -> bool:
    """Whether the comparison is not inside of parentheses; strings may hold what they like."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`', "", text)
    return all(bare.count(a) == bare.count(b) for a, b in ("()", "{}", "[]"))
