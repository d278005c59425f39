"""The rare cases of building: what is wrong with a node, said in full, and what stands in for it.

In: nodes that the builder's loop does not take as they are. Out: diagnostics, and data with which building goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from monitorspec.diagnostics import Diagnostic, Fix, Level, Position
from monitorspec.fixes import quoted
from monitorspec.source.positions import Text
from monitorspec.source.scalars import Trap, meaning

_CORE = "tag:yaml.org,2002:"
_SHOWN = 40


class Mapping(NamedTuple):
    """A mapping that is being built: its data, its values' spans and its keys' spans."""

    data: dict[Any, Any]
    nodes: dict[Any, Any]
    keys: dict[Any, Any]


class Aside:
    """A key under which data is kept until its mapping ends: to be merged (`<<`), or else to be dropped."""

    def __init__(self, span: int = 0, *, is_key: bool = False, merges: bool = False) -> None:
        self.span = span
        self.is_key = is_key
        self.merges = merges


class Findings:
    """Diagnostics of one text, and the asides of its mappings."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.found: list[Diagnostic] = []
        self.asides: list[tuple[Mapping, Aside]] = []

    def error(self, name: str, message: str, span: int, *, label: str = "", help: Sequence[str] = ()) -> None:
        """Note an error at a span."""
        self._note(name, message, self.text.at(span), "error", label, help)

    def _note(
        self,
        name: str,
        message: str,
        at: Position,
        level: Level,
        label: str,
        help: Sequence[str],
        fix: Fix | None = None,
    ) -> None:
        self.found.append(Diagnostic(f"yaml/{name}", message, at, level, label, tuple(help), fix=fix))

    # Scalars

    def plain(self, text: str, span: int, known: dict[str, Any], is_key: bool) -> Any:
        """What an unquoted scalar means; noted in `known` unless it needs a look each time."""
        if text == "<<" and is_key:
            return Aside(span, merges=True)
        value, trap = meaning(text)
        if trap and not (is_key and trap == "leading-zero"):  # a number as key is an error anyway
            self._trap(trap, text, span)
        elif text != "<<" and not trap:
            known[text] = value
        return value

    def _trap(self, trap: Trap, text: str, span: int) -> None:
        at = self.text.at(span)
        if trap == "boolean-like":
            truth = "true" if text.lower() in ("yes", "on") else "false"
            help_: tuple[str, ...] = (f"write `{truth}` if a boolean is meant", f'quote it if text is meant: "{text}"')
            message = f"`{text}` is text, not a boolean"
            self._note(trap, message, at, "warning", "text in YAML 1.2", help_, quoted(at))
        elif trap == "leading-zero":
            help_ = (f'quote it to keep the zero: "{text}"',)
            if set(text) <= set("+-01234567"):
                help_ += (f"write `0o{text.lstrip('+-').lstrip('0') or '0'}` if it is octal",)
            label = f"read as {meaning(text).value}"
            self._note(trap, f"the leading zero of `{shown(text)}` is lost", at, "warning", label, help_)
        else:
            self._note(trap, f"the number {shown(text)} is too large", at, "error", "", ("quote it if text is meant",))

    def tagged(self, event: Any, span: int) -> Any:
        """What a scalar with a tag means."""
        tag, text = str(event.ctag), event.value
        if tag in ("!", f"{_CORE}str"):
            return text
        value = meaning(text).value
        if tag == f"{_CORE}float" and type(value) is int:
            return float(value)
        kinds = {"int": int, "float": float, "bool": bool, "null": type(None)}
        kind = kinds.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
        if kind is None:
            self._unknown_tag(tag, span)
            return text
        if type(value) is not kind:
            self._tag_error(f"`{shown(text)}` is not what its tag {short_tag(tag)} says", span, ())
        return value

    def collection_tag(self, event: Any, span: int) -> None:
        """Check the tag of a mapping or a list."""
        kind = "map" if type(event).__name__.startswith("Mapping") else "seq"
        tag = str(event.ctag)
        if tag == f"{_CORE}{'seq' if kind == 'map' else 'map'}":
            self._tag_error(f"this is not what its tag {short_tag(tag)} says", span, ())
        elif tag not in ("!", f"{_CORE}{kind}"):
            self._unknown_tag(tag, span)

    def _unknown_tag(self, tag: str, span: int) -> None:
        help_ = ["remove the tag, and quote the text if it should begin with `!`"]
        if tag in ("!Ref", "!Condition"):
            help_ = [f"write the long form, `{{{tag[1:]}: …}}`"]
        elif tag in ("!Sub", "!GetAtt", "!Join", "!ImportValue", "!Select", "!Split", "!If", "!FindInMap", "!Base64"):
            help_ = [f"write the long form, `{{'Fn::{tag[1:]}': …}}`"]
        self._tag_error(f"unknown tag {short_tag(tag)}", span, help_)

    def _tag_error(self, message: str, span: int, help_: Sequence[str]) -> None:
        # Not `text.at`: that looks past the tag, and the tag is what this is about.
        self._note("tag", message, self.text.tag_of(span), "error", "", help_)

    # Keys

    def key(self, event: Any, value: Any, span: int, mapping: Mapping) -> Any:
        """The key that stands for one that is no text."""
        if isinstance(value, Aside):
            self.asides.append((mapping, value))
            first = next((k for k in mapping.keys if isinstance(k, Aside) and k.merges), None)
            if first is not None:
                value.merges = False
                self._duplicate("<<", span, first.span, ("merge several with `<<: [*first, *second]`",))
            return value
        if isinstance(value, (dict, list)) or not hasattr(event, "value"):
            if value is not None:  # None: an alias that stands for nothing, which has been reported
                at = event.start_mark.index
                place = self.text.position(at, event.end_mark.index - at)
                self._note("key", "a key has to be text", place, "error", "not text", ())
            return self.aside(mapping)
        text = event.value
        if not text:
            self.error("key", "a key is missing before `:`", span)
            return self.aside(mapping)
        kind = "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"
        at = self.text.at(span)
        message = f"the key `{shown(text)}` is {kind}, not text"
        self._note("key", message, at, "error", "", (f'quote it: "{shown(text)}"',), quoted(at))
        return text

    def complex_key(self, span: int, mapping: Mapping) -> Aside:
        """Note a mapping or list that is a key; the key under which its data is kept until it is dropped."""
        help_ = []
        if self.text.text.startswith("{", self.text.start(span)):
            help_ = ["if this is a template `{{ … }}`, quote the whole text"]
        self.error("key", "a mapping or a list cannot be a key", span, label="not text", help=help_)
        return self.aside(mapping, is_key=True)

    def duplicate(self, key: str, span: int, mapping: Mapping) -> Aside:
        """Note a key that its mapping already has."""
        self._duplicate(key, span, mapping.keys[key], ())
        return self.aside(mapping)

    def _duplicate(self, key: str, span: int, first: int, help_: Sequence[str]) -> None:
        line = self.text.at(first).line
        at = self.text.at(span)
        label = (
            f"the first one is at line {line}"
            if line != at.line
            else f"the first one is at column {self.text.at(first).column}"
        )
        self._note("duplicate-key", f"duplicate key `{shown(key)}`", at, "error", label, help_)

    # Asides

    def aside(self, mapping: Mapping, *, is_key: bool = False) -> Aside:
        """A key for data that is dropped when the mapping ends."""
        made = Aside(is_key=is_key)
        self.asides.append((mapping, made))
        return made

    def close(self, data: Any) -> None:
        """Merge or drop the asides of a mapping that ends."""
        while self.asides and self.asides[-1][0].data is data:
            mapping, aside = self.asides.pop()
            mapping.keys.pop(aside, None)
            value, node = mapping.data.pop(aside, None), mapping.nodes.pop(aside, None)
            if aside.merges and value is not None:
                self._merge(mapping, value, node, aside.span)

    def drop_asides(self) -> None:
        """Close every mapping that a syntax error has left open."""
        while self.asides:
            self.close(self.asides[-1][0].data)

    def _merge(self, mapping: Mapping, value: Any, node: Any, span: int) -> None:
        """Add what `<<` names: keys of the mapping itself win, then those of the earlier in a list."""
        parts = list(zip(value, node[1], strict=True)) if isinstance(value, list) else [(value, node)]
        if not all(isinstance(part, dict) for part, _ in parts):
            self.error("merge", "`<<` takes a mapping or a list of mappings", span, help=("as in `<<: *anchor`",))
            return
        for part, (_, nodes, keys) in parts:
            for key in part:
                if key not in mapping.data and isinstance(key, str):
                    mapping.data[key] = part[key]
                    mapping.nodes[key] = nodes[key]
                    mapping.keys[key] = keys[key]

    # The document

    def unknown_alias(self, name: str, span: int, known: Sequence[str]) -> None:
        """Note an alias of what no anchor before it names."""
        from difflib import get_close_matches  # 4 ms of a cold start, for misspelt aliases alone

        near = get_close_matches(name, known, 1)
        help_ = f"did you mean `*{near[0]}`?" if near else 'quote it if text is meant: "*…"'
        self.error(
            "unknown-alias", f"unknown alias `*{shown(name)}`", span, label="no `&` before it names this", help=(help_,)
        )

    def second_document(self, start: int) -> None:
        """Note that a second document begins."""
        help_ = ("put each spec into its own file",)
        self._note(
            "documents", "the file holds more than one document", self.text.position(start, 3), "error", "", help_
        )


def shown(text: str) -> str:
    """A text short enough to stand in a message."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def short_tag(tag: str) -> str:
    """A tag as it is written."""
    return f"`{shown('!!' + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag)}`"
