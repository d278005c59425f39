"""Plain data and its spans from the C parser's events.

In: a file's text. Out: data (dict, list, str, int, float, bool, None), the tree of spans, diagnostics `yaml/…`.

Refused: duplicate, non-text and complex keys, unknown tags, recursive and unknown aliases, aliases that blow up, depth
over `MAX_DEPTH`, a second document. Building goes on after each of these but a second document, depth and blow-up.
"""

from __future__ import annotations

from typing import Any

from _ruamel_yaml import CParser
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.source.anchors import MAX_DEPTH, Anchors
from monitorspec.source.colons import masked, unmasked
from monitorspec.source.findings import Aside, Findings, Mapping
from monitorspec.source.positions import WIDTH, Node, Text
from monitorspec.source.syntax import syntax_error

_UNSEEN = object()


def build(text: Text) -> tuple[Any, Node | None, list[Diagnostic]]:
    """Data, spans (None when there is no data) and diagnostics of a text."""
    found = _built(text, text.text)
    if isinstance(found, tuple):
        return found
    # libyaml is stricter than YAML 1.2 about colons; with them out of its sight it reads the rest.
    hidden, mask = masked(text.text)
    second = _built(text, hidden) if mask else None
    if not isinstance(second, tuple):
        return None, None, [syntax_error(found, text)]
    data, node, diagnostics = second
    if data is not None:
        data, node = unmasked(data, node, mask)
    return data, node, [d._replace(message=d.message.replace(mask, ":")) for d in diagnostics]


def _built(text: Text, content: str) -> tuple[Any, Node | None, list[Diagnostic]] | YAMLError:
    """Data, spans and diagnostics of `content`; the error when libyaml refuses an inner colon."""
    findings = Findings(text)
    # The document is the one item of this list, so that the root is stored as any other node is.
    data: list[Any] = []
    nodes: list[Any] = []
    broken = False
    try:
        _read(CParser(content), findings, data, nodes)
    except YAMLError as error:
        if "found unexpected ':'" in str(error):
            return error
        broken = True
        findings.found.append(syntax_error(error, text))
    findings.drop_asides()
    root = data[0] if data else None
    if root is None and not findings.found:
        findings.found.append(
            Diagnostic(
                "yaml/empty", "the file holds no spec", Position(text.file, 1, 1), help=("start with `version: 1`",)
            )
        )
    elif root is not None and not isinstance(root, dict) and not broken:
        label = f"this is {_kind(root)}"
        message = "a spec is a mapping of keys and values"
        span = nodes[0] if isinstance(nodes[0], int) else nodes[0][0]
        findings.error("not-a-mapping", message, span, label=label, help=("start with `version: 1`",))
    return root, nodes[0] if nodes else None, findings.found


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "text" if isinstance(value, str) else "a single value"


def _read(parser: Any, findings: Findings, container: Any, nodes: Any) -> None:
    """Build the first document into `container`, its spans into `nodes`.

    One long loop on purpose: it runs for each of a big file's 160,000 events, so that what is rare is left to
    `findings`, and a call or an attribute more for each event is measurable.
    """
    anchors = Anchors(findings)
    plain: dict[str, Any] = {}  # what an unquoted scalar means, for those with nothing to report
    stack: list[Any] = []
    keys: Any = None  # spans of the keys of `container`
    key: Any = None  # key in `container` that awaits its value
    in_mapping = wants_key = False
    below: Any
    documents = 0

    for count, event in enumerate(iter(parser.get_event, None)):
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value
            node: Any = event.start_mark.index
            node = node << WIDTH | event.end_mark.index - node
            if event.ctag is not None:
                value = findings.tagged(event, node)
            elif not event.style:
                known = plain.get(value, _UNSEEN)
                value = findings.plain(value, node, plain, wants_key) if known is _UNSEEN else known
            if event.anchor is not None:
                anchors.scalar(event.anchor, value, node)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            start = event.start_mark.index
            span = start << WIDTH | event.end_mark.index - start
            if len(stack) >= MAX_DEPTH:
                findings.error("too-deep", f"more than {MAX_DEPTH} levels of nesting", span)
                return
            if event.ctag is not None:
                findings.collection_tag(event, span)
            if wants_key:
                key = findings.complex_key(span, Mapping(container, nodes, keys))
            stack.append((container, nodes, keys, key, in_mapping))
            opens_mapping = kind is MappingStartEvent
            if opens_mapping:
                value, below, keys = {}, {}, {}
                node = (span, below, keys)
            else:
                value, below = [], []
                node = (span, below)
            if in_mapping:
                container[key] = value
                nodes[key] = node
            else:
                container.append(value)
                nodes.append(node)
            container, nodes = value, below
            in_mapping = wants_key = opens_mapping
            if event.anchor is not None:
                anchors.enter(event.anchor, value, node, len(stack), count)
            elif anchors.opened:
                anchors.reached(len(stack))
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            if findings.asides:
                findings.close(container)
            if anchors.opened:
                anchors.leave(len(stack), count)
            container, nodes, keys, key, in_mapping = stack.pop()
            wants_key = in_mapping
            if type(key) is Aside and key.is_key:
                # What ended was a key that is dropped; what follows is its value, to be dropped as well.
                key = findings.aside(Mapping(container, nodes, keys))
                wants_key = False
            continue
        elif kind is AliasEvent:
            start = event.start_mark.index
            span = start << WIDTH | event.end_mark.index - start
            value, node = anchors.alias(event.anchor, span, len(stack))
            if anchors.blown_up:
                return
            if wants_key and type(value) is str:
                node = span  # a key stands where the alias does
        elif kind is DocumentStartEvent:
            documents += 1
            if documents > 1:
                findings.second_document(event.start_mark.index)
                return
            continue
        else:
            continue

        if wants_key:
            if type(value) is not str:
                value = findings.key(event, value, node, Mapping(container, nodes, keys))
            if value in keys:
                value = findings.duplicate(value, node, Mapping(container, nodes, keys))
            else:
                keys[value] = node
            key = value
            wants_key = False
        elif in_mapping:
            container[key] = value
            nodes[key] = node
            wants_key = True
        else:
            container.append(value)
            nodes.append(node)
