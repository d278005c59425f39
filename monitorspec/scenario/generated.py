"""Tests that a build writes for promtool: what a failure means, told by the spec's words.

In: a test file's text, what promtool printed of it. Out: `Problem`s, each about an alert and with the reason of the check that
failed. promtool names the alert and the time of a check; its reason is the comment above it in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.plan import Alert, Service
from monitorspec.scenario.verdict import Problem, listed
from monitorspec.spec.units import parse_duration

_CHECK = re.compile(
    r"(?:^ {6}# (?P<why>.*)\n)?^ {6}- eval_time: (?P<at>\S+)\n^ {8}(?P<kind>alertname|expr): (?P<what>.*)$", re.M
)
_HEAD = re.compile(
    r"^\s+(?:(?P<kind>alertname): (?P<what>.*)|(?P<expr>expr): (?P<text>\".*\")), time: (?P<at>[^,\s]+),", re.M
)
_LABELS = re.compile(r"^\s*(Labels|Annotations):\{(.*)\}\s*$", re.M)
_PAIR = re.compile(r'([\w.]+)="((?:\\.|[^"\\])*)"')
_NAME = re.compile(r'alertname=\\*"([^"\\]+)')


class _Side(NamedTuple):
    """Alerts as promtool lists them: labels and annotations of each."""

    alerts: tuple[tuple[Mapping[str, str], Mapping[str, str]], ...]


def failed(service: Service, text: str, output: str) -> list[Problem]:
    """What is wrong with the service's rules."""
    reasons = _reasons(text)
    by_name: dict[str, list[Alert]] = {}
    for alert in service.alerts:
        by_name.setdefault(alert.name, []).append(alert)
    out = []
    heads = list(_HEAD.finditer(output))
    for head, ends in zip(heads, [*(h.start() for h in heads[1:]), len(output)], strict=True):
        at = parse_duration(head["at"])
        body = output[head.end() : ends]
        expected, _, got = body.partition("got:")
        what = head["what"] or _unquoted(head["text"])
        why = reasons.get((at, what), "")
        if head["kind"]:
            out.append(_of_alert(service, by_name.get(what, ()), at, why, _side(expected), _side(got)))
        else:
            named = _NAME.search(what)
            alerts = by_name.get(named[1], []) if named else _of_objective(service, what)
            said = " ".join(expected.partition("exp:")[2].split()), " ".join(got.split())
            out.append(_of_expression(service, alerts, at, why, what, *said))
    if not heads:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        told = [line for line in lines if not line.startswith(("Unit Testing", "FAILED", "SUCCESS"))]
        origin = service.origin
        out.append(Problem(0, f"promtool cannot run its tests: {'; '.join(dict.fromkeys(told))[:400]}", "", (), origin))
    return out


def _of_alert(service: Service, alerts: Sequence[Alert], at: int, why: str, expected: _Side, got: _Side) -> Problem:
    wanted, seen = dict(_by_severity(expected)), dict(_by_severity(got))
    for severity in (*wanted, *(s for s in seen if s not in wanted)):
        mine = [a for a in alerts if not severity or a.severity == severity] or list(alerts)
        if severity not in seen:
            return _problem(service, mine, at, "does not fire", why)
        if severity not in wanted:
            return _problem(service, mine, at, "fires, and should not", why)
        for kind, have, want in zip(("label", "text"), seen[severity], wanted[severity], strict=True):
            if have != want:
                return _problem(service, mine, at, f"fires with another {kind}: {_differs(have, want)}", why)
    return _problem(service, list(alerts), at, "does not fire as often as it should", why)


def _problem(service: Service, alerts: Sequence[Alert], at: int, message: str, why: str) -> Problem:
    ids = tuple(alert.id for alert in alerts)
    origin = alerts[0].origin if alerts else service.origin
    return Problem(at, f"{listed(ids) or service.name} {message}", why, ids, origin)


def _of_expression(
    service: Service, alerts: Sequence[Alert], at: int, why: str, expr: str, expected: str, got: str
) -> Problem:
    message = f"is {got or 'nothing'} by `{expr}`, instead of {expected or 'nothing'}"
    return _problem(service, alerts, at, message, why)


def _of_objective(service: Service, expr: str) -> list[Alert]:
    for slo in service.slos:
        if f'slo="{slo.key}"' in expr and slo.tiers:
            return [slo.tiers[0]]
    return []


def _reasons(text: str) -> dict[tuple[int, str], str]:
    out: dict[tuple[int, str], str] = {}
    for m in _CHECK.finditer(text):
        what = m["what"]
        if what[:1] == "'":
            what = what[1:-1].replace("''", "'")
        key = (parse_duration(m["at"]), what)
        if m["why"] and m["why"] not in out.get(key, ""):
            out[key] = "; ".join(filter(None, (out.get(key, ""), m["why"])))
    return out


def _side(text: str) -> _Side:
    kinds = [(m[1], {k: _unquoted(f'"{v}"') for k, v in _PAIR.findall(m[2])}) for m in _LABELS.finditer(text)]
    labels = [pairs for kind, pairs in kinds if kind == "Labels"]
    annotations = [pairs for kind, pairs in kinds if kind == "Annotations"]
    return _Side(tuple(zip(labels, annotations, strict=False)))


def _by_severity(side: _Side) -> Iterator[tuple[str, tuple[Mapping[str, str], Mapping[str, str]]]]:
    for alert in side.alerts:
        yield alert[0].get("severity", ""), alert


def _differs(have: Mapping[str, str], want: Mapping[str, str]) -> str:
    name = next(n for n in (*want, *have) if have.get(n) != want.get(n))
    found = [f"`{side[name]}`" if name in side else "nothing" for side in (have, want)]
    return f"{name} is {found[0]} instead of {found[1]}"


def _unquoted(text: str) -> str:
    import ast

    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text
