"""Rules of composite alarms, held against the examples of the CloudWatch user guide ("Composite alarms")."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.alarmstate.alarmrule import alarms_of, holds, parse
from monitorspec.alarmstate.errors import RuleError

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


def true(text: str, **states: str) -> bool:
    return holds(parse(text), states)


def test_the_guide_s_examples() -> None:
    both = "ALARM(CPUUtilizationTooHigh) AND ALARM(DiskReadOpsTooHigh)"
    assert true(both, CPUUtilizationTooHigh="ALARM", DiskReadOpsTooHigh="ALARM")
    assert not true(both, CPUUtilizationTooHigh="ALARM", DiskReadOpsTooHigh="OK")
    quiet = "ALARM(CPUUtilizationTooHigh) AND NOT ALARM(DeploymentInProgress)"
    assert true(quiet, CPUUtilizationTooHigh="ALARM", DeploymentInProgress="INSUFFICIENT_DATA")
    assert not true(quiet, CPUUtilizationTooHigh="ALARM", DeploymentInProgress="ALARM")
    grouped = "(ALARM(CPUUtilizationTooHigh) OR ALARM(DiskReadOpsTooHigh)) AND\n  OK(NetworkOutTooHigh)"
    for cpu, disk, net in product(STATES, repeat=3):
        wanted = "ALARM" in (cpu, disk) and net == "OK"
        assert true(grouped, CPUUtilizationTooHigh=cpu, DiskReadOpsTooHigh=disk, NetworkOutTooHigh=net) == wanted


def test_at_least() -> None:
    # "at least 2 out of the 4 web server CPU alarms are in ALARM state"
    two = "AT_LEAST(2, ALARM, (a, b, c, d))"
    # "at least 50% of the database connection alarms are in OK state"
    half = "AT_LEAST(50%, OK, (a, b, c, d))"
    neither = "AT_LEAST(3, NOT INSUFFICIENT_DATA, (a, b, c, d))"
    for states in product(STATES, repeat=4):
        named = dict(zip("abcd", states, strict=True))
        assert true(two, **named) == (states.count("ALARM") >= 2)
        assert true(half, **named) == (states.count("OK") >= 2)
        assert true(neither, **named) == (states.count("INSUFFICIENT_DATA") <= 1)
    more = "AT_LEAST(2, ALARM, (AZ1Health, AZ2Health, AZ3Health)) AND NOT ALARM(MaintenanceWindow)"
    assert true(more, AZ1Health="ALARM", AZ2Health="ALARM", AZ3Health="OK", MaintenanceWindow="OK")
    # A third of three is one, and 34% is two.
    assert true("AT_LEAST(33%, ALARM, (a, b, c))", a="ALARM", b="OK", c="OK")
    assert not true("AT_LEAST(34%, ALARM, (a, b, c))", a="ALARM", b="OK", c="OK")


def test_truth() -> None:
    assert true("TRUE")
    assert not true("FALSE")
    # "change the AlarmRule of one of the alarms to False"
    assert not true("False")
    assert true("NOT FALSE AND TRUE")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('ALARM("a b, (c)")', "a b, (c)"),
        (r'ALARM("say \"hi\" \\ x")', r'say "hi" \ x'),
        ("ALARM(shop-errors/é)", "shop-errors/é"),
        ("ALARM( AND )", "AND"),
        ('OK("OK")', "OK"),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop:errors)", "shop:errors"),
        ('INSUFFICIENT_DATA("arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a b")', "a b"),
    ],
)
def test_alarms_are_referred_to_by_name_or_arn(text: str, name: str) -> None:
    assert alarms_of(parse(text)) == (name,)


def test_not_binds_stronger_than_and_and_than_or() -> None:
    for a, b, c in product((True, False), repeat=3):
        states = {name: "ALARM" if value else "OK" for name, value in zip("abc", (a, b, c), strict=True)}
        assert true("ALARM(a) OR ALARM(b) AND NOT ALARM(c)", **states) == (a or (b and not c))
        assert true("NOT ALARM(a) AND ALARM(b) OR ALARM(c)", **states) == ((not a and b) or c)
        assert true("NOT (ALARM(a) OR ALARM(b))", **states) == (not (a or b))


_rules = st.recursive(
    st.sampled_from(["ALARM(a)", 'ALARM("b")', "TRUE", "FALSE"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("NOT ({})".format),
    ),
    max_leaves=10,
)


@given(_rules, st.booleans(), st.booleans())
def test_rules_mean_what_python_s_operators_mean(text: str, a: bool, b: bool) -> None:
    python = text
    for mine, its in (("ALARM(a)", str(a)), ('ALARM("b")', str(b)), ("TRUE", "True"), ("FALSE", "False")):
        python = python.replace(mine, its)
    for word in ("AND", "OR", "NOT"):
        python = python.replace(word, word.lower())
    assert true(text, a="ALARM" if a else "OK", b="ALARM" if b else "OK") == eval(python)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the rule `` cannot be read: it ends where a condition is expected"),
        ("ALARM(a", "the rule `ALARM(a` cannot be read: `)` is missing at its end"),
        ("ALARM(a) ALARM(b)", "the rule `ALARM(a) ALARM(b)` cannot be read: `ALARM` at character 10 cannot stand there"),
        ("ALARM(a) and ALARM(b)", "the rule `ALARM(a) and ALARM(b)` cannot be read: `and` at character 10 cannot stand there"),
        ("alarm(a)", "the rule `alarm(a)` cannot be read: `alarm` at character 1 cannot stand there"),
        ("ALARM()", "the rule `ALARM()` cannot be read: `)` at character 7 cannot stand there, where the name of an alarm is"),
        ('ALARM("a)', 'the rule `ALARM("a)` cannot be read: a quoted name has no end'),
        ("AT_LEAST(3, ALARM, (a, b))", "the rule `AT_LEAST(3, ALARM, (a, b))` cannot be read: AT_LEAST wants 3 of 2 alarms"),
        ("AT_LEAST(101%, OK, (a))", "the rule `AT_LEAST(101%, OK, (a))` cannot be read: AT_LEAST wants 101% of 1 alarms"),
        ("AT_LEAST(1, a)", "the rule `AT_LEAST(1, a)` cannot be read: `a` at character 13 cannot stand there, where one of OK, "),
        ("AT_LEAST(x, OK, (a))", "the rule `AT_LEAST(x, OK, (a))` cannot be read: `x` at character 10 cannot stand there, where"),
        ("ALARM(" + "a" * 10_300 + ")", "the rule has 10307 characters; 10240 are allowed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text: str, said: str) -> None:
    with pytest.raises(RuleError) as error:
        parse(text)
    assert str(error.value).startswith(said)


def test_limits() -> None:
    with pytest.raises(RuleError, match="it has 101 alarms; 100 are allowed"):
        parse(" OR ".join(f"ALARM(a{n})" for n in range(101)))
    parse(" OR ".join(f"ALARM(a{n})" for n in range(100)))
    with pytest.raises(RuleError, match="it has more than 500 elements"):
        parse(" AND ".join(["TRUE"] * 501))
    with pytest.raises(RuleError, match="it is nested more than 100 deep"):
        parse("(" * 200 + "TRUE" + ")" * 200)


def test_an_alarm_without_a_state_is_unknown() -> None:
    with pytest.raises(RuleError, match="there is no alarm `b`"):
        true("ALARM(a) OR ALARM(b)", a="OK")
