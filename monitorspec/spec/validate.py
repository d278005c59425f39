"""Plain data into the spec's models, with every error at its line.

In: data and positions of a loaded source. Out: a `Spec` (None when there is an error) and diagnostics `spec/…`.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Union, get_args, get_origin, get_type_hints

from monitorspec.diagnostics import Diagnostic, Edit, Fix, Path, Position
from monitorspec.fixes import listed, quoted, rewritten, typo
from monitorspec.spec.core import core
from monitorspec.spec.record import RECORDS, key_of
from monitorspec.spec.root import Spec
from monitorspec.spec.schema import validator

if TYPE_CHECKING:
    from pydantic_core import ValidationError


class Places(Protocol):
    """Where things stand: what `source` gives. `file`: the spec's own, on top of those that it extends."""

    @property
    def file(self) -> str: ...
    def key(self, path: Path) -> Position | None: ...
    def value(self, path: Path) -> Position | None: ...
    def nearest(self, path: Path) -> Position: ...
    def inside(self, path: Path, value: str, offset: int, length: int) -> Position | None: ...
    def written(self, at: Position) -> str: ...
    def removal(self, at: Position) -> Edit | None: ...


class Validated(NamedTuple):
    """`spec` holds what is valid: entries with an error are left out, and named in `dropped`. None when too little is left."""

    spec: Spec | None
    diagnostics: list[Diagnostic]
    dropped: frozenset[str]


def validate(data: Any, places: Places, misread: Sequence[Position] = ()) -> Validated:
    """The spec in `data`, and all that is wrong with it.

    What is wrong is left out whole (a threshold, a route), so that the rest can still be resolved and all errors are told
    in one run. `misread`: places where the file was not read as it was meant, which has been told already.
    """
    check = validator()
    invalid: type[ValidationError] = core().ValidationError
    found: list[Diagnostic] = []
    dropped: set[str] = set()
    if misread and isinstance(data, dict):
        spoiled = list(dict.fromkeys(entry for at in misread if (entry := _entry_at(data, places, at))))
        dropped.update(str(path[-1]) for path in spoiled)
        data = _without(data, spoiled)
    for _ in range(_ROUNDS):
        try:
            return Validated(check.validate_python(data), found, frozenset(dropped))
        except invalid as failure:
            errors = failure.errors(include_url=False)
        # Keys such as `x-common` hold YAML anchors for the rest of the file; they mean nothing to us.
        extensions = [e["loc"] for e in errors if e["type"] in _UNKNOWN and str(e["loc"][-1]).startswith("x-")]
        wrong = [e for e in errors if e["loc"] not in extensions]
        told = [_diagnostic(e, data, places) for e in wrong]
        # A key that is missing only because it is misspelt is told once.
        meant = {(e["loc"][:-1], _meant(d)) for e, d in zip(wrong, told, strict=True) if e["type"] in _UNKNOWN}
        found += [d for e, d in zip(wrong, told, strict=True) if (e["loc"][:-1], e["loc"][-1:]) not in meant]
        entries = dict.fromkeys(_entry(e["loc"]) for e in wrong)
        dropped.update(str(path[-1]) for path in entries)
        data = _without(data, [*extensions, *entries])
    return Validated(None, found, frozenset(dropped))


# Leaving out one entry can make another one wrong only where an entry is all that a mapping had.
_ROUNDS = 4
_STAND_INS = {"version": 1, "system": "system", "owner": "owner"}
_ENTRIES = frozenset({"slos", "thresholds", "metrics", "records", "rules", "runbooks"})
_NAMED = frozenset(
    {
        "services",
        "receivers",
        "routes",
        "windows",
        "mute",
        "inhibit",
        "dashboards",
        "datasources",
        "runbooks",
        "records",
        "agents",
        "ignore",
        "tests",
    }
)


def _entry(path: Path) -> Path:
    """The smallest named thing that an error spoils."""
    if path[0] == "services" and len(path) > 2:
        return path[:4] if path[2] in _ENTRIES and len(path) > 3 else path[:3]
    if path[0] == "aws":
        # A named thing of a kind, or a setting.
        return path[:3]
    return path[:2] if path[0] in _NAMED and len(path) > 1 else path[:1]


def _entry_at(data: dict[str, Any], places: Places, at: Position) -> Path:
    """The entry that holds a place: the last one that begins before it."""
    best: tuple[Position | None, Path] = (None, ())
    for path in _entries(data):
        begins = places.key(path)
        if begins and begins.file == at.file and begins <= at and (best[0] is None or best[0] <= begins):
            best = begins, path
    return best[1]


def _entries(data: dict[str, Any]) -> Iterator[Path]:
    for key, value in data.items():
        yield (key,)
        if key == "aws" and isinstance(value, dict):
            for kind, things in value.items():
                yield (key, kind)
                if isinstance(things, dict):
                    yield from ((key, kind, name) for name in things)
        if key not in _NAMED or not isinstance(value, dict):
            continue
        for name, item in value.items():
            yield (key, name)
            if key != "services" or not isinstance(item, dict):
                continue
            for part, entries in item.items():
                yield (key, name, part)
                if part in _ENTRIES and isinstance(entries, dict):
                    yield from ((key, name, part, entry) for entry in entries)


_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_KINDS = {
    "string_type": "text",
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
    "list_type": "a list",
}


def _without(data: Any, paths: list[Path]) -> Any:
    out = _copy(data)
    for *parents, last in paths:
        node = out
        for part in parents:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            continue
        if not parents and last in _STAND_INS:
            node[last] = _STAND_INS[last]
        else:
            node.pop(last, None)
    return out


def _copy(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _copy(v) for k, v in node.items()}
    return [_copy(v) for v in node] if isinstance(node, list) else node


def _diagnostic(error: Any, data: Any, places: Places) -> Diagnostic:
    path: Path = tuple(error["loc"])
    kind: str = error["type"]
    if path and path[-1] == "[key]":
        path = path[:-1]
        return Diagnostic("spec/key", f"`{path[-1]}` cannot be a key here", _key(places, path))
    if kind in _UNKNOWN:
        return _unknown_key(path, data, places)
    if kind == "missing":
        parent = path[:-1]
        described = _description(path)
        return Diagnostic(
            "spec/missing-key",
            f"{_place(parent)} has no `{path[-1]}`",
            _key(places, parent) if parent else Position(places.nearest(()).file, 1, 1, 1),
            label=f"`{path[-1]}` is required",
            help=(f"`{path[-1]}`: {described}",) if described else (),
        )
    at = places.value(path) or _key(places, path)
    if kind == "value_error":
        message, _, hint = str(error["ctx"]["error"]).partition("; ")
        if error["input"] is None:
            wanted = message.partition("nothing is not ")[2]
            message = f"{_place(path)} has no value" + (f": it has to be {wanted}" if wanted else "")
        fix = _meant_value(error["ctx"]["error"], error["input"], at, path, places)
        return Diagnostic("spec/value", message, at, label=_label(path), help=(hint,) if hint else (), fix=fix)
    if kind == "literal_error":
        return _literal(error, path, at)
    expected = _KINDS.get(kind)
    if expected:
        value = _at(data, path)
        found = _found(value)
        return Diagnostic(
            "spec/type",
            f"{_place(path)} has to be {expected}, not {found}",
            at,
            label=f"expected {expected}",
            help=_type_help(kind, path, value),
            fix=_type_fix(kind, value, at),
        )
    return Diagnostic("spec/value", f"{_place(path)}: {error['msg']}", at)


def _type_help(kind: str, path: Path, value: Any) -> tuple[str, ...]:
    """What was probably meant by a value of another type."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return (f'quote it: `"{str(value).lower() if isinstance(value, bool) else value}"`',)
    if kind == "string_type" and isinstance(value, dict):
        return ("quote a text that begins with `{`: without quotes that begins a mapping",)
    if kind == "list_type" and isinstance(value, str):
        return (f"write a list: `[{value}]`",)
    if kind == "bool_type" and isinstance(value, str):
        word = value.lower()
        if word in ("true", "false"):
            return (f"write `{word}` without quotes",)
        if word in ("yes", "on", "no", "off"):
            return (f"YAML 1.2 knows only true and false: write `{'true' if word in ('yes', 'on') else 'false'}`",)
    if kind not in ("dataclass_type", "dict_type"):
        return ()
    if value is None:
        return ("remove the key, or write its content indented below it",)
    if isinstance(value, list) and value and all(isinstance(item, dict) and item for item in value):
        return (f"write names as keys: `{next(iter(value[0]))}:` instead of `- {next(iter(value[0]))}:`",)
    last = path[-1]
    if path[0] == "ignore":
        return (
            "say where, and why: `services.api.thresholds.cpu: {reason: …}`, or `'*': {reason: …}` for the whole spec",
        )
    if last in ("above", "below"):
        return (
            f"limits stand by severity: `{last}: {{critical: {value if isinstance(value, str | int) else '95%'}}}`",
        )
    if len(path) > 1 and isinstance(value, str):
        example = {"routes": f"{{notify: [{value}]}}", "thresholds": "{expr: …, above: {critical: …}}"}.get(
            str(path[-2])
        )
        return (f"such as `{last}: {example}`",) if example else ()
    return ()


def _type_fix(kind: str, value: Any, at: Position) -> Fix | None:
    """What is certain of that."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return quoted(at)
    if kind == "list_type" and isinstance(value, str):
        return listed(at, value)
    if kind == "bool_type" and isinstance(value, str):
        truth = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
        meant = truth.get(value.lower())
        return rewritten(at, value, meant, f"write `{meant}`") if meant else None
    return None


def _meant_value(error: Any, value: Any, at: Position, path: Path, places: Places) -> Fix | None:
    """The value that was certainly meant, as the one who refused it says, or a text where a number stands."""
    meant = getattr(error, "meant", "")
    if meant:
        return rewritten(at, str(value), meant, f"write `{meant}`")
    if "; quote it" not in str(error):
        return None
    if isinstance(value, list):
        wrong = [n for n, item in enumerate(value) if isinstance(item, int | float) and not isinstance(item, bool)]
        found = [places.value((*path, n)) for n in wrong]
        return quoted(*(place for place in found if place)) if all(found) else None
    return quoted(at) if isinstance(value, int | float) else None


def _meant(diagnostic: Diagnostic) -> Path:
    """The key that an unknown one was probably meant to be."""
    hint = diagnostic.help[0] if diagnostic.help else ""
    return (hint.split("`")[1],) if hint.startswith("did you mean") else ()


def _unknown_key(path: Path, data: Any, places: Places) -> Diagnostic:
    cls = _class_at(path[:-1])
    known = [key_of(name) for name in cls.__annotations__] if cls else []
    key = str(path[-1])
    home = _home(key)
    near = get_close_matches(key, known, 1, 0.8 if home else 0.6)
    near = near or [name for name in known if len(name) > 3 and key.startswith(name)]
    helps = [f"did you mean `{near[0]}`?"] if near else []
    severities = _at(data, ("severities",)) or ("critical", "warning", "info")
    if home and not near:
        helps.append(f"`{key}` is a key of {home}")
    elif cls is not None and cls.__name__ == "Threshold" and key in severities:
        helps.append(f"a limit of severity `{key}` stands below `above` or `below`: `above: {{{key}: …}}`")
    if known and not helps:
        helps.append(f"known keys: {', '.join(known)}")
    return Diagnostic(
        "spec/unknown-key",
        f"unknown key `{key}` in {_place(path[:-1])}",
        at := _key(places, path),
        label="not a key here",
        help=tuple(helps),
        fix=typo(at, key, known) if near and near[0] not in (_at(data, path[:-1]) or ()) else None,
    )


def _literal(error: Any, path: Path, at: Position) -> Diagnostic:
    expected = str(error["ctx"]["expected"]).replace("'", "`")
    value = error["input"]
    names = [part for part in expected.replace(" or ", ", ").replace("`", "").split(", ") if part]
    near = get_close_matches(str(value), names, 1, 0.5)
    label = "expected " + (f"one of {expected}" if len(names) > 1 else f"`{expected.strip('`')}`")
    helps = (f"did you mean `{near[0]}`?",) if near else ()
    fix = typo(at, value, names) if near and isinstance(value, str) else None
    if near and near[0] == value and "'" not in str(error["ctx"]["expected"]):
        helps = ("write it without quotes",)
        fix = rewritten(at, value, value, helps[0])
    return Diagnostic("spec/choice", f"{_place(path)} cannot be {_found(value)}", at, label=label, help=helps, fix=fix)


def _place(path: Path) -> str:
    """A path in words; which item of an inner list it is, the caret shows."""
    if not path:
        return "the spec"
    *parents, last = path
    if isinstance(last, int):
        return f"item {last + 1} of {_place(tuple(parents))}"
    return f"`{'.'.join(part for part in path if isinstance(part, str))}`"


def _key(places: Places, path: Path) -> Position:
    return places.key(path) or places.value(path) or places.nearest(path)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    kind = "the text " if isinstance(value, str) else "the number "
    return f"{kind}`{text if len(text) <= 40 else text[:37] + '…'}`"


def _label(path: Path) -> str:
    return "" if not path else f"value of `{path[-1]}`" if isinstance(path[-1], str) else ""


def _class_at(path: Path) -> type | None:
    """The record type whose keys stand at `path`."""
    kind: Any = Spec
    for part in path:
        kind = _step(kind, part)
        if kind is None:
            return None
    kind = _plain(kind)
    return kind if isinstance(kind, type) and kind in RECORDS.values() else None


def _step(kind: Any, part: str | int) -> Any:
    kind = _plain(kind)
    if kind in RECORDS.values():
        for name, hint in get_type_hints(kind).items():
            if key_of(name) == part:
                return hint
        return None
    arguments = get_args(kind)
    return arguments[-1] if get_origin(kind) in (dict, list) and arguments else None


def _plain(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        rest = [a for a in get_args(kind) if a is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _home(key: str) -> str:
    """Which other part of a spec has this key, for those who put it in the wrong place."""
    places = {
        "Slo": "an SLO",
        "Threshold": "a threshold",
        "Service": "a service",
        "Spec": "the spec itself",
        "Route": "a route",
    }
    homes = [said for name, said in places.items() if key in map(key_of, RECORDS[name].__annotations__)]
    return " and of ".join(homes[:2])


def _description(path: Path) -> str:
    """The description of a key, from the JSON Schema: only asked for when something is missing already."""
    cls = _class_at(path[:-1])
    if cls is None:
        return ""
    import ast
    import inspect
    import textwrap

    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body  # type: ignore[attr-defined]
    except (OSError, SyntaxError):
        return ""
    for field, doc in pairwise(body):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(doc, ast.Expr)):
            continue
        if key_of(field.target.id) == path[-1] and isinstance(doc.value, ast.Constant):
            return " ".join(str(doc.value.value).split())
    return ""
