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
_NO_FIELD = r"(?i)_?(?:file|path|dir|command|name|enabled|type|ttl|timeout|interval|arn|region|url)$"

USERINFO = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*@", re.IGNORECASE)
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
# The patterns below are compiled when they are first used; `re` keeps them. All of them read a text once from its beginning to
# its end, however it was made to be read again and again: a spec is not to be trusted.
_PARAMETER = r"[?&]([\w.-]+)=([^&#]+)"
_PARAMETER_NAME = r"(?i)token|key|secret|password|passwd|sig|signature|auth"
# Credentials that are known by their beginning, wherever they stand: of AWS, GitHub, GitLab, Slack, Google, Stripe, New
# Relic and Grafana; private keys.
_SHAPE = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20}"
    r"|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{35}|\b[rs]k_live_\w{16,}|\b[0-9a-f]{36}NRAL\b|\bgl(?:sa|c)_\w{32,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PASSWORD = r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^/?#\s:@]*+:(?![$%{<])([^/?#\s@]+)@"
_ADDRESS = r"(?i)https?://[^\s\"'<>]+"
# A field in a line of a file or of a command, and the beginning of its value: `name: value`, `name = value`, `name value`.
# The value is not read over, because it may be a field itself: `--set=name=value`.
_FIELD_IN_TEXT = r"(?<![\w.-])([\w.-]++)[\"']?(?:[ \t]*+[:=][ \t]*+|[ \t]++)[\"']?(?=([^\s\"',;}\])]{1,500}))"
# Values that stand for something else: a variable, a file, a reference of the agent's own, a switch, a number.
_NO_VALUE = (
    r"(?is)[$%/{<*].*|ENC\[.*|file:.*|(?:true|false|yes|no|on|off|none|null|default)"
    r"|\d{1,9}(?:\.\d+)?(?:ms|[smhd])?"
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
    if found := re.search(_SHAPE, text):
        return Credential(found.start(), found.end() - found.start(), "a credential")
    if found := re.search(_PASSWORD, text):
        return Credential(found.start(1), found.end(1) - found.start(1), "a password")
    for found in re.finditer(_ADDRESS, text):
        if PATH.match(found[0]) or any(_is_value(value) for _, value in _parameters(found[0])):
            return Credential(found.start(), found.end() - found.start(), "an address with a credential")
    return None


def in_file(text: str) -> Iterator[Credential]:
    """The credentials in a configuration file, line by line: `name: value`, `name = value`, `name value` or by shape."""
    offset = 0
    for line in text.splitlines(keepends=True):
        found = in_text(line)
        if found is None and not line.lstrip().startswith(("#", ";", "//")):
            pairs = (m for m in re.finditer(_FIELD_IN_TEXT, line) if _is_field(m[1]) and _is_value(m[2]))
            found = next((Credential(m.start(2), len(m[2]), "a credential") for m in pairs), None)
        if found:
            yield found._replace(offset=offset + found.offset)
        offset += len(line)


def parameter(address: str) -> str:
    """The name of the first parameter of an address that holds a credential, or ""."""
    return next((name for name, _ in _parameters(address)), "")


def _parameters(address: str) -> Iterator[tuple[str, str]]:
    """Name and value of the parameters that hold credentials."""
    return ((m[1], m[2]) for m in re.finditer(_PARAMETER, address) if re.search(_PARAMETER_NAME, m[1]))


def _is_field(name: str) -> bool:
    return FIELD.search(name) is not None and re.search(_NO_FIELD, name) is None


def _is_value(text: str) -> bool:
    return text != "" and re.fullmatch(_NO_VALUE, text) is None
