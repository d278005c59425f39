"""`monitorspec lint --fix` and `--diff`: specs put right on disk, or what that would change.

In: spec paths. Out: files changed, each as a whole or not at all, or a unified diff on stdout; what was put right on stderr.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from monitorspec import source
from monitorspec.artifact import OutputError
from monitorspec.cli.common import counted, progress
from monitorspec.compiler import compile_everywhere, compile_file
from monitorspec.diagnostics import Diagnostic, in_order
from monitorspec.repair import Compiles, Fixed, fixed
from monitorspec.report.secrets import secrets_in
from monitorspec.source import Source

_MARK = b"\xef\xbb\xbf"


class Repaired(NamedTuple):
    """What was put right, and the secrets that stand in the files: a diff must not show them."""

    fixed: Fixed
    secrets: frozenset[str]


def repaired(specs: Sequence[Path], environment: str, day: str) -> Repaired:
    """What is certain to be put right in specs and in what they extend."""
    secrets: set[str] = set()

    def compiles(texts: Mapping[Path, str]) -> Compiles:
        def load(path: Path, display: str) -> Source:
            text = texts.get(path.resolve())
            return source.load(path, display) if text is None else source.parse(text, display)

        found: list[Diagnostic] = []
        read: dict[str, str] = {}
        for path in specs:
            one = compile_file(path, environment, day, load) if environment else compile_everywhere(path, day, load)
            found += one.diagnostics
            secrets.update(secrets_in(one.texts, [*one.diagnostics, *one.ignored]))
            read.update(one.texts)
        return Compiles(in_order(found), read)

    made = fixed(compiles)
    return Repaired(made, frozenset(secrets))


def write(made: Fixed) -> None:
    """Write what changed, and say what was put right. Raises OutputError."""
    for path, text in made.texts.items():
        try:
            _replace(path, text)
        except OSError as error:
            raise OutputError(f"{_shown(path)}: cannot be written: {error.strerror or error}") from error
    for d in made.done:
        at = d.position
        progress(f"fixed {at.file}:{at.line}: {d.fix.title if d.fix else ''} ({d.code})")
    if made.done:
        progress(f"{counted(len(made.done), 'finding')} put right in {counted(len(made.texts), 'file')}")


def show_diff(made: Repaired) -> None:
    """Print what `write` would change, with asterisks for secrets."""
    for path, text in sorted(made.fixed.texts.items()):
        old = path.read_bytes().removeprefix(_MARK).decode("utf-8", "replace")
        name = _shown(path)
        for line in difflib.unified_diff(_lines(old), _lines(text), f"a/{name}", f"b/{name}"):
            for secret in sorted(made.secrets, key=len, reverse=True):
                line = line.replace(secret, "*" * len(secret))
            click.echo(line.rstrip("\n") if line.endswith("\n") else f"{line}\n\\ No newline at end of file")


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").splitlines(keepends=True)


def _shown(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def _replace(path: Path, text: str) -> None:
    """The file as it was or as it is to be, never something between."""
    mark = _MARK if path.read_bytes().startswith(_MARK) else b""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(mark + text.encode("utf-8"))
        part.chmod(path.stat().st_mode & 0o7777)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
