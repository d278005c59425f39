"""Users' tests, from the spec's text to their outcome, by promtool, the templates' evaluator and the routes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from monitorspec.artifact import Artifact
from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan
from monitorspec.scenario.judge import Trial, judge, judged
from monitorspec.scenario.outcome import Outcome

SPEC = """
version: 1
system: shop
owner: web
defaults: {interval: 1m}
services:
  api:
    thresholds:
      cpu: {expr: 'avg by (pod) (cpu_ratio{job="api"})', unit: ratio, above: {warning: 80%, critical: 95%}, for: 10m}
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 1m, dimensions: {FunctionName: api}}
        above: {critical: 5}
        datapoints: 3 of 5
      share:
        cloudwatch:
          expression: bad / total
          metrics:
            bad: {namespace: Shop, metric: Bad, stat: Sum, period: 1m}
            total: {namespace: Shop, metric: All, stat: Sum, period: 1m}
        unit: ratio
        above: {critical: 5%}
    records:
      shop:orders:rate5m: {expr: 'sum(rate(orders_total[5m]))'}
  orders:
    thresholds:
      rate: {expr: 'shop:orders:rate5m', below: {warning: 1}}
      silence: {absent: 'up{job="orders"}', for: 5m, severity: critical}
  other:
    thresholds:
      gone: {absent: 'up{job="other"}', for: 1m, severity: critical}
aws: {topics: {pages: {parameter: Pages}}}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/key}, sns: pages}
  chat: {slack: {channel: '#web', api_url_file: /etc/url}}
  lead: {webhook: {url: 'http://lead.example'}}
routes:
  default: {notify: [chat]}
  critical: {notify: [oncall, chat], escalate: [{after: 30m, to: lead}]}
  warning: {notify: [chat], during: day}
windows: {day: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}}
mute: {patching: {match: {alerts: api.cpu}, during: night}}
tests:
"""
SPEC = SPEC.replace("windows: {day:", "windows: {night: {days: sun, hours: '02:00-04:00'}, day:")
BUSY = """
    series: {'cpu_ratio{job="api", pod="a"}': 0.5x10 0.85x40 0.97x80}
"""


def spec(tests: str) -> Plan:
    """The plan with tests of one name, `t`, whose body is given."""
    plan, found = plan_of(f"{SPEC}  t:{tests}")
    assert plan is not None, found
    assert [d.code for d in found if d.code.startswith("tests/")] == []
    return plan


def outcome_of(tests: str, *, changed: Iterable[tuple[str, str]] = (), routed: Plan | None = None) -> Outcome:
    plan = spec(tests)
    artifacts = []
    for artifact in emit(plan, ("prometheus", "cloudwatch")):
        text = artifact.text
        for old, new in changed:
            text = text.replace(old, new)
        artifacts.append(Artifact(artifact.path, text))
    trial = Trial(plan, artifacts, routed or plan, only=("test",))
    (outcome,) = judged([trial])[0].outcomes
    assert outcome.id == "test/t"
    return outcome


def messages(tests: str) -> list[str]:
    return [problem.message for problem in outcome_of(tests).problems]


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    "checks",
    [
        # 0.85 from 11m on (the sample after eleven of 0.5), for 10m.
        "at: 20m\n    silent: true",
        "start: tue 10:00\n    at: 21m\n    expect: {api.cpu.warning: [chat]}",
        "start: tue 10:00\n    at: 21m\n    expect: {api.cpu: [chat]}",
        "start: sat 10:00\n    at: 21m\n    expect: {api.cpu.warning: []}",
        # 0.97 from 52m on.
        "at: 1h1m\n    silent: [api.cpu.critical]",
        "at: 1h2m\n    expect: {api.cpu.critical: [oncall, chat]}",
        "at: 1h2m\n    expect: {api.cpu.critical: {notify: [oncall, chat], labels: {pod: a, service: api}}}",
        "at: 1h2m\n    expect: {api.cpu.critical: [chat, oncall], api.cpu.warning: {inhibited_by: api.cpu.critical}}",
        # The escalation 30m later.
        "at: 1h32m\n    expect: {api.cpu.critical: [oncall, chat, lead]}",
        # In the window of the maintenance, sunday from 02:00 on; 01:30 and 31m.
        "start: sun 00:58\n    at: 1h2m\n    expect: {api.cpu.critical: []}",
        "start: sun 00:57\n    at: 1h2m\n    expect: {api.cpu.critical: [oncall, chat]}",
        # 21m lies in (20m, 22m].
        "start: tue 10:00\n    at: 20m\n    within: 2m\n    expect: {api.cpu.warning: [chat]}",
    ],
)
def test_what_is_so_passes(checks: str) -> None:
    # The mute names all of the threshold, so that only a test with a clock can tell.
    clocked = checks if "start" in checks or "expect" not in checks else f"start: wed 12:00\n    {checks}"
    assert messages(f"{BUSY}    {clocked}\n") == []


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("at: 21m\n    silent: true", "api.cpu.warning fires"),
        ("at: 21m\n    silent: [api.cpu]", "api.cpu.warning fires"),
        (
            "at: 20m\n    expect: {api.cpu.warning: [chat]}",
            "api.cpu.warning does not fire yet: its condition holds since 11m",
        ),
        ("at: 5m\n    expect: {api.cpu.warning: [chat]}", "api.cpu.warning does not fire"),
        (
            "at: 21m\n    expect: {api.cpu.warning: [oncall]}",
            "oncall is not told of api.cpu.warning: no route leads there",
        ),
        ("at: 21m\n    expect: {api.cpu.warning: []}", "chat is told of api.cpu.warning as well"),
        ("at: 1h2m\n    expect: {api.cpu.critical: [oncall]}", "chat is told of api.cpu.critical as well"),
        (
            "at: 1h20m\n    expect: {api.cpu.critical: [oncall, chat, lead]}",
            "lead is not told of api.cpu.critical: its escalation comes 12m later",
        ),
        (
            "at: 1h2m\n    expect: {api.cpu.warning: [chat], api.cpu.critical: [oncall, chat]}",
            "chat is not told of api.cpu.warning: api.cpu.critical silences it (critical-over-milder)",
        ),
        (
            "at: 21m\n    expect: {api.cpu.warning: {inhibited_by: api.cpu.critical}}",
            "api.cpu.warning tells chat",
        ),
        (
            "at: 21m\n    expect: {api.cpu.warning: {notify: chat, labels: {pod: b}}}",
            'api.cpu.warning fires with pod="a" instead of "b"',
        ),
        (
            "at: 22m\n    within: 10m\n    expect: {api.cpu.warning: [chat]}",
            "api.cpu.warning fires already at 22m, since 21m",
        ),
        ("at: 1h2m\n    expect: {api.errors: [oncall]}", "api.errors does not fire"),
    ],
)
def test_what_is_not_so_is_told(checks: str, said: str) -> None:
    assert said in messages(f"{BUSY}    start: wed 12:00\n    {checks}\n")


@pytest.mark.usefixtures("promtool")
def test_nobody_may_be_told_of_what_is_not_expected() -> None:
    found = messages(
        f"{BUSY}    start: wed 12:00\n    at: 1h2m\n    expect: {{api.cpu.warning: {{inhibited_by: api.cpu}}}}\n"
    )
    assert found == ["api.cpu.critical fires as well, and tells oncall and chat"]


@pytest.mark.usefixtures("promtool")
def test_without_a_clock_it_has_to_hold_at_every_hour() -> None:
    outcome = outcome_of(f"{BUSY}    at: 21m\n    expect: {{api.cpu.warning: [chat]}}\n")
    (problem,) = outcome.problems
    assert problem.message == "whether chat is told of api.cpu.warning depends on the hour (day)"
    assert "start" in problem.help


@pytest.mark.usefixtures("promtool")
def test_a_warning_that_tells_nobody_is_no_silence() -> None:
    outcome = outcome_of(f"{BUSY}    start: sat 12:00\n    at: 21m\n    silent: true\n")
    (problem,) = outcome.problems
    assert problem.message == "api.cpu.warning fires"
    assert problem.help == "nobody is told of it: expect `api.cpu.warning: []`"


@pytest.mark.usefixtures("promtool")
def test_the_absence_in_other_services_is_no_business_of_a_test() -> None:
    # `other.gone` and `orders.silence` fire all the time, and api's tests see neither.
    assert messages(f"{BUSY}    at: 20m\n    silent: true\n") == []
    assert messages("\n    series: {'up{job=\"orders\"}': 1 1 1 stale}\n    at: 20m\n    silent: true\n") == [
        "orders.silence.critical fires"
    ]


@pytest.mark.usefixtures("promtool")
def test_a_series_touches_through_what_is_recorded_of_it_by_another_service() -> None:
    body = """
    series: {orders_total: 0+30x60, 'up{job="orders"}': 1x60}
    start: mon 09:00
    at: 30m
    expect: {orders.rate: [chat]}
"""
    assert messages(body) == []
    assert messages(body.replace("0+30x60", "0+120x60")) == ["orders.rate does not fire"]


@pytest.mark.usefixtures("promtool")
def test_cloudwatch_signals_are_set_by_name_or_by_their_metric() -> None:
    by_name = "\n    signals: {api.errors: 0x10 6x5}\n    checks:\n"
    by_metric = (
        "\n    cloudwatch: [{namespace: AWS/Lambda, metric: Errors, dimensions: {FunctionName: api}, values: 0x10 6x5}]"
        "\n    checks:\n"
    )
    # Three datapoints of 6: those that begin at 11m, 12m and 13m; the last one is there at 14m.
    checks = "      - {at: 13m, silent: [api.errors]}\n      - {at: 14m, expect: {api.errors: [oncall]}}\n"
    for given in (by_name, by_metric):
        assert messages(given + checks) == []
        late = "      - {at: 13m, expect: {api.errors: [oncall]}}\n"
        assert messages(given + late) == ["api.errors does not fire"]
    # Alertmanager's route has the chat as well; the chat has no topic.
    wrong = "      - {at: 14m, expect: {api.errors: [oncall, chat]}}\n"
    assert messages(by_name + wrong) == ["chat is not told of api.errors: its alarm tells no topic of that receiver"]


@pytest.mark.usefixtures("promtool")
def test_the_metrics_of_an_expression_are_set_one_by_one() -> None:
    body = "\n    signals: {api.share.bad: 4x5 6x5, api.share.total: 100x10}\n    checks:\n"
    body += "      - {at: 5m, silent: [api.share]}\n      - {at: 8m, expect: {api.share.critical: [oncall]}}\n"
    assert messages(body) == []


CHECKED = f"""{BUSY}    start: wed 12:00
    checks:
      - {{at: 20m, within: 1m, expect: {{api.cpu.warning: [chat]}}}}
      - {{at: 1h1m, within: 1m, expect: {{api.cpu.critical: [oncall, chat]}}}}
"""


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 0.8\n", "> 0.9\n"),
        ("> 0.95", "> 0.98"),
        ("for: 10m", "for: 9m"),
        ("for: 10m", "for: 12m"),
        ('job="api"', 'job="apis"'),
        ("severity: critical", "severity: warning"),
    ],
)
def test_changed_rules_are_noticed(old: str, new: str) -> None:
    assert outcome_of(CHECKED).passed
    assert not outcome_of(CHECKED, changed=[(old, new)]).passed


@pytest.mark.usefixtures("promtool")
def test_changed_routes_windows_and_inhibitions_are_noticed() -> None:
    plan = spec(CHECKED)
    assert outcome_of(CHECKED, routed=plan).passed
    for changed in (
        plan._replace(windows=tuple(w._replace(parts=()) for w in plan.windows)),
        plan._replace(root=plan.root._replace(routes=())),
    ):
        assert not outcome_of(CHECKED, routed=changed).passed
    both = f"{BUSY}    start: wed 12:00\n    at: 1h2m\n    expect: {{api.cpu: [oncall, chat], api.cpu.warning: []}}\n"
    assert outcome_of(both).passed
    assert not outcome_of(both, routed=plan._replace(inhibits=())).passed


@pytest.mark.usefixtures("promtool")
def test_rules_that_cannot_be_loaded_do_not_pass_for_silent_ones() -> None:
    outcome = outcome_of(f"{BUSY}    at: 20m\n    silent: true\n", changed=[("expr: ", "exprs: ")])
    assert "it cannot be run: promtool gives no answer" in outcome.problems[0].message


@pytest.mark.usefixtures("promtool")
def test_judge_tells_which_generated_tests_notice() -> None:
    plan = spec(CHECKED)
    made = emit(plan, ("prometheus", "cloudwatch"))
    assert [outcome.id for outcome in judge(plan, made) if not outcome.passed] == []
    changed = [
        Artifact(a.path, a.text.replace("> 0.95", "> 0.96").replace("Threshold: 5\n", "Threshold: 6\n")) for a in made
    ]
    failed = [outcome.id for outcome in judge(plan, changed) if not outcome.passed]
    assert failed == ["rules/api.cpu.critical", "alarms/api.errors.critical"]


@pytest.mark.usefixtures("promtool")
def test_the_answers_to_several_plans_are_told_apart() -> None:
    plans = [
        spec(f"{BUSY}    start: wed 12:00\n    at: {at}\n    expect: {{api.cpu.warning: [chat]}}\n")
        for at in ("5m", "21m", "15m")
    ]
    trials = [Trial(plan, emit(plan, ("prometheus", "cloudwatch")), plan, only=("test",)) for plan in plans]
    assert [verdict.outcomes[0].passed for verdict in judged(trials, processes=1)] == [False, True, False]


@pytest.mark.usefixtures("promtool")
def test_only_the_tests_of_some_services_can_be_asked_for() -> None:
    plan = spec(CHECKED)
    made = emit(plan, ("prometheus", "cloudwatch"))
    ids = [o.id for o in judged([Trial(plan, made, plan, only=("test", "rules"), services={"orders"})])[0].outcomes]
    assert ids == ["rules/orders.rate.warning", "rules/orders.silence.critical"]
    ids = [o.id for o in judged([Trial(plan, made, plan, only=("test", "alarms"), services={"api"})])[0].outcomes]
    assert ids == ["test/t", "alarms/api.errors.critical", "alarms/api.share.critical"]
