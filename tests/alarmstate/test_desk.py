"""Actions, held against the examples of the CloudWatch user guide ("Alarm suppression", "How alarm mute rules work").

The guide's times are units of its pictures: WaitPeriod is 2 of them, ExtensionPeriod 3. Here a unit is a second.
"""

from __future__ import annotations

import pytest

from monitorspec.alarmstate.desk import Desk, Orders, Suppressor, orders_of
from monitorspec.alarmstate.errors import PropertyError
from monitorspec.alarmstate.properties import Properties

TOLD = {"ALARM": ("pages",), "OK": ("resolved",), "INSUFFICIENT_DATA": ()}


def told(
    composite: dict[int, str], suppressor: dict[int, bool] | None = None, mutes: tuple[tuple[int, int], ...] = ()
) -> list[tuple[int, str]]:
    """(time, state) of what is told: of state changes at times from OK on, the suppressor going in or out of ALARM."""
    desk = Desk(Orders(TOLD, Suppressor("other", 2, 3) if suppressor is not None else None), mutes)
    state, suppressing = "OK", False
    for at in range(12):
        suppressing = (suppressor or {}).get(at, suppressing)
        changed = at in composite
        state = composite.get(at, state)
        desk.step(at, state, changed, suppressing)
    return [(action.time, action.state) for action in desk.actions]


def test_without_a_suppressor_every_change_is_told_at_once() -> None:
    assert told({2: "ALARM", 5: "OK"}) == [(2, "ALARM"), (5, "OK")]


def test_example_1_actions_are_not_suppressed_after_the_wait_period() -> None:
    assert told({2: "ALARM"}, {}) == [(4, "ALARM")]


def test_example_2_actions_are_suppressed_by_alarm_before_the_wait_period_expires() -> None:
    assert told({2: "ALARM"}, {3: True}) == []


def test_the_wait_period_includes_its_end() -> None:
    # "if a suppressor alarm changes from OK to ALARM within 60 seconds, set WaitPeriod to 60 seconds"
    assert told({2: "ALARM"}, {4: True}) == []
    assert told({2: "ALARM"}, {5: True}) == [(4, "ALARM")]


def test_example_3_a_state_transition_during_the_wait_period() -> None:
    # "A new WaitPeriod starts at t3 and ends at t5. After the new WaitPeriod expires at t5, the composite alarm takes its
    # actions."
    assert told({2: "ALARM", 3: "OK"}, {}) == [(5, "OK")]


def test_example_4_a_state_transition_when_suppressed_by_alarm() -> None:
    assert told({2: "ALARM"}, {0: True}) == []


def test_example_5_actions_are_not_suppressed_after_the_extension_period() -> None:
    # "At t6, the suppressor alarm changes to OK. An ExtensionPeriod starts at t6 and ends at t9."
    assert told({2: "ALARM"}, {3: True, 6: False}) == [(9, "ALARM")]


def test_example_6_a_state_transition_during_the_extension_period() -> None:
    # "When the composite alarm changes back to OK at t7, the ExtensionPeriod is discarded, and a new WaitPeriod starts at
    # t7 and ends at t9."
    assert told({2: "ALARM", 7: "OK"}, {3: True, 6: False}) == [(9, "OK")]


def test_what_has_been_told_is_not_told_again_when_a_suppressor_comes_and_goes() -> None:
    assert told({1: "ALARM"}, {5: True, 6: False}) == [(3, "ALARM")]


# "An alarm mute rule is scheduled to be active from t1 to t5 that targets the Alarm."
MUTED = ((1, 5),)


def test_scenario_actions_are_muted_when_a_mute_rule_is_active() -> None:
    # "At t5 … no ALARM action is executed because alarm is now in OK state"; "the behaviours apply to all alarm states".
    assert (5, "ALARM") not in told({2: "ALARM", 4: "OK"}, mutes=MUTED)
    assert told({2: "ALARM", 4: "OK"}, mutes=MUTED) == [(5, "OK")]


def test_scenario_an_action_is_taken_when_the_mute_window_has_ended() -> None:
    assert told({2: "ALARM"}, mutes=MUTED) == [(5, "ALARM")]


def test_scenario_multiple_overlapping_mute_rules() -> None:
    assert told({2: "ALARM"}, mutes=((1, 5), (3, 9))) == [(9, "ALARM")]


def test_what_was_told_before_a_mute_window_is_not_told_again() -> None:
    assert told({0: "ALARM"}, mutes=MUTED) == [(0, "ALARM")]


def test_a_change_at_the_end_of_a_mute_window_is_told_once() -> None:
    assert told({2: "ALARM", 5: "OK"}, mutes=MUTED) == [(5, "OK")]


def test_a_suppressed_alarm_can_be_muted_as_well() -> None:
    assert told({2: "ALARM"}, {}, mutes=((3, 6),)) == [(6, "ALARM")]


def test_states_without_targets_are_told_to_nobody() -> None:
    assert told({2: "INSUFFICIENT_DATA", 4: "OK"}) == [(4, "OK")]


def test_disabled_actions_are_not_taken() -> None:
    given = {"AlarmActions": ["a", "b"], "OKActions": ["c"], "ActionsEnabled": False}
    assert set(orders_of(Properties("alarm a", given)).targets.values()) == {()}
    enabled = orders_of(Properties("alarm a", {**given, "ActionsEnabled": True})).targets
    assert enabled == {"ALARM": ("a", "b"), "OK": ("c",), "INSUFFICIENT_DATA": ()}
    with pytest.raises(PropertyError, match="alarm a: ActionsEnabled is `maybe`, neither true nor false"):
        orders_of(Properties("alarm a", {"ActionsEnabled": "maybe"}))
    with pytest.raises(PropertyError, match="alarm a: OKActions is no list of texts"):
        orders_of(Properties("alarm a", {"OKActions": "c"}))
