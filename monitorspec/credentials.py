"""What gives a credential away: its shape, the address or the field that it stands in.

In: texts of a spec, with the names of the fields that hold them. Out: where a credential stands. Each part of resolve words
its own finding; what is looked for stands here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Fields that hold one, by their name. A name that ends in what says otherwise (a path, a switch) does not.
FIELD = re.compile(
    r"password|passwd|secret|token|(?:api|app|application|access|private|licen[cs]e)[_-]?key|credentials", re.IGNORECASE
)
_NO_FIELD = re.compile(
    r"_?(?:file|path|dir|command|name|enabled|type|ttl|timeout|interval|arn|region|url)$", re.IGNORECASE
)

USERINFO = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*@", re.IGNORECASE)
PARAMETER = re.compile(
    r"[?&]([\w.-]*(?:token|key|secret|password|passwd|sig|signature|auth)[\w.-]*)=[^&#]", re.IGNORECASE
)
# Addresses whose path is the credential.
PATH = re.compile(
    r"^https?://(?:hooks\.slack\.com/(?:services|workflows|triggers)/"
    r"|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w.-]*\.?webhook\.office\.com/"
    r"|outlook\.office\.com/webhook/"
    r"|api\.telegram\.org/bot"
    r"|events\.pagerduty\.com/integration/)",
    re.IGNORECASE,
)
# Credentials that are known by their beginning, wherever they stand: of AWS, GitHub, GitLab, Slack, Google, Stripe, New
# Relic and Grafana; private keys.
_SHAPE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20}"
    r"|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{35}|\b[rs]k_live_\w{16,}|\b[0-9a-f]{36}NRAL\b|\bgl(?:sa|c)_\w{32,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s:@]*:(?![$%{<])([^/?#\s@]+)@", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
# A field in a line of a file or of a command: `name: value`, `name = value`, `name value`.
_FIELD_IN_TEXT = re.compile(
    rf"([\w.-]*(?:{FIELD.pattern})[\w.-]*)[\"']?(?:[ \t]*[:=][ \t]*|[ \t]+)[\"']?([^\s\"',;}}\])]+)", re.IGNORECASE
)
# Values that stand for something else: a variable, a file, a reference of the agent's own, a switch, a number.
_NO_VALUE = re.compile(
    r"[$%/{<*].*|ENC\[.*|file:.*|(?:true|false|yes|no|on|off|none|null|default)|\d{1,9}(?:\.\d+)?(?:ms|[smhd])?",
    re.IGNORECASE,
)


class Credential(NamedTuple):
    """`offset` and `length` within the text; `shape` in a few words."""

    offset: int
    length: int
    shape: str


def in_field(name: str, text: str) -> Credential | None:
    """The credential that a field called `name` holds, or None."""
    found = in_text(text)
    if found is None and _is_field(name) and _is_value(text):
        return Credential(0, len(text), "a credential")
    return found


def in_text(text: str) -> Credential | None:
    """The first credential within a text that is known by its shape or by its address, or None."""
    if found := _SHAPE.search(text):
        return Credential(found.start(), found.end() - found.start(), "a credential")
    if found := _PASSWORD.search(text):
        return Credential(found.start(1), found.end(1) - found.start(1), "a password")
    for found in _ADDRESS.finditer(text):
        if PATH.match(found[0]) or _in_parameter(found[0]):
            return Credential(found.start(), found.end() - found.start(), "an address with a credential")
    return None


def in_file(text: str) -> Iterator[Credential]:
    """The credentials in a configuration file, line by line: `name: value`, `name = value`, `name value` or by shape."""
    offset = 0
    for line in text.splitlines(keepends=True):
        found = in_text(line)
        if found is None and not line.lstrip().startswith(("#", ";", "//")):
            pairs = (m for m in _FIELD_IN_TEXT.finditer(line) if not _NO_FIELD.search(m[1]) and _is_value(m[2]))
            found = next((Credential(m.start(2), len(m[2]), "a credential") for m in pairs), None)
        if found:
            yield found._replace(offset=offset + found.offset)
        offset += len(line)


def _in_parameter(address: str) -> bool:
    found = PARAMETER.search(address)
    return found is not None and _is_value(re.split("[&#]", address[found.end() - 1 :])[0])


def _is_field(name: str) -> bool:
    return FIELD.search(name) is not None and _NO_FIELD.search(name) is None


def _is_value(text: str) -> bool:
    return text != "" and _NO_VALUE.fullmatch(text) is None
