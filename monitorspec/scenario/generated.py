"""Tests that a build writes for promtool: what a failure means, told by the spec's words.

In: a test file's text, what promtool printed of it. Out: `Problem`s, each about an alert and with the reason of the check that
failed. promtool names the alert and the time of a check; its reason is the comment above it in the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.plan import Alert, Service
from monitorspec.scenario import probe
from monitorspec.scenario.verdict import NEVER, Problem
from monitorspec.spec.units import parse_duration

_CHECK = re.compile(
    r"(?:^ {6}# (?P<why>.*)\n)?^ {6}- eval_time: (?P<at>\S+)\n^ {8}(?P<kind>alertname|expr): (?P<what>.*)$", re.M
)
_HEAD = re.compile(
    r"^\s+(?:(?P<kind>alertname): (?P<what>.*)|(?P<expr>expr): (?P<text>\".*\")), time: (?P<at>[^,\s]+),", re.M
)
_LABELS = re.compile(r"^\s*(Labels|Annotations):\{(.*)\},?\s*$", re.M)
_PAIR = re.compile(r'([\w.]+)="((?:\\.|[^"\\])*)"')
_ALERTS = re.compile(r'ALERTS\{.*?alertname=("(?:\\.|[^"\\])*")')
_LONGEST = 200
"""Characters of a value that are shown."""


class _Shown(NamedTuple):
    """An alert as promtool shows it."""

    labels: Mapping[str, str]
    texts: Mapping[str, str]


def failed(service: Service, text: str, output: str) -> list[Problem]:
    """What is wrong with the service's rules."""
    heads = list(_HEAD.finditer(output))
    if not heads:
        told = "; ".join(probe.said(output))
        return [Problem(NEVER, f"promtool cannot run the tests of {service.name}: {told}", "", (), service.origin)]
    reasons = _reasons(text)
    out: list[Problem] = []
    for head, ends in zip(heads, [*(h.start() for h in heads[1:]), len(output)], strict=True):
        at = parse_duration(head["at"])
        expected, _, got = output[head.end() : ends].partition("got:")
        what = head["what"] or _unquoted(head["text"])
        why = reasons.get((at, what), "")
        if head["kind"]:
            out += _of_alerts(service, what, at, why, _listed(expected), _listed(got))
        elif (named := _ALERTS.match(what)) is not None:
            out += _of_alerts(service, _unquoted(named[1]), at, why, _sampled(expected), _sampled(got))
        else:
            out.append(_of_expression(service, what, at, why, expected.partition("exp:")[2], got))
    return out


def _of_alerts(
    service: Service, name: str, at: int, why: str, expected: Sequence[_Shown], got: Sequence[_Shown]
) -> Iterator[Problem]:
    alerts = [alert for alert in service.alerts if alert.name == name]
    wanted, seen = ({_whose(alerts, one.labels): one for one in shown} for shown in (expected, got))
    for id in dict.fromkeys((*wanted, *seen)):
        if id not in seen:
            said = "does not fire"
        elif id not in wanted:
            said = "fires, and should not"
        elif seen[id] == wanted[id]:
            continue
        else:
            kind = "label" if seen[id].labels != wanted[id].labels else "text"
            pair = (seen[id].labels, wanted[id].labels) if kind == "label" else (seen[id].texts, wanted[id].texts)
            said = f"fires with another {kind}: {_differs(*pair)}"
        alert = next((alert for alert in alerts if alert.id == id), None)
        origin = alert.origin if alert else service.origin
        yield Problem(at, f"{id} {said}", why, (alert.id,) if alert else (), origin)


def _whose(alerts: Sequence[Alert], labels: Mapping[str, str]) -> str:
    """The alert that has most of its labels here: a wrong rule may have changed some."""

    def shared(alert: Alert) -> int:
        return sum(labels.get(name) == value for name, value in alert.labels.items())

    return max(alerts, key=shared).id if alerts else labels.get("alertname", "?")


def _of_expression(service: Service, expr: str, at: int, why: str, expected: str, got: str) -> Problem:
    slo = next((slo for slo in service.slos if f'slo="{slo.key}"' in expr and slo.tiers), None)
    said = [" ".join(side.split())[:_LONGEST] or "nothing" for side in (got, expected)]
    message = f"`{expr}` is {said[0]} instead of {said[1]}".replace("nil", "nothing")
    return Problem(at, message, why, (slo.tiers[0].id,) if slo else (), slo.origin if slo else service.origin)


def _reasons(text: str) -> dict[tuple[int, str], str]:
    """(time, alert or expression) → the comment above the check."""
    out: dict[tuple[int, str], str] = {}
    for m in _CHECK.finditer(text):
        what = m["what"]
        if what[:1] == "'":
            what = what[1:-1].replace("''", "'")
        key = (parse_duration(m["at"]), what)
        if m["why"] and m["why"] not in out.get(key, ""):
            out[key] = "; ".join(filter(None, (out.get(key, ""), m["why"])))
    return out


def _listed(text: str) -> list[_Shown]:
    """Alerts in the notation of alert tests."""
    kinds = [(m[1], {k: _unquoted(f'"{v}"') for k, v in _PAIR.findall(m[2])}) for m in _LABELS.finditer(text)]
    labels = [pairs for kind, pairs in kinds if kind == "Labels"]
    texts = [pairs for kind, pairs in kinds if kind == "Annotations"]
    return [_Shown(*pair) for pair in zip(labels, texts, strict=False)]


def _sampled(text: str) -> list[_Shown]:
    """Alerts as samples of Prometheus' series for them."""
    hidden = ("__name__", "alertstate")
    return [_Shown({k: v for k, v in s.labels.items() if k not in hidden}, {}) for s in probe.samples(text)]


def _differs(have: Mapping[str, str], want: Mapping[str, str]) -> str:
    name = next(n for n in (*want, *have) if have.get(n) != want.get(n))
    found = [f"`{side[name]}`" if name in side else "nothing" for side in (have, want)]
    return f"{name} is {found[0]} instead of {found[1]}"


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text
