"""AlarmRule: the condition of a composite alarm over the states of others.

In: a rule's text. Out: its tree, and whether it holds. Syntax: the user guide, "Composite alarms", with its AT_LEAST. It
does not say that NOT binds stronger than AND, and AND than OR; a rule with parentheses leaves nothing open. Limits: the API
reference of PutCompositeAlarm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn, TypeAlias

from monitorspec.alarmstate.errors import RuleError
from monitorspec.alarmstate.verdict import STATES

LENGTH, CHILDREN, ELEMENTS = 10_240, 100, 500
# Deeper rules are not written, and recursive readers of them crash.
NESTING = 100


class Truth(NamedTuple):
    """TRUE or FALSE."""

    value: bool


class Is(NamedTuple):
    """`ALARM("name")`: an alarm is in a state."""

    state: str
    alarm: str


class Not(NamedTuple):
    """NOT."""

    operand: Rule


class AllOf(NamedTuple):
    """Operands of AND."""

    operands: tuple[Rule, ...]


class AnyOf(NamedTuple):
    """Operands of OR."""

    operands: tuple[Rule, ...]


class AtLeast(NamedTuple):
    """`AT_LEAST(2, ALARM, (a, b, c))`; `share` True: `number` is in percent; `negated`: NOT in the state."""

    number: float
    share: bool
    negated: bool
    state: str
    alarms: tuple[str, ...]


Rule: TypeAlias = Truth | Is | Not | AllOf | AnyOf | AtLeast

# Quoted names hold anything, `"` as `\"`; others no spaces, round brackets or commas.
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[(),])|(?P<word>[^\s(),"]+))')
_escaped = re.compile(r"\\(.)").sub
_amount = re.compile(r"(\d+(?:\.\d+)?)(%?)").fullmatch
_arn = re.compile(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)", re.DOTALL).fullmatch


@functools.lru_cache(maxsize=10_000)
def parse(text: str) -> Rule:
    """The tree of a rule; RuleError says what is wrong and where."""
    if len(text) > LENGTH:
        raise RuleError(f"the rule has {len(text)} characters; {LENGTH} are allowed")
    return _Reader(text).whole()


def name_of(reference: str) -> str:
    """The name of an alarm that is referred to by name or ARN."""
    found = _arn(reference)
    return found[1] if found else reference


def alarms_of(rule: Rule) -> tuple[str, ...]:
    """Names of the alarms in a rule, in order of appearance."""
    return tuple(dict.fromkeys(_named(rule)))


def _named(rule: Rule) -> Iterator[str]:
    match rule:
        case Is(_, alarm):
            yield alarm
        case AtLeast(alarms=alarms):
            yield from alarms
        case Not(operand):
            yield from _named(operand)
        case AllOf(operands) | AnyOf(operands):
            for operand in operands:
                yield from _named(operand)


def holds(rule: Rule, states: Mapping[str, str]) -> bool:
    """Whether a rule holds while the alarms are in these states, by name; RuleError for an alarm without one."""
    match rule:
        case Truth(value):
            return value
        case Is(state, alarm):
            return _state(states, alarm) == state
        case Not(operand):
            return not holds(operand, states)
        case AllOf(operands):
            return all(holds(operand, states) for operand in operands)
        case AnyOf(operands):
            return any(holds(operand, states) for operand in operands)
        case AtLeast(number, share, negated, state, alarms):
            found = sum((_state(states, alarm) == state) != negated for alarm in alarms)
            return found * 100 >= number * len(alarms) if share else found >= number


def _state(states: Mapping[str, str], alarm: str) -> str:
    if alarm not in states:
        raise RuleError(f"there is no alarm `{alarm}`")
    return states[alarm]


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._scanned())
        self.at = 0
        self.elements = 0
        self.depth = 0

    def _scanned(self) -> Iterator[_Token]:
        at = 0
        while self.text[at:].strip():
            found = _TOKEN.match(self.text, at)
            if found is None:
                self._fail("a quoted name has no end")
            kind = str(found.lastgroup)
            text = _escaped(r"\1", found[kind][1:-1]) if kind == "quoted" else found[kind]
            yield _Token(kind, text, found.start(kind) + 1)
            at = found.end()

    def whole(self) -> Rule:
        rule = self._any()
        if self.at < len(self.tokens):
            self._unexpected()
        children = len(alarms_of(rule))
        for count, most, what in ((children, CHILDREN, "alarms"), (self.elements, ELEMENTS, "elements")):
            if count > most:
                self._fail(f"it has {count} {what}; {most} are allowed")
        return rule

    def _any(self) -> Rule:
        operands = [self._all()]
        while self._takes("OR"):
            operands.append(self._all())
        return operands[0] if len(operands) == 1 else AnyOf(tuple(operands))

    def _all(self) -> Rule:
        operands = [self._not()]
        while self._takes("AND"):
            operands.append(self._not())
        return operands[0] if len(operands) == 1 else AllOf(tuple(operands))

    def _not(self) -> Rule:
        negated = False
        while self._takes("NOT"):
            negated = not negated
        rule = self._single()
        return Not(rule) if negated else rule

    def _single(self) -> Rule:
        self._counted()
        token = self._next("a condition")
        if token.kind == "sign" and token.text == "(":
            self.depth += 1
            if self.depth > NESTING:
                self._fail(f"it is nested more than {NESTING} deep")
            rule = self._any()
            self._expect(")")
            self.depth -= 1
            return rule
        if token.kind == "word" and token.text in STATES:
            self._expect("(")
            alarm = self._alarm()
            self._expect(")")
            return Is(token.text, alarm)
        if token.kind == "word" and token.text == "AT_LEAST":
            return self._at_least()
        if token.kind == "word" and token.text.upper() in ("TRUE", "FALSE"):
            return Truth(token.text.upper() == "TRUE")
        self.at -= 1
        return self._unexpected()

    def _at_least(self) -> Rule:
        self._expect("(")
        amount = _amount(self._next("a number").text)
        if amount is None:
            self.at -= 1
            return self._unexpected("a number or percentage")
        number, share = float(amount[1]), bool(amount[2])
        self._expect(",")
        negated = self._takes("NOT")
        state = self._next("a state").text
        if state not in STATES:
            self.at -= 1
            self._unexpected(f"one of {', '.join(STATES)}")
        self._expect(",")
        self._expect("(")
        alarms = [self._alarm()]
        while self._takes(","):
            alarms.append(self._alarm())
        self._expect(")")
        self._expect(")")
        self.elements += len(alarms)
        most = 100 if share else len(alarms)
        if not 0 < number <= most or (not share and number != int(number)):
            self._fail(f"AT_LEAST wants {amount[0]} of {len(alarms)} alarms")
        return AtLeast(number, share, negated, state, tuple(alarms))

    def _alarm(self) -> str:
        token = self._next("the name of an alarm")
        if token.kind == "sign" or not token.text:
            self.at -= 1
            self._unexpected("the name of an alarm")
        return name_of(token.text)

    def _counted(self) -> None:
        self.elements += 1
        if self.elements > ELEMENTS:
            self._fail(f"it has more than {ELEMENTS} elements")

    def _next(self, wanted: str) -> _Token:
        if self.at >= len(self.tokens):
            self._fail(f"it ends where {wanted} is expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            if self.at >= len(self.tokens):
                self._fail(f"`{sign}` is missing at its end")
            self._unexpected(f"`{sign}`")

    def _takes(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].kind != "quoted" and self.tokens[self.at].text == text:
            self.at += 1
            return True
        return False

    def _unexpected(self, wanted: str = "") -> NoReturn:
        token = self.tokens[self.at]
        expected = f", where {wanted} is expected" if wanted else ""
        self._fail(f"`{token.text}` at character {token.place} cannot stand there{expected}")

    def _fail(self, what: str) -> NoReturn:
        shown = self.text if len(self.text) <= 200 else f"{self.text[:200]}…"
        raise RuleError(f"the rule `{shown}` cannot be read: {what}")
