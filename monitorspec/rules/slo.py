"""The recording rules of an SLO, and the expressions of its burn alerts.

In: `plan.Slo`. Out: names and expressions, in the order in which they have to be evaluated.

Bad and all events are recorded once, as rates over the shortest window, from the raw series. Every wider window, and
the period of the objective, is the sum of the one over the sum of the other: it weighs events, not minutes; a stretch
without traffic adds nothing to either sum; and it reads two series however many raw ones there are. Where there was no
traffic at all there is no ratio, rather than NaN.
"""

from __future__ import annotations

import functools
from decimal import Decimal

from monitorspec import names
from monitorspec.plan import Alert, Burn, Indicator, Slo
from monitorspec.rules.text import Selector, argument, compared, grouped, selector, series
from monitorspec.spec.units import duration_text, number_text

_DEFAULT_WINDOW = 300_000
# Indicators that are levels, not counters: their base series are samples of the level, so that the shortest window has
# to be averaged like the wider ones.
_LEVELS = frozenset({"error_ratio", "probe"})

_duration = functools.cache(duration_text)
_number = functools.cache(number_text)


def base_window(slo: Slo) -> int:
    """The window (ms) of the two series that everything is summed from: the tiers' shortest."""
    short = (tier.condition.short_window for tier in slo.tiers if isinstance(tier.condition, Burn))
    return min(short, default=_DEFAULT_WINDOW)


def counts_events(slo: Slo) -> bool:
    """Whether the two recorded series are rates over the base window; otherwise they are a level's samples."""
    return not slo.on_cloudwatch and slo.indicator.kind not in _LEVELS


def windows(slo: Slo) -> tuple[int, ...]:
    """Every window (ms) that an error ratio is recorded over, shortest first, the objective's own among them."""
    found = {base_window(slo), slo.window}
    for tier in slo.tiers:
        if isinstance(tier.condition, Burn):
            found |= {tier.condition.short_window, tier.condition.long_window}
    return tuple(sorted(found))


def bad_series(slo: Slo) -> str:
    """The selector of the recorded rate of bad events."""
    return series(_named(names.BAD_RATE, base_window(slo)), slo.labels)


def total_series(slo: Slo) -> str:
    """The selector of the recorded rate of all events."""
    return series(_named(names.TOTAL_RATE, base_window(slo)), slo.labels)


def ratio_series(slo: Slo, window: int) -> str:
    """The selector of the recorded error ratio over `window` ms."""
    return series(_named(names.ERROR_RATIO, window), slo.labels)


def remaining_series(slo: Slo) -> str:
    """The selector of the recorded share of the error budget that is left."""
    return series(names.BUDGET_REMAINING, slo.labels)


def recording_rules(slo: Slo) -> list[tuple[str, str]]:
    """Everything that an SLO records: (series name, expression). The rules carry the labels of the SLO."""
    base = base_window(slo)
    bad, total = event_rates(slo.indicator, slo.by, _duration(base))
    rules = [(_named(names.TOTAL_RATE, base), total), (_named(names.BAD_RATE, base), bad)]
    bad, total = bad_series(slo), total_series(slo)
    for window in windows(slo):
        w = _duration(window)
        if window == base and counts_events(slo):
            expr = f"{bad}\n/\n({total} > 0)"
        else:
            expr = f"sum_over_time({bad}[{w}])\n/\n(sum_over_time({total}[{w}]) > 0)"
        rules.append((_named(names.ERROR_RATIO, window), expr))
    budget = _number(1 - slo.objective)
    rules += (
        (names.OBJECTIVE, f"vector({_number(slo.objective)})"),
        (names.ERROR_BUDGET, f"vector({budget})"),
        (names.BUDGET_REMAINING, f"1 - {ratio_series(slo, slo.window)} / {budget}"),
    )
    return rules


def burn_expr(slo: Slo, alert: Alert) -> str:
    """The expression of one of the SLO's burn alerts; its value is the error ratio over the long window."""
    tier = alert.condition
    assert isinstance(tier, Burn), alert.id
    limit = f"{_number(tier.factor)} * {_number(1 - slo.objective)}"
    both = dict.fromkeys((tier.long_window, tier.short_window))
    parts = [f"{ratio_series(slo, window)} > {limit}" for window in both]
    if slo.min_traffic:
        parts.append(f"avg_over_time({total_series(slo)}[{_duration(tier.long_window)}]) >= {_number(slo.min_traffic)}")
    return "\nand\n".join(parts)


def event_rates(indicator: Indicator, by: tuple[str, ...], window: str) -> tuple[str, str]:
    """The rates of bad and of all events over `window`, from the raw series, one series for each value of `by`.

    For error_ratio and probe the two are levels: the share that is bad of the series that are counted.
    """
    over = f" by ({', '.join(by)}) " if by else ""
    if indicator.kind == "ratio":
        total = f"sum{over}({_rate(indicator.total, window)})"
        if indicator.bad:
            # A counter that has not counted yet has no series: no errors, then, not no data.
            return f"sum{over}({_rate(indicator.bad, window)})\nor\n0 * {total}", total
        return _not_good(f"sum{over}({_rate(indicator.good, window)})", total), total
    if indicator.kind == "latency":
        return _latency(indicator, over, window)
    if indicator.kind == "error_ratio":
        # The comparison drops NaN, which is what a ratio of two idle counters is.
        known = compared(indicator.expr, ">= 0")
        return f"avg{over}(clamp({argument(known)}, 0, 1))", f"group{over}({argument(known)})"
    up = argument(indicator.expr)
    return f"sum{over}(1 - clamp({up}, 0, 1))", f"count{over}({up})"


def le_spellings(bound: Decimal) -> tuple[str, ...]:
    """How clients and servers write the bucket bound `bound`.

    Go's shortest form (`1`, `1e+06`), the same with a fraction (OpenMetrics, Prometheus 3: `1.0`), plain decimals
    (`1000000`) and Java's (`1.0E7`).
    """
    plain = _number(bound)
    digits = "".join(map(str, bound.normalize().as_tuple().digits))
    exponent = bound.adjusted()
    go, java = plain, plain
    if not -4 <= exponent < 6:
        go = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if not -3 <= exponent < 7:
        java = f"{digits[0]}.{digits[1:] or '0'}E{exponent}"
    return tuple(
        dict.fromkeys(
            (go, go if "." in go or "e" in go else f"{go}.0", plain, plain if "." in plain else f"{plain}.0", java)
        )
    )


@functools.cache
def _named(template: str, window: int) -> str:
    return template.format(window=duration_text(window))


def _latency(indicator: Indicator, over: str, window: str) -> tuple[str, str]:
    base = _selector(indicator.histogram)
    if indicator.native:
        histogram = f"sum{over}(rate({base.text(window)}))"
        count = f"histogram_count({histogram})"
        total = f"sum{over}({_rate(indicator.total, window)})" if indicator.total else count
        # The fraction of an idle histogram is NaN, which the comparison drops.
        slow = f"((1 - histogram_fraction(0, {_number(indicator.under)}, {histogram})) * {count} >= 0)"
        return f"{slow}\nor\n0 * {total}", total
    count = f"sum{over}(rate({base.suffixed('_count').text(window)}))"
    total = f"sum{over}({_rate(indicator.total, window)})" if indicator.total else count
    spellings = le_spellings(indicator.under)
    # Classes instead of backslashes: no layer of quoting changes them.
    le = f'le="{spellings[0]}"'
    if len(spellings) > 1:
        le = 'le=~"' + "|".join(s.replace(".", "[.]").replace("+", "[+]") for s in spellings) + '"'
    return _not_good(f"sum{over}(rate({base.suffixed('_bucket').where(le).text(window)}))", total), total


def _not_good(good: str, total: str) -> str:
    """Bad events as those that are not good; a good counter without series has counted none. Two counters are never
    scraped at the same instant to the event, so the difference may be a little below zero."""
    return f"clamp_min(\n{total}\n-\n({good} or 0 * {total}),\n0)"


def _rate(text: str, window: str) -> str:
    found = selector(text)
    # Resolve admits selectors only; anything else is still what it says it is, at a cost.
    return f"rate({found.text(window)})" if found else f"rate({grouped(text)}[{window}:])"


def _selector(text: str) -> Selector:
    found = selector(text)
    if found is None:
        raise ValueError(f"not a selector: {text}")
    return found
