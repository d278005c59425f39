"""Alarms of whole templates over time: composites, suppression, mute rules, actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from monitorspec.alarmstate.errors import AlarmError, PropertyError, RuleError
from monitorspec.alarmstate.resolver import COMPOSITE, METRIC, MUTE, Stack
from monitorspec.alarmstate.samples import Metric, Sample, Samples
from monitorspec.alarmstate.timeline import Alarms, History, read, run
from tests.alarmstate.alarms import CALLS, ERRORS, MINUTE, START, each, properties

NAMED = {ERRORS: "errors", CALLS: "calls"}


def metric(name: str, of: Metric = ERRORS, **changes: Any) -> dict[str, Any]:
    actions = {"AlarmActions": [{"Ref": "Pages"}], "OKActions": [{"Ref": "Pages"}]}
    given = properties(AlarmName=name, MetricName=of.name, TreatMissingData="notBreaching", **{**actions, **changes})
    return {"Type": METRIC, "Properties": given}


def composite(name: str, rule: Any, **changes: Any) -> dict[str, Any]:
    given = {"AlarmName": name, "AlarmRule": rule, "AlarmActions": [{"Ref": "Pages"}], **changes}
    return {"Type": COMPOSITE, "Properties": given}


def alarms(**resources: dict[str, Any]) -> Alarms:
    topics = {"Pages": {"Type": "AWS::SNS::Topic"}}
    return read([Stack({"Resources": {**topics, **resources}})])


def minutes(history: History) -> list[tuple[float, str]]:
    return [((change.time - START) / MINUTE, change.state) for change in history.changes]


def told(history: History) -> list[tuple[float, str]]:
    return [((action.time - START) / MINUTE, action.state) for action in history.actions]


def lived(made: Alarms, samples: Mapping[Metric, Sequence[Sample]], length: int = 20) -> dict[str, History]:
    return run(made, Samples(samples), START, START + length * MINUTE)


def test_an_alarm_s_history() -> None:
    (found,) = lived(alarms(Errors=metric("errors")), {ERRORS: each(0, 9, 9, 0)}).values()
    assert found.id == "Errors"
    assert minutes(found) == [(0, "INSUFFICIENT_DATA"), (0, "OK"), (2, "ALARM"), (4, "OK")]
    assert told(found) == [(0, "OK"), (2, "ALARM"), (4, "OK")]
    assert {action.targets for action in found.actions} == {("Pages",)}
    at = [found.at(START + n * MINUTE) for n in range(5)]
    assert at == ["OK", "OK", "ALARM", "ALARM", "OK"]


def test_a_composite_follows_its_children_and_another_composite() -> None:
    made = alarms(
        Top=composite("top", 'ALARM("both") AND NOT ALARM(quiet)'),
        Both=composite("both", "ALARM(errors) AND ALARM(calls)"),
        Errors=metric("errors"),
        Calls=metric("calls", CALLS),
        Quiet=metric("quiet", CALLS, Threshold=50),
    )
    samples = {ERRORS: each(0, 9, 9, 9, 9, 0), CALLS: each(0, 0, 9, 90, 9, 9)}
    found = lived(made, samples)
    assert minutes(found["both"]) == [(0, "INSUFFICIENT_DATA"), (0, "OK"), (3, "ALARM"), (6, "OK")]
    assert minutes(found["top"]) == [
        (0, "INSUFFICIENT_DATA"),
        (0, "OK"),
        (3, "ALARM"),
        (4, "OK"),
        (5, "ALARM"),
        (6, "OK"),
    ]
    assert told(found["top"]) == [(3, "ALARM"), (5, "ALARM")]


def test_a_rule_may_refer_by_arn_and_through_a_reference() -> None:
    for reference in ("${Errors.Arn}", "${Errors}"):
        made = alarms(All=composite("all", {"Fn::Sub": f'ALARM("{reference}")'}), Errors=metric("errors"))
        assert minutes(lived(made, {ERRORS: each(9)})["all"])[-1] == (4, "OK")


def test_only_what_is_asked_for_is_computed() -> None:
    made = alarms(All=composite("all", "ALARM(errors)"), Errors=metric("errors"), Calls=metric("calls", CALLS))
    samples = Samples({ERRORS: each(9)})
    assert set(run(made, samples, START, START + MINUTE, only=["errors"])) == {"errors"}
    assert set(run(made, samples, START, START + MINUTE, only=["all"])) == {"all", "errors"}
    with pytest.raises(AlarmError, match="there is no alarm `none`"):
        run(made, samples, START, START + MINUTE, only=["none"])


def test_a_suppressor_keeps_a_composite_silent() -> None:
    suppressed = {
        "ActionsSuppressor": {"Fn::GetAtt": ["Deploying", "Arn"]},
        "ActionsSuppressorWaitPeriod": 90,
        "ActionsSuppressorExtensionPeriod": 150,
    }
    made = alarms(
        All=composite("all", "ALARM(errors)", **suppressed, OKActions=["ok"]),
        Errors=metric("errors"),
        Deploying=metric("deploying", CALLS),
    )
    bad = [9] * 10
    quiet = lived(made, {ERRORS: each(*bad), CALLS: each(0, 9, 9, 9, 0)})
    # In ALARM at 1, the suppressor at 2 and until 5, then the extension of two and a half minutes.
    assert minutes(quiet["all"]) == [(0, "INSUFFICIENT_DATA"), (0, "OK"), (1, "ALARM"), (13, "OK")]
    assert told(quiet["all"]) == [(7.5, "ALARM"), (14.5, "OK")]
    alone = lived(made, {ERRORS: each(*bad)})
    # Waits, although nothing suppresses it. What it would have said of its first OK is discarded by the new wait.
    assert told(alone["all"]) == [(2.5, "ALARM"), (14.5, "OK")]


def test_a_mute_rule_keeps_alarms_silent_until_it_ends() -> None:
    schedule = {"Expression": "at(2024-05-15T10:01)", "Duration": "PT5M"}
    quiet = {"Name": "quiet", "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": [{"Ref": "Errors"}]}}
    made = alarms(
        Quiet={"Type": MUTE, "Properties": quiet},
        Errors=metric("errors"),
        Other=metric("other"),
        Calls=metric("calls", CALLS),
    )
    found = lived(made, {ERRORS: each(0, 9, 9, 9, 9, 9, 9, 9), CALLS: each(0, 9, 0, 0)})
    assert minutes(found["errors"]) == minutes(found["other"])
    assert told(found["other"]) == [(0, "OK"), (2, "ALARM"), (11, "OK")]
    assert told(found["errors"]) == [(0, "OK"), (6, "ALARM"), (11, "OK")]


def test_disabled_actions() -> None:
    (found,) = lived(alarms(Errors=metric("errors", ActionsEnabled=False)), {ERRORS: each(9)}).values()
    assert "ALARM" in dict(minutes(found)).values()
    assert found.actions == ()


def test_several_stacks_are_one_world() -> None:
    topics = {"Parameters": {"Pages": {"Type": "String", "Default": "told"}}}
    first = Stack({**topics, "Resources": {"Errors": metric("errors")}})
    second = Stack({**topics, "Resources": {"All": composite("all", "ALARM(errors)")}}, {"Pages": "others"})
    found = run(read([first, second]), Samples({ERRORS: each(9)}), START, START + MINUTE)
    assert {name: history.actions[-1].targets for name, history in found.items()} == {
        "errors": ("told",),
        "all": ("others",),
    }


def test_a_part_that_stands_alone_can_be_read_alone() -> None:
    resources = {
        "All": composite("all", "ALARM(errors)"),
        "Errors": metric("errors"),
        "Wrong": metric("wrong", Period=None),
    }
    stack = Stack({"Resources": {"Pages": {"Type": "AWS::SNS::Topic"}, **resources}})
    assert set(read([stack], only=["Errors"]).ids) == {"errors"}
    assert set(read([stack], only=["All", "Errors"]).ids) == {"all", "errors"}
    with pytest.raises(RuleError, match="alarm all: there is no alarm `errors`"):
        read([stack], only=["All"])
    with pytest.raises(PropertyError, match="alarm wrong: Period is missing"):
        read([stack])


@pytest.mark.parametrize(
    ("resources", "error", "said"),
    [
        ({"A": composite("a", "ALARM(b)")}, RuleError, "alarm a: there is no alarm `b`"),
        ({"A": composite("a", "ALARM(b")}, RuleError, "alarm a: the rule `ALARM(b` cannot be read: `)` is missing at its end"),
        ({"A": composite("a", "OK(a)")}, RuleError, "composite alarms go in a circle: a → a"),
        (
            {"A": composite("a", "OK(b)"), "B": composite("b", "OK(c)"), "C": composite("c", "OK(b)")},
            RuleError,
            "composite alarms go in a circle: b → c → b",
        ),
        ({"A": metric("a"), "B": metric("a")}, PropertyError, "B: the alarm's name a is that of A, too"),
        ({"A": {"Type": COMPOSITE, "Properties": {"AlarmName": "a"}}}, PropertyError, "alarm a: AlarmRule is missing"),
        (
            {"A": composite("a", "TRUE", ActionsSuppressor="a")},
            PropertyError,
            "alarm a: ActionsSuppressorWaitPeriod is missing",
        ),
        (
            {"A": composite("a", "TRUE", ActionsSuppressor="s", ActionsSuppressorWaitPeriod=1, ActionsSuppressorExtensionPeriod=1)},
            RuleError,
            "alarm a: there is no alarm `s`",
        ),
        ({"A": metric("a", Period=None)}, PropertyError, "alarm a: Period is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(resources: dict[str, Any], error: type[AlarmError], said: str) -> None:
    with pytest.raises(error) as raised:
        alarms(**resources)
    assert str(raised.value) == said
