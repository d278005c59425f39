"""The flow: load → validate → resolve → plan → lint → emit, each stage one call.

In: spec files. Out: plans and artifacts, with everything that is wrong as diagnostics. `output` alone writes files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorspec import source
from monitorspec.agents import with_kinds
from monitorspec.artifact import Artifact
from monitorspec.diagnostics import Diagnostic, Position, has_errors, in_order
from monitorspec.files import beside
from monitorspec.ignores import settled
from monitorspec.lint import FATAL, lint
from monitorspec.parallel import together
from monitorspec.plan import Plan
from monitorspec.presets import with_presets
from monitorspec.resolve import resolve
from monitorspec.resolve.runbooks import ReadFile
from monitorspec.source import Source
from monitorspec.spec.validate import Places, validate
from monitorspec.targets import TARGETS, load


class Compiled(NamedTuple):
    """`plan` is None when an error keeps it from being emitted. `texts`: file name → text, for excerpts; `places`: where what
    the plan came from stands.

    `ignored` are findings that the spec accepts; `unused` are findings about what ignored nothing, and not among
    `diagnostics` where another environment may need it.
    """

    plan: Plan | None
    diagnostics: list[Diagnostic]
    texts: dict[str, str]
    places: Places
    ignored: Sequence[Diagnostic] = ()
    unused: Sequence[Diagnostic] = ()


Load = Callable[[Path, str], Source]
"""Loads a file, given the name for its diagnostics: from disk, unless somebody has a newer text."""


def compile_file(path: Path, environment: str = "", today: str = "", load: Load = source.load) -> Compiled:
    """Compile one spec file. With `today` (as `2027-03-01`), what is ignored until a day before is told again."""
    return _compiled(path, load(path, str(path)), environment, today, load)


def compile_everywhere(path: Path, today: str = "", load: Load = source.load) -> Compiled:
    """Compile one spec file as it is and with each of its environments; `plan` is that of the file as it is."""
    made = [compile_file(path, name, today, load) for name in ["", *environments(path)]]
    if len(made) == 1:
        return made[0]
    unused = [d for d in made[0].unused if all(d in one.unused for one in made[1:])]
    found = in_order([*(d for one in made for d in one.diagnostics), *unused])
    texts = {name: text for one in made for name, text in one.texts.items()}
    return Compiled(
        made[0].plan, found, texts, made[0].places, in_order(d for one in made for d in one.ignored), unused
    )


def compile_text(text: str, file: str = "spec.yaml", environment: str = "", today: str = "") -> Compiled:
    """Compile a spec that is no file; it can name files beside `file`."""
    return _compiled(Path(file), source.parse(text, file), environment, today)


def plan_of(text: str, file: str = "spec.yaml", environment: str = "") -> tuple[Plan | None, list[Diagnostic]]:
    """Plan and diagnostics of a spec's text."""
    compiled = compile_text(text, file, environment)
    return compiled.plan, compiled.diagnostics


def environments(path: Path) -> list[str]:
    """The names of a spec file's environments, none when it cannot be read."""
    try:
        # Reading a large spec twice would be a third of a lint. UTF-16 has zeros between letters.
        if b"environments" not in path.read_bytes().replace(b"\0", b""):
            return []
    except OSError:
        return []
    data = source.load(path, str(path)).data
    declared = data.get("environments") if isinstance(data, dict) else None
    return [str(name) for name in declared] if isinstance(declared, dict) else []


def emit(plan: Plan, targets: Sequence[str] = ()) -> list[Artifact]:
    """The files of a plan, those of `targets` only if any are named."""
    names = [name for name in plan.targets if not targets or name in targets]
    beside = [name for name in names if name in _BESIDE]
    if len(plan.services) < _MANY or not 0 < len(beside) < len(names):
        return [artifact for name in names for artifact in load(name).emit(plan)]
    made, pairs = together(
        lambda: {name: list(load(name).emit(plan)) for name in names if name not in beside},
        lambda: {name: [(path, text) for path, text in load(name).emit(plan)] for name in beside},
    )
    made |= {name: [Artifact(*pair) for pair in found] for name, found in pairs.items()}
    return [artifact for name in names for artifact in made[name]]


# From so many services on a second process is worth its while; these targets are half of the work and the smaller half of the
# text, which has to be handed over.
_MANY = 40
_BESIDE = frozenset({"prometheus", "cloudwatch", "runbook"})


def _compiled(path: Path, own: Source, environment: str, today: str, load: Load = source.load) -> Compiled:
    texts: dict[str, str] = {}
    found: list[Diagnostic] = []
    loaded = _extended(path, own, texts, found, (), load)
    beyond: list[Diagnostic] = []
    plan = spec = None
    complete = False
    if isinstance(loaded.data, dict) and not any(d.code in _UNREADABLE for d in found):
        loaded = _in_environment(loaded, environment, found)
        loaded = with_presets(loaded, found)
        loaded = with_kinds(loaded, found)
        misread = [d.position for d in found if d.level == "error" and d.code not in _HARMLESS]
        spec, wrong, dropped = validate(loaded.data, loaded.positions, misread)
        found = _without_traps(found, wrong)
        found += wrong
        if spec is not None:
            plan, wrong = resolve(spec, loaded.positions, _reader(path, loaded, found), tuple(TARGETS), environment)
            found += _own_faults(wrong, dropped)
            if not has_errors(found):
                complete = True
                beyond = lint(plan, loaded.positions)
    found = [d._replace(fatal=d.level == "error", path=loaded.positions.path_at(d.position)) for d in found]
    found += [d._replace(fatal=d.code in FATAL, path=loaded.positions.path_at(d.position)) for d in beyond]
    told, ignored, unused = settled(
        found,
        spec.ignore if spec else None,
        loaded.positions,
        texts,
        data=loaded.data,
        today=today,
        complete=complete,
    )
    if not (isinstance(loaded.data, dict) and loaded.data.get("environments")):
        told += unused
    ordered = in_order(told)
    return Compiled(None if has_errors(ordered) else plan, ordered, texts, loaded.positions, in_order(ignored), unused)


# After these what was read is not what was written, and every further finding would be a guess.
_UNREADABLE = frozenset(
    {f"yaml/{what}" for what in ("syntax", "tab", "documents", "too-deep", "alias-bomb")}
    | {"extends/file", "extends/circle"}
)

# After these something stands at the place that is good enough to go on with.
_HARMLESS = frozenset(
    {
        "yaml/duplicate-key",
        "yaml/character",
        "environments/unknown",
        "presets/unknown",
        "presets/dimension",
        "agents/unknown-kind",
    }
)


def _without_traps(found: list[Diagnostic], wrong: list[Diagnostic]) -> list[Diagnostic]:
    """Without the warnings about values that are refused at the same place anyway; their advice goes to the error."""
    errors = {d.position: n for n, d in enumerate(wrong)}
    kept = []
    for d in found:
        n = errors.get(d.position)
        if d.level == "error" or n is None:
            kept.append(d)
        elif d.code == "yaml/leading-zero":
            # What was read is not what was written, so only this finding knows how to quote it.
            wrong[n] = wrong[n]._replace(help=d.help)
    return kept


def _own_faults(found: list[Diagnostic], dropped: frozenset[str]) -> list[Diagnostic]:
    """Findings that are not about a name which only an earlier finding made unknown."""
    if not dropped:
        return found
    unknown = re.compile(r"unknown [\w ]+ `(?:[^`]*\.)?([^`.]+)`|the spec has no services|`default` ")
    return [d for d in found if not ((m := unknown.match(d.message)) and (m[1] is None or m[1] in dropped))]


def _extended(
    path: Path, own: Source, texts: dict[str, str], found: list[Diagnostic], above: tuple[Path, ...], load: Load
) -> Source:
    """The source laid over those that it extends."""
    texts[own.file] = own.text
    found += own.diagnostics
    data = own.data
    if not isinstance(data, dict) or "extends" not in data:
        return own
    names = data["extends"]
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return own  # validation says what is wrong with it
    base: Source | None = None
    for n, name in enumerate(names):
        at = (
            own.positions.value(("extends", n))
            or own.positions.value(("extends",))
            or own.positions.nearest(("extends",))
        )
        other = beside(path, name)
        if isinstance(other, str):
            found.append(Diagnostic("extends/file", other, at, label="has to be a file of the same project"))
            continue
        if other.resolve() in (path.resolve(), *above):
            found.append(Diagnostic("extends/circle", f"`{name}` extends itself, by way of this file", at))
            continue
        made = _extended(other, load(other, str(other)), texts, found, (*above, path.resolve()), load)
        if isinstance(made.data, dict):
            base = made if base is None else source.merge(base, made)
    return own if base is None else source.merge(base, own)


def _in_environment(loaded: Source, environment: str, found: list[Diagnostic]) -> Source:
    if not environment:
        return loaded
    declared = loaded.data.get("environments")
    if not isinstance(declared, dict) or environment not in declared:
        known = ", ".join(map(str, declared)) if isinstance(declared, dict) else "none"
        at = loaded.positions.key(("environments",)) or Position(loaded.file, 1, 1)
        found.append(
            Diagnostic("environments/unknown", f"unknown environment `{environment}`", at, help=(f"declared: {known}",))
        )
        return loaded
    return source.overlay(loaded, ("environments", environment))


def _reader(path: Path, loaded: Source, found: list[Diagnostic]) -> ReadFile:
    """Reads the Markdown files that runbooks name; findings go to `found`."""

    def read(name: str, where: tuple[str | int, ...]) -> str:
        at = loaded.positions.value(where) or loaded.positions.nearest(where)
        # A name stands relative to the file that holds it, which may be one that the spec extends.
        file = beside(Path(at.file) if at.file else path, name)
        if isinstance(file, str):
            found.append(Diagnostic("runbooks/file", file, at))
            return ""
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found.append(Diagnostic("runbooks/file", f"`{name}` cannot be read: {error}", at))
            return ""

    return read
