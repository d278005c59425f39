"""`routing` and `re2` held against Alertmanager's own packages: receivers with their settings, windows, inhibitions, regexes.

`make fuzz` builds the program that these tests ask (alertmanager/main.go); without it they are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitorspec import re2, routing
from monitorspec.plan import Window
from monitorspec.promql import regex
from monitorspec.resolve.matches import parse_matcher
from monitorspec.targets.alertmanager import configuration
from monitorspec.yamltext import dump
from tests.oracle import questions
from tests.oracle.writer import Writer
from tests.routing_plans import plan, route, target

pytestmark = pytest.mark.skipif(not questions.PROGRAM.exists(), reason="make fuzz builds amcheck")
seeds = pytest.mark.parametrize("seed", questions.seeds())
# What newer releases take and older ones do not, and what is not evaluated here.
NOT_REFUSED = ("older releases", "cannot be evaluated", "within each other")
START = datetime(2024, 1, 1, tzinfo=UTC)
NEWEST = (99, 0)
OLDEST = (0, 25)


@seeds
def test_receivers_and_their_settings(seed: int) -> None:
    writer, asked, cases = Writer(seed), [], []
    for _ in range(questions.share(2_000) // 4 + 1):
        hints: dict[str, list[str]] = {}
        made = writer.plan(hints)
        sets = [writer.labels(hints) for _ in range(4)]
        cases.append((made, sets))
        asked.append({"config": dump(configuration(made, routing.router(made).tree)), "routed": sets})
    for (made, sets), question, answer in zip(cases, asked, questions.ask(asked), strict=True):
        assert "error" not in answer, (answer, question["config"])
        for labels, said in zip(sets, answer["routed"], strict=True):
            expected = [
                (t["receiver"], t["wait"], t["interval"], t["repeat"], t["by"], t["active"] or [], t["muted"] or [])
                for t in said
                if t["receiver"] != routing.nobody(made)
            ]
            got = [
                (
                    n.receiver, n.group_wait, n.group_interval, n.repeat_interval, sorted(set(n.group_by)), list(n.active),
                    list(n.muted),
                )
                for n in routing.receivers_of(made, labels)
            ]  # fmt: skip
            assert got == expected, f"seed {seed}: {labels}\n{question['config']}"


@seeds
def test_windows_at_any_time(seed: int) -> None:
    writer, asked, cases = Writer(seed), [], []
    for _ in range(questions.share(4_000) // 20 + 1):
        window = writer.window("w")
        times = [_instant(writer) for _ in range(20)]
        cases.append((window, times))
        asked.append({"windows": _intervals(window), "times": [int(at.timestamp()) for at in times]})
    for (window, times), answer in zip(cases, questions.ask(asked), strict=True):
        assert "error" not in answer, (answer, window)
        for at, newest, oldest in zip(times, answer["newest"], answer["oldest"], strict=True):
            assert routing.in_window(window, at) is newest, (seed, window, at)
            assert routing.in_window(window, at, NEWEST) is newest, (seed, window, at)
            assert routing.in_window(window, at, OLDEST) is oldest, (seed, window, at)


def _instant(writer: Writer) -> datetime:
    """A second of the next years; many are at the edges of hours and days, and near those of months."""
    at = START + timedelta(seconds=writer.randrange(7 * 366 * 86_400))
    kind = writer.randrange(4)
    if kind == 0:
        at = at.replace(minute=writer.choice((0, 15, 30, 45)), second=0) - timedelta(seconds=writer.randrange(2))
    elif kind == 1:
        at = at.replace(day=1) + timedelta(days=writer.randint(-4, 1))
    return at


def _intervals(window: Window) -> str:
    made = plan(route("", (), [], [route("a", (), [], ())]), windows=[window])
    made = made._replace(root=made.root._replace(targets=(target("p", active=[window.name]),)))
    (interval,) = configuration(made, routing.router(made).tree)["time_intervals"]
    return dump(interval["time_intervals"])


@seeds
def test_inhibitions(seed: int) -> None:
    writer, asked, cases, found = Writer(seed), [], [], 0
    for _ in range(questions.share(2_000) // 4 + 1):
        hints: dict[str, list[str]] = {}
        made = plan(route("", (), ["p"]), inhibits=writer.inhibits(hints))
        firing = [dict(pairs) for pairs in {tuple(sorted(writer.labels(hints).items())) for _ in range(4)}]
        cases.append((made, firing))
        asked.append({"config": dump(configuration(made, routing.router(made).tree)), "firing": firing})
    for (made, firing), answer in zip(cases, questions.ask(asked), strict=True):
        assert "error" not in answer, answer
        for labels, by in zip(firing, answer["inhibited"], strict=True):
            rule = routing.inhibited(made, labels, firing)
            assert (rule is not None) is (by >= 0), (seed, made.inhibits, labels, firing)
            if rule is not None:
                # The alert that Alertmanager names is one that this very rule has as a source.
                found += 1
                only = made._replace(inhibits=(rule,))
                assert routing.inhibited(only, labels, [firing[by]]) is rule, (seed, rule, labels, firing[by])
    assert found


@seeds
def test_regular_expressions(seed: int) -> None:
    writer, asked, compared = Writer(seed), list[dict[str, Any]](), 0
    for _ in range(questions.share(8_000) // 6 + 1):
        pattern, sample = writer.regex()
        texts = [sample, "", sample.swapcase(), writer.value(), f"{sample}\n", writer.regex()[1]]
        asked.append({"pattern": pattern, "texts": texts})
    for question, answer in zip(asked, questions.ask(asked), strict=True):
        pattern, problem = question["pattern"], re2.problem(question["pattern"])
        read = regex.compiled(pattern)
        if "error" in answer:
            assert problem == read, (seed, pattern, answer)
        elif problem:
            assert any(said in problem.message for said in NOT_REFUSED), (seed, pattern, problem)
        else:
            for text, matches in zip(question["texts"], answer["matches"], strict=True):
                assert re2.matcher(pattern)(text) is matches, (seed, pattern, text)
                compared += 1
            assert isinstance(read, regex.Pattern)
            assert read.matches_empty is answer["matches"][question["texts"].index("")], (seed, pattern)
            assert all(map(re2.matcher(pattern), read.samples)), (seed, pattern)
            for text, groups in zip(question["texts"], answer["groups"], strict=True):
                for number, group in enumerate(groups or [None]):
                    assert read.replaced(text, f"${{{number}}}") == group, (seed, pattern, text, number)
    assert compared


@seeds
def test_matchers_as_users_write_them(seed: int) -> None:
    writer, read = Writer(seed), 0
    asked = [{"matcher": writer.written_matcher()} for _ in range(questions.share(4_000))]
    for question, answer in zip(asked, questions.ask(asked), strict=True):
        ours = parse_matcher(question["matcher"])
        if "error" in answer:
            # A pattern that cannot be compiled is found after parsing.
            assert ours is None or re2.problem(ours.value), (seed, question, answer, ours)
        else:
            assert ours == tuple(answer["matcher"]), (seed, question, answer, ours)
            read += 1
    assert read


def test_letters_without_regard_to_case() -> None:
    """Every letter with every other form of it, and with some that are not."""
    asked, ours = [], []
    for letter in filter(str.isalpha, map(chr, range(0x1_E944))):
        if letter == letter.lower() == letter.upper() == letter.casefold():
            continue
        alike = {
            letter,
            letter.lower()[0],
            letter.upper()[0],
            letter.title()[0],
            letter.casefold()[0],
            *"iIıİkKKsSſßẞåÅ",
        }
        asked.append({"pattern": f"(?i)[{letter}]", "texts": sorted(alike)})
        ours.append([re2.matcher(asked[-1]["pattern"])(text) for text in sorted(alike)])
    wrong = [
        (question["pattern"], json.dumps(question["texts"]), mine, answer["matches"])
        for question, mine, answer in zip(asked, ours, questions.ask(asked), strict=True)
        if mine != answer["matches"]
    ]
    assert not wrong
