"""The proofs of one service: which lanes its alerts need, and which alerts cannot be driven.

In: a service of the plan. Out: `Proof`: test groups for the timelines of alerts, for the raw rates and for the windows of
objectives, for the windows of forecasts, and a reason for each thing that is left unproven.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from monitorspec.plan import Absent, Alert, Forecast, Limit, RawGroup, Service, Slo, Threshold
from monitorspec.proof.burn import burn_lanes
from monitorspec.proof.decoys import decoys_of
from monitorspec.proof.drive import Drive, drive_of
from monitorspec.proof.forecast import bend_lanes, forecast_lanes, trend_step
from monitorspec.proof.groups import ANYTHING, Block, Group, grouped
from monitorspec.proof.indicators import indicator_lanes
from monitorspec.proof.levels import Unreachable, absence_phases, level_phases
from monitorspec.proof.rawrule import as_limit
from monitorspec.proof.records import record_lane
from monitorspec.proof.shapes import Gap, Part, Shapes
from monitorspec.proof.steps import evaluation_step, sample_step
from monitorspec.proof.timeline import Check, Firing, Lane, Phase, checks_of, length_of
from monitorspec.proof.windows import rate_clock, window_clock, window_lanes

_NONE: Mapping[str, Alert] = {}


class TestFile(NamedTuple):
    """Test groups in one file, because they are evaluated every `step` ms; `part` is added to the file's name."""

    part: str
    step: int
    groups: list[Group]


class Proof(NamedTuple):
    """`order`: the rule groups of the service's file, in order."""

    files: list[TestFile]
    order: list[str]
    gaps: list[Gap]


def proof_of(service: Service, write: Callable[[Lane], Block], shapes: Shapes) -> Proof:
    """Everything that can be shown of the service's Prometheus alerts. `shapes`: one for the whole plan."""
    alerts = [alert for alert in service.alerts if alert.signal.promql]
    step = evaluation_step(alerts)
    rates = rate_clock(service.recorded_slos) if service.recorded_slos else None
    windows = window_clock(service.recorded_slos) if service.recorded_slos else None
    trends = trend_step(alerts)

    def objective(slo: Slo) -> Part:
        assert rates is not None
        assert windows is not None
        made, reason = indicator_lanes(slo, rates)
        return Part(
            ([*map(write, burn_lanes(slo, step))], [*map(write, made)], [*map(write, window_lanes(slo, windows))], []),
            [(slo.tiers[0], reason)] if reason and slo.tiers else [],
        )

    def threshold(item: Threshold) -> Part:
        lanes: list[Lane] = []
        gaps: list[Gap] = []
        _threshold(item, step, lanes, gaps)
        bends = bend_lanes(item, trends) if trends else []
        return Part(([*map(write, lanes)], [], [], [*map(write, bends)]), gaps)

    parts = [shapes.part(service.name, slo, (step, rates, windows), objective) for slo in service.recorded_slos]
    parts += (shapes.part(service.name, t, (step, trends), threshold) for t in service.thresholds if t.signal.promql)
    lanes: list[Lane] = []
    gaps: list[Gap] = []
    for raw in service.raw:
        _raw(raw, step, lanes, gaps)
    for name, expr, labels in recorded_by(service):
        lane, _ = record_lane(name, name, expr, labels, step)
        lanes += [lane] if lane else []
    parts.append(Part(([*map(write, lanes)], [], [], []), gaps))
    short, long, longest, bent = ([block for part in parts for block in part.blocks[n]] for n in range(4))
    files = [
        TestFile("", step, grouped(_apart(service, short))),
        TestFile(".rates", rates.at if rates else 0, grouped(long)),
        TestFile(".windows", windows.at if windows else 0, grouped(longest)),
        TestFile(".trends", trends, grouped(_apart(service, bent))),
    ]
    gaps = [gap for part in parts for gap in part.gaps]
    return Proof([file for file in files if file.groups], group_names(service), gaps)


def recorded_by(service: Service) -> list[tuple[str, str, Mapping[str, str]]]:
    """Name, expression and labels of the recording rules that the spec has."""
    found = [(record.name, record.expr, record.labels) for record in service.records]
    raw = [rule for group in service.raw for rule in group.rules if "record" in rule]
    return found + [(str(rule["record"]), str(rule["expr"]), rule.get("labels") or {}) for rule in raw]


def group_names(service: Service) -> list[str]:
    """Names of the rule groups, in the order of the file: objectives, thresholds, records, raw ones."""
    found = [slo.tiers[0].group if slo.tiers else f"{slo.service}.{slo.key}" for slo in service.recorded_slos]
    found += [alert.group for threshold in service.thresholds for alert in threshold.alerts if alert.signal.promql]
    found += [record.group for record in service.records]
    found += [raw.name for raw in service.raw]
    return list(dict.fromkeys(found))


def _threshold(threshold: Threshold, step: int, lanes: list[Lane], gaps: list[Gap]) -> None:
    title = f"{threshold.service}.{threshold.key}"
    levels = [alert for alert in threshold.alerts if isinstance(alert.condition, Limit | Absent)]
    _levels(title, levels, threshold.signal.promql, step, lanes, gaps)
    for alert in threshold.alerts:
        if isinstance(alert.condition, Forecast):
            made, reason = forecast_lanes(alert, title, step)
            lanes += made
            if reason:
                gaps.append((alert, reason))


def _raw(raw: RawGroup, step: int, lanes: list[Lane], gaps: list[Gap]) -> None:
    """A raw rule's own text is what it is meant to do: where it is a signal, a comparison and a number, it is a limit."""
    by_name: dict[str, list[Alert]] = {}
    for alert in raw.alerts:
        by_name.setdefault(alert.name, []).append(alert)
    for name, alerts in by_name.items():
        title = f"{alerts[0].service}.{name}"
        read = [as_limit(alert) for alert in alerts]
        if len(alerts) == 1 and read[0] is not None:
            _levels(title, [read[0]], read[0].signal.promql, step, lanes, gaps, {alerts[0].id: alerts[0]})
            continue
        gaps += ((alert, "a raw rule that is not a signal compared with a number") for alert in alerts)
        if not any("absent" in alert.signal.promql or "vector(" in alert.signal.promql for alert in alerts):
            lanes.append(_silent(title, alerts, step))


def _levels(
    title: str,
    alerts: list[Alert],
    expr: str,
    step: int,
    lanes: list[Lane],
    gaps: list[Gap],
    raw: Mapping[str, Alert] = _NONE,
) -> None:
    """Limits and the alert on missing data, all on one signal. `raw`: raw rules by id, that limits were read from."""
    limits = [alert for alert in alerts if isinstance(alert.condition, Limit)]
    drive = drive_of(expr, step, [alert.condition for alert in limits if isinstance(alert.condition, Limit)])
    if isinstance(drive, Drive):
        try:
            if limits:
                phases = level_phases(alerts, drive.settle, step, drive.reach, drive.sample if drive.even else 0)
            else:
                phases = absence_phases(alerts[0], drive.reach.present, drive.settle, step)
            lanes.append(_driven(title, alerts, phases, drive, step, raw))
            return
        except Unreachable as error:
            drive = str(error)
    gaps += ((raw.get(alert.id, alert), drive) for alert in alerts)
    lanes.append(_silent(title, alerts, step))


def _driven(
    title: str, alerts: list[Alert], phases: list[Phase], drive: Drive, step: int, raw: Mapping[str, Alert]
) -> Lane:
    """The lane that takes the signal through the phases."""

    def fired(alert: Alert, value: Decimal | None) -> Firing:
        if isinstance(alert.condition, Absent):
            return Firing(alert, drive.absent_labels, Decimal(1), exact=True)
        counted = isinstance(alert.condition, Limit) and alert.condition.datapoints
        return Firing(raw.get(alert.id, alert), drive.labels, None if counted else value, drive.precise)

    checks = checks_of(alerts, phases, drive.settle, step, fired, drive.sample if drive.even else 0)
    keys = {*drive.metrics, *(f"alert {alert.name}" for alert in alerts)}
    limits = [alert.condition for alert in alerts if isinstance(alert.condition, Limit)]
    length = length_of(phases)
    series = (*drive.series(phases, drive.sample), *decoys_of(drive, limits, length, drive.sample))
    return Lane(title, frozenset(keys), series, drive.sample, length - step, tuple(checks))


def _silent(title: str, alerts: list[Alert], step: int) -> Lane:
    """All that can be said of an alert whose signal cannot be driven: without data it is silent, or fires."""
    names = list(dict.fromkeys(alert.name for alert in alerts))
    end = -(-max((alert.hold for alert in alerts), default=0) // step) * step + step
    checks = []
    for name in names:
        group = [alert for alert in alerts if alert.name == name]
        if any(isinstance(alert.condition, Absent) for alert in group):
            continue
        checks.append(Check(end, name, (), f"{title}: no data", True))
    keys = frozenset(f"alert {name}" for name in names)
    return Lane(title, keys, (), sample_step(step), end, tuple(checks))


def _apart(service: Service, lanes: list[Block]) -> list[Block]:
    """Lanes with every key that they touch through recording rules of the same file."""
    recorded = [(name, expr) for name, expr, _ in recorded_by(service)]
    for slo in service.recorded_slos:
        indicator = slo.indicator
        text = " ".join((indicator.total, indicator.bad, indicator.good, indicator.histogram, indicator.expr))
        recorded.append((f"slo {slo.service}.{slo.key}", text))
    if not recorded:
        return lanes
    out = []
    for lane in lanes:
        keys = set(lane.keys)
        if ANYTHING not in keys:
            before = 0
            while before != len(keys):
                before = len(keys)
                metrics = {_base(key) for key in keys if " " not in key}
                keys |= {name for name, expr in recorded if any(metric in expr for metric in metrics)}
        out.append(lane._replace(keys=frozenset(keys)))
    return out


def _base(metric: str) -> str:
    """The histogram's name of its series."""
    for suffix in ("_bucket", "_count", "_sum"):
        metric = metric.removesuffix(suffix)
    return metric
