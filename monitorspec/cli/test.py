"""`monitorspec test`: whether alerts do what specs mean by them, and reach whom they are to reach.

In: spec paths. Out: what fails, as stories on stdout (or as findings; or all results as JSON or JUnit's XML), a summary on stderr;
exit code 1 when anything fails or coverage is too low, 2 without promtool.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from monitorspec.cli.common import (
    FINDINGS,
    MISUSE,
    color_option,
    colored,
    counted,
    env_option,
    find_specs,
    progress,
    show,
)
from monitorspec.cli.mutation import mutate as mutated
from monitorspec.cli.mutation import mutate_option, refuse_mixtures
from monitorspec.compiler import Compiled, compile_file, emit
from monitorspec.plan import Plan

if TYPE_CHECKING:
    from monitorspec.scenario.coverage import Coverage
    from monitorspec.scenario.judge import Trial
    from monitorspec.scenario.report import System

SHOWN = 20
AS_FINDINGS = ("github", "sarif", "gitlab", "markdown")
"""Formats that tell what failed as `lint` tells findings."""
_KINDS = {"test": ("test", ""), "rules": ("rule", ""), "alarms": ("CloudWatch alarm", ""), "routes": ("route", "")}


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@env_option
@click.option(
    "-k", "--only", metavar="NAME", default="", help="Only tests with this in their name or alert; `*` is anything."
)
@click.option("--coverage", is_flag=True, help="Say what no test would notice: alerts, routes, inhibitions, windows.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail below this coverage.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes of promtool; one for each processor unless told.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "junit", *AS_FINDINGS]),
    default="text",
    show_default=True,
    help="How results are printed.",
)
@mutate_option
@color_option
def command(
    paths: tuple[str, ...],
    environment: str,
    only: str,
    coverage: bool,
    fail_under: float | None,
    jobs: int | None,
    format_: str,
    mutate: bool,
    sample: int,
    verbose: bool,
    color: str,
) -> None:
    """Test whether alerts do what specs mean by them, and whom they reach.

    Compiles SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), without writing anything. Runs the tests
    that a spec writes under `tests`, and those that follow from the rest of it: rules by promtool, CloudWatch alarms by an
    evaluator of their own, who is told by the routes.
    """
    from monitorspec.scenario import report
    from monitorspec.scenario.judge import judged
    from monitorspec.tools import ToolFailed, ToolMissing

    refuse_mixtures(mutate, sample, verbose, only, coverage, fail_under)
    compiled = [compile_file(path, environment) for path in find_specs(paths)]
    findings = [d for one in compiled for d in one.diagnostics]
    texts = {name: text for one in compiled for name, text in one.texts.items()}
    broken = any(one.plan is None for one in compiled)
    if broken and format_ not in ("text", "json"):
        show(findings, texts, format_)
    else:
        show(findings, texts, "text", color, aside=format_ != "text")
    if broken:
        progress("nothing was tested")
        sys.exit(FINDINGS)
    if mutate:
        mutated(compiled, format_, jobs or _processors(), sample, verbose)
    try:
        verdicts = judged([_trial(one.plan, only) for one in compiled if one.plan], processes=jobs or _processors())
    except (ToolMissing, ToolFailed) as error:
        progress(f"monitorspec: {error}")
        sys.exit(MISUSE)
    asked = coverage or fail_under is not None
    systems = [
        _system(one, outcomes, gaps, only, asked) for one, (outcomes, gaps) in zip(compiled, verdicts, strict=True)
    ]
    if only and not any(system.outcomes for system in systems):
        raise click.UsageError(f"no test is called `{only}`")
    if format_ == "json":
        click.echo(report.as_json(systems), nl=False)
    elif format_ == "junit":
        click.echo(report.as_junit(systems), nl=False)
    elif format_ in AS_FINDINGS:
        from monitorspec.scenario.findings import findings as failed_as

        show(failed_as(systems), texts, format_)
    _tell(systems, format_, coverage, colored(color))
    failed = sum(len(system.failed) for system in systems)
    if failed:
        progress(counted(failed, "failure"))
    low = [system for system in systems if system.coverage and system.coverage.percent < (fail_under or 0)]
    for system in low:
        assert system.coverage is not None
        progress(f"{system.label}: coverage is {system.coverage.percent:.1f}%, below {fail_under:g}%")
    if failed or low:
        sys.exit(FINDINGS)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _trial(plan: Plan, only: str) -> Trial:
    """A plan with what is made of it; with `only`, no more than what the chosen tests need."""
    from monitorspec.scenario.judge import Trial

    artifacts = emit(plan, ("prometheus", "cloudwatch"))
    if not only:
        return Trial(plan, artifacts, plan, details=True)
    chosen = plan._replace(scenarios=tuple(s for s in plan.scenarios if _matches(only, s.name)))
    services = {alert.service for alert in plan.alerts if _matches(only, alert.id)}
    kinds = ("test", "rules", "alarms", "routes") if services else ("test",)
    return Trial(chosen, artifacts, plan, only=kinds, details=True)


def _matches(pattern: str, name: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(name.lower(), f"*{pattern.lower()}*")


def _system(one: Compiled, outcomes: Sequence, gaps: Sequence, only: str, asked: bool) -> System:  # type: ignore[type-arg]
    from monitorspec.scenario.coverage import coverage
    from monitorspec.scenario.report import System
    from monitorspec.scenario.story import Book

    assert one.plan is not None
    kept = tuple(outcome for outcome in outcomes if not only or _matches(only, outcome.name))
    return System(
        name=one.plan.system,
        environment=one.plan.environment,
        file=next(iter(one.texts), ""),
        outcomes=kept,
        gaps=() if only else tuple(gaps),
        coverage=coverage(one.plan, kept) if asked else None,
        book=Book(one.places, one.texts),
    )


def _tell(systems: Sequence[System], format_: str, coverage: bool, color: bool) -> None:
    """Stories on stdout, sums on stderr."""
    from monitorspec.scenario.story import story

    for system in systems:
        if format_ == "text":
            for outcome in system.failed:
                text = story(outcome, system.book)
                click.echo(_painted(text) if color else text, color=color or None)
        progress(f"{system.label}: {_summary(system)}")
        for gap in system.gaps[:SHOWN]:
            progress(f"not proven: {gap.alert}: {gap.reason}")
        if len(system.gaps) > SHOWN:
            progress(f"… {len(system.gaps)} gaps in all")
        if coverage and format_ == "text" and system.coverage:
            click.echo(_covered(system.label, system.coverage))


def _painted(text: str) -> str:
    head, _, rest = text.partition("\n")
    return f"{click.style(head, fg='red', bold=True)}\n{rest}"


def _summary(system: System) -> str:
    said = []
    for kind, (noun, plural) in _KINDS.items():
        mine = [outcome for outcome in system.outcomes if outcome.kind == kind]
        if mine:
            bad = sum(not outcome.passed for outcome in mine)
            said.append(f"{counted(len(mine), noun, plural)}" + (f" ({bad} failed)" if bad else ""))
    if not said:
        return "nothing to test"
    return ", ".join(said) + ("" if system.failed else ": all pass")


def _covered(label: str, found: Coverage) -> str:
    """What the tests would notice, and what they would not."""
    from monitorspec.scenario.coverage import KINDS

    rows = [f"coverage of {label}: {found.percent:.1f}%"]
    for kind in KINDS:
        noticed, all_ = found.counts(kind)
        if all_:
            rows.append(f"  {kind + 's':<12} {noticed} of {all_}, {found.by_users(kind)} by the spec's own tests")
    rows += [f"  not noticed by any test: {item.kind} {item.name}" for item in found.open]
    rows += [f"  cannot be tested: {item.kind} {item.name}: {item.cannot}" for item in found.items if item.cannot]
    return "\n".join(rows)
