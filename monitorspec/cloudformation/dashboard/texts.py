"""The JSON text of a dashboard body, with what CloudFormation puts in for `${Name}`.

In: the body as plain data. Texts in it are in CloudFormation's `Fn::Sub` language, where `${Name}` is a reference; text that a
user wrote for people goes through `literal` first. Out: JSON with one widget a line, so that a changed widget is one changed
line; the property DashboardBody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from monitorspec.yamltext import SAFE

# A character that Unicode keeps for such uses: no text has it. (The Unicode Standard, 23.7, "Noncharacters".)
_MARK = "\ufdd0"
_MARKED = f"${_MARK}{{"
# JSON's own way to write a dollar sign: `Fn::Sub` sees no reference, and whoever reads the JSON sees the dollar sign.
_ESCAPED = "\\u0024{"
# What YAML's literal blocks have no place for, so that a body stays a block of lines.
_unwritable = re.compile(f"[^{SAFE}]").sub


def literal(text: str) -> str:
    """`text` with no reference in it, whatever it looks like."""
    if _MARK in text:
        text = text.replace(_MARK, "")
    return text.replace("${", _MARKED) if "${" in text else text


def shown(text: str) -> str:
    """A text of a body as whoever looks at the dashboard sees it, references aside."""
    return text.replace(_MARKED, "${")


def body_text(body: Mapping[str, Any]) -> str:
    """The body as JSON: its own fields on the first line, then a line for each widget."""
    fields = {key: value for key, value in body.items() if key != "widgets"}
    first = json_text(fields)[:-1] + ("," if fields else "") + '"widgets":['
    lines = ",\n".join(map(json_text, body["widgets"]))
    return f"{first}\n{lines}\n]}}\n"


def body_property(body: Mapping[str, Any]) -> Any:
    """DashboardBody: text, or `Fn::Sub` of it where it refers to something."""
    text = body_text(body)
    return {"Fn::Sub": text} if "${" in text else text


def json_text(value: Any) -> str:
    """A part of a body as JSON on one line, ready for `Fn::Sub` and for a block of YAML."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        text = orjson.dumps(plain(value)).decode()
    if _MARK in text:
        text = text.replace(_MARKED, _ESCAPED)
    return text if text.isascii() else _unwritable(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def plain(value: Any) -> Any:
    """What a spec's raw properties may hold and JSON not: dates as text, huge integers as floats, half characters gone."""
    if isinstance(value, Mapping):
        return {_whole(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, str):
        return _whole(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else float(value)
    return str(value)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
