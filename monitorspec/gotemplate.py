"""Go templates in labels, annotations and messages: whether Prometheus or Alertmanager will take them.

In: a template, the functions and variables it may use. Out: what is wrong with it, or "". It is the grammar of Go's
text/template without evaluation: actions, pipelines, operands, blocks; what a field holds is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BUILTIN = frozenset(
    ("and or not eq ne lt le gt ge len index slice print printf println html js urlquery call").split()
)
# template/template.go of Prometheus, including functions that came after 2.42; promtool of the target has the last word.
PROMETHEUS = _BUILTIN | frozenset(
    (
        "query first label value strvalue sortByLabel title toUpper toLower match reReplaceAll graphLink "
        "tableLink parseDuration safeHtml args tmpl humanize humanize1024 humanizeDuration humanizePercentage "
        "humanizeTimestamp toTime toDuration now externalURL pathPrefix stripPort stripDomain urlQueryEscape"
    ).split()
)
PROMETHEUS_VARIABLES = frozenset({"$labels", "$value", "$externalLabels", "$externalURL"})
# template/template.go of Alertmanager.
ALERTMANAGER = _BUILTIN | frozenset(
    (
        "toUpper toLower title trimSpace join match safeHtml safeUrl urlUnescape reReplaceAll stringSlice "
        "date tz since humanizeDuration toJson list append dict"
    ).split()
)

_ACTION = re.compile(
    r"""\{\{(?:-\s)?\s*(/\*.*?\*/|(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|(?!\}\}).)*?)\s*(?:\s-)?\}\}""",
    re.S,
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*')|"""
    r"""(?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+))"""
    r"""|(?P<variable>\$\w*)|(?P<field>\.[A-Za-z_]\w*)|(?P<word>[A-Za-z_]\w*)|(?P<sign>:=|[=|(),.]))"""
)
_OPENS = frozenset({"if", "range", "with", "define", "block"})


class Wrong(Exception):
    """What keeps a template from being used."""


class Token(NamedTuple):
    """A word of an action, `at` an offset of the template; its kind is text, number, variable, field, word or sign."""

    kind: str
    text: str
    spaced: bool
    """Whether white space stands before it: `$x.y` is a field of $x, `$x .y` two operands."""
    at: int


def problem(template: str, functions: frozenset[str], variables: frozenset[str] = frozenset()) -> str:
    """What keeps the template from being used, or ""."""
    if "{{" not in template:
        return ""
    try:
        _template(template, functions, {"$", *variables})
    except Wrong as wrong:
        return str(wrong)
    return ""


class Action(NamedTuple):
    """`{{ … }}` in a template: what stands within, and from where to where it goes."""

    body: str
    start: int
    end: int

    @property
    def prints(self) -> bool:
        """Whether its value becomes text, as that of a condition or an assignment does not."""
        word = self.body.split(maxsplit=1)[:1]
        return bool(word) and word[0] not in _SILENT and ":=" not in self.code and not self.body.startswith("/*")

    @property
    def code(self) -> str:
        """The body without its strings."""
        return _STRING.sub('""', self.body)


_SILENT = _OPENS | {"else", "end", "break", "continue"}
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'""")


def actions(template: str) -> Iterator[Action]:
    """The actions of a template without a problem, in order."""
    for found in _ACTION.finditer(template) if "{{" in template else ():
        yield Action(found[1], *found.span())


def _template(template: str, functions: frozenset[str], variables: set[str]) -> None:
    blocks: list[tuple[str, set[str], bool]] = []
    for tokens in statements(template):
        word = tokens[0].text if tokens and tokens[0].kind == "word" else ""
        if word == "end":
            if not blocks:
                raise Wrong("`{{ end }}` ends nothing")
            _, variables, _ = blocks.pop()
            _expect_nothing(tokens[1:], word)
        elif word == "else":
            if not blocks or blocks[-1][0] not in ("if", "range", "with"):
                raise Wrong("`{{ else }}` stands outside of if, range and with")
            if blocks[-1][2]:
                raise Wrong(f"`{{{{ {blocks[-1][0]} }}}}` has two `{{{{ else }}}}`")
            rest = tokens[1:]
            variables = set(blocks[-1][1])
            if rest and rest[0].text in ("if", "with"):
                _Pipeline(rest[1:], functions, variables, rest[0].text).read()
            else:
                _expect_nothing(rest, word)
                blocks[-1] = (*blocks[-1][:2], True)
        elif word in _OPENS:
            blocks.append((word, set(variables), False))
            rest = tokens[1:]
            if word in ("define", "block"):
                if not rest or rest[0].kind != "text":
                    raise Wrong(f"`{word}` needs a name in quotes")
                rest = rest[1:]
            if word == "define":
                _expect_nothing(rest, word)
            else:
                _Pipeline(rest, functions, variables, word).read()
        elif word in ("break", "continue"):
            if not any(block == "range" for block, _, _ in blocks):
                raise Wrong(f"`{{{{ {word} }}}}` stands outside of range")
        elif word == "template":
            if len(tokens) < 2 or tokens[1].kind != "text":
                raise Wrong("`template` needs a name in quotes")
            if tokens[2:]:
                _Pipeline(tokens[2:], functions, variables, word).read()
        else:
            _Pipeline(tokens, functions, variables, "{{ }}").read()
    if blocks:
        raise Wrong(f"`{{{{ {blocks[-1][0]} … }}}}` has no `{{{{ end }}}}`")


def statements(template: str) -> Iterator[list[Token]]:
    """The words of each `{{ … }}` but comments. Raises Wrong."""
    position = 0
    while (start := template.find("{{", position)) >= 0:
        found = _ACTION.match(template, start)
        if found is None:
            raise Wrong(f"`{_short(template[start:])}` has no closing `}}}}`")
        position = found.end()
        if not found[1].startswith("/*"):
            yield list(_tokens(found[1], found.start(1)))


def _tokens(body: str, start: int) -> Iterator[Token]:
    position = 0
    while position < len(body.rstrip()):
        found = _TOKEN.match(body, position)
        if found is None or found.lastgroup is None:
            raise Wrong(f"`{_short(body[position:].strip())}` is not understood")
        spaced = body[position].isspace() or position == 0
        yield Token(found.lastgroup, found[found.lastgroup], spaced, start + found.start(found.lastgroup))
        position = found.end()


def _expect_nothing(tokens: list[Token], after: str) -> None:
    if tokens:
        raise Wrong(f"`{tokens[0].text}` is not expected after `{after}`")


class _Pipeline:
    """One pipeline: `$x := command | command`; a command is a function with operands, or an operand."""

    def __init__(self, tokens: list[Token], functions: frozenset[str], variables: set[str], where: str) -> None:
        self.tokens = tokens
        self.functions = functions
        self.variables = variables
        self.where = where
        self.at = 0

    def read(self) -> None:
        """Check all of it; variables it declares are known afterwards."""
        declared = self._declared()
        self._commands(closing=False)
        self.variables.update(declared)

    def _declared(self) -> list[str]:
        signs = [t.text for t in self.tokens[:4]]
        if len(signs) > 1 and self.tokens[0].kind == "variable" and signs[1] in (":=", "="):
            self.at = 2
            return [signs[0]] if signs[1] == ":=" or self._known(signs[0]) else []
        if self.where == "range" and len(signs) == 4 and signs[1] == "," and signs[3] == ":=":
            self.at = 4
            return [signs[0], signs[2]]
        return []

    def _commands(self, *, closing: bool) -> None:
        count = 0
        while True:
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if token is None or token.text in ("|", ")"):
                if not count:
                    raise Wrong(
                        f"a value is missing in `{self.where}`"
                        if token is None
                        else f"a value is missing before `{token.text}`"
                    )
                if token is None or token.text == ")":
                    if closing != (token is not None):
                        raise Wrong("`(` is not closed" if closing else "`)` closes nothing")
                    return
                self.at += 1
                count = 0
                continue
            self._operand(token)
            count += 1

    def _operand(self, token: Token) -> None:
        self.at += 1
        if token.kind == "word" and token.text not in ("true", "false", "nil"):
            if token.text not in self.functions:
                raise Wrong(f"there is no function `{token.text}`{self._near(token.text)}")
        elif token.kind == "variable":
            self._known(token.text)
        elif token.text == "(":
            self._commands(closing=True)
            self.at += 1
        elif token.kind == "sign" and token.text != ".":
            raise Wrong(f"`{token.text}` is not expected in `{self.where}`")
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "field" and not self.tokens[self.at].spaced:
            self.at += 1

    def _known(self, variable: str) -> bool:
        if variable not in self.variables:
            known = ", ".join(sorted(self.variables - {"$"}))
            raise Wrong(f"there is no variable `{variable}`" + (f" (known: {known})" if known else ""))
        return True

    def _near(self, word: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(word, self.functions, 1, 0.7)
        return f"; did you mean `{near[0]}`?" if near else ""


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
