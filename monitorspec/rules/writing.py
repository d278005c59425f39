"""Rule files as text: rules and groups at their place in the file, without a mapping for each of them in between.

In: names, expressions, labels, annotations. Out: lines of YAML. A thousand services have sixty thousand rules; this is
where most of the time of a build would go.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from monitorspec.spec.units import duration_text
from monitorspec.yamltext import block, dump, scalar

_duration = functools.cache(duration_text)


def file(groups: Iterable[str], header: str) -> str:
    """A rule file with at least one group."""
    return f"# {header}\ngroups:\n{''.join(groups)}"


def group(name: str, interval: int | None, rules: Iterable[str]) -> str:
    """A group; `interval` in ms, None for the server's own."""
    every = "" if interval is None else f"    interval: {_duration(interval)}\n"
    return f"  - name: {scalar(name)}\n{every}    rules:\n{''.join(rules)}"


def record(name: str, expr: str, labels_: str) -> str:
    """A recording rule; `labels_` as `labels` writes them."""
    return f"      - record: {scalar(name)}\n        expr: {expression(expr)}\n{labels_}"


def alert(name: str, expr: str, hold: int, keep_firing: int, own: Mapping[str, str], notes: Mapping[str, str]) -> str:
    """An alerting rule with its own labels and annotations (`notes`); times in ms."""
    times = f"        for: {_duration(hold)}\n" if hold else ""
    if keep_firing:
        times += f"        keep_firing_for: {_duration(keep_firing)}\n"
    return f"      - alert: {scalar(name)}\n        expr: {expression(expr)}\n{times}{labels(own)}{_annotations(notes)}"


def raw(rule: Mapping[str, Any]) -> str:
    """A rule as it is."""
    lines = dump([dict(rule)]).splitlines(keepends=True)
    return "".join(f"      {line}" if line.strip() else line for line in lines)


def labels(values: Mapping[str, str]) -> str:
    """The labels of a rule; nothing where there are none."""
    return f"        labels:\n{''.join(map(_label, values.items()))}" if values else ""


def _annotations(values: Mapping[str, str]) -> str:
    """The annotations of a rule; nothing where there are none."""
    lines = [f"          {scalar(name)}: {_text(value)}\n" for name, value in values.items()]
    return f"        annotations:\n{''.join(lines)}" if lines else ""


# The rules of a system have most of their labels in common.
@functools.lru_cache(maxsize=100_000)
def _label(item: tuple[str, str]) -> str:
    name, value = item
    return f"          {scalar(name)}: {block(value, 10)}\n"


def _text(text: str) -> str:
    # Always quoted: nearly every text is a sentence said once, and asking whether it needs quotes costs more.
    if text.isascii() and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return block(text, 10)


def expression(expr: str) -> str:
    """An expression as the value of `expr`, at its place in a rule."""
    # Nearly all expressions of many lines are made here, of printable ASCII: the general way asks much more of them.
    if "\n" in expr and expr.isascii() and expr.replace("\n", "").isprintable() and _flush(expr):
        return "|-\n          " + expr.replace("\n", "\n          ")
    return block(expr, 8)


def _flush(expr: str) -> bool:
    """Whether no line is empty or indented, and none is missing at the end."""
    return "\n\n" not in expr and "\n " not in expr and expr[0] not in " \n" and expr[-1] != "\n"
