"""Plans and alerts at random, full of what is easily misread: for tests that hold `routing` against Alertmanager.

In: a seed. Out: regular expressions, matchers, route trees, mutes, windows, inhibitions, label sets. The same seed makes
the same of each, on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from monitorspec import re2
from monitorspec.plan import Inhibit, Matcher, Mute, Plan, Route, Span, Target, Window, WindowPart
from tests.routing_plans import ALWAYS, NEVER, plan, target

LABELS = ("a", "b", "_c", "alertname", "severity")
RECEIVERS = ("p", "q", "r s", "é\"'", "#x", "{y}", "null", "0x1", "a: b", "\\")
VALUES = (
    "1", "2", "12", "abc", "ABC", "AbC", "a", "A", "é", "É", "ß", "ς", "σ", "Σ", "ſ", "K", "İ", "ı", "i", "I", "🙂",
    'a"b', '"', "a\\b", "\\", "\\n", "a\nb", "\n", "a\n", "a,b", "{a}", "a=b", " a ", "\t", "#a", "*", "a.b", "$", "^",
    "a|b", "null", "true", "0x1", "1e3", "~", "-", "a: b", "{{ x }}", "${x}", "%", "é\u2028ü", "\u00a0", "\ufeffa",
    "\u0301", "٣", "\x7f", "'", "''", "web-1", "web-12", "x" * 70, "a b" * 30,
)  # fmt: skip
CHARACTERS = "aAbBcC123 éÉßſKİıiI🙂\n\"'-_/,:=<>#&~@!%ςσ;"
SPECIAL = ".+*?()|[]{}^$\\"
# What stands for one character, with one that it matches.
ATOMS = (
    (".", "a"), (".", "\n"), (r"\d", "1"), (r"\D", "a"), (r"\w", "b"), (r"\w", "é"), (r"\W", " "), (r"\W", "é"),
    (r"\s", " "), (r"\s", "\v"), (r"\s", "\u00a0"), (r"\S", "é"), (r"\S", "\v"), (r"\x41", "A"), (r"\x{e9}", "é"),
    (r"\x{1F642}", "🙂"), (r"\101", "A"), (r"\n", "\n"), (r"\t", "\t"), (r"\v", "\v"), (r"\a", "\a"), (r"\_", "_"),
    (r"\-", "-"), (r"\ ", " "), (r"\%", "%"), (r"\"", '"'), ("[a-c]", "b"), ("[^a]", "b"), ("[^a]", "\n"),
    ("[^a-c]", "A"), ("[]a]", "]"), ("[^]a]", "b"), ("[a-]", "-"), ("[-a]", "-"), ("[a&&b]", "&"), ("[a||b]", "|"),
    ("[a~~b]", "~"), ("[[a]", "["), (r"[\]\\]", "\\"), (r"[\d\-x]", "-"), (r"[\w.]", "."),
    ("[[:alpha:]]", "a"), ("[[:upper:]]", "a"), ("[[:^alpha:]]", "1"), ("[[:punct:]]", "$"), ("[[:space:]]", "\v"),
    ("[[:word:]é]", "é"), ("[+--]", ","), ("[é-ü]", "ê"), ("[α-ρ]", "σ"), ("[α-ς]", "σ"), ("[A-Z]", "i"),
    ("[^i]", "İ"), ("[^İ]", "i"), ("[ı]", "I"), ("[J-L]", "K"), ("[R-T]", "ſ"), ("[ž-ƀ]", "s"), ("i", "İ"),
    ("i", "ı"), ("I", "ı"), ("İ", "i"), ("ı", "I"), ("k", "K"), ("s", "ſ"), ("ß", "ẞ"),
    ("[$^.]", "^"), (r"[\x00-\x7f]", "\x7f"), (r"[^\w]", "é"), (r"[\W]", " "), (r"[^\D]", "1"), (r"\pL", "é"),
    (r"[\pL]", "é"), (r"\PL", "1"), ("{", "{"), ("}", "}"), ("{,2}", "{,2}"), ("{a}", "{a}"), ("{1", "{1"),
    ("]", "]"),
)  # fmt: skip
PLAIN = (
    ("1|2", "2"), (".+", "1"), (".*", ""), ("", ""), ("1.*", "12"), ("[12]{2}", "12"), ("(?i)abc|x", "ABC"), ("a|", ""),
)  # fmt: skip
EMPTY = (
    r"\b", r"\B", r"\A", r"\z", "^", "$", "", r"\Q\E", "()", "(?:)", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i)", "(?)",
)  # fmt: skip
REPEATS = (
    "*", "+", "?", "*?", "+?", "??", "{0}", "{1}", "{2}", "{0,2}", "{1,}", "{1,3}?", "{01}", "{,3}", "**", "*+",
    "{2}{2}",
)  # fmt: skip
FLAGS = ("i", "s", "m", "U", "is", "i-s", "-i", "-s", "-m", "im", "")
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo",
    "America/Sao_Paulo", "America/St_Johns", "Asia/Tokyo", "Europe/London", "Africa/Casablanca", "Asia/Tehran", "",
)  # fmt: skip
OPERATORS = ("=", "!=", "=~", "!~")

T = TypeVar("T")


class Writer(random.Random):
    """Writes what it is asked for, each time another."""

    # ---- regular expressions

    def regex(self, depth: int = 2) -> tuple[str, str]:
        """A pattern in Go's syntax, or nearly, and a text that it likely matches."""
        several = [self._sequence(depth) for _ in range(self.choice((1, 1, 1, 2, 3)))]
        pattern, sample = "|".join(p for p, _ in several), self.choice(several)[1]
        if self.random() < 0.03 and pattern:
            at = self.randrange(len(pattern))
            pattern = pattern[:at] + self.choice(("", *SPECIAL, "(?", "[:", ":]", "\\")) + pattern[at + 1 :]
        return pattern, sample

    def _sequence(self, depth: int) -> tuple[str, str]:
        parts = [self._repeated(depth) for _ in range(self.choice((0, 1, 1, 2, 2, 3, 4)))]
        return "".join(p for p, _ in parts), "".join(s for _, s in parts)

    def _repeated(self, depth: int) -> tuple[str, str]:
        pattern, sample = self._piece(depth)
        if self.random() < 0.3:
            repeat = self.choice(REPEATS)
            return pattern + repeat, sample * self.choice((0, 1, 1, 2, 3))
        return pattern, sample

    def _piece(self, depth: int) -> tuple[str, str]:
        kind = self.random()
        if depth and kind < 0.15:
            pattern, sample = self.regex(depth - 1)
            opening = self.choice(
                ("(", "(", "(?:", "(?P<n>", "(?<n>", f"(?{self.choice(FLAGS)}:", f"(?{self.choice(FLAGS)})", "(?=")
            )
            return opening + pattern + ")" * (not opening.endswith(")")), self._recased(sample)
        if kind < 0.4:
            return self.choice(ATOMS)
        if kind < 0.5:
            return self.choice(EMPTY), ""
        text = "".join(self.choice(CHARACTERS) for _ in range(self.choice((1, 1, 2, 3))))
        if kind < 0.55:
            text += self.choice(SPECIAL)
            return f"\\Q{text}\\E", text
        if kind < 0.65:
            special = self.choice(SPECIAL)
            return f"\\{special}", special
        return text, self._recased(text)

    def _recased(self, text: str) -> str:
        return self.choice((text, text, text.upper(), text.lower(), text.swapcase()))

    # ---- matchers and label sets

    def value(self) -> str:
        return self.choice(VALUES)

    def known_regex(self) -> tuple[str, str]:
        """A pattern that a spec may use."""
        while True:
            pattern, sample = self.regex() if self.random() < 0.7 else self.choice(PLAIN)
            if not re2.problem(pattern):
                return pattern, sample

    def matcher(self) -> tuple[Matcher, str]:
        """A matcher, and a value of its label that makes a difference to it."""
        label, op = self.choice(LABELS), self.choice(OPERATORS)
        value, sample = self.known_regex() if "~" in op else (self.choice(("", self.value(), self.choice("12"))),) * 2
        return Matcher(label, op, value), sample

    def written_matcher(self) -> str:
        """A matcher as users write it: quoted or not, escaped rightly or not, with blanks anywhere."""
        value = self.choice(
            (self.value(), "".join(self.choice('ab\\\\"n1 .=~,{}é\n') for _ in range(self.randrange(6))))
        )
        if self.random() < 0.6:
            escaped = value.replace("\\", "\\\\") if self.random() < 0.5 else value
            value = f'"{escaped.replace(chr(34), chr(92) + chr(34))}"'
        label = self.choice((*LABELS, "", "1a", "é", "a-b"))
        parts = ("", label, self.choice((*OPERATORS, "==", "~")), value, "")
        return "".join(part + self.choice(("", "", "", " ", "\n", "\t ", "\u00a0", "\v")) for part in parts)

    def matchers(self, least: int, most: int, hints: dict[str, list[str]]) -> tuple[Matcher, ...]:
        """Several matchers; `hints` gains values to try."""
        out = []
        for _ in range(self.randint(least, most)):
            matcher, sample = self.matcher()
            hints.setdefault(matcher.label, []).append(sample)
            out.append(matcher)
        return tuple(out)

    def labels(self, hints: dict[str, list[str]]) -> dict[str, str]:
        """A label set: some labels are missing, some empty, most have values that matchers ask for."""
        out = {}
        for label in LABELS:
            kind = self.random()
            if kind < 0.6 and label in hints:
                out[label] = self.choice(hints[label])
            elif kind < 0.8:
                out[label] = self.choice(("", self.value(), self.choice("12")))
        return out

    # ---- trees

    def plan(self, hints: dict[str, list[str]], depth: int = 3) -> Plan:
        """A route tree with windows and mutes."""
        mutes = [
            Mute(
                f"m{n}",
                tuple(self.matchers(0, 2, hints) for _ in range(self.choice((1, 1, 2)))),
                self.choice(("always", "never", "w")),
                (),
            )
            for n in range(self.choice((0, 0, 1, 2)))
        ]
        root = self._route("", (), depth, hints, self.choice((0, 1, 1, 2, 3)))
        return plan(root, mutes=mutes, windows=(ALWAYS, NEVER, self.window("w")))

    def _route(
        self, name: str, matchers: tuple[Matcher, ...], depth: int, hints: dict[str, list[str]], targets: int
    ) -> Route:
        finer = [
            self._route(
                f"{name}{n}",
                self.matchers(self.choice((0, *[1] * 9)), 2, hints),
                depth - 1,
                hints,
                self.choice((0, 1, 1, 1, 2, 3)),
            )
            for n in range(self.choice((0, 1, 2, 3, 4)) if depth else 0)
        ]
        return Route(
            name=name,
            matchers=matchers,
            targets=tuple(self._target() for _ in range(targets)),
            group_by=self._sometimes((("a",), ("alertname", "b"), ("...",), ())),
            group_wait=self._sometimes((0, 1_000, 90_000)),
            group_interval=self._sometimes((1_000, 3_600_000)),
            repeat_interval=self._sometimes((60_000, 86_400_000)),
            continue_=self.random() < 0.35,
            routes=tuple(finer),
            origin=(),
        )

    def _sometimes(self, values: Sequence[T]) -> T | None:
        return self.choice((None, None, *values))

    def _target(self) -> Target:
        after = self.choice((0, 0, 0, 900_000, 5_400_000))
        repeat = self._sometimes((7_200_000,))
        return target(self.choice(RECEIVERS), after, repeat, self._windows(), self._windows())

    def _windows(self) -> tuple[str, ...]:
        return self.choice(((), (), (), ("always",), ("never",), ("w",)))

    # ---- windows

    def window(self, name: str) -> Window:
        return Window(name, tuple(self.part() for _ in range(self.choice((1, 1, 2)))), ())

    def part(self) -> WindowPart:
        """Any part that a spec's window can become."""
        return WindowPart(
            days=self._spans(lambda: self._span(0, 6)),
            minutes=self._spans(lambda: self._span(0, 1440, 1)),
            dates=self._spans(self._dates),
            months=self._spans(lambda: self._span(1, 12)),
            tz=self.choice(ZONES),
        )

    def _spans(self, make: Callable[[], Span]) -> tuple[Span, ...]:
        return tuple(make() for _ in range(self.choice((0, 0, 1, 1, 2))))

    def _span(self, low: int, high: int, least: int = 0) -> Span:
        start = self.randint(low, high - least)
        return Span(start, self.choice((start + least, self.randint(start + least, high))))

    def _dates(self) -> Span:
        kind = self.randrange(4)
        if kind == 0:
            return self._span(1, 31)
        if kind == 1:
            return self._span(-31, -1)
        if kind == 2:
            day = self.choice((-1, -2, -31, -30, -28, 1, 28, 29, 30, 31))
            return Span(day, day)
        start = self.randint(1, 27)
        return Span(start, self.randint(start - 28, -1))

    # ---- inhibitions

    def inhibits(self, hints: dict[str, list[str]]) -> list[Inhibit]:
        return [self._inhibit(f"i{n}", hints) for n in range(self.choice((1, 1, 2, 3)))]

    def _inhibit(self, name: str, hints: dict[str, list[str]]) -> Inhibit:
        source, target = self.matchers(1, 2, hints), self.matchers(1, 2, hints)
        if self.random() < 0.15:
            target = source
        equal = self.sample(LABELS, self.choice((0, 1, 1, 2)))
        return Inhibit(name, source, target, tuple(equal), ())
