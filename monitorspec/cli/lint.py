"""`monitorspec lint`: what is wrong with specs, in every environment.

In: spec paths. Out: findings on stdout; exit code 1 when there are errors (or warnings with --fail-on warning).
"""

from __future__ import annotations

import sys

import click

from monitorspec.cli.common import (
    FINDINGS,
    color_option,
    counted,
    env_option,
    find_specs,
    format_option,
    progress,
    show,
)
from monitorspec.compiler import compile_everywhere, compile_file
from monitorspec.diagnostics import Diagnostic, in_order


@click.command("lint")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@env_option
@format_option
@color_option
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="What makes the exit code 1.",
)
@click.option("--baseline", metavar="FILE", help="Do not tell the findings in FILE again.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write all findings to FILE; with --baseline, those of it that are still there.",
)
@click.option("--fix", is_flag=True, help="Put right what is certain, in the files of the specs.")
@click.option("--diff", "preview", is_flag=True, help="Print what --fix would change, and write nothing.")
@click.option("--show-ignored", is_flag=True, help="Print also what specs ignore and baselines hold, as notes.")
def command(
    paths: tuple[str, ...],
    environment: str,
    format_: str,
    color: str,
    fail_on: str,
    baseline: str | None,
    write_baseline: str | None,
    show_ignored: bool,
    fix: bool,
    preview: bool,
) -> None:
    """Say what is wrong with specs.

    Reads SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), each as it is and with each of its
    environments, and prints all findings at once. Nothing is written unless asked.
    """
    specs, day = find_specs(paths), _today()
    if fix or preview:
        from monitorspec.cli.fix import repaired, show_diff, write

        made = repaired(specs, environment, day)
        if preview:
            show_diff(made)
            sys.exit(FINDINGS if made.fixed.done else 0)
        write(made.fixed)
    diagnostics: list[Diagnostic] = []
    ignored: list[Diagnostic] = []
    texts: dict[str, str] = {}
    for path in specs:
        compiled = compile_file(path, environment, day) if environment else compile_everywhere(path, day)
        diagnostics += compiled.diagnostics
        ignored += compiled.ignored
        texts.update(compiled.texts)
    if baseline is not None or write_baseline is not None:
        from monitorspec.cli.baseline import compared

        if write_baseline is not None and environment:
            raise click.UsageError("--write-baseline is of all environments: leave out --env")
        found = compared(in_order(diagnostics), baseline, write_baseline, list(texts), whole=not environment)
        diagnostics, ignored = found.new, [*ignored, *found.known]
    shown = [*diagnostics, *(ignored if show_ignored else ())]
    show(shown, texts, format_, color)
    levels = {d.level for d in diagnostics}
    certain = sum(d.fix is not None for d in diagnostics)
    if certain and not fix:
        progress(f"{counted(certain, 'finding')} can be put right with `monitorspec lint --fix`")
    if not diagnostics:
        progress(f"{counted(len(specs), 'spec')}: nothing {'new ' if baseline else ''}to say")
    if fail_on != "never" and ("error" in levels or (fail_on == "warning" and "warning" in levels)):
        sys.exit(FINDINGS)


def _today() -> str:
    from monitorspec.ignores import today

    try:
        return today()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
