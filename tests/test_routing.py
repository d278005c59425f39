"""Who is told: corners of Alertmanager's matching, of windows, mutes and inhibition."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitorspec import re2, routing
from monitorspec.plan import Inhibit, Matcher, Mute, Plan, Route, Span, Window, WindowPart
from tests.routing_plans import ALWAYS, NEVER, eq, plan, route, target

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


def told(p: Plan, at: datetime | None = None, **labels: str) -> list[str]:
    return [n.receiver for n in routing.receivers_of(p, labels, at) if not n.silenced_by]


# ---- the tree


def test_first_match_among_siblings_takes_the_alert() -> None:
    p = plan(route("", (), ["chat"], [route("a", [eq("x", "1")], ["one"]), route("b", [eq("x", "1")], ["two"])]))
    assert told(p, x="1") == ["one"]
    assert told(p, x="2") == ["chat"]


def test_continue_tries_the_siblings_behind() -> None:
    finer = [route("a", [eq("x", "1")], ["one"], continue_=True), route("b", [eq("y", "1")], ["two"])]
    p = plan(route("", (), ["chat"], finer))
    assert told(p, x="1", y="1") == ["one", "two"]
    # A route that continues is told, but takes nothing: whether there is one target or several.
    assert told(p, x="1") == ["one", "chat"]
    assert told(plan(route("", (), ["chat", "mail"], finer)), x="1") == ["one", "chat", "mail"]


def test_own_targets_are_not_told_what_a_finer_route_took() -> None:
    p = plan(
        route("", (), ["chat"], [route("a", [eq("x", "1")], ["one", "two"], [route("b", [eq("y", "1")], ["three"])])])
    )
    assert told(p, x="1", y="1") == ["three"]
    assert told(p, x="1") == ["one", "two"]


def test_a_route_without_targets_tells_those_around_it() -> None:
    p = plan(route("", (), ["chat", "mail"], [route("a", [eq("x", "1")], [], [route("b", [eq("y", "1")], ["one"])])]))
    assert told(p, x="1") == ["chat", "mail"]
    assert told(p, x="1", y="1") == ["one"]


def test_root_without_targets_tells_nobody() -> None:
    p = plan(route("", (), [], [route("a", [eq("x", "1")], ["one"])]))
    assert told(p) == []
    assert told(p, x="1") == ["one"]
    assert routing.compile_tree(p).receiver == "nobody"


def test_the_receiver_for_nobody_is_no_declared_one() -> None:
    p = plan(route("", (), [], [route("a", [eq("x", "1")], ["nobody"])]))
    assert told(p) == []
    assert told(p, x="1") == ["nobody"]


@pytest.mark.parametrize(
    ("matcher", "labels", "holds"),
    [
        (Matcher("sev", "=~", "crit"), {"sev": "critical"}, False),  # anchored
        (Matcher("sev", "=~", "crit.*"), {"sev": "critical"}, True),
        (Matcher("sev", "=~", "a|b"), {"sev": "ab"}, False),
        (Matcher("team", "!=", "x"), {}, True),  # a missing label is ""
        (Matcher("team", "=", ""), {}, True),
        (Matcher("team", "=~", ".*"), {}, True),
        (Matcher("team", "=~", ".+"), {}, False),
        (Matcher("team", "!~", "x|y"), {}, True),
        (Matcher("team", "!~", "x|y"), {"team": "y"}, False),
    ],
)
def test_matchers(matcher: Matcher, labels: dict[str, str], holds: bool) -> None:
    assert routing.matches([matcher], labels) is holds


def test_escalations_and_their_times() -> None:
    targets = [target("chat"), target("lead", 900_000, 3_600_000)]
    p = plan(
        route("", (), ["chat"], [route("page", [eq("x", "1")], targets, group_wait=10_000)], group_by=("alertname",))
    )
    chat, lead = routing.receivers_of(p, {"x": "1"})
    assert (chat.receiver, chat.after, chat.group_wait, chat.repeat_interval) == ("chat", 0, 10_000, 14_400_000)
    assert (lead.receiver, lead.after, lead.group_wait, lead.repeat_interval) == ("lead", 900_000, 900_000, 3_600_000)
    assert chat.group_by == lead.group_by == ("alertname",)
    assert chat.route == ("page",)


def test_settings_of_a_target_do_not_reach_finer_routes() -> None:
    finer = route("b", [eq("y", "1")], ["two"])
    p = plan(route("", (), ["chat"], [route("a", [eq("x", "1")], [target("one", 900_000, 60_000)], [finer])]))
    (two,) = routing.receivers_of(p, {"x": "1", "y": "1"})
    assert (two.receiver, two.group_wait, two.repeat_interval) == ("two", 30_000, 14_400_000)


def test_one_receiver_told_twice_is_two_notifications() -> None:
    # Alertmanager keeps one log entry for each set of matchers and receiver; with equal matchers the second message of
    # the same receiver counts as sent.
    p = plan(route("", (), [target("oncall"), target("oncall", 900_000), target("oncall", 900_000)]))
    leaves = [n for n in routing.leaves(routing.compile_tree(p)) if n.receiver == "oncall"][1:]
    assert len({n.matchers for n in leaves}) == 3
    for labels in ({}, {"escalation": "x"}, {"escalation": "a\nb"}):
        assert [n.receiver for n in routing.receivers_of(p, labels)] == ["oncall"] * 3


# ---- windows on routes


def test_active_and_otherwise() -> None:
    targets = [target("day", active=["office"]), target("night", muted=["office"])]
    p = plan(route("", (), ["chat"], [route("a", [eq("x", "1")], targets)]), windows=[OFFICE])
    assert told(p, NOON, x="1") == ["day"]
    assert told(p, NOON + timedelta(hours=10), x="1") == ["night"]
    assert told(p, None, x="1") == ["day", "night"]
    silent = [n.silenced_by for n in routing.receivers_of(p, {"x": "1"}, NOON)]
    assert silent == ["", "office"]


def test_a_silent_route_still_takes_the_alert() -> None:
    finer = [route("a", [eq("x", "1")], [target("one", active=["never"])]), route("b", [eq("x", "1")], ["two"])]
    assert told(plan(route("", (), ["chat"], finer)), NOON, x="1") == []


def test_windows_of_the_root_apply_to_what_it_tells_only() -> None:
    p = plan(route("", (), [target("chat", muted=["always"])], [route("a", [eq("x", "1")], ["one"])]))
    assert told(p, NOON) == []
    assert told(p, NOON, x="1") == ["one"]
    root = routing.compile_tree(p)
    assert (root.active, root.muted, root.matchers) == ((), (), ())


# ---- mutes


def _mute(window: str, *any_of: tuple[Matcher, ...]) -> Mute:
    return Mute(f"mute-{window}", any_of, window, ())


def test_mute_silences_every_receiver_of_what_it_matches() -> None:
    root = route(
        "", (), ["chat"], [route("a", [eq("x", "1")], ["one", "two"], [route("b", [eq("y", "1")], ["three"])])]
    )
    p = plan(root, mutes=[_mute("always", (eq("disk", "1"),), (eq("cpu", "1"),))])
    for labels in ({}, {"x": "1"}, {"x": "1", "y": "1"}):
        assert told(p, NOON, **labels) == told(plan(root), NOON, **labels) != []
        assert told(p, NOON, disk="1", **labels) == []
        assert told(p, NOON, cpu="1", **labels) == []


def test_overlapping_mutes_add_up() -> None:
    mutes = [_mute("never", (eq("x", "1"),)), _mute("always", (eq("y", "1"),))]
    for order in (mutes, mutes[::-1]):
        p = plan(route("", (), ["chat"]), mutes=order)
        assert told(p, NOON, x="1") == ["chat"]
        assert told(p, NOON, y="1") == []
        assert told(p, NOON, x="1", y="1") == []
        (both,) = routing.receivers_of(p, {"x": "1", "y": "1"})
        assert set(both.muted) == {"never", "always"}


def test_a_muted_route_keeps_its_place_in_the_tree() -> None:
    finer = [route("a", [eq("x", "1")], ["one"]), route("b", [eq("x", "1")], ["two"])]
    p = plan(route("", (), ["chat"], finer), mutes=[_mute("always", (eq("x", "1"), eq("y", "1")))])
    assert told(p, NOON, x="1", y="1") == []
    assert told(p, NOON, x="1") == ["one"]


def test_mutes_that_cannot_apply_cost_no_nodes() -> None:
    mutes = [_mute("always", (eq("alertname", f"A{n}"),)) for n in range(40)]
    p = plan(route("", (), ["chat"], [route("a", [eq("alertname", "A7")], ["one"])]), mutes=mutes)
    assert len(list(routing.leaves(routing.compile_tree(p)))) < 50


# ---- windows

OFFICE = Window("office", (WindowPart((Span(1, 5),), (Span(480, 1080),), (), (), "UTC"),), ())


def _window(**part: object) -> Window:
    base = WindowPart((), (), (), (), "UTC")
    return Window("w", (base._replace(**part),), ())  # type: ignore[arg-type]


def test_hours_end_before_their_end() -> None:
    assert not routing.in_window(OFFICE, datetime(2026, 3, 4, 7, 59, 59, tzinfo=UTC))
    assert routing.in_window(OFFICE, datetime(2026, 3, 4, 8, 0, tzinfo=UTC))
    assert routing.in_window(OFFICE, datetime(2026, 3, 4, 17, 59, 59, tzinfo=UTC))
    assert not routing.in_window(OFFICE, datetime(2026, 3, 4, 18, 0, tzinfo=UTC))
    assert not routing.in_window(OFFICE, datetime(2026, 3, 7, 12, 0, tzinfo=UTC))  # Saturday


def test_the_day_is_that_of_the_zone() -> None:
    sunday = _window(days=(Span(0, 0),), tz="Pacific/Auckland")
    assert routing.in_window(sunday, datetime(2026, 3, 7, 12, 0, tzinfo=UTC))  # already Sunday in Auckland
    assert not routing.in_window(sunday, datetime(2026, 3, 8, 12, 0, tzinfo=UTC))


def test_summer_time() -> None:
    berlin = _window(minutes=(Span(480, 1080),), tz="Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    assert routing.in_window(berlin, datetime(2026, 1, 15, 7, 0, tzinfo=UTC))  # 08:00 in winter
    assert not routing.in_window(berlin, datetime(2026, 7, 15, 16, 0, tzinfo=UTC))  # 18:00 in summer
    assert routing.in_window(berlin, datetime(2026, 7, 15, 6, 0, tzinfo=UTC))  # 08:00 in summer
    # 02:00-03:00 does not exist on the last Sunday of March, and comes twice on that of October.
    night = _window(minutes=(Span(120, 180),), tz="Europe/Berlin")
    march = [datetime(2026, 3, 28, 23, 0, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(12)]
    october = [datetime(2026, 10, 24, 22, 0, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(12)]
    assert sum(routing.in_window(night, at) for at in march) == 0
    assert sum(routing.in_window(night, at) for at in october) == 4
    assert all(at.astimezone(zone).hour == 2 for at in october if routing.in_window(night, at))


def test_over_midnight_is_two_parts() -> None:
    # fri 22:00-06:00, as resolve splits it
    base = WindowPart((), (), (), (), "UTC")
    friday = Window("w", (base._replace(days=(Span(5, 5),), minutes=(Span(1320, 1440),)),
                          base._replace(days=(Span(6, 6),), minutes=(Span(0, 360),))), ())  # fmt: skip
    assert routing.in_window(friday, datetime(2026, 3, 6, 23, 59, tzinfo=UTC))
    assert routing.in_window(friday, datetime(2026, 3, 7, 5, 59, tzinfo=UTC))
    assert not routing.in_window(friday, datetime(2026, 3, 6, 5, 0, tzinfo=UTC))
    assert not routing.in_window(friday, datetime(2026, 3, 7, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("dates", "day", "inside"),
    [
        (Span(-1, -1), (2026, 2, 28), True),
        (Span(-1, -1), (2028, 2, 28), False),  # a leap year
        (Span(-1, -1), (2028, 2, 29), True),
        (Span(-3, -1), (2026, 4, 28), True),
        (Span(-3, -1), (2026, 4, 27), False),
        (Span(1, 31), (2026, 2, 28), True),
        (Span(30, 31), (2026, 2, 28), False),  # begins after the month's end
        (Span(25, -1), (2026, 2, 24), False),
        (Span(25, -1), (2026, 2, 25), True),
        (Span(-31, -28), (2026, 2, 1), True),  # clamped to the month
    ],
)
def test_dates(dates: Span, day: tuple[int, int, int], inside: bool) -> None:
    assert routing.in_window(_window(dates=(dates,)), datetime(*day, 12, tzinfo=UTC)) is inside


@pytest.mark.parametrize(
    ("zone", "month", "last", "short"),
    [
        ("Europe/Berlin", (2026, 3), 31, True),  # summer time begins on the 29th
        ("Europe/Berlin", (2026, 10), 31, False),
        ("America/New_York", (2027, 3), 31, True),
        ("Australia/Sydney", (2026, 10), 31, True),
        ("Europe/Berlin", (2026, 4), 30, False),
        ("UTC", (2026, 3), 31, False),
    ],
)
def test_releases_that_take_a_month_of_fewer_hours_for_one_of_fewer_days(
    zone: str, month: tuple[int, int], last: int, short: bool
) -> None:
    window = _window(dates=(Span(-1, -1),), tz=zone)
    noon = datetime(*month, last, 12, tzinfo=ZoneInfo(zone))
    assert routing.in_window(window, noon)
    assert routing.in_window(window, noon, (0, 35))
    for version in ((0, 25), (0, 34)):
        assert routing.in_window(window, noon, version) is not short
        assert routing.in_window(window, noon - timedelta(days=1), version) is short
        # Not within any range of dates, as Alertmanager cuts them off at the end of what it takes for the month.
        assert routing.in_window(_window(dates=(Span(1, 31),), tz=zone), noon, version) is not short


def test_who_is_told_is_asked_of_the_release_that_the_spec_names() -> None:
    window = _window(dates=(Span(-1, -1),), tz="Europe/Berlin")
    p = plan(route("", (), [], [route("a", [eq("x", "1")], [target("one", active=["w"])])]), windows=[window])
    noon = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert told(p, noon, x="1") == []
    assert told(p._replace(versions=p.versions._replace(alertmanager=(0, 35))), noon, x="1") == ["one"]


def test_all_lists_of_a_part_have_to_hold() -> None:
    w = _window(months=(Span(12, 12),), dates=(Span(24, 26),), minutes=(Span(0, 720),))
    assert routing.in_window(w, datetime(2026, 12, 25, 11, tzinfo=UTC))
    assert not routing.in_window(w, datetime(2026, 12, 25, 13, tzinfo=UTC))
    assert not routing.in_window(w, datetime(2026, 12, 23, 11, tzinfo=UTC))
    assert not routing.in_window(w, datetime(2026, 11, 25, 11, tzinfo=UTC))


def test_a_time_without_a_zone_is_utc() -> None:
    assert routing.in_window(OFFICE, datetime(2026, 3, 4, 12)) is routing.in_window(OFFICE, NOON)
    assert routing.in_window(ALWAYS, NOON)
    assert not routing.in_window(NEVER, NOON)


# ---- inhibition

RULE = Inhibit(
    "r", (eq("severity", "critical"),), (Matcher("severity", "=~", "warning|critical"),), ("alertname", "pod"), ()
)


def test_inhibition() -> None:
    p = plan(route("", (), ["chat"]), inhibits=[RULE])
    source = {"severity": "critical", "alertname": "A", "pod": "1"}
    assert routing.inhibited(p, {"severity": "warning", "alertname": "A", "pod": "1"}, [source]) is RULE
    assert routing.inhibited(p, {"severity": "warning", "alertname": "A", "pod": "2"}, [source]) is None
    assert routing.inhibited(p, {"severity": "info", "alertname": "A", "pod": "1"}, [source]) is None
    assert routing.inhibited(p, {"severity": "warning", "alertname": "A", "pod": "1"}, []) is None


def test_labels_that_both_lack_are_equal() -> None:
    p = plan(route("", (), ["chat"]), inhibits=[RULE])
    assert routing.inhibited(p, {"severity": "warning"}, [{"severity": "critical", "pod": ""}]) is RULE


def test_an_alert_on_both_sides_is_not_silenced_by_its_like() -> None:
    p = plan(route("", (), ["chat"]), inhibits=[RULE])
    alert = {"severity": "critical", "alertname": "A", "pod": "1"}
    assert routing.inhibited(p, alert, [alert]) is None
    one_sided = Inhibit("s", (eq("severity", "critical"),), (eq("team", "a"),), (), ())
    p = plan(route("", (), ["chat"]), inhibits=[one_sided])
    both = {"severity": "critical", "team": "a"}
    assert routing.inhibited(p, both, [both]) is None
    assert routing.inhibited(p, both, [{"severity": "critical"}]) is one_sided


# ---- speed


def test_thousands_of_alerts_are_quick() -> None:
    teams: list[Route] = [
        route(f"t{n}", [eq("team", f"t{n}")], ["one", target("two", active=["always"])]) for n in range(100)
    ]
    p = plan(route("", (), ["chat"], teams), mutes=[_mute("always", (eq("alertname", "X"),))])
    start = time.perf_counter()
    for n in range(8000):
        routing.receivers_of(p, {"team": f"t{n % 100}", "alertname": f"A{n % 50}", "pod": str(n)}, NOON)
    assert time.perf_counter() - start < 3


# ---- regular expressions of Go


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("a\\.b", "a.b", True), ("a\\.b", "axb", False), ("(?i)crit|warn", "WARN", True),
        ("x(?i)crit|warn", "WARN", True), ("x(?i)crit|warn", "Xcrit", False), ("[[:digit:]]+", "42", True),
        ("a$", "a\n", False), ("\\d", "٣", False), ("\\w+", "é", False), ("\\Qa.b\\E", "axb", False),
        ("{,2}", "{,2}", True), ("[a&&b]", "&", True), ("[]a]+", "]a", True), ("\\x{e9}", "é", True),
        ("a{2,}?", "aaa", True), ("(?:a|b)?", "", True), ("a.b", "a\nb", False), ("(?s)a.b", "a\nb", True),
        ("5..|4[0-9]{2}", "404", True), ("(?P<n>a)b", "ab", True), ("a|", "", True), ("\\-\\/", "-/", True),
        # Where Python reads or folds otherwise.
        ("(?i)i", "İ", False), ("(?i)I", "ı", False), ("(?i)[a-z]", "ı", False), ("(?i)k", "K", True),
        ("(?i)[α-ς]", "σ", True), ("(?i)ß", "ẞ", True), ("\\B", "", True), ("\\Qab\\E*", "abb", True),
        ("\\Qab\\E*", "abab", False), ("a{01}", "a{01}", True), ("a{01}", "a", False), ("a\\Q\\E*", "aa", True),
        ("a\\_\\ b", "a_ b", True), ("$*a", "a", True), ("(a+)+", "aaa", True), ("(?:(?:a*)b*)*", "abba", True),
        ("[^\\W]", "a", True), ("[[:^digit:]]", "1", False), ("(?m)a$\nb", "a\nb", True), ("(?-s:a.)b", "a\nb", False),
        ("(?i:a)b", "AB", False), ("(a|(?i)b)c", "BC", False), ("x{0}", "", True), ("(?:a{20}){50}", "a" * 1000, True),
    ],
)  # fmt: skip
def test_regular_expressions(pattern: str, text: str, holds: bool) -> None:
    assert re2.matcher(pattern)(text) is holds


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?<!a)b", "(a)\\1", "(", ")", "a**", "a{1001}", "[z-a]", "[a", "\\y", "(?#x)", "(?x)a", "*", "\\pL", "a|*",
     "\\", "(?<n>a)", "\\Qa", "\\Q\\E*", "(?:a{20}){51}", "[[:x y:]]", "(" * 101 + ")" * 101, "(.{1000}|a{999}){1}" * 4,
     "a{2,1}"],
)  # fmt: skip
def test_what_is_not_go_or_cannot_be_proven_is_refused(pattern: str) -> None:
    assert re2.problem(pattern)
    with pytest.raises(re2.Unsupported):
        re2.matcher(pattern)


@pytest.mark.parametrize("pattern", ["(?:a|a)*b", "(?:a+)+b", "(?:a?){50}a{50}b", "(?:a|aa)+b", ".*.*.*.*.*.*.*.*=b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    start = time.perf_counter()
    assert not re2.matcher(pattern)("a" * 200 + "c")
    assert time.perf_counter() - start < 2
