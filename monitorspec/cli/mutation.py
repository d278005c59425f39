"""`monitorspec test --mutate`: what no test would notice.

In: compiled specs. Out: every mutant that survives, on stdout; sums on stderr; exit code 1 when any does, 2 without promtool.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from monitorspec.cli.common import FINDINGS, MISUSE, progress
from monitorspec.compiler import Compiled

F = TypeVar("F", bound=Callable[..., Any])


def mutate_option(function: F) -> F:
    """--mutate, --sample and --verbose."""
    for option in (
        click.option("--verbose", is_flag=True, help="With --mutate: list the mutants that change nothing, too."),
        click.option(
            "--sample",
            type=click.IntRange(1),
            default=1,
            metavar="N",
            help="With --mutate: every N-th mutant only, always the same ones.",
        ),
        click.option(
            "--mutate",
            is_flag=True,
            help="Change each limit, wait, window, selector and label, and say what no test notices.",
        ),
    ):
        function = option(function)
    return function


def refuse_mixtures(
    mutate: bool, sample: int, verbose: bool, only: str, coverage: bool, fail_under: float | None
) -> None:
    """Options that say nothing together. Raises click.UsageError."""
    if not mutate and (sample > 1 or verbose):
        raise click.UsageError("--sample and --verbose go with --mutate")
    if mutate and (only or coverage or fail_under is not None):
        raise click.UsageError("--mutate runs all tests: leave out --only, --coverage and --fail-under")


def mutate(compiled: Sequence[Compiled], format_: str, processes: int, sample: int, verbose: bool) -> None:
    """Test the tests, and leave."""
    from monitorspec.mutation import report
    from monitorspec.mutation.run import mutated
    from monitorspec.mutation.trial import Refused
    from monitorspec.scenario.story import Book
    from monitorspec.tools import ToolFailed, ToolMissing

    if format_ not in ("text", "json"):
        raise click.UsageError("--mutate prints text or json")
    systems = []
    for one in compiled:
        assert one.plan is not None
        assert one.places is not None
        label = f"{one.plan.system}-{one.plan.environment}" if one.plan.environment else one.plan.system
        try:
            found = mutated(one.plan, processes, sample)
        except (ToolMissing, ToolFailed) as error:
            progress(f"monitorspec: {error}")
            sys.exit(MISUSE)
        except Refused as error:
            progress(f"{label}: {error}: see `monitorspec test`")
            sys.exit(FINDINGS)
        systems.append(report.System(label, found, Book(one.places, one.texts)))
    if format_ == "json":
        click.echo(report.as_json(systems), nl=False)
    for system in systems:
        if format_ == "text":
            for verdict in system.of("survived"):
                click.echo(report.story(verdict, system.book))
            for verdict in system.of("equivalent") if verbose else ():
                click.echo(report.same(verdict))
        progress(report.summary(system))
        for alert, reason in system.found.closed:
            progress(f"cannot be tested: {alert}: {reason}")
    sys.exit(FINDINGS if any(system.of("survived") for system in systems) else 0)
