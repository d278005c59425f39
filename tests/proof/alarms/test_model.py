"""The reference model of limits: what it is certain of holds however far CloudWatch looks back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.alarmstate.verdict import verdict
from monitorspec.proof.alarms.case import BLIND, Told
from monitorspec.proof.alarms.model import checks, expected, told

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
TREATMENTS = {"ok": "notBreaching", "breaching": "breaching", "ignore": "ignore", "insufficient": "missing"}


def flags(text: str) -> list[bool | None]:
    return [{"0": False, "X": True, "-": None}[mark] for mark in text]


@pytest.mark.parametrize(
    ("past", "enough", "of", "states"),
    [
        ("0X0X0", 1, 1, [OK, ALARM, OK, ALARM, OK]),
        ("000XX0X000", 3, 5, [None, None, None, None, OK, OK, ALARM, ALARM, OK, OK]),
        ("00XXX0", 3, 3, [None, None, OK, OK, ALARM, OK]),
    ],
)
def test_m_of_n(past: str, enough: int, of: int, states: list[str | None]) -> None:
    assert expected(flags(past), enough, of, "ok") == states


@pytest.mark.parametrize(
    ("missing", "state"), [("ok", OK), ("breaching", ALARM), ("ignore", INSUFFICIENT), ("insufficient", INSUFFICIENT)]
)
def test_without_any_data_the_policy_decides_at_once(missing: str, state: str) -> None:
    assert expected(flags("--"), 2, 3, missing) == [state, state]


@pytest.mark.parametrize(
    ("missing", "state"), [("ok", OK), ("breaching", ALARM), ("ignore", ALARM), ("insufficient", INSUFFICIENT)]
)
def test_after_data_the_policy_decides_when_it_must_have_been_noticed(missing: str, state: str) -> None:
    states = expected(flags("XX" + "-" * 12), 2, 2, missing)
    assert states[1] == ALARM
    assert set(states[2 : 1 + 2 + BLIND]) == {None}
    assert set(states[1 + 2 + BLIND :]) == {state}


def test_ignore_is_certain_only_where_all_was_alike() -> None:
    assert expected(flags("X0" + "-" * 12), 1, 2, "ignore")[-1] is None
    assert expected(flags("00" + "-" * 12), 1, 2, "ignore")[-1] == OK


@given(
    past=st.lists(st.sampled_from("0X-"), min_size=1, max_size=30).map(lambda marks: flags("".join(marks))),
    of=st.integers(1, 4),
    data=st.data(),
    missing=st.sampled_from(sorted(TREATMENTS)),
    look_back=st.integers(0, BLIND - 1),
)
def test_what_it_is_certain_of_holds_however_far_is_looked_back(
    past: list[bool | None], of: int, data: st.DataObject, missing: str, look_back: int
) -> None:
    enough = data.draw(st.integers(1, of))
    certain = expected(past, enough, of, missing)
    state = INSUFFICIENT
    for at, want in enumerate(certain):
        reach = [None] * (of + look_back) + past[: at + 1]
        state = verdict(reach[-(of + look_back) :], enough, of, TREATMENTS[missing]) or state
        assert want in (None, state)


def test_changes_are_told_between_the_certain_states_around_them() -> None:
    states = [None, OK, OK, None, None, ALARM, ALARM, OK]
    ends = list(range(8))
    whys = list("abcdefgh")
    assert told(states, ends, whys) == (Told(2, 5, ALARM, "f"), Told(6, 7, OK, "h"))
    assert [check.time for check in checks(states, ends, whys)] == [1, 2, 5, 6, 7]
