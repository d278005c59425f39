"""The state of alarms over time, as far as Grafana can ask for it.

In: ids of alerts. Out: queries of a state timeline. Prometheus keeps the state of its alerts. CloudWatch has no metric for the
state of an alarm, so metric math tells whether each datapoint is beyond the alarm's limit: 1 or 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitorspec.cloudformation.burnsignal import error_ratio
from monitorspec.metricqueries import metric, over
from monitorspec.plan import Alert, Anomaly, Burn, CloudWatchSignal, Composite, Limit, Query, Slo
from monitorspec.promql.tokens import quote
from monitorspec.spec.units import number_text

SAID = (
    "Of a CloudWatch alarm it is shown whether each datapoint is beyond the limit: the alarm may want several of them, and its "
    "own state is in CloudWatch."
)


def queries(ids: Iterable[str], alerts: Mapping[str, Alert], slos: Mapping[str, Slo]) -> list[Query]:
    """A row for each alarm; a composite is shown as the alarms that it is made of."""
    shown = [alerts[id] for id in _parts(ids, alerts)]
    services = {alert.service for alert in shown}
    out = []
    for alert in shown:
        signal = _beyond(alert, slos)
        if signal is not None:
            name = alert.id.removeprefix(f"{alert.service}.") if len(services) == 1 else alert.id
            out.append(metric(signal, name.replace(".", " ")))
    rules = list(dict.fromkeys((a.labels.get("system", ""), a.service, a.name) for a in shown if not a.on_cloudwatch))
    for system, service in dict.fromkeys((system, service) for system, service, _ in rules):
        names = "|".join(name for of, at, name in rules if (of, at) == (system, service))
        selector = f'alertname=~{quote(names)},alertstate="firing",service={quote(service)},system={quote(system)}'
        expr = f"max by (alertname, severity) (ALERTS{{{selector}}})"
        out.append(Query(expr, None, "", (), "", "{{alertname}} {{severity}}", "", False))
    return out


def _parts(ids: Iterable[str], alerts: Mapping[str, Alert]) -> dict[str, None]:
    out: dict[str, None] = {}
    for id in ids:
        alert = alerts.get(id)
        if alert is None:
            continue
        if isinstance(alert.condition, Composite):
            # Composites cannot go round in circles: resolve has seen to it.
            out |= _parts(alert.condition.rule.alarms(), alerts)
        else:
            out[id] = None
    return out


def _beyond(alert: Alert, slos: Mapping[str, Slo]) -> CloudWatchSignal | None:
    """1 for datapoints beyond the alarm's limit, 0 for the others; None for an alert that Prometheus evaluates."""
    signal, condition = alert.signal.cloudwatch, alert.condition
    if signal is None:
        return None
    if isinstance(condition, Limit):
        enough = f"{{samples}} >= {alert.min_samples} AND " if alert.min_samples else ""
        return over(signal, f"IF({enough}{{value}} {condition.op} {number_text(condition.value)}, 1, 0)")
    if isinstance(condition, Anomaly):
        band = f"ANOMALY_DETECTION_BAND({{value}}, {number_text(condition.deviations)})"
        # The ends of the band, whichever of its two series comes first.
        above, below = f"{{value}} > MAX({band})", f"{{value}} < MIN({band})"
        beyond = {"above": above, "below": below, "both": f"{above} OR {below}"}[condition.side]
        return over(signal, f"IF({beyond}, 1, 0)")
    if isinstance(condition, Burn):
        slo = slos[condition.slo]
        assert slo.indicator.events is not None
        limit = number_text(condition.factor * (1 - slo.objective))
        windows = (("long", condition.long_window), ("short", condition.short_window))
        return signal._replace(
            expression=f"IF(long > {limit} AND short > {limit}, 1, 0)",
            metrics=tuple((name, error_ratio(slo.indicator.events, w, slo.min_traffic)) for name, w in windows),
        )
    # Absent: there is no datapoint that `1 + 0 * value` could be made of.
    return over(signal, "IF(FILL(1 + 0 * {value}, 0) < 1, 1, 0)")
