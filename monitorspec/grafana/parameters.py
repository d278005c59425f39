"""Parameters of the CloudFormation stacks as variables of a dashboard, so that one dashboard serves every stack.

In: texts with `${Name}` from CloudWatch queries, and the plan's parameters. Out: the same texts in Grafana's syntax, and the
variables that they use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monitorspec.plan import CloudWatchSignal, Dashboard, Plan, Query

Json = dict[str, Any]

_REFERENCE = re.compile(r"\$\{(!?)([^}]*)\}")


def known(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """What is known of each parameter that a stack of the plan can have: Default, AllowedValues, Description."""
    from monitorspec.cloudformation.parameters import parameter_bodies

    bodies: dict[str, Mapping[str, Any]] = dict(parameter_bodies(plan))
    bodies["AWS::Region"] = {"Default": plan.stack.region, "Description": "The region of the stack"}
    return bodies


def in_grafana(text: str) -> str:
    """`kessan-${Environment}` as it is, `${AWS::Region}` as `${AWS_Region}`, `${!x}` as `${x}`."""
    if "${" not in text:
        return text
    return _REFERENCE.sub(lambda m: f"${{{m[2] if m[1] else _variable(m[2])}}}", text)


def refers(text: str) -> bool:
    """Whether a text names a parameter."""
    return "${" in text and any(not m[1] for m in _REFERENCE.finditer(text))


def _variable(name: str) -> str:
    # `AWS::Region`: Grafana's names are of word characters, and those that start with two underscores are its own.
    return re.sub(r"\W+", "_", name)


def variables(board: Dashboard, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Json]:
    """A variable for each parameter in the dashboard's queries: a list where its values are known, else a text box."""
    texts = (text for row in board.rows for p in row.panels for query in p.queries for text in _texts(query))
    names = dict.fromkeys(m[2] for text in texts if "${" in text for m in _REFERENCE.finditer(text) if not m[1])
    for name in names:
        body = parameters.get(name, {})
        allowed = [str(value) for value in body.get("AllowedValues", ())]
        current = str(body.get("Default", allowed[0] if allowed else ""))
        made: Json = {
            "current": _option(current, selected=True),
            "hide": 0,
            "label": name.removeprefix("AWS::"),
            "name": _variable(name),
        }
        if allowed:
            made |= {
                "includeAll": False,
                "multi": False,
                "options": [_option(value, selected=value == current) for value in allowed],
                "query": ",".join(value.replace(",", "\\,") for value in allowed),
            }
        else:
            made |= {"options": [_option(current, selected=True)], "query": current}
        yield dict(sorted((made | {"skipUrlSync": False, "type": "custom" if allowed else "textbox"}).items()))


def _option(value: str, *, selected: bool) -> Json:
    return {"selected": selected, "text": value, "value": value}


def _texts(query: Query) -> Iterable[str]:
    yield from query.log_groups
    if query.cloudwatch is not None:
        yield from _of_signal(query.cloudwatch)


def _of_signal(signal: CloudWatchSignal) -> Iterable[str]:
    yield signal.expression
    yield signal.region
    yield from (value for _, value in signal.dimensions)
    for _, part in signal.metrics:
        yield from _of_signal(part)
