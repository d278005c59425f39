"""`monitorspec lint --baseline` and `--write-baseline`: the files, and what is said of them.

In: findings, names of the files of baselines. Out: what is new and what is known; the next baseline in its file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import click

from monitorspec.artifact import OutputError
from monitorspec.baseline import Compared, Known, entries_of, read, written
from monitorspec.baseline import compared as held_against
from monitorspec.cli.common import counted, progress
from monitorspec.diagnostics import Diagnostic
from monitorspec.files import project_root
from monitorspec.fingerprints import in_project


def compared(
    found: Sequence[Diagnostic], old: str | None, new: str | None, files: Collection[str], *, whole: bool
) -> Compared:
    """Findings held against the baseline in `old`, or after that in `new` is written. `files` were looked at; `whole`: in all
    environments. Raises UsageError for a baseline that cannot be read, OutputError for one that cannot be written."""
    before = _read(old) if old is not None else _read(new) if new is not None and Path(new).exists() else []
    file = str(old if old is not None else new)
    whole = whole and not any(d.fatal for d in found)
    here, root = set(map(in_project, files)), project_root(Path(file))

    def gone(name: str) -> bool:
        return whole and (name in here or not (root / name).exists())

    result = held_against(found, before, gone)
    if new is None:
        _say(result, file)
        return result
    if any(d.fatal for d in found):
        progress(f"{new} was not written: no baseline can hold errors that leave nothing to make outputs of")
        return result if old is not None else held_against(found, [], gone)
    # With an old one given it only becomes shorter; else all that is found is known from now on.
    told = entries_of(found, {entry.fingerprint for entry in before} if old is not None else None)
    entries = {*(entry for entry in before if not gone(entry.file)), *told}
    try:
        Path(new).write_text(written(entries), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{new}: cannot be written: {error.strerror or error}") from error
    progress(f"{new}: {counted(len(entries), 'finding')}, {len(result.gone)} taken out")
    return held_against(found, sorted(entries), gone)


def _say(result: Compared, file: str) -> None:
    if result.known:
        progress(f"{counted(len(result.known), 'finding')} of {file} not told again")
    if result.gone:
        can = "1 entry" if len(result.gone) == 1 else f"{len(result.gone):,} entries"
        command = f"monitorspec lint --baseline {file} --write-baseline {file}"
        progress(f"{can} of {file} can be removed, as what they are about is no longer found: `{command}`")


def _read(file: str) -> list[Known]:
    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = f"make one with `monitorspec lint --write-baseline {file}`"
        raise click.UsageError(f"there is no baseline `{file}`: {hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"`{file}` cannot be read: {error}") from None
    except ValueError as error:
        raise click.UsageError(f"`{file}` {error}") from None
