"""The command line: one verb a module, loaded when it is called.

In: arguments. Out: results on stdout, progress on stderr, exit code 0 (well), 1 (findings or stale outputs), 2 (misuse).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import cast

import click

from monitorspec import __version__

# verb → (module, its line in the help)
VERBS: dict[str, tuple[str, str]] = {
    "build": ("monitorspec.cli.build", "Compile specs into outputs, or check that outputs are up to date."),
    "diff": ("monitorspec.cli.diff", "Say what a change of specs does, and who gets paged."),
    "test": ("monitorspec.cli.test", "Test whether alerts do what specs mean by them."),
    "lint": ("monitorspec.cli.lint", "Say what is wrong with specs."),
    "routes": ("monitorspec.cli.routes", "Say who is told of each alert, at each hour of the week."),
    "cost": ("monitorspec.cli.cost", "Estimate what the CloudWatch side costs in a month."),
    "explain": ("monitorspec.cli.explain", "Explain a diagnostic's code, an SLO or an alert."),
    "schema": ("monitorspec.cli.schema", "Print the JSON Schema of specs."),
}


class Verbs(click.Group):
    """A group whose commands are imported when they are needed: a lint pays for no other verb."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        return cast(click.Command, import_module(VERBS[cmd_name][0]).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, 1)
            hint = f" Did you mean `{near[0]}`?" if near else f" Commands: {', '.join(VERBS)}."
            ctx.fail(f"no command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="monitorspec %(version)s")
def group() -> None:
    """One YAML spec of services, SLOs, thresholds and routes, compiled into proven monitoring."""


def main() -> None:
    """Entry point. What is the environment's fault is told in one sentence; a traceback would be a bug of ours."""
    import gc

    # What a run makes stays until it ends: looking for garbage in it would take a third of the time of a large build, and
    # taking it apart at the end a twentieth.
    gc.disable()
    code = _run()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        # Whoever read us has read enough, as `head` does.
        code = 0
    os._exit(code)


def _run() -> int:
    """The exit code of the command line."""
    from monitorspec.artifact import OutputError

    try:
        group.main(prog_name="monitorspec")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except OutputError as error:
        click.echo(f"monitorspec: {error}", err=True)
        return 2
    except BrokenPipeError:
        return 0
    return 0
