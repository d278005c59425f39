"""`monitorspec build`: specs into outputs.

In: spec paths. Out: files below the output folder (nothing at all when there is an error), a summary on stderr, findings on
stdout; exit code 1 when there are errors or, with --check, when outputs are stale.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from monitorspec import output
from monitorspec.artifact import Artifact
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
from monitorspec.compiler import Compiled, compile_file, emit
from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.plan import Plan
from monitorspec.targets import TARGETS, target_of

SHOWN = 20


@click.command("build")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--out",
    "-o",
    default="generated",
    show_default=True,
    metavar="FOLDER",
    help="Where outputs go, a folder per system.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail when outputs differ from what would be written.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    type=click.Choice(list(TARGETS)),
    help="Make these outputs only; may be repeated.",
)
@env_option
@format_option
@color_option
def command(
    paths: tuple[str, ...], out: str, check: bool, targets: tuple[str, ...], environment: str, format_: str, color: str
) -> None:
    """Compile specs into outputs.

    Reads SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), and writes each system's outputs to
    FOLDER/<system>/ (FOLDER/<system>-<environment>/ with --env). Files that are no longer made are removed; files that
    monitorspec did not write are never touched. When anything is wrong, nothing is written.
    """
    specs = find_specs(paths)
    compiled = [compile_file(path, environment) for path in specs]
    findings = [d for one in compiled for d in one.diagnostics] + _twice(specs, compiled)
    texts = {name: text for one in compiled for name, text in one.texts.items()}
    plans = [one.plan for one in compiled if one.plan is not None]
    if findings or format_ != "text":
        show(findings, texts, format_, color)
    if any(d.level == "error" for d in findings) or len(plans) < len(specs):
        progress("nothing was written")
        sys.exit(FINDINGS)
    root = Path(out)
    # Everything is emitted before anything is written: a failure leaves the outputs as they were.
    made = [(plan, folder_of(plan), _artifacts(root, plan, targets)) for plan in plans]
    if check:
        _check(root, made)
    else:
        _write(root, made)


def folder_of(plan: Plan) -> str:
    """The name of a plan's folder below the output folder."""
    return f"{plan.system}-{plan.environment}" if plan.environment else plan.system


def _meta(plan: Plan) -> dict[str, str]:
    return {name: ".".join(map(str, version)) for name, version in plan.versions._asdict().items()}


def _artifacts(root: Path, plan: Plan, targets: Sequence[str]) -> list[Artifact]:
    """What is to stand in the plan's folder: with `targets`, the other targets' files stay as they are."""
    made = emit(plan, targets)
    if not targets:
        return made
    folder = root / folder_of(plan)
    kept = [path for path in output.owned(root, folder_of(plan)) if target_of(path) not in targets]
    return made + [
        Artifact(path, (folder / path).read_text(encoding="utf-8")) for path in kept if (folder / path).is_file()
    ]


def _not_proven(artifacts: Sequence[Artifact]) -> list[str]:
    """Alerts with something that no generated test shows, as the test files say."""
    from monitorspec.targets.promtest import NOT_PROVEN

    mark = f"# {NOT_PROVEN}"
    heads = (a.text[: a.text.find("\nrule_files:")] for a in artifacts if target_of(a.path) == "promtest")
    return [line.removeprefix(mark) for head in heads for line in head.splitlines() if line.startswith(mark)]


def _twice(specs: list[Path], compiled: list[Compiled]) -> list[Diagnostic]:
    """Specs that would write to the same folder."""
    seen: dict[str, Path] = {}
    out = []
    for path, one in zip(specs, compiled, strict=True):
        if one.plan is not None:
            first = seen.setdefault(folder_of(one.plan).lower(), path)
            if first != path:
                out.append(
                    Diagnostic(
                        "names/twice",
                        f"system `{one.plan.system}` is also the one of {first}",
                        Position(str(path), 1, 1),
                        help=("systems are folders below the output folder: give one of them another name",),
                        fatal=True,
                    )
                )
    return out


def _check(root: Path, made: list[tuple[Plan, str, list[Artifact]]]) -> None:
    stale = 0
    for plan, folder, artifacts in made:
        found = output.check(root, folder, artifacts, _meta(plan))
        for kind, paths in (("missing", found.missing), ("surplus", found.surplus)):
            for path in paths[:SHOWN]:
                click.echo(f"{kind}: {(root / folder / path).as_posix()}")
        for different in found.different[:SHOWN]:
            click.echo(f"stale: {(root / folder / different.path).as_posix()}")
            click.echo(different.diff().rstrip("\n"))
        count = len(found.missing) + len(found.different) + len(found.surplus)
        if count > SHOWN:
            click.echo(f"… {counted(count, 'file')} in all in {(root / folder).as_posix()}")
        stale += count
    if stale:
        progress(f"{counted(stale, 'output')} not up to date: run `monitorspec build` and commit the result")
        sys.exit(FINDINGS)
    progress(f"{counted(sum(len(a) for _, _, a in made), 'output')} up to date")


def _write(root: Path, made: list[tuple[Plan, str, list[Artifact]]]) -> None:
    for plan, folder, artifacts in made:
        done = output.write(root, folder, artifacts, _meta(plan))
        for path in done.edited[:SHOWN]:
            progress(
                f"overwrote {(root / folder / path).as_posix()}, which had been edited by hand: edit the spec instead"
            )
        changes = [
            f"{len(paths)} {word}"
            for word, paths in (
                ("created", done.created),
                ("updated", done.updated),
                ("removed", done.removed),
                ("unchanged", done.unchanged),
            )
            if paths
        ]
        agents = f", {counted(len(plan.agents), 'agent')}" if plan.agents else ""
        progress(
            f"{(root / folder).as_posix()}: {counted(len(plan.services), 'service')}, {counted(len(plan.alerts), 'alert')}, "
            f"{counted(len(plan.dashboards), 'dashboard')}{agents}; files: {', '.join(changes)}"
        )
        if plan.alerts and not plan.receivers:
            progress(
                f"{folder} has no receivers: no Alertmanager configuration is made, and nobody is told of its alerts"
            )
        for line in _not_proven(artifacts)[:SHOWN]:
            progress(f"not proven: {line}")
        for line in _deploy(root / folder, artifacts)[:SHOWN]:
            progress(f"deploy: {line}")
    where = root.as_posix()
    progress(f"next: prove it with `monitorspec test`, then commit {where}/ with the spec")


def _deploy(folder: Path, artifacts: Sequence[Artifact]) -> list[str]:
    """A command for each CloudFormation template, in the order in which they are to be deployed."""
    found = [a for a in artifacts if target_of(a.path) == "cloudwatch"]
    if not found:
        return []
    from monitorspec.cloudformation.deploy import told

    commands = [(a, told(a.text)) for a in found]
    return [c.replace(a.path.rpartition("/")[2], (folder / a.path).as_posix(), 1) for a, c in commands if c]
