"""Which labels alerts and queries carry, through the recording rules of the whole plan.

In: the plan. Out: `flow(plan)`: the labels of an expression's result (`of`), of an alert's series (`series`), and of the alert
as Alertmanager sees it (`carried`): its own labels, those of its series, and the server's external ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec import names
from monitorspec.matching import predicate
from monitorspec.plan import Absent, Alert, Burn, Forecast, Limit, Matcher, Plan, Record, Slo
from monitorspec.promql.labels import NAME, NO_LABELS, Labels, Recorded, absence_labels, output_labels
from monitorspec.rules.slo import base_window, windows
from monitorspec.spec.units import duration_text

# Whoever reads the series of an SLO by one of these means this spec's: every spec records under the same names.
_OWN = frozenset({"system", "service"})
_NOTHING: Mapping[str, str] = {}


class Carried(NamedTuple):
    """The labels of an alert: `fixed` holds all that have one known value; of `series` are those that its series give it.

    Where an alert's own label is a template, its value is not known: then it is in `templated`.
    """

    fixed: Mapping[str, str]
    templated: frozenset[str]
    series: Labels

    def value(self, label: str) -> str | None:
        """The label's value: "" where it is never there, None where that depends on the series."""
        fixed = self.fixed.get(label)
        if fixed is not None:
            return fixed
        return None if label in self.templated or self.series.can_carry(label) else ""

    def can_carry(self, label: str) -> bool:
        """Whether the alert may have the label."""
        return self.value(label) != ""

    def carries(self, label: str) -> bool:
        """Whether the alert surely has the label."""
        return bool(self.fixed.get(label)) or (label not in self.fixed and self.series.carries(label))

    @property
    def known(self) -> Iterator[str]:
        """Names of labels that it may have, as far as they can be told."""
        yield from self.fixed
        yield from self.templated
        yield from self.series.possible or self.series.present


class Flow:
    """A plan's answers; each is worked out once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._alerts = plan.alerts
        self._rules: dict[str, list[Record]] | None = None
        self._recorded: dict[str, Sequence[Recorded]] = {}
        self._outputs: dict[str, Labels] = {}
        self._carried: dict[str, Carried] = {}
        self._by: dict[str, dict[str | None, list[Alert]]] = {}

    def recorded(self, name: str) -> Sequence[Recorded]:
        """What the plan's recording rules write under a name."""
        found = self._recorded.get(name)
        if found is None:
            # A rule may read, by way of others, what it records: of that nothing is known while it is asked for.
            self._recorded[name] = ()
            found = self._recorded[name] = tuple(self._write(name))
        return found

    def of(self, expr: str) -> Labels:
        """The labels that the result of a valid expression can carry."""
        found = self._outputs.get(expr)
        if found is None:
            found = self._outputs[expr] = output_labels(expr, self.recorded)
        return found

    def series(self, alert: Alert) -> Labels:
        """The labels of the series that an alert's rule returns: what `$labels` holds."""
        condition = alert.condition
        if alert.on_cloudwatch:
            return NO_LABELS
        if isinstance(condition, Burn):
            # By resolve: the identity of the SLO, and what it is split by.
            return _burned(alert)
        if isinstance(condition, Absent):
            return absence_labels(alert.signal.promql)
        result = self.of(alert.signal.promql)
        renamed = isinstance(condition, Forecast) or (isinstance(condition, Limit) and condition.datapoints)
        return result.without(NAME) if renamed else result

    def carried(self, alert: Alert) -> Carried:
        """The labels of an alert in Alertmanager, `alertname` among them."""
        found = self._carried.get(alert.id)
        if found is None:
            found = self._carried[alert.id] = self._labels(alert)
        return found

    def _write(self, name: str) -> Iterator[Recorded]:
        if self._rules is None:
            self._rules = _rules(self._plan)
        for rule in self._rules.get(name, ()):
            yield Recorded.of(name, output_labels(rule.expr, self.recorded), rule.labels)
        if name.startswith(names.SLO_PREFIX):
            for service in self._plan.services:
                for slo in service.recorded_slos:
                    if (labels := _of_slo(slo, name)) is not None:
                        yield Recorded.of(name, labels, slo.labels, _OWN)

    def by(self, label: str) -> Mapping[str | None, Sequence[Alert]]:
        """The alerts by their value of a label: "" where it is missing, None where it depends on the series."""
        found = self._by.get(label)
        if found is None:
            found = self._by[label] = {}
            for alert in self._alerts:
                found.setdefault(self._value(alert, label), []).append(alert)
        return found

    def _value(self, alert: Alert, label: str) -> str | None:
        """`Carried.value`; most labels are the alert's own, whatever its expression keeps."""
        own = alert.name if label == "alertname" else alert.labels.get(label) or "{{"
        return self.carried(alert).value(label) if "{{" in own else own

    def matching(self, conjunctions: Iterable[Sequence[Matcher]]) -> list[Alert]:
        """The alerts that may satisfy all matchers of one of the conjunctions."""
        out: dict[str, Alert] = {}
        for matchers in conjunctions:
            lists = [
                [*index.get(m.value, ()), *index.get(None, ())]
                for m in matchers
                if m.op == "=" and (index := self.by(m.label))
            ]
            tests = [(m.label, predicate(m.op, m.value)) for m in matchers]
            for alert in min(lists, key=len, default=self._alerts):
                if alert.id not in out and all(
                    (value := self._value(alert, label)) is None or test(value) for label, test in tests
                ):
                    out[alert.id] = alert
        return list(out.values())

    def _labels(self, alert: Alert) -> Carried:
        series = self.series(alert).without(NAME)
        fixed = {name: value for name, value in alert.labels.items() if "{{" not in value}
        fixed["alertname"] = alert.name
        server = self._plan.prometheus
        external = server.external_labels if server is not None and not alert.on_cloudwatch else _NOTHING
        # Prometheus adds those that are not there; an own label that is empty takes that of the series away.
        for label, value in external.items():
            if fixed.get(label) == "" or (label not in alert.labels and not series.can_carry(label)):
                fixed[label] = value
        return Carried(fixed, frozenset(name for name in alert.labels if name not in fixed), series)


_last: list[tuple[Plan, Flow]] = []


def flow(plan: Plan) -> Flow:
    """The plan's flow; the last one is kept, because several rules of lint ask."""
    if not _last or _last[0][0] is not plan:
        _last[:] = [(plan, Flow(plan))]
    return _last[0][1]


def _burned(alert: Alert) -> Labels:
    labels = frozenset(alert.series_labels or ())
    return Labels(labels | {NAME}, labels & {"system", "service", "slo"})


def _rules(plan: Plan) -> dict[str, list[Record]]:
    """The spec's own recording rules by name."""
    out: dict[str, list[Record]] = {}
    for records in (plan.records, *(service.records for service in plan.services)):
        for record in records:
            out.setdefault(record.name, []).append(record)
    for service in plan.services:
        for group in service.raw:
            for rule in group.rules:
                if "record" in rule:
                    labels = rule.get("labels") or _NOTHING
                    made = Record(rule["record"], rule["expr"], labels, 0, "none", "", group.name, group.origin)
                    out.setdefault(made.name, []).append(made)
    return out


def _of_slo(slo: Slo, name: str) -> Labels | None:
    """What an SLO records under a name besides its own labels; None where it records nothing of that name."""
    if name in (names.OBJECTIVE, names.ERROR_BUDGET):
        return NO_LABELS
    base = {template.format(window=duration_text(base_window(slo))) for template in (names.BAD_RATE, names.TOTAL_RATE)}
    ratios = {names.ERROR_RATIO.format(window=duration_text(window)) for window in windows(slo)}
    return Labels(frozenset(slo.by)) if name in {names.BUDGET_REMAINING, *base, *ratios} else None
