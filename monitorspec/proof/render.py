"""Unit test files as text, with a comment on every check that says what it proves.

In: groups of lanes. Out: YAML. promtool shows neither comments nor reasons, but it shows the alert and the time of a failed
check; the comment stands right above them in the file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from monitorspec.plan import Alert, Labels
from monitorspec.proof.annotate import render
from monitorspec.proof.groups import Block, Group
from monitorspec.proof.notation import quoted, selector
from monitorspec.proof.timeline import Check, Firing, Lane, Sample
from monitorspec.spec.units import duration_text
from monitorspec.yamltext import dump, scalar

Annotate = Callable[[Alert], Labels]
"""The templates of an alert's annotations."""

_duration = functools.cache(duration_text)


def test_file(header: str, rules: str, step: int, order: Sequence[str], groups: Iterable[Group]) -> str:
    """A whole file: `rules` is the rule file's path from it, `step` ms lie between two evaluations."""
    out = [
        dump({"rule_files": [rules], "evaluation_interval": _duration(step), "group_eval_order": list(order)}, header),
        "tests:\n",
    ]
    for group in groups:
        _group(out.append, group)
    return "".join(out)


def _group(out: Callable[[str], None], group: Group) -> None:
    out(f"  - name: {scalar(group.name)}\n    interval: {_duration(group.step)}\n")
    for heading, texts in (
        ("input_series", [lane.series for lane in group.lanes]),
        ("alert_rule_test", [lane.alerts for lane in group.lanes]),
        ("promql_expr_test", [lane.exprs for lane in group.lanes]),
    ):
        if any(texts):
            out(f"    {heading}:\n")
            out("".join(texts))


def block(lane: Lane, annotate: Annotate) -> Block:
    """The lane as it stands in its group."""
    series = [f"      - series: {scalar(name)}\n        values: {scalar(values)}\n" for name, values in lane.series]
    alerts: list[str] = []
    exprs: list[str] = []
    for check in lane.checks:
        text = _alert_test(check, annotate)
        if text is None:
            exprs.append(_alerts_sample(check))
        else:
            alerts.append(text)
    exprs += (_sample(sample) for sample in lane.samples)
    return Block(lane.title, lane.keys, lane.step, lane.end, "".join(series), "".join(alerts), "".join(exprs))


def _comment(text: str) -> str:
    text = " ".join(text.split())
    return f"      # {text}\n" if text.isprintable() else ""


def _alert_test(check: Check, annotate: Annotate) -> str | None:
    """The check as promtool's alert test, or None where its labels and annotations do not all have to or cannot be told."""
    head = f"{_comment(check.why)}      - eval_time: {_duration(check.at)}\n        alertname: {scalar(check.name)}\n"
    if not check.firing:
        return f"{head}        exp_alerts: []\n"
    if not check.full:
        return None
    out = [head, "        exp_alerts:\n"]
    for item in check.firing:
        labels = labels_of(item)
        texts = {key: _text(value, item) for key, value in annotate(item.alert).items()}
        if labels is None or None in texts.values():
            return None
        pairs = "".join(f"              {scalar(k)}: {scalar(v)}\n" for k, v in sorted(labels.items()))
        out.append(f"          - exp_labels:\n{pairs}")
        if texts:
            pairs = "".join(f"              {scalar(k)}: {scalar(v or '')}\n" for k, v in texts.items())
            out.append(f"            exp_annotations:\n{pairs}")
    return "".join(out)


def labels_of(item: Firing) -> Labels | None:
    """The labels of the firing alert, or None where one of them is a template that cannot be rendered."""
    merged = {key: value for key, value in item.series.items() if key != "__name__"}
    for key, template in item.alert.labels.items():
        text = _text(template, item)
        if text is None:
            return None
        merged[key] = text
    return {key: value for key, value in merged.items() if value}


def _text(template: str, item: Firing) -> str | None:
    """A template of the alert's, where floating point cannot change what it prints."""
    if "{{" not in template:
        return template
    labels = {key: value for key, value in item.series.items() if key != "__name__"}
    if item.value is None or item.exact:
        return render(template, labels, item.value)
    slack = abs(item.value) * Decimal("1e-9")
    texts = {render(template, labels, item.value + change) for change in (-slack, Decimal(0), slack)}
    return texts.pop() if len(texts) == 1 else None


def _alerts_sample(check: Check) -> str:
    """The check by the series that Prometheus writes for firing alerts."""
    shown = [labels_of(item) for item in check.firing]
    matcher = f'alertname={quoted(check.name)},alertstate="firing"'
    if any(labels is None for labels in shown):
        by = "alertname, severity"
        counts: dict[str, int] = {}
        for item in check.firing:
            counts[item.alert.severity] = counts.get(item.alert.severity, 0) + 1
        samples = tuple(
            (selector("", {"alertname": check.name, "severity": severity}), str(n)) for severity, n in counts.items()
        )
        return _sample(Sample(check.at, f"count by ({by}) (ALERTS{{{matcher}}})", samples, check.why))
    own = {"alertname": check.name, "alertstate": "firing"}
    samples = tuple((selector("ALERTS", {**(labels or {}), **own}), "1") for labels in shown)
    return _sample(Sample(check.at, f"ALERTS{{{matcher}}}", samples, check.why))


def _sample(sample: Sample) -> str:
    head = f"{_comment(sample.why)}      - eval_time: {_duration(sample.at)}\n        expr: {scalar(sample.expr)}\n"
    if not sample.samples:
        return f"{head}        exp_samples: []\n"
    rows = "".join(
        f"          - labels: {scalar(labels)}\n            value: {value}\n" for labels, value in sample.samples
    )
    return f"{head}        exp_samples:\n{rows}"
