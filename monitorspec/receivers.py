"""Receivers' integrations checked before they are written, and written.

In: an integration's kind, the fields that the spec gives it, and Alertmanager's version. Out: `Problem`s, at the path
within the fields, or the entry of Alertmanager's configuration. The table of what exists is `integrations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec import credentials, integrations
from monitorspec.fixes import certain
from monitorspec.integrations import Block, Version
from monitorspec.plan import Path

# ${NAME} in a text: people expect a shell's expansion, Alertmanager sends it as it is.
_ENV = re.compile(r"\$\{[A-Za-z_]\w*\}|\$\([^)]*\)")
_WHOLE_ENV = re.compile(r"\$[A-Z_][A-Z0-9_]*")
# With a bot's token in http_config this address is public (Slack's Web API).
_SLACK_API = re.compile(r"https://(?:[\w-]+\.)?slack\.com/api/[\w.]+")
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_DURATION = re.compile(r"0|(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+")

_WEBEX = "add the bot's token: `http_config: {authorization: {credentials_file: /path/of/a/file}}`"

_SHAPES: dict[str, str] = {
    "text": "a text",
    "secret": "a text",
    "secreturl": "a text",
    "file": "the path of a file",
    "url": "an address that starts with http:// or https://",
    "bool": "true or false",
    "int": "a whole number",
    "duration": "a duration such as `30s`",
    "map": "a mapping",
    "secretmap": "a mapping",
    "headers": "a mapping",
    "list": "a list",
    "secretlist": "a list of texts",
    "texts": "a list of texts",
    "csv": "a text or a list of texts",
}


class Problem(NamedTuple):
    """`path` leads from the integration's fields to the culprit; it is () for the integration as a whole."""

    path: Path
    code: str
    message: str
    help: tuple[str, ...] = ()
    meant: str = ""
    """The key that certainly is meant by the last one of the path."""


def config_key(kind: str) -> str:
    """The receiver's key for a kind: `slack` → `slack_configs`."""
    return f"{kind}_configs"


def check(
    kind: str, fields: Mapping[str, Any], version: Version, global_settings: Mapping[str, Any] | None = None
) -> list[Problem]:
    """What keeps Alertmanager `version` from taking this integration, or would put a secret into its configuration.

    Without `global_settings`, fields that a `global:` setting may stand in for are not missed.
    """
    block = integrations.kinds().get(kind)
    if block is None:
        singular = kind.removesuffix("_configs").removesuffix("_config")
        near = [singular] if singular in integrations.kinds() else _near(kind, integrations.kinds())
        if version > integrations.NEWEST and not near:
            return list(_texts_in(fields, ()))
        help_ = (f"did you mean `{near[0]}`?",) if near else ()
        return [
            Problem(
                (),
                "receivers/unknown-kind",
                f"Alertmanager has no integration called `{kind}`",
                (*help_, f"known: {', '.join(integrations.kinds())}"),
                singular if near == [singular] else certain(kind, integrations.kinds()),
            ),
        ]
    if block.since > version:
        return [_newer((), f"the {kind} integration", block.since, version, _instead(kind))]
    problems = list(_fields(kind, block, fields, version, ()))
    problems += _missing(kind, block, fields, version, global_settings)
    return problems


def check_global(settings: Mapping[str, Any], version: Version) -> list[Problem]:
    """The same for Alertmanager's `global:` settings."""
    return list(_fields("global", integrations.nested()["global"], settings, version, ()))


def render(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of `<kind>_configs`: lists joined where Alertmanager wants commas, and resolved alerts always told.

    Some integrations of Alertmanager (Slack, email, WeChat) keep quiet about resolved alerts unless told otherwise;
    here all of them say it unless the spec sets `send_resolved: false`.
    """
    block = integrations.kinds().get(kind)
    known = block.fields if block else {}
    entry: dict[str, Any] = {"send_resolved": True}
    for name, value in fields.items():
        field = known.get(name)
        entry[name] = ", ".join(value) if field and field.type == "csv" and isinstance(value, list | tuple) else value
    return entry


def _fields(what: str, block: Block, fields: Any, version: Version, at: Path) -> Iterator[Problem]:
    """Problems of one block of fields, then those of the blocks in it."""
    if not isinstance(fields, Mapping):
        yield Problem(at, "receivers/wrong-type", f"`{what}` is a mapping of fields, not {_said(fields)}")
        return
    for name, value in fields.items():
        path = (*at, name)
        field = block.fields.get(name) if isinstance(name, str) else None
        if field is None:
            near = _near(str(name), block.fields)
            if version > integrations.NEWEST and not near:
                yield from _texts_in(value, path)
                continue
            help_ = (f"did you mean `{near[0]}`?",) if near else (f"known: {', '.join(sorted(block.fields))}",)
            meant = certain(str(name), block.fields) if near else ""
            meant = "" if meant in fields else meant
            yield Problem(path, "receivers/unknown-field", f"{what} has no field `{name}`", help_, meant)
            # It may be a misspelt secret: what it holds is still looked at.
            yield from _texts_in(value, path)
        elif field.since > version:
            yield _newer(path, f"{what} `{name}`", field.since, version, _without(what, name))
        else:
            yield from _value(what, name, field.type, value, version, path, block)
    for name in fields:
        if isinstance(name, str) and name.endswith("_file") and (literal := name.removesuffix("_file")) in fields:
            yield Problem(
                (*at, literal),
                "receivers/exclusive",
                f"{what} takes one of `{literal}` and `{name}`, not both",
                (f"drop `{literal}`",),
            )


def _value(
    what: str, name: str, type_: str, value: Any, version: Version, path: Path, block: Block
) -> Iterator[Problem]:
    """Problems of one field's value."""
    if value is None:
        help_ = (f"write {_shape(type_)}, or drop it",)
        yield Problem(path, "receivers/wrong-type", f"{what} `{name}` has no value", help_)
    elif type_ in ("secret", "secretmap", "secretlist") or (
        type_ == "secreturl" and not (isinstance(value, str) and _SLACK_API.fullmatch(value))
    ):
        # Whatever its shape: a secret is refused before any message could repeat it.
        if value != "":
            yield _secret(what, name, value, path, block, version)
    elif type_ in integrations.nested():
        yield from _fields(type_, integrations.nested()[type_], value, version, path)
    elif not _fits(type_, value):
        hint = ("put it in quotes",) if type_ in ("text", "csv", "file") and isinstance(value, int | float) else ()
        said = "this" if type_ == "url" and isinstance(value, str) else _said(value)
        yield Problem(path, "receivers/wrong-type", f"{what} `{name}` is {_shape(type_)}, not {said}", hint)
    elif type_ == "headers":
        for header, parts in value.items():
            yield from _fields("header", integrations.nested()["header"], parts, version, (*path, header))
    else:
        yield from _texts_in(value, path)


def _secret(what: str, name: str, value: Any, path: Path, block: Block, version: Version) -> Problem:
    """A credential in plain text, or what was meant to become one."""
    return Problem(
        path,
        "receivers/literal-secret",
        f"{what} `{name}` is a secret and must not stand in the spec",
        _file_help(what, name, block, version) + (_env_help(value) if isinstance(value, str) else ()),
    )


def _file_help(what: str, name: str, block: Block, version: Version) -> tuple[str, ...]:
    file = block.fields.get(f"{name}_file")
    if what == "sigv4":
        return ("leave the keys out: Alertmanager then takes those of its environment, its role or `profile`",)
    if what == "header":
        return ("use `files`, a list of files that hold the values",)
    if name == "proxy_connect_header":
        return ("use a proxy that needs no credentials",)
    if file is None:
        return ("use a field that reads it from a file",)
    if file.since > version:
        return (
            f"`{name}_file` reads it from a file, but needs Alertmanager {_text(file.since)}; the target is "
            f"{_text(version)}: raise `targets: alertmanager` or use another integration",
        )
    return (f"use `{name}_file: /path/of/a/file` and put the secret into that file on Alertmanager's machine",)


def _texts_in(value: Any, path: Path) -> Iterator[Problem]:
    """Environment variables and addresses with credentials, in every text of a value."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts_in(part, (*path, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _texts_in(part, (*path, index))
    elif isinstance(value, str):
        if _env_help(value):
            yield Problem(
                path,
                "receivers/env-variable",
                "Alertmanager expands no variables: this would be used as it is",
                _env_help(value),
            )
        elif credentials.USERINFO.match(value):
            yield Problem(
                path,
                "receivers/literal-secret",
                "this address holds a user name or password",
                ("use `http_config: {basic_auth: {username: …, password_file: …}}`",),
            )
        elif parameter := credentials.parameter(value) if _URL.fullmatch(value) else "":
            yield Problem(
                path,
                "receivers/literal-secret",
                f"this address holds a secret in its parameter `{parameter}`",
                ("use the `…_file` form of this field, or `http_config: {authorization: {credentials_file: …}}`",),
            )
        elif credentials.PATH.match(value):
            yield Problem(
                path,
                "receivers/literal-secret",
                "whoever knows this address can post to it: it is a secret",
                ("use the `…_file` form of this field",),
            )


def _env_help(text: str) -> tuple[str, ...]:
    found = _ENV.search(text) or _WHOLE_ENV.fullmatch(text)
    if not found:
        return ()
    return (f"Alertmanager does not expand `{found[0]}`: use a file, or one environment of the spec for each value",)


def _missing(
    kind: str, block: Block, fields: Mapping[str, Any], version: Version, settings: Mapping[str, Any] | None
) -> Iterator[Problem]:
    if not isinstance(fields, Mapping):
        return
    for index, group in enumerate(block.required):
        if any(fields.get(name) not in (None, "", 0) for name in group):
            continue
        shared = [
            name
            for name in (block.shared[index] if block.shared else ())
            if integrations.nested()["global"].fields[name].since <= version
        ]
        if shared and (settings is None or any(settings.get(name) for name in shared)):
            continue
        able = [name for name in group if block.fields[name].since <= version]
        best = [name for name in able if block.fields[name].type not in ("secret", "secreturl")]
        if best == ["http_config"]:
            help_ = (_WEBEX,)
        elif best:
            also = f", or `alertmanager: {{global: {{{shared[0]}: …}}}}` for all receivers" if shared else ""
            help_ = (f"add `{best[0]}`{also}",)
        else:
            file = next(name for name in group if name.endswith("_file"))
            help_ = (
                f"`{file}` needs Alertmanager {_text(block.fields[file].since)}; the target is {_text(version)}, where "
                f"this integration takes its secret in plain text only",
            )
        yield Problem((), "receivers/missing-field", f"{kind} needs {_either(group, block, version)}", help_)
    if kind == "webex" and isinstance(config := fields.get("http_config"), Mapping) and "authorization" not in config:
        yield Problem(
            ("http_config",),
            "receivers/missing-field",
            "webex needs the bot's token in `http_config`",
            (_WEBEX,),
        )


def _either(group: Sequence[str], block: Block, version: Version) -> str:
    able = [f"`{name}`" for name in group if block.fields[name].since <= version]
    names = [name for name in able if block.fields[name[1:-1]].type not in ("secret", "secreturl")] or able
    return names[0] if len(names) == 1 else f"one of {', '.join(names[:-1])} and {names[-1]}"


def _newer(path: Path, what: str, since: Version, version: Version, instead: str) -> Problem:
    return Problem(
        path,
        "receivers/needs-newer",
        f"{what} needs Alertmanager {_text(since)}; the target is {_text(version)}",
        (
            f'if your Alertmanager is that new, say so: `targets: {{alertmanager: "{_text(since)}"}}`',
            *filter(None, [instead]),
        ),
    )


def _instead(kind: str) -> str:
    """What older versions can do in place of an integration."""
    return "until then a `webhook` to a small bridge does the same" if kind != "sns" else ""


def _without(what: str, name: str) -> str:
    if (what, name) == ("webhook", "url_file"):
        return "until then use `url`, with `http_config: {authorization: {credentials_file: …}}` for the secret part"
    return ""


def _fits(type_: str, value: Any) -> bool:
    match type_:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "duration":
            return isinstance(value, str) and _DURATION.fullmatch(value) is not None
        case "url":
            # Templates and variables are looked at elsewhere; here it has to be an address at all.
            return isinstance(value, str) and (_URL.fullmatch(value) is not None or bool(_env_help(value)))
        case "map" | "secretmap" | "headers":
            return isinstance(value, Mapping)
        case "list":
            return isinstance(value, list | tuple)
        case "texts" | "secretlist":
            return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)
        case "csv":
            return isinstance(value, str) or (_fits("texts", value) and len(value) > 0)
        case _:
            return isinstance(value, str)


def _shape(type_: str) -> str:
    return _SHAPES.get(type_, "a mapping of fields")


def _near(name: str, known: Mapping[str, Any]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, known, 1, 0.6)


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"`{str(value).lower() if isinstance(value, bool) else str(value)[:60]}`"


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
