"""AlarmRule: a condition over alarms in the language of composite alarms.

In: a `plan.alerts.Rule` and the name of each alarm. Out: the text, and what CloudWatch would refuse of it. Grammar and limits:
the CloudWatch user guide, "Creating a composite alarm", and the API reference of PutCompositeAlarm.
"""

from __future__ import annotations

from collections.abc import Callable

from monitorspec.alarmstate.alarmrule import CHILDREN, ELEMENTS, LENGTH
from monitorspec.plan.alerts import Rule

WATCHED_BY = 150
"""Composites that may watch one alarm."""
_JOINED = {"any_of": " OR ", "all_of": " AND "}


def text(rule: Rule, name: Callable[[str], str]) -> str:
    """`ALARM("a") OR (ALARM("b") AND NOT ALARM("c"))`; `name` gives what stands for an alert's id."""
    if rule.op == "alarm":
        return f'ALARM("{name(rule.id)}")'
    if rule.op == "not":
        return f"NOT {_inner(rule.parts[0], name)}"
    if rule.op == "at_least":
        alarms = ", ".join(f'"{name(part.id)}"' for part in rule.parts)
        return f"AT_LEAST({rule.least}, ALARM, ({alarms}))"
    return _JOINED[rule.op].join(_inner(part, name) for part in rule.parts)


def _inner(rule: Rule, name: Callable[[str], str]) -> str:
    made = text(rule, name)
    return f"({made})" if rule.op in _JOINED and len(rule.parts) > 1 else made


def elements(rule: Rule) -> int:
    """How many elements the rule has, as CloudWatch counts them: alarms, operators and constants."""
    if rule.op == "alarm":
        return 1
    joints = 1 if rule.op in ("not", "at_least") else len(rule.parts) - 1
    return sum(elements(part) for part in rule.parts) + joints


def problems(rule: Rule, made: str) -> list[tuple[str, str]]:
    """(what is wrong, help) of a rule and its text."""
    out = []
    children = len(rule.alarms())
    if children > CHILDREN:
        out.append(
            (
                f"a composite alarm watches at most {CHILDREN} alarms, this one {children}",
                "join some of them in a composite of their own",
            )
        )
    if len(made) > LENGTH:
        out.append(
            (
                f"its rule would have {len(made):,} characters; CloudWatch takes {LENGTH:,}",
                "join some of its alarms in a composite of their own",
            )
        )
    if elements(rule) > ELEMENTS:
        out.append(
            (
                f"its rule would have {elements(rule)} elements; CloudWatch takes {ELEMENTS}",
                "join some of its alarms in a composite of their own",
            )
        )
    return out
