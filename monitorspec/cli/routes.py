"""`monitorspec routes`: who is told of each alert at each hour of the week.

In: spec paths, a question. Out: the matrix, an answer, or the routing tree on stdout; exit code 1 where a spec has errors, 2
where the question cannot be understood.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from monitorspec.cli.common import (
    FINDINGS,
    color_option,
    colored,
    counted,
    env_option,
    find_specs,
    progress,
    show,
)
from monitorspec.compiler import compile_file
from monitorspec.paging import document, question, text
from monitorspec.paging.blocks import Block, blocks, supposed
from monitorspec.paging.tree import Branch, tree
from monitorspec.plan import Plan


@click.command("routes")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--for", "alerts", metavar="ALERTS", help="Labels, as in 'severity=critical service=api', or ids of alerts."
)
@click.option("--at", "at", metavar="TIME", help="A time: 'sat 03:00' or 2026-03-07T03:00.")
@click.option("--tz", "zone", metavar="ZONE", help="The time's zone; that of the spec's windows unless told, or UTC.")
@click.option("--tree", "as_tree", is_flag=True, help="Draw the routes, with the alerts that reach each.")
@env_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the answer is printed.",
)
@color_option
def command(
    paths: tuple[str, ...],
    alerts: str | None,
    at: str | None,
    zone: str | None,
    as_tree: bool,
    environment: str,
    format_: str,
    color: str,
) -> None:
    """Say who is told of each alert, at each hour of the week.

    Reads SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), and prints for each what its routes,
    windows, mutes and escalations come to. Alerts with the same answer are told together.
    """
    if as_tree and (alerts or at):
        raise click.UsageError("--tree shows all alerts at all times: leave out --for and --at")
    if as_tree and format_ == "markdown":
        raise click.UsageError("--tree is drawn as text or json")
    if zone and not at:
        raise click.UsageError("--tz is the zone of --at")
    compiled = [compile_file(path, environment) for path in find_specs(paths)]
    errors = [d for one in compiled for d in one.diagnostics if d.level == "error"]
    if errors:
        show(errors, {name: text for one in compiled for name, text in one.texts.items()}, "text", color)
        sys.exit(FINDINGS)
    plans = [one.plan for one in compiled if one.plan is not None]
    try:
        if as_tree:
            _trees(plans, format_, color)
        else:
            _matrix(plans, alerts, at, zone, format_, color)
    except question.Misunderstood as error:
        raise click.UsageError(str(error)) from None


def _matrix(
    plans: Sequence[Plan], alerts: str | None, at: str | None, zone: str | None, format_: str, color: str
) -> None:
    asked = question.asked(alerts) if alerts is not None else None
    systems = []
    for plan in plans:
        found, extra = question.chosen(plan, asked) if asked else (plan.alerts, {})
        moment = question.moment(at, zone or question.zone_of(plan)) if at is not None else None
        systems.append((plan, blocks(plan, found, extra), moment))
    if asked and not any(found for _, found, _ in systems):
        why = question.unknown(plans, asked)
        if asked.patterns:
            raise question.Misunderstood(why)
        progress(f"{why}; this is what would be told of one with these labels only")
        systems = [(plan, (supposed(plan, asked.labels),), moment) for plan, _, moment in systems]
    shown = [(plan, found, moment) for plan, found, moment in systems if found or not asked]
    if format_ == "json":
        _print_json([_system(plan, found, moment) for plan, found, moment in shown])
        return
    if format_ == "markdown" and at is None:
        click.echo("\n\n".join(text.table(plan, found) for plan, found, _ in shown))
        return
    parts = ["\n\n".join(_paragraphs(plan, found, moment, color)) for plan, found, moment in shown]
    click.echo("\n\n".join(parts), color=True if colored(color) else None)
    if at is None:
        silent = sum(len(block.alerts) for _, found, _ in shown for block in found if block.silent)
        total = sum(len(block.alerts) for _, found, _ in shown for block in found)
        if silent:
            progress(f"{silent:,} of {counted(total, 'alert')} reach nobody at some hour")


def _paragraphs(plan: Plan, found: Sequence[Block], moment: question.Moment | None, color: str) -> Iterator[str]:
    def loud(said: str) -> str:
        return click.style(said, fg="red", bold=True) if colored(color) else said

    yield f"{text.title(plan)}{f', {moment.text}' if moment else ''}" + ("" if found else ": no alerts")
    windows = {window.name: window for window in plan.windows}
    for block in found:
        if moment is None:
            yield "\n".join(text.block_lines(plan, block, loud))
        else:
            now = question.shift_at(block.shifts, windows, moment)
            yield "\n".join(text.answer_lines(plan, block, now, loud))


def _trees(plans: Sequence[Plan], format_: str, color: str) -> None:
    def loud(said: str) -> str:
        return click.style(said, fg="red", bold=True) if colored(color) else said

    found: list[tuple[Plan, Branch]] = [(plan, tree(plan)) for plan in plans]
    if format_ == "json":
        _print_json([{**_names(plan), "tree": document.branch_fields(root)} for plan, root in found])
        return
    drawn = []
    for plan, root in found:
        windows = {window.name: window.text for window in plan.windows}
        drawn.append("\n".join([text.title(plan), *text.tree_lines(root, windows, loud)]))
    click.echo("\n\n".join(drawn), color=True if colored(color) else None)


def _system(plan: Plan, found: Sequence[Block], moment: question.Moment | None) -> dict[str, Any]:
    windows = {window.name: window for window in plan.windows}
    groups = []
    for block in found:
        now = question.shift_at(block.shifts, windows, moment) if moment else None
        groups.append(document.block_fields(plan, block, now))
    return {**_names(plan), "at": moment.text if moment else None, "groups": groups}


def _names(plan: Plan) -> dict[str, str]:
    return {"system": plan.system, "environment": plan.environment}


def _print_json(systems: list[dict[str, Any]]) -> None:
    import orjson

    data = {"version": document.VERSION, "systems": systems}
    click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
