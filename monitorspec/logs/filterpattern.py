"""Filter patterns of CloudWatch Logs: which log events a metric filter or a subscription takes.

In: a pattern. Out: `Pattern` (its kind, its fields, how many regexes), or a `Fault`. Grammar: the CloudWatch Logs user guide,
"Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail".

- terms: `ERROR`, `"two words"`, `?optional`, `-excluded`
- regex: `%regex%` alone
- json: `{ $.field = value && ($.other > 3 || $.third IS NULL) }`
- fields: `[ip, user, ..., status = 4*, bytes > 1000]` of events that are split at blanks
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from monitorspec.fault import Fault, Misread

LENGTH = 1024
"""Characters of a pattern (API reference, PutMetricFilter)."""
REGEXES = 2
"""Regexes in a pattern of json or fields."""
REGEX_PATTERNS = 5
"""Patterns with a regex of one log group."""

_blank = re.compile(r"\s*")
_word = re.compile(r"[A-Za-z0-9_]+")
_term = re.compile(r"[^\s\"]+")
_two_words = re.compile(r"[A-Za-z]+(?:\s+[A-Za-z]+)?")
_step = re.compile(r"\.\[\s*(?:'[^']+'|\"[^\"]+\")\s*\]|\.(?:[A-Za-z0-9_-]+|\*)|\[\s*(?:\d+|\*)\s*\]")
_operator = re.compile(r"!=|<=|>=|=|<|>")
_number = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_bare = re.compile(r"[^\s\"%(){}\[\]&|=<>!,]+")
# What may stand without quotes: letters, digits, and what addresses and wildcards are made of.
_plain = re.compile(r"[A-Za-z0-9_.*:/+-]+")
_regex_character = re.compile(r"[A-Za-z0-9 '_#=@/;:,\-^$?\[\]{}|\\*+.]")


class Pattern(NamedTuple):
    """`kind`: all, terms, regex, json or fields. `fields`: names in a pattern of fields, as a metric refers to them (`$ip`)."""

    kind: str
    fields: tuple[str, ...] = ()
    regexes: int = 0
    ignored: tuple[int, int] | None = None
    """(offset, length) of a `?term` that CloudWatch Logs ignores, because there are others beside it."""


@functools.cache
def read(text: str) -> Pattern | Fault:
    """What a pattern is, or what keeps CloudWatch Logs from taking it."""
    if len(text) > LENGTH:
        return Fault(f"a pattern has at most {LENGTH:,} characters, this one {len(text):,}", LENGTH, len(text) - LENGTH)
    reader = _Reader(text)
    try:
        return reader.pattern()
    except Misread as misread:
        return misread.fault


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.regexes = 0

    # ---- characters

    def skip(self) -> None:
        m = _blank.match(self.text, self.at)
        self.at = m.end() if m else self.at

    def peek(self, what: str) -> bool:
        self.skip()
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        found = self.peek(what)
        self.at += len(what) if found else 0
        return found

    def found(self) -> str:
        """What stands here, for a message."""
        self.skip()
        if self.at >= len(self.text):
            return "the end"
        m = _bare.match(self.text, self.at)
        return f"`{m[0] if m else self.text[self.at]}`"

    def fail(self, message: str, help: str = "", at: int | None = None, length: int = 1) -> Misread:
        start = min(self.at if at is None else at, max(len(self.text) - 1, 0))
        return Misread(message, start, length, help)

    # ---- the four kinds

    def pattern(self) -> Pattern:
        self.skip()
        if self.at == len(self.text):
            return Pattern("all")
        first = self.text[self.at]
        if first == "{":
            return self.json()
        if first == "[":
            return self.fields()
        if first == "%":
            self.regex()
            if self.found() != "the end":
                raise self.fail(
                    "a regex outside of `{ … }` and `[ … ]` is the whole pattern", "put all of it between the two %"
                )
            return Pattern("regex", regexes=1)
        return self.terms()

    def terms(self) -> Pattern:
        """Words and phrases, each with `?` or `-` before it, or nothing."""
        kinds: list[tuple[str, int, int]] = []
        self.skip()
        while self.at < len(self.text):
            start = self.at
            kind = self.text[start] if self.text[start] in "?-" else ""
            self.at += len(kind)
            if self.found() == "the end":
                raise self.fail(f"`{kind}` stands before nothing", at=start)
            if self.text[self.at] == '"':
                self.quoted()
            elif self.text[self.at] == "%":
                raise self.fail("a regex cannot stand beside other terms", "make the whole pattern one regex")
            else:
                self.term()
            kinds.append((kind, start, self.at - start))
            self.skip()
        ignored = None
        if len({kind for kind, _, _ in kinds}) > 1:
            ignored = next(((start, length) for kind, start, length in kinds if kind == "?"), None)
        return Pattern("terms", ignored=ignored)

    def term(self) -> None:
        start = self.at
        m = _term.match(self.text, start)
        word = m[0] if m else ""
        if not _word.fullmatch(word):
            wrong = next(n for n, c in enumerate(word) if not _word.fullmatch(c))
            raise self.fail(
                f"a term with `{word[wrong]}` in it has to be quoted", f'write `"{word}"`', start, len(word)
            )
        self.at += len(word)

    def json(self) -> Pattern:
        """`{ condition }`."""
        opened = self.at
        self.take("{")
        self.either()
        if not self.take("}"):
            if self.found() == "the end":
                raise self.fail("`{` is never closed", at=opened)
            raise self.after_condition()
        self.end("}")
        return Pattern("json", regexes=self.regexes)

    def either(self) -> None:
        self.both()
        while self.take("||"):
            self.both()

    def both(self) -> None:
        self.one()
        while self.take("&&"):
            self.one()

    def one(self) -> None:
        if self.peek("("):
            opened = self.at
            self.take("(")
            self.either()
            if not self.take(")"):
                if self.found() in ("the end", "`}`"):
                    raise self.fail("`(` is never closed", at=opened)
                raise self.after_condition()
            return
        self.selector()
        self.comparison(json=True)

    def after_condition(self) -> Misread:
        said = self.found()
        if said in ("`&`", "`|`"):
            return self.fail(f"{said} has to be double", f"write `{said[1] * 2}`")
        if said.casefold() in ("`and`", "`or`"):
            sign = "&&" if said.casefold() == "`and`" else "||"
            return self.fail(f"{said} is no operator here", f"write `{sign}`", length=len(said) - 2)
        if said == "`)`":
            return self.fail("`)` closes nothing that is open")
        return self.fail(
            f"{said} does not continue a condition",
            "conditions are joined by `&&` and `||`",
            length=max(len(said) - 2, 1),
        )

    def selector(self) -> None:
        self.skip()
        start = self.at
        if not self.take("$"):
            said = self.found()
            m = _word.match(self.text, self.at)
            raise self.fail(
                f"a condition begins with a field such as `$.level`, not with {said}",
                f"write `$.{m[0]}`" if m else "",
                length=len(m[0]) if m else 1,
            )
        while m := _step.match(self.text, self.at):
            self.at = m.end()
        if self.at < len(self.text) and self.text[self.at] not in " \t\n=!<>)}":
            wrong = self.text[self.at]
            more = "" if wrong == "." else "`$.['odd.name']` for a name with other characters"
            if self.at == start + 1 and _word.match(wrong):
                more = f"write `$.{self.text[self.at : self.at + 20].split()[0]}`"
            raise self.fail(f"`{self.text[start : self.at + 1]}` names no field", more, start, self.at + 1 - start)
        if self.at == start + 1:
            raise self.fail("`$` names no field", "such as `$.level`", start)

    def comparison(self, *, json: bool) -> None:
        """What follows a field."""
        self.skip()
        start = self.at
        m = _operator.match(self.text, start)
        if m:
            self.at = m.end()
            if self.peek("=") and m[0] == "=":
                raise self.fail("`==` is no operator here", "write `=`", start, 2)
            if self.peek("!") and m[0] == "=":
                raise self.fail("`=!` is no operator", "write `!=`", start, 2)
            self.value(numeric=m[0] not in ("=", "!="), operator=m[0])
            return
        if json:
            words = _two_words.match(self.text, start)
            said = " ".join(words[0].upper().split()) if words else ""
            if said in ("IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS"):
                assert words
                self.at = words.end()
                return
            help = "such as `= value`, `> 3`, `IS NULL`, `IS TRUE` or `NOT EXISTS`"
            if said.startswith("EXISTS"):
                help = "write `= *`"
            elif said.split(" ")[0] in ("LIKE", "CONTAINS"):
                help = "write `= *part*`, or `= %regex%`"
            raise self.fail(f"a comparison has to follow the field, not {self.found()}", help)

    def value(self, *, numeric: bool, operator: str) -> None:
        self.skip()
        start = self.at
        if numeric:
            m = _number.match(self.text, start)
            if not m:
                raise self.fail(
                    f"`{operator}` compares numbers, not {self.found()}", length=max(len(self.found()) - 2, 1)
                )
            self.at = m.end()
            return
        if self.text.startswith('"', start):
            self.quoted()
        elif self.text.startswith("%", start):
            self.regex()
        else:
            m = _bare.match(self.text, start)
            if not m:
                raise self.fail(f"a value has to follow `{operator}`, not {self.found()}")
            if not _plain.fullmatch(m[0]):
                wrong = next(c for c in m[0] if not _plain.fullmatch(c))
                inner = m[0].strip("'")
                raise self.fail(
                    f"a value with `{wrong}` in it has to be quoted", f'write `"{inner}"`', start, len(m[0])
                )
            self.at = m.end()

    def fields(self) -> Pattern:
        """`[a, b = 4*, ..., c]`."""
        opened = self.at
        self.take("[")
        names: dict[str, None] = {}
        dots = -1
        while True:
            if self.take("..."):
                if dots >= 0:
                    raise self.fail("`...` can stand for fields once only", at=self.at - 3, length=3)
                dots = self.at
            elif not self.peek(",") and not self.peek("]"):
                self.condition(names)
            if self.take("]"):
                break
            if not self.take(","):
                if self.found() == "the end":
                    raise self.fail("`[` is never closed", at=opened)
                m = _word.match(self.text, self.at)
                raise self.fail(f"{self.found()} has to be separated by a comma", length=len(m[0]) if m else 1)
        self.end("]")
        return Pattern("fields", tuple(names), self.regexes)

    def condition(self, names: dict[str, None]) -> None:
        """A field with conditions: `status = 4* && status != 403`."""
        while True:
            if self.peek("("):
                opened = self.at
                self.take("(")
                self.condition(names)
                if not self.take(")"):
                    raise self.fail("`(` is never closed", at=opened)
            else:
                self.skip()
                m = _word.match(self.text, self.at)
                if not m:
                    raise self.fail(f"a field needs a name of letters, digits and `_`, not {self.found()}")
                self.at = m.end()
                names[f"${m[0]}"] = None
                self.comparison(json=False)
            if not self.take("&&") and not self.take("||"):
                return

    # ---- parts

    def quoted(self) -> None:
        start = self.at
        self.at += 1
        while self.at < len(self.text):
            if self.text[self.at] == '"':
                self.at += 1
                return
            self.at += 2 if self.text[self.at] == "\\" else 1
        raise self.fail('the text that begins with `"` has no end', at=start)

    def regex(self) -> None:
        start = self.at
        end = self.text.find("%", start + 1)
        if end < 0:
            raise self.fail("the regex that begins with `%` has no end", at=start)
        if end == start + 1:
            raise self.fail("the regex is empty", at=start, length=2)
        for at in range(start + 1, end):
            if not _regex_character.fullmatch(self.text[at]):
                help = "there are no groups: alternatives are `a|b`" if self.text[at] in "()" else ""
                raise self.fail(f"a regex of CloudWatch Logs cannot hold `{self.text[at]}`", help, at)
        self.regexes += 1
        if self.regexes > REGEXES:
            raise self.fail(f"a pattern has at most {REGEXES} regexes", at=start, length=end + 1 - start)
        self.at = end + 1

    def end(self, closing: str) -> None:
        if self.found() != "the end":
            raise self.fail(f"nothing can follow `{closing}`, there is {self.found()}")
