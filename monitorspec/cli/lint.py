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
@click.option("--show-ignored", is_flag=True, help="Print what the specs ignore, too, as notes.")
def command(
    paths: tuple[str, ...], environment: str, format_: str, color: str, fail_on: str, show_ignored: bool
) -> None:
    """Say what is wrong with specs.

    Reads SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), each as it is and with each of its
    environments, and prints all findings at once. Nothing is written.
    """
    diagnostics, texts, specs = [], {}, find_specs(paths)
    day = _today()
    for path in specs:
        compiled = compile_file(path, environment, day) if environment else compile_everywhere(path, day)
        diagnostics += [*compiled.diagnostics, *(compiled.ignored if show_ignored else ())]
        texts.update(compiled.texts)
    show(diagnostics, texts, format_, color)
    levels = {d.level for d in diagnostics}
    if not diagnostics:
        progress(f"{counted(len(specs), 'spec')}: nothing to say")
    if fail_on != "never" and ("error" in levels or (fail_on == "warning" and "warning" in levels)):
        sys.exit(FINDINGS)


def _today() -> str:
    from monitorspec.ignores import today

    try:
        return today()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
