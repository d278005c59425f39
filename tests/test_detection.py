"""Detection times, held against the figures that the Site Reliability Workbook prints and against what promtool observes.

The Workbook: The Site Reliability Workbook (O'Reilly 2018), chapter 5, "Alerting on SLOs",
https://sre.google/workbook/alerting-on-slos/. Its windows are read from raw data, as those of our levels and CloudWatch are.
"""

from __future__ import annotations

import itertools
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import tools
from monitorspec.alarmstate.samples import Sample, Samples, metric
from monitorspec.alarmstate.timeline import read, run
from monitorspec.burnrate import time_to_exhaustion
from monitorspec.cloudformation.known import known
from monitorspec.compiler import emit, plan_of
from monitorspec.detection import EVALUATIONS, Row, Table, detection, time_until_over
from monitorspec.plan import Plan
from monitorspec.proof.alarms.case import START
from monitorspec.spec.units import parse_duration
from tests.proof.alarms.stacks import stacks_of

D = Decimal
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
RATIO = "ratio: {bad: bad_total, total: all_total}"
GOOD = "ratio: {good: good_total, total: all_total}"
LATENCY = "latency: {histogram: took_seconds, under: 300ms}"
PROBE = "probe: probe_success"
CLOUDWATCH = "cloudwatch: {bad: {namespace: Shop, metric: Failed}, total: {namespace: Shop, metric: Requests}}"


def planned(indicator: str, objective: str = "99.9%", **more: str) -> Plan:
    """A spec with one objective."""
    lines = "".join(f"        {key}: {value}\n" for key, value in more.items())
    text = f"""
version: 1
system: shop
owner: web
services:
  api:
    slos:
      availability:
        objective: {objective}
        {indicator}
{lines}
receivers: {{chat: {{slack: {{channel: '#web', api_url_file: /etc/slack}}, sns: pages}}}}
routes: {{default: {{notify: chat}}}}
aws: {{topics: {{pages: {{parameter: Pages}}}}}}
"""
    plan, found = plan_of(text)
    assert plan is not None, found
    return plan


def table(indicator: str, objective: str = "99.9%", **more: str) -> Table:
    return detection(planned(indicator, objective, **more).services[0].slos[0])


def only(burn_rate: str, long: str, short: str, **more: str) -> str:
    """`alerts` with one tier."""
    parts = {"burn_rate": burn_rate, "long_window": long, "short_window": short, **more}
    inner = ", ".join(f"{key.rstrip('_')}: {value}" for key, value in parts.items())
    return f"{{page-fast: {{{inner}}}, page-slow: null, ticket-fast: null, ticket-slow: null}}"


def row(found: Table, error_ratio: str, tier: str = "page-fast") -> Row:
    return next(r for r in found.rows if r.error_ratio == D(error_ratio) and r.tier == tier)


# ---- the Workbook's figures


def test_a_window_of_ten_minutes() -> None:
    """Table 5-1: "0.6 seconds for a total outage", and 0.1% for 10 minutes is "only 0.02% of the monthly error budget"."""
    found = row(table(PROBE, alerts=only("1", "10m", "5m")), "1")
    assert found.time == 600
    assert found.spent is not None
    assert round(found.spent, 4) == D("0.0002")


def test_a_window_of_36_hours() -> None:
    """Table 5-2: "2 minutes and 10 seconds for a complete outage", at 5% of the 30-day budget."""
    found = row(table(PROBE, alerts=only("1", "36h", "3h")), "1")
    assert found.time == 129_600
    assert found.spent == D("0.05")


def test_a_duration() -> None:
    """Table 5-3: with `for: 1h` "a 100% outage alerts after one hour, the same detection time as a 0.2% outage", and spends
    140% of the budget in that hour."""
    found = table(PROBE, alerts=only("1", "1m", "30s", for_="1h"))
    total = row(found, "1")
    assert total.time == HOUR + 60
    assert total.spent is not None
    assert 100 * total.spent == pytest.approx(140, abs=2)
    half_a_minute = time_until_over(D("0.002"), D("0.001"), MINUTE)
    assert half_a_minute == MINUTE // 2


def test_a_burn_rate_of_36() -> None:
    """Section 4: 5% of the budget within an hour. Table 5-5: the alert resets after 58 minutes, so it has fired after two of a
    total outage; "a 35x burn rate never alerts"."""
    found = row(table(PROBE, alerts=only("36", "1h", "5m")), "1")
    assert found.time is not None
    assert round(60 - found.time / MINUTE) == 58
    assert found.spent == D("0.05")
    assert time_until_over(D("0.035"), D("0.036"), HOUR) is None
    # "… but consumes all of the 30-day error budget in 20.5 hours"
    assert time_to_exhaustion(D(35), 30 * DAY) * 10 // HOUR == 205


@pytest.mark.parametrize("indicator", [PROBE, CLOUDWATCH])
def test_recommended_parameters(indicator: str) -> None:
    """Table 5-8: 2% and 5% of the budget are consumed when the pages fire, whatever the error ratio; 10% with the ticket."""
    found = table(indicator)
    consumed = {"page-fast": D("0.02"), "page-slow": D("0.05"), "ticket-fast": D("0.1"), "ticket-slow": D("0.1")}
    fired = [r for r in found.rows if r.time is not None]
    assert {r.tier for r in fired} == set(found.tiers)
    for r in fired:
        assert r.spent is not None
        assert r.spent == pytest.approx(consumed[r.tier], rel=D("0.001"))  # times are whole milliseconds


def test_two_windows() -> None:
    """Figure 5-6: with 15% errors the short window is over its limit at once, the long one "after 5 minutes"."""
    assert time_until_over(D("0.15"), D("0.0144"), HOUR) == pytest.approx(5 * MINUTE, abs=MINUTE)
    assert time_until_over(D("0.15"), D("0.0144"), 5 * MINUTE) == pytest.approx(0, abs=MINUTE / 2)


def test_a_target_of_90_percent() -> None:
    """ "Extreme Availability Goals": at 90% the page for 2% of the budget in an hour "could never fire"."""
    assert time_until_over(D(1), D("14.4") * D("0.1"), HOUR) is None


# ---- our own rules


def test_summed_windows_lag_behind_raw_ones() -> None:
    """By half of the window that the rates are recorded over once these have risen, by less before."""
    raw, summed = table(CLOUDWATCH, "99%"), table(RATIO, "99%")
    for quick, slow in zip(raw.rows, summed.rows[: len(raw.rows)], strict=False):
        if quick.time is not None and slow.time is not None and quick.tier == slow.tier:
            assert 0 < slow.time - quick.time <= 5 * MINUTE // 2
    # 14.4% of an hour and half of five minutes.
    assert row(raw, "1").time == 518_400
    assert row(summed, "1").time == 518_400 + 150_000


def test_where_a_tier_never_fires_it_says_why() -> None:
    found = table(RATIO)
    never = row(found, "0.01")
    assert (never.time, never.latest, never.spent) == (None, None, None)
    assert never.reason == "1% errors are not over its limit of 1.44%"
    within = table(RATIO, "80%", alerts=only("2", "1h", "5m"))
    assert row(within, "0.1").reason == "10% errors are not over its limit of 40%"
    assert within.first(D("0.1")) is None


def test_just_over_the_budget_is_one_of_the_ratios() -> None:
    assert table(RATIO).error_ratios == (D(1), D("0.5"), D("0.1"), D("0.01"), D("0.00101"))
    assert table(RATIO, "99%").error_ratios == (D(1), D("0.5"), D("0.1"), D("0.0101"), D("0.01"))
    slow = row(table(RATIO), "0.00101", "ticket-slow")
    assert slow.time == pytest.approx(3 * DAY, rel=0.01)


def test_the_latest_evaluation() -> None:
    found = table(RATIO, interval="30s", alerts=only("14.4", "1h", "5m", for_="45s"))
    fired = row(found, "1")
    assert fired.time is not None
    # Two evaluations, and 45s last until the second one.
    assert fired.latest == fired.time + 2 * 30 * SECOND + 15 * SECOND
    assert found.lag == 75 * SECOND


def test_the_first_tier() -> None:
    first = table(RATIO).first(D(1))
    assert first is not None
    assert first.tier == "page-fast"


ratios = st.decimals("0.0001", "1", places=4)
windows = st.integers(1, 30 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(ratios, ratios, windows, st.integers(0, 30).map(lambda minutes: minutes * MINUTE))
def test_the_average_is_at_its_limit_just_then(
    error_ratio: Decimal, limit: Decimal, window: int, recorded: int
) -> None:
    """By adding up the recorded rate, rather than by solving for the time."""
    recorded = min(recorded, window)
    time = time_until_over(error_ratio, limit, window, recorded)
    if error_ratio <= limit:
        assert time is None
        return
    assert time is not None

    def average(at: float) -> float:
        def area(t: float) -> float:
            if t <= 0:
                return 0
            return t * t / (2 * recorded) if t < recorded else t - recorded / 2

        return float(error_ratio) * (area(at) - area(at - window)) / window

    assert average(time - 1.001) <= float(limit) * (1 + 1e-9)
    assert average(time) >= float(limit) * (1 - 1e-9)


# ---- how Prometheus reads samples


@pytest.mark.parametrize("left_open", [False, True], ids=["prometheus 2", "prometheus 3"])
@pytest.mark.parametrize("errors_before", [False, True], ids=["no error ever", "errors before"])
def test_samples_and_evaluations_add_no_more_than_said(left_open: bool, errors_before: bool) -> None:
    """The sums that a server makes, sample by sample, with the extrapolation of rate() (promql/functions.go, extrapolatedRate)."""
    for short, factor in itertools.product((3, 5, 20), (4, 12, 144)):
        long = short * factor
        for limit, late in itertools.product((0.001, 0.01, 0.1, 0.5, 0.9, 0.99), (0.0, 0.25, 0.5, 0.99)):
            time = time_until_over(D(1), D(str(limit)), long * MINUTE, short * MINUTE)
            assert time is not None
            fired = _first_evaluation(short, long, limit, late, left_open, 1000.0 if errors_before else 0.0)
            assert abs(fired - late - time / MINUTE) <= EVALUATIONS, (short, long, limit, late)


def _first_evaluation(short: int, long: int, limit: float, late: float, left_open: bool, before: float) -> int:
    """Number of the evaluation that sees the sum over `long` steps of rates over `short` ones pass the limit, when an outage of
    everything begins `late` steps after number 0. `before`: errors counted until then."""

    def counter(at: int) -> float:
        return before + max(0.0, at - late)

    def rate(at: int) -> float:
        first = at - short + left_open
        increase, covered = counter(at) - counter(first), at - first
        if increase <= 0:
            return 0.0
        to_zero = covered * counter(first) / increase
        return increase * (covered + min(float(left_open), to_zero)) / covered / short

    samples = long + (not left_open)
    total = 0.0
    for at in itertools.count(1):
        total += rate(at) - rate(at - samples)
        if total / samples > limit:
            return at
    raise AssertionError


# ---- CloudWatch


LONG_RUN = os.environ.get("MONITORSPEC_DETECTION") == "long"
ALARMS = tuple(itertools.product(("99.9%", "98%"), ("28d", "30d", "90d"), ("1", "0.5", "0.1", "0.01")))
SOME_ALARMS = (("99.9%", "30d", "1"), ("98%", "28d", "0.1"), ("99.9%", "90d", "0.5"))


@pytest.mark.parametrize(("objective", "window", "error_ratio"), ALARMS if LONG_RUN else SOME_ALARMS)
def test_alarms_fire_when_their_evaluator_says(objective: str, window: str, error_ratio: str) -> None:
    """The templates, evaluated as AWS documents alarms, with samples that are there at once: within one evaluation, or never."""
    plan = planned(CLOUDWATCH, objective, window=window)
    slo = plan.services[0].slos[0]
    alarms = read(stacks_of(plan))
    ids = known(plan).alarms
    names = {id: name for name, id in alarms.ids.items()}
    minutes = 25 * 60  # more than the longest window
    begin = START + minutes * 60
    computed = detection(slo).at(D(error_ratio))
    length = max((minutes * 60_000 if r.time is None else r.time + 600_000) for r in computed) // 1000
    every = [START + n * 60 for n in range(minutes + length // 60)]
    requests = [Sample(at, 10_000) for at in every]
    failed = [Sample(at, 10_000 * float(error_ratio)) for at in every if at >= begin]
    samples = Samples({metric("Shop", "Requests"): requests, metric("Shop", "Failed"): failed})
    histories = run(alarms, samples, START, begin + length)
    for tier, found in zip(slo.tiers, computed, strict=True):
        fired = [change.time for change in histories[names[ids[tier.id]]].changes if change.state == "ALARM"]
        if found.time is None:
            assert fired == []
        else:
            assert abs(fired[0] - begin - found.time / 1000) <= 60


# ---- promtool


class Outage(NamedTuple):
    """A spec's objective and an outage of it. `step`: how often rules are evaluated and series sampled, in ms; `late`: how long
    after a sample it begins, as a share of that."""

    indicator: str
    error_ratio: str
    tiers: tuple[str, ...]
    objective: str = "99.9%"
    window: str = "30d"
    alerts: str = "{}"
    step: int = MINUTE
    late: str = "0"


# As coarse as a rate over five minutes can be: a window of Prometheus 3 does not hold the sample at its beginning.
COARSE = 150 * SECOND
ALL = ("page-fast", "page-slow", "ticket-fast", "ticket-slow")
PAGES = ALL[:2]
OWN = only("10", "20m", "3m", for_="4m")
SHORT = (
    Outage(RATIO, "1", ALL[:3]),
    Outage(RATIO, "0.5", PAGES, objective="99%", window="28d", step=30 * SECOND, late="0.5"),
    Outage(GOOD, "0.1", PAGES, window="90d", late="0.9"),
    Outage(LATENCY, "0.1", ("page-slow",), objective="99%"),
    Outage(PROBE, "0.5", PAGES, objective="95%"),
    Outage(RATIO, "1", ("page-fast",), objective="99.99%", alerts=OWN, step=15 * SECOND),
    Outage(RATIO, "0.00101", ALL, step=COARSE),
)
LONG = tuple(
    Outage(indicator, error_ratio, tiers, objective, window, step=step, late=late)
    for indicator in (RATIO, LATENCY, PROBE)
    for objective in ("99.9%", "98%")
    for window in ("28d", "30d", "90d")
    for error_ratio in ("1", "0.5", "0.1", "0.01")
    for tiers, step, late in ((PAGES, MINUTE, "0.5"), (ALL, COARSE, "0"))
)
WHICH = LONG if LONG_RUN else SHORT


@pytest.mark.parametrize("outage", WHICH, ids=lambda o: " ".join(map(str, o)).replace("/", " ")[:80])
def test_tiers_fire_when_promtool_says(outage: Outage, promtool: Path, tmp_path: Path) -> None:
    """Within `EVALUATIONS` of the computed time; or never."""
    assert promtool
    step = outage.step
    more = {"alerts": outage.alerts} if outage.alerts != "{}" else {}
    plan = planned(outage.indicator, outage.objective, window=outage.window, interval=f"{step // 1000}s", **more)
    slo = plan.services[0].slos[0]
    error_ratio = D(outage.error_ratio)
    rows = [r for r in detection(slo).at(error_ratio) if r.tier in outage.tiers]
    assert [r.tier for r in rows] == list(outage.tiers)
    longest = max(parse_duration(t.labels["long_window"]) for t in slo.tiers if t.labels["burn_tier"] in outage.tiers)
    # Every window is full of healthy traffic before.
    healthy = longest // step + 25
    latest = max([r.latest for r in rows if r.latest is not None], default=longest)
    bad = latest // step + 3
    checks: list[dict[str, object]] = []
    begin = healthy * step + int(D(outage.late) * step)
    end = (healthy + bad) * step
    for r in rows:
        firing = f'ALERTS{{alertstate="firing", burn_tier="{r.tier}"}}[{end - healthy * step + step // 2}ms]'
        count = f"count_over_time({firing})"
        if r.time is None:
            checks.append({"expr": count, "eval_time": f"{end}ms", "exp_samples": []})
            continue
        assert r.latest is not None
        # An alert that fires goes on to, so when it began follows from how often it was seen.
        since = f"sum({end / 1000} - ({count} - 1) * {step / 1000} - {begin / 1000})"
        within = f"({since} >= bool {(r.time - EVALUATIONS * step) / 1000}) * ({since} <= bool {r.latest / 1000})"
        checks.append({"expr": within, "eval_time": f"{end}ms", "exp_samples": [{"labels": "{}", "value": 1}]})
    rules = next(a.text for a in emit(plan, ("prometheus",)) if a.path.endswith("api.rules.yml"))
    (tmp_path / "api.rules.yml").write_text(rules)
    case: dict[str, object] = {
        "interval": f"{step}ms",
        "input_series": [
            {"series": name, "values": values}
            for name, values in _series(outage.indicator, error_ratio, D(outage.late), healthy, bad).items()
        ],
        "promql_expr_test": checks,
    }
    test: dict[str, object] = {
        "rule_files": ["api.rules.yml"],
        "evaluation_interval": f"{step}ms",
        "group_eval_order": ["api.availability"],
        "tests": [case],
    }
    (tmp_path / "test.yml").write_text(json.dumps(test))
    done = tools.prove_rules([tmp_path / "test.yml"])
    assert done.code == 0, f"{rows}\n{done.output}"


def _series(indicator: str, error_ratio: Decimal, late: Decimal, healthy: int, bad: int) -> dict[str, str]:
    """Steady traffic, of which `error_ratio` is bad from the sample at `healthy` on, or `late` steps after it."""
    if indicator == PROBE:
        return {"probe_success": f"1x{healthy} {1 - error_ratio:f}x{bad - 1}"}
    every = 10_000_000
    failing = int(every * error_ratio)
    begin = int(failing * (1 - late))
    everything = f"0+{every}x{healthy + bad}"
    good = f"0+{every}x{healthy} {every * (healthy + 1) - begin}+{every - failing}x{bad - 1}"
    if indicator == RATIO:
        return {"all_total": everything, "bad_total": f"0x{healthy} {begin}+{failing}x{bad - 1}"}
    if indicator == GOOD:
        return {"all_total": everything, "good_total": good}
    return {"took_seconds_count": everything, 'took_seconds_bucket{le="0.3"}': good}
