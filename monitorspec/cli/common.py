"""What verbs share: finding specs, options, printing diagnostics.

In: command-line values. Out: spec paths, rendered diagnostics on stdout, exit codes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from monitorspec.diagnostics import Diagnostic, in_order
from monitorspec.files import SPEC_SUFFIXES, specs_in
from monitorspec.report import FORMATS
from monitorspec.report.secrets import blotted

F = TypeVar("F", bound=Callable[..., Any])

FINDINGS = 1
MISUSE = 2


def format_option(function: F) -> F:
    """--format, one of `report.FORMATS`."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="How findings are printed.",
    )(function)


def plain_format_option(help_: str) -> Callable[[F], F]:
    """--format text|json, for what are no findings."""
    choice = click.Choice(["text", "json"])
    return click.option("--format", "format_", type=choice, default="text", show_default=True, help=help_)


def color_option(function: F) -> F:
    """--color auto|always|never."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours in text; NO_COLOR is heeded.",
    )(function)


def env_option(function: F) -> F:
    """--env NAME."""
    return click.option(
        "--env", "environment", metavar="NAME", default="", help="Lay this environment over each spec."
    )(function)


def find_specs(paths: Sequence[str]) -> list[Path]:
    """Spec files at the paths given, or in `specs/`, or here; leaves with exit code 2 where there are none."""
    given = [Path(p) for p in paths] or [Path("specs") if Path("specs").is_dir() else Path()]
    for path in given:
        if not path.exists():
            raise click.UsageError(f"there is no file or folder `{path}`")
    found = list(dict.fromkeys(spec for path in given for spec in specs_in(path)))
    if not found:
        where = ", ".join(f"`{p}`" for p in given)
        raise click.UsageError(f"no specs in {where}: their names end in {SPEC_SUFFIXES[0]}")
    return found


def colored(choice: str) -> bool:
    """Whether to print colours."""
    if choice != "auto":
        return choice == "always"
    return "NO_COLOR" not in os.environ and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def show(
    diagnostics: Sequence[Diagnostic],
    texts: Mapping[str, str],
    format_: str,
    color: str = "never",
    *,
    aside: bool = False,
) -> None:
    """Print findings on stdout; `aside`: on stderr, where stdout has something else."""
    text = FORMATS[format_](in_order(diagnostics), blotted(texts, diagnostics), color=colored(color))
    if text:
        click.echo(text.rstrip("\n"), color=True if colored(color) else None, err=aside)


def progress(text: str) -> None:
    """A line on stderr."""
    click.echo(text, err=True)


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 alert`, `2 alerts`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def table(rows: Sequence[Sequence[str]], sides: Sequence[str]) -> Iterator[str]:
    """Lines of columns; `sides` has `<` or `>` for each."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(sides))]
    for row in rows:
        yield "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
