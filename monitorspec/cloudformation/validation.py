"""What CloudWatch would refuse of an alert, told in the words of the spec.

In: an alert on a CloudWatch signal. Out: problems with a message for people. Limits: the API reference of
PutMetricAlarm and MetricDataQuery.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from monitorspec.cloudformation import alarm, metricmath, statistics
from monitorspec.cloudformation.finished import (
    DIMENSIONS,
    EXPRESSION_LENGTH,
    EXPRESSIONS,
    METRICS,
    PROPERTIES,
    alarm_problems,
)
from monitorspec.plan import Alert, CloudWatchSignal
from monitorspec.spec.units import duration_text

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One finding; `path` starts at the threshold in the spec."""

    path: Path
    code: str
    message: str
    help: str = ""
    level: Literal["error", "warning"] = "error"


def problems(alert: Alert, region: str = "") -> list[Problem]:
    """What is wrong with an alert on a CloudWatch signal; [] for any other. `region`: the stack's, where known."""
    signal = alert.signal.cloudwatch
    if signal is None:
        return []
    found = [
        *_signal(signal, ("cloudwatch",), region),
        *_evaluation(alert, signal),
        *_texts(alert),
        *_raw(alert),
    ]
    return list(dict.fromkeys(found))


# What is wrong for alarms only.
_OF_ALARMS = frozenset(
    f"cloudwatch/{name}" for name in ("region", "period", "math-metrics", "math-search", "math-band", "math-periods")
)


def graph_problems(signal: CloudWatchSignal, at: Path) -> list[Problem]:
    """What is wrong with a signal that a dashboard shows."""
    found = [p for p in _signal(signal, at, "") if p.code not in _OF_ALARMS]
    for where, part in ((at, signal), *(((*at, "metrics", id), part) for id, part in signal.metrics)):
        message, help = statistics.graph_period_problem(part.period)
        # A part has the period of the whole unless it says otherwise.
        if message and (part is signal or part.period != signal.period):
            found.append(Problem((*where, "period"), "cloudwatch/period", message, help))
    return list(dict.fromkeys(found))


def _signal(signal: CloudWatchSignal, at: Path, region: str) -> Iterator[Problem]:
    if region and signal.region and signal.region != region:
        yield Problem(
            (*at, "region"),
            "cloudwatch/region",
            f"an alarm watches the region of its stack, {region}, not {signal.region}",
            "make it a spec of its own, for a stack in that region",
        )
    message, help = statistics.period_problem(signal.period)
    if message:
        yield Problem((*at, "period"), "cloudwatch/period", message, help)
    if signal.expression:
        yield from _math(signal, at)
        return
    if signal.metrics:
        yield Problem(
            (*at, "metrics"), "cloudwatch/signal", "`metrics` without an `expression` over them", "add `expression: …`"
        )
        return
    yield from _metric(signal, at)


def _metric(signal: CloudWatchSignal, at: Path) -> Iterator[Problem]:
    if not signal.metric:
        yield Problem((*at, "metric"), "cloudwatch/signal", "no metric is named", "such as `metric: Errors`")
    elif not signal.namespace:
        yield Problem(
            (*at, "namespace"),
            "cloudwatch/signal",
            f"`{signal.metric}` has no namespace",
            "such as `namespace: AWS/Lambda`",
        )
    for key, text in (("metric", signal.metric), ("namespace", signal.namespace)):
        if len(text) > 255:
            yield Problem((*at, key), "cloudwatch/length", f"a {key} has at most 255 characters, this one {len(text)}")
    if signal.namespace.startswith(":"):
        yield Problem((*at, "namespace"), "cloudwatch/signal", "a namespace cannot start with a colon")
    message, help = statistics.statistic_problem(signal.stat)
    if message:
        yield Problem((*at, "stat"), "cloudwatch/stat", message, help)
    if signal.unit and signal.unit not in statistics.UNITS:
        yield Problem(
            (*at, "unit"),
            "cloudwatch/unit",
            f"`{signal.unit}` is no CloudWatch unit",
            statistics.unit_hint(signal.unit),
        )
    if len(signal.dimensions) > DIMENSIONS:
        yield Problem(
            (*at, "dimensions"),
            "cloudwatch/dimensions",
            f"a metric has at most {DIMENSIONS} dimensions, this one {len(signal.dimensions)}",
        )
    for name, value in signal.dimensions:
        for what, text, longest in (("name", name, 255), ("value", value, 1024)):
            if not text.strip():
                yield Problem(
                    (*at, "dimensions", name), "cloudwatch/dimensions", f"a dimension's {what} cannot be empty"
                )
            elif len(text) > longest or not text.isascii():
                yield Problem(
                    (*at, "dimensions", name),
                    "cloudwatch/dimensions",
                    f"a dimension's {what} is ASCII text of at most {longest} characters",
                )
        if name.startswith(":"):
            yield Problem(
                (*at, "dimensions", name), "cloudwatch/dimensions", "a dimension's name cannot start with a colon"
            )


def _math(signal: CloudWatchSignal, at: Path) -> Iterator[Problem]:
    ids = [id for id, _ in signal.metrics]
    plain = sum(not part.expression for _, part in signal.metrics)
    for count, most, what in ((plain, METRICS, "metrics"), (len(ids) - plain + 1, EXPRESSIONS, "expressions")):
        if count > most:
            yield Problem(
                (*at, "metrics"),
                "cloudwatch/math-metrics",
                f"an alarm takes at most {most} {what}, this one has {count}",
                "split it over several thresholds, or aggregate with a Metrics Insights query (`SELECT …`)",
            )
    used: set[str] = set()
    everything = False
    for where, text in (
        ((*at, "expression"), signal.expression),
        *(((*at, "metrics", id, "expression"), part.expression) for id, part in signal.metrics if part.expression),
    ):
        read = (
            metricmath.read(text)
            if not metricmath.is_insights(text)
            else metricmath.Expression((), frozenset(), "", "")
        )
        yield from _expression(text, read, ids, where)
        used.update(read.ids)
        everything |= "METRICS" in read.functions
    yield from _cycle(signal, at)
    for id, part in signal.metrics:
        where = (*at, "metrics", id)
        if not metricmath.is_id(id):
            yield Problem(
                where,
                "cloudwatch/math-id",
                f"`{id}` is no metric math id: a lower-case letter first, then letters, digits and `_`",
                _as_id(id),
            )
        if id not in used and not everything:
            yield Problem(where, "cloudwatch/math-unused", f"`{id}` is in no expression", "", "warning")
        if part.metrics:
            yield Problem(
                (*where, "metrics"),
                "cloudwatch/math-nested",
                f"`{id}` has metrics of its own",
                "put them beside it: every expression sees all ids",
            )
        if part.period and part.period != signal.period:
            yield Problem(
                (*where, "period"),
                "cloudwatch/math-periods",
                f"`{id}` has a period of {duration_text(part.period)}, the expression {duration_text(signal.period)}",
                "give `period` once, beside `expression`",
            )
        elif not part.expression:
            yield from _metric(part, where)


def _expression(text: str, read: metricmath.Expression, ids: list[str], where: Path) -> Iterator[Problem]:
    if len(text) > EXPRESSION_LENGTH:
        yield Problem(
            where,
            "cloudwatch/math-length",
            f"an expression has at most {EXPRESSION_LENGTH} characters, this one {len(text)}",
        )
    if read.error:
        yield Problem(where, "cloudwatch/math", read.error, read.help)
    for id in read.ids:
        if id not in ids:
            yield Problem(
                where,
                "cloudwatch/math-undefined",
                f"`{id}` is in the expression, but not under `metrics`",
                _near(id, ids),
            )
    if "SEARCH" in read.functions:
        yield Problem(
            where,
            "cloudwatch/math-search",
            "an alarm cannot watch SEARCH(): it may find any number of series",
            "name the metrics, or aggregate with a Metrics Insights query (`SELECT …`)",
        )
    if "ANOMALY_DETECTION_BAND" in read.functions:
        yield Problem(
            where,
            "cloudwatch/math-band",
            "a band has no value to hold against a limit",
            "anomaly alarms compare with `ThresholdMetricId`, which thresholds have no form for",
        )


def _cycle(signal: CloudWatchSignal, at: Path) -> Iterator[Problem]:
    """An expression that needs its own result."""
    needs = {id: metricmath.read(part.expression).ids for id, part in signal.metrics if part.expression}
    for start in needs:
        seen: set[str] = set()
        todo = list(needs[start])
        while todo:
            id = todo.pop()
            if id == start:
                where = (*at, "metrics", start, "expression")
                yield Problem(where, "cloudwatch/math-cycle", f"`{start}` needs its own result")
                return
            if id not in seen:
                seen.add(id)
                todo.extend(needs.get(id, ()))


def _near(id: str, ids: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(id, ids, 1)
    return f"did you mean `{near[0]}`?" if near else f"declared: {', '.join(ids)}" if ids else "add it under `metrics`"


def _as_id(id: str) -> str:
    fixed = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in id)
    fixed = fixed[:1].lower() + fixed[1:]
    return f"write `{fixed if metricmath.is_id(fixed) else 'm_' + fixed}`"


def _evaluation(alert: Alert, signal: CloudWatchSignal) -> Iterator[Problem]:
    m, n = alarm.periods(alert)
    given = getattr(alert.condition, "datapoints", None)
    if m > n or m < 1:
        yield Problem(("datapoints",), "cloudwatch/datapoints", f"{m} of {n} datapoints can never be reached")
    if signal.period <= 0 or statistics.period_problem(signal.period)[0]:
        return
    message, help = statistics.range_problem(signal.period // 1000, n)
    if message:
        yield Problem(("datapoints",) if given else ("for",), "cloudwatch/range", message, help)
    covered = duration_text(n * signal.period)
    if given and alert.hold and alert.hold != n * signal.period:
        yield Problem(
            ("for",),
            "cloudwatch/for",
            f"`datapoints: {m} of {n}` takes the place of `for: {duration_text(alert.hold)}`",
            "leave out one of them",
            "warning",
        )
    elif not given and alert.hold % signal.period:
        yield Problem(
            ("for",),
            "cloudwatch/for",
            f"`for: {duration_text(alert.hold)}` is no whole number of periods of {duration_text(signal.period)}: "
            f"the alarm looks at {covered}",
            f"write `for: {covered}`, or a shorter `cloudwatch.period`",
            "warning",
        )


def _texts(alert: Alert) -> Iterator[Problem]:
    name = alert.properties.get("AlarmName")
    if name is None:
        name = f"{alert.labels.get('system', '')}-{alert.id.replace('.', '-')}"
        if len(name) > alarm.NAME_LENGTH:
            yield Problem(
                (),
                "cloudwatch/length",
                f"the alarm's name would have {len(name)} characters; CloudWatch takes 255",
                "shorter names of system, service and threshold, or `properties: {AlarmName: …}`",
            )
    if len(alert.description) > alarm.DESCRIPTION_LENGTH:
        yield Problem(
            ("description",),
            "cloudwatch/length",
            f"the description has {len(alert.description)} characters, CloudWatch takes {alarm.DESCRIPTION_LENGTH}",
            "the alarm shows its beginning, with the condition and the link; the runbook has room for all of it",
            "warning",
        )


def _raw(alert: Alert) -> Iterator[Problem]:
    """Raw properties: known names, and an alarm that still holds."""
    if not alert.properties:
        return
    from difflib import get_close_matches

    for key in alert.properties:
        if key not in PROPERTIES:
            near = get_close_matches(key, PROPERTIES, 1)
            yield Problem(
                ("properties", key),
                "cloudwatch/property",
                f"an alarm has no property `{key}`",
                f"did you mean `{near[0]}`?" if near else "see AWS::CloudWatch::Alarm",
            )
    for key, value in alert.properties.items():
        if isinstance(value, str) and "${" in value:
            yield Problem(
                ("properties", key),
                "cloudwatch/sub",
                f"`{value}` is taken as it is: nothing is put in for `${{`",
                f"write `{key}: {{'Fn::Sub': '{value}'}}`",
                "warning",
            )
    made = alarm.properties(alert, name="name", actions=(), tags=(), runbook="")
    before = set(
        alarm_problems(alarm.properties(alert._replace(properties={}), name="name", actions=(), tags=(), runbook=""))
    )
    for text in alarm_problems({k: v for k, v in made.items() if k in PROPERTIES}):
        if text not in before:
            yield Problem(("properties",), "cloudwatch/property", f"with these properties {text}")
