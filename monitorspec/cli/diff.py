"""`monitorspec diff`: what a change of specs does, and who gets paged before and after.

In: two specs, two folders, or specs and a git ref. Out: the review on stdout; exit code 1 when specs have errors, or by
--fail-on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from monitorspec.cli.common import (
    FINDINGS,
    MISUSE,
    color_option,
    colored,
    env_option,
    find_specs,
    progress,
)
from monitorspec.diff.change import LEVELS
from monitorspec.files import specs_in
from monitorspec.report.review import FORMATS, render
from monitorspec.review import Pair, Review, review

HEAD = "HEAD"


@click.command("diff")
@click.argument("paths", nargs=-1, metavar="[OLD NEW | SPEC...]")
@click.option("--against", metavar="REF", help="Compare with a commit of git: where HEAD left REF.  [default: HEAD]")
@env_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@color_option
@click.option(
    "--acknowledged",
    type=click.Path(exists=True, dir_okay=False),
    multiple=True,
    help="File of acknowledged changes, or the Markdown of a comment with ticked boxes; may be repeated.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "never"]),
    default="never",
    show_default=True,
    help="What makes the exit code 1: changes this bad, or worse, that nobody acknowledged.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name the cosmetic changes too.")
@click.option(
    "--summary", type=click.Path(dir_okay=False), help="Write the whole review as Markdown to this file as well."
)
def command(
    paths: tuple[str, ...],
    against: str | None,
    environment: str,
    format_: str,
    color: str,
    acknowledged: tuple[str, ...],
    fail_on: str,
    verbose: bool,
    summary: str | None,
) -> None:
    """Say what a change of specs does: who gets paged before and after, what is noticed, what is deployed.

    Compares two specs or two folders, OLD with NEW; or SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told),
    with what they were at a git ref.
    """
    known: dict[str, str] = {}
    for file in acknowledged:
        known |= _acknowledged(file)
    if against is None and len(paths) == 2:
        found = review(_between(*map(Path, paths)), paths[0], paths[1], environment, known)
    else:
        found = _with_commit(paths, against or HEAD, environment, known)
    text = render(found, format_, colored(color), verbose)
    if text:
        click.echo(text.rstrip("\n"), color=True if colored(color) else None)
    if summary:
        from monitorspec.report.review import markdown

        _write(summary, markdown.render(found, markdown.SUMMARY_LIMIT))
    if any(d.level == "error" for d in found.diagnostics):
        sys.exit(FINDINGS)
    if fail_on != "never" and any(found.open(level) for level in LEVELS[: LEVELS.index(fail_on) + 1]):
        progress(f"changes that are {fail_on} have to be acknowledged")
        sys.exit(FINDINGS)


def _acknowledged(file: str) -> dict[str, str]:
    from monitorspec.acknowledgements import read

    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"`{file}` cannot be read: {error}") from None


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        progress(f"monitorspec: `{file}` cannot be written: {error.strerror}")
        sys.exit(MISUSE)


def _between(old: Path, new: Path) -> list[Pair]:
    """The specs of two files, or of two folders by their paths below them."""
    for path in (old, new):
        if not path.exists():
            raise click.UsageError(f"there is no file or folder `{path}`")
    if old.is_dir() != new.is_dir():
        raise click.UsageError(f"`{old}` and `{new}` have to be two specs or two folders")
    if not old.is_dir():
        return [Pair(old, new, str(new))]
    before, after = ({path.relative_to(top): path for path in specs_in(top)} for top in (old, new))
    if not before and not after:
        raise click.UsageError(f"no specs in `{old}` and `{new}`")
    return [Pair(before.get(name), after.get(name), str(name)) for name in sorted({*before, *after})]


def _with_commit(paths: tuple[str, ...], ref: str, environment: str, known: Mapping[str, str]) -> Review:
    from monitorspec.revision import RevisionError, merge_base, toplevel, unpack

    try:
        top = toplevel(Path())
        commit = merge_base(top, ref)
        with TemporaryDirectory(prefix="monitorspec-") as folder:
            unpack(top, commit, Path(folder))
            pairs = _against(paths, top, Path(folder))
            return review(pairs, f"{ref} ({commit[:12]})" if ref != commit else ref, "working tree", environment, known)
    except RevisionError as error:
        progress(f"monitorspec: {error}")
        sys.exit(MISUSE)


def _against(paths: tuple[str, ...], top: Path, old: Path) -> list[Pair]:
    """The specs of the working tree with those of a commit, which are in `old`."""
    given = [Path(path) for path in paths] or [Path("specs") if Path("specs").is_dir() else Path()]
    before: dict[Path, Path] = {}
    for path in given:
        try:
            within = path.resolve().relative_to(top.resolve())
        except ValueError:
            raise click.UsageError(f"`{path}` is outside of the repository `{top}`") from None
        if (old / within).exists():
            before |= {spec.relative_to(old): spec for spec in specs_in(old / within)}
    there = [str(path) for path in given if path.exists()]
    specs = find_specs(there) if there and not (before and not _any_specs(there)) else []
    if not specs and not before:
        find_specs(paths)
    after = {spec.resolve().relative_to(top.resolve()): spec for spec in specs}
    return [Pair(before.get(name), after.get(name), str(after.get(name, name))) for name in sorted({*before, *after})]


def _any_specs(paths: list[str]) -> bool:
    return any(specs_in(Path(path)) for path in paths)
