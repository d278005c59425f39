"""SLOs into indicators and burn-rate alerts.

In: a `spec.Slo`. Out: `plan.Slo` with its tiers, fastest first.
"""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches

from monitorspec import burnrate, names, plan
from monitorspec.cloudformation.burnsignal import error_ratio
from monitorspec.diagnostics import Path
from monitorspec.phrases import percent_text
from monitorspec.promql.expression import metric_names, shape
from monitorspec.promql.nodes import Selector
from monitorspec.resolve.context import RESERVED, Context, checked_label, checked_labels, sorted_labels
from monitorspec.resolve.events import events, fitting
from monitorspec.resolve.home import Home
from monitorspec.resolve.signals import checked_promql, checked_signal, in_unit, unit_of
from monitorspec.spec.service import Slo, SloAlert
from monitorspec.spec.units import duration_text, number_text


def slo(context: Context, home: Home, key: str, spec: Slo, path: Path) -> plan.Slo | None:
    """The SLO with its alerts, or None when its indicator is too wrong for that."""
    indicator = _indicator(context, home, key, spec, path)
    by = tuple(spec.by or ())
    for n, label in enumerate(by):
        if checked_label(context.notes, label, (*path, "by", n)) and label in RESERVED:
            context.notes.add("labels/reserved", (*path, "by", n), f"label `{label}` is set by monitorspec itself")
    if spec.application_signals and spec.cloudwatch is None:
        context.notes.add(
            "slos/cloudwatch",
            (*path, "application_signals"),
            "Application Signals counts CloudWatch metrics only",
            key=True,
            help=("give the indicator as `cloudwatch`",),
        )
    if spec.min_traffic is not None and (spec.error_ratio or spec.probe):
        context.notes.add(
            "slos/traffic",
            (*path, "min_traffic"),
            "`min_traffic` needs an indicator that counts events: `ratio` or `latency`",
            key=True,
        )
    window = spec.window or context.slo_window
    title = spec.title or names.sentence(key)
    interval = spec.interval or home.interval
    tiers = _tiers(context, spec, window, path)
    if spec.cloudwatch is not None:
        tiers = fitting(context, spec, tiers, path)
    if not tiers and spec.alerts is None:
        context.notes.add(
            "slos/window",
            (*path, "window") if spec.window else path,
            f"{duration_text(window)} is too short a window for the default burn alerts",
            key=spec.window is None,
            help=("give `alerts` of its own with `burn_rate`, `long_window`, `short_window` and `severity`",),
        )
    if indicator is None:
        return None
    identity = {"system": context.labels["system"], "service": home.name, "slo": key}
    aws = context.spec.aws
    notify_on = tuple(aws.notify_on) if aws and aws.notify_on is not None else ("alarm", "ok")
    alerts = []
    for rank, (tier, alert) in enumerate(tiers):
        where = (*path, "alerts", tier.name) if spec.alerts and tier.name in spec.alerts else path
        severity = context.severity(alert.severity, (*where, "severity")) if alert.severity else None
        severity = severity or (context.page if tier.page else context.ticket)
        alerts.append(
            plan.Alert(
                id=f"{home.name}.{key}.{tier.name}",
                name=alert.name or names.camel(home.name, key, "error-budget-burn"),
                title=title,
                description=spec.description or "",
                service=home.name,
                key=key,
                severity=severity.name,
                labels=sorted_labels(
                    home.labels,
                    checked_labels(context.notes, spec.labels, (*path, "labels")) if rank == 0 else spec.labels or {},
                    checked_labels(context.notes, alert.labels, (*where, "labels")),
                    identity,
                    {
                        "severity": severity.name,
                        "burn_tier": tier.name,
                        "burn_rate": number_text(tier.factor),
                        "long_window": duration_text(tier.long_window),
                        "short_window": duration_text(tier.short_window),
                    },
                ),
                annotations={**home.annotations, **(spec.annotations or {}), **(alert.annotations or {})},
                signal=_signal(indicator, tier, spec.min_traffic),
                condition=plan.Burn(
                    f"{home.name}.{key}",
                    tier.name,
                    rank,
                    tier.factor,
                    tier.long_window,
                    tier.short_window,
                    tier.budget_share,
                ),
                hold=alert.for_ or 0,
                keep_firing=0,
                interval=interval if indicator.events is None else 60_000,
                group=f"{home.name}.{key}" if indicator.events is None else "",
                missing="ok",
                actions_enabled=True,
                properties={},
                series_labels=tuple(sorted((*identity, *by))),
                runbook="",
                dashboard=home.dashboard,
                origin=where,
                notify_on=notify_on,
            )
        )
    return plan.Slo(
        key=key,
        service=home.name,
        title=title,
        description=spec.description or "",
        indicator=indicator,
        objective=spec.objective,
        window=window,
        by=by,
        min_traffic=spec.min_traffic,
        labels=identity,
        interval=interval,
        tiers=tuple(alerts),
        application_signals=spec.application_signals,
        runbook="",
        origin=path,
    )


def _signal(indicator: plan.Indicator, tier: burnrate.Tier, min_traffic: Decimal | None) -> plan.Signal:
    """The error ratio over the tier's long window."""
    if indicator.events is None:
        return plan.Signal(names.ERROR_RATIO.format(window=duration_text(tier.long_window)), None, "ratio")
    return plan.Signal("", error_ratio(indicator.events, tier.long_window, min_traffic), "ratio")


def _tiers(context: Context, spec: Slo, window: int, path: Path) -> list[tuple[burnrate.Tier, SloAlert]]:
    """The default tiers as the spec retunes them, and its own ones, fastest first."""
    defaults = {tier.name: tier for tier in burnrate.default_tiers(window)}
    own = spec.alerts or {}
    chosen: list[tuple[burnrate.Tier, SloAlert]] = []
    plain = SloAlert.__new__(SloAlert)
    for name, tier in defaults.items():
        change = own.get(name, plain)
        if change is not None:
            chosen.append((_retuned(context, tier, change, window, (*path, "alerts", name)), change))
    for name, alert in own.items():
        where = (*path, "alerts", name)
        if name in defaults:
            continue
        if alert is None:
            near = get_close_matches(name, defaults, 1)
            context.notes.add(
                "slos/tier",
                where,
                f"there is no burn tier `{name}` to drop",
                key=True,
                help=(f"did you mean `{near[0]}`?" if near else f"the default tiers are {', '.join(defaults)}",),
            )
            continue
        missing = [
            field
            for field, value in (
                ("long_window", alert.long_window),
                ("short_window", alert.short_window),
                ("burn_rate", alert.burn_rate or alert.budget),
                ("severity", alert.severity),
            )
            if value is None
        ]
        if missing:
            context.notes.add(
                "slos/tier",
                where,
                f"`{name}` is no default tier and has no {' and no '.join(f'`{m}`' for m in missing)}",
                key=True,
                help=(f"the default tiers are {', '.join(defaults)}",),
            )
            continue
        severity = next((s for s in context.severities if s.name == alert.severity), context.page)
        blank = burnrate.Tier(
            name, Decimal(1), alert.long_window or 0, alert.short_window or 0, Decimal(0), severity.page
        )
        chosen.append((_retuned(context, blank, alert, window, where), alert))
    chosen.sort(key=lambda item: (-item[0].factor, item[0].long_window, item[0].name))
    for tier, _ in chosen:
        if not burnrate.reachable(tier.factor, spec.objective):
            budget = 1 - spec.objective
            lower = number_text((Decimal("0.8") / budget).quantize(Decimal("0.1")))
            factor = (*path, "alerts", tier.name, "burn_rate")
            where = factor if getattr(own.get(tier.name), "burn_rate", None) else (*path, "objective")
            context.notes.add(
                "slos/unreachable",
                where,
                f"`{tier.name}` can never fire: {number_text(tier.factor)} × {percent_text(budget)} = "
                f"{percent_text(tier.factor * budget)} errors are more than all",
                label="an error ratio is at most 100%",
                help=(
                    f"drop it with `alerts: {{{tier.name}: null}}`",
                    f"or lower it: `alerts: {{{tier.name}: {{burn_rate: {lower}}}}}`",
                ),
            )
    return chosen


def _retuned(context: Context, tier: burnrate.Tier, change: SloAlert, window: int, path: Path) -> burnrate.Tier:
    long, short = change.long_window or tier.long_window, change.short_window or tier.short_window
    if not 0 < short < long <= window:
        context.notes.add(
            "slos/windows",
            path,
            f"the windows of `{tier.name}` do not fit: short {duration_text(short)}, long {duration_text(long)}, "
            f"objective {duration_text(window)}",
            key=True,
            label="short < long ≤ the objective's window",
        )
        return tier
    factor = tier.factor
    if change.burn_rate is not None and change.budget is not None:
        context.notes.add("slos/tier", (*path, "budget"), "`burn_rate` and `budget` exclude each other", key=True)
    if change.burn_rate is not None:
        factor = change.burn_rate
    elif change.budget is not None:
        factor = burnrate.factor_for(change.budget.value, window, long)
    return tier._replace(
        factor=factor, long_window=long, short_window=short, budget_share=burnrate.share_for(factor, window, long)
    )


def _indicator(context: Context, home: Home, key: str, spec: Slo, path: Path) -> plan.Indicator | None:
    notes = context.notes
    kinds = ("ratio", "latency", "error_ratio", "probe", "cloudwatch")
    kind = notes.one_of("slos/indicator", path, f"`{key}` has {{}} indicator", spec, kinds)
    if not kind:
        return None
    if spec.ratio is not None:
        at = (*path, "ratio")
        good = _selector(context, spec.ratio.total, (*at, "total"))
        if (spec.ratio.bad is None) == (spec.ratio.good is None):
            both = spec.ratio.bad is not None
            notes.add(
                "slos/indicator",
                (*at, "good") if both else at,
                f"`{key}` counts {'both bad and good events' if both else 'neither bad nor good events'}",
                key=True,
                label="give exactly one of `bad` and `good`, besides `total`",
            )
            return None
        name = "bad" if spec.ratio.bad is not None else "good"
        part = spec.ratio.bad or spec.ratio.good or ""
        ok = _selector(context, part, (*at, name))
        if not (good and ok):
            return None
        made = plan.Indicator("ratio", total=spec.ratio.total)
        return made._replace(bad=part) if name == "bad" else made._replace(good=part)
    if spec.cloudwatch is not None:
        found = events(context, key, spec, path)
        return plan.Indicator("cloudwatch", events=found) if found else None
    if spec.latency is not None:
        return _latency(context, home, spec, (*path, "latency"))
    expr = spec.error_ratio or spec.probe or ""
    if not checked_signal(context, expr, (*path, kind)):
        return None
    return plan.Indicator(kind, expr=expr)


def _latency(context: Context, home: Home, spec: Slo, path: Path) -> plan.Indicator | None:
    latency = spec.latency
    assert latency is not None
    if not _selector(context, latency.histogram, (*path, "histogram")):
        return None
    if latency.total is not None and not _selector(context, latency.total, (*path, "total")):
        return None
    name = metric_names(latency.histogram)[0]
    if name.endswith(("_bucket", "_count", "_sum")):
        base = name.rsplit("_", 1)[0]
        context.notes.add(
            "slos/histogram",
            (*path, "histogram"),
            f"`{name}` is one series of a histogram",
            label="its base name is wanted",
            help=(f"write `{base}`",),
        )
        return None
    metrics = home.spec.metrics or {}
    declared = metrics.get(name)
    unit = unit_of(name, metrics) or "seconds"
    under = in_unit(context, latency.under, unit, (*path, "under"))
    if latency.native and context.versions.prometheus < (2, 47):
        _too_old(context, (*path, "native"), "native", "2.47")
    if under is None:
        return None
    if (
        declared
        and declared.buckets
        and not latency.native
        and under not in [Decimal(str(b)) for b in declared.buckets]
    ):
        bounds = ", ".join(number_text(Decimal(str(b))) for b in declared.buckets)
        context.notes.add(
            "slos/bucket",
            (*path, "under"),
            f"`{name}` has no bucket that ends at {latency.under.text}",
            label=f"its buckets end at {bounds} {unit}",
            effect="no request would ever count as good",
        )
    return plan.Indicator(
        "latency", histogram=latency.histogram, total=latency.total or "", under=under, native=latency.native
    )


def _selector(context: Context, text: str, path: Path) -> bool:
    """Whether `text` is a plain vector selector."""
    if not checked_promql(context, text, path):
        return False
    root = shape(text)
    if isinstance(root, Selector) and root.range_ms is None and root.name:
        return True
    context.notes.add(
        "slos/selector",
        path,
        'an indicator counts a plain selector, such as `http_requests_total{code=~"5.."}`',
        label="not a plain selector",
        help=(
            "leave out rate() and sum(): they are added with the right window",
            "for anything else use `error_ratio`",
        ),
    )
    return False


def _too_old(context: Context, path: Path, what: str, since: str) -> None:
    have = ".".join(map(str, context.versions.prometheus))
    context.notes.add(
        "targets/version",
        path,
        f"`{what}` needs Prometheus {since}, the target is {have}",
        key=True,
        help=(f'set `targets: {{prometheus: "{since}"}}` when the server is that new',),
    )
