"""Messages made from events: a text with `<$.detail.state>` for fields of the event.

In: a text. Out: an InputTransformer, or what EventBridge would refuse. The EventBridge user guide, "Amazon EventBridge input
transformation", and the API reference of InputTransformer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from monitorspec.fault import Fault

LENGTH, FIELDS = 8192, 100
"""Characters of a template, and fields that it may use."""
PREDEFINED = ("aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time")
_placeholder = re.compile(r"<([^<>\s]+)>")
_path = re.compile(r"\$(\.[A-Za-z0-9_/-]+(\[(\d+|\*)\])?)+")


def faults(text: str) -> Iterator[Fault]:
    """What EventBridge would refuse of a message."""
    used = set()
    for m in _placeholder.finditer(text):
        if m[1] in PREDEFINED:
            continue
        used.add(m[1])
        if not _path.fullmatch(m[1]):
            word = re.sub(r"[^A-Za-z0-9_.-]", "", m[1].lstrip("$")).strip(".")
            help = f"write `<$.{word}>`" if word else "such as `<$.detail.state>`"
            yield Fault(f"`{m[0]}` is no field of an event", m.start(), len(m[0]), help)
    if len(used) > FIELDS:
        yield Fault(f"a message uses at most {FIELDS} fields, this one {len(used)}", 0)
    if len(transformer(text).get("InputTemplate", "")) > LENGTH:
        yield Fault(f"a message has at most {LENGTH:,} characters", LENGTH - 2)


def transformer(text: str) -> dict[str, Any]:
    """The properties InputPathsMap and InputTemplate: the message as one JSON text."""
    return made(json.dumps(text, ensure_ascii=False))


def made(template: str) -> dict[str, Any]:
    """The same for a template that is JSON already."""
    paths: dict[str, str] = {}

    names: dict[str, str] = {}
    for m in _placeholder.finditer(template):
        if m[1] not in PREDEFINED and m[1] not in names:
            names[m[1]] = _free(m[1], paths)
            paths[names[m[1]]] = m[1]
    for path, name in names.items():
        template = template.replace(f"<{path}>", f"<{name}>")
    return ({"InputPathsMap": paths} if paths else {}) | {"InputTemplate": template}


def _free(path: str, taken: dict[str, str]) -> str:
    """`$.detail.alarmName` → `alarmName`: names of fields are letters and digits."""
    words: list[str] = re.findall(r"[A-Za-z0-9]+", path.rpartition(".")[2]) or ["field"]
    name = words[0] + "".join(word[0].upper() + word[1:] for word in words[1:])
    return next(n for n in (name, *(f"{name}{n}" for n in range(2, len(taken) + 3))) if n not in taken)
