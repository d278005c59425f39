"""`monitorspec test`: whether alerts do what specs mean by them.

In: spec paths. Out: what fails, told on stdout, and a summary; exit code 1 when anything fails, 2 without promtool.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from monitorspec.artifact import Artifact
from monitorspec.cli.common import FINDINGS, MISUSE, color_option, counted, env_option, find_specs, progress, show
from monitorspec.compiler import compile_file, emit
from monitorspec.plan import Plan
from monitorspec.targets import target_of

SHOWN = 20


class Tested(NamedTuple):
    """What came of some tests."""

    alerts: int
    cases: int
    failures: tuple[str, ...]
    gaps: tuple[str, ...]


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@env_option
@color_option
def command(paths: tuple[str, ...], environment: str, color: str) -> None:
    """Test whether alerts do what specs mean by them.

    Compiles SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), without writing anything, and holds the
    outputs against the generated tests: rules by promtool, CloudWatch alarms by an evaluator of their own.
    """
    from monitorspec.tools import ToolFailed, ToolMissing

    compiled = [compile_file(path, environment) for path in find_specs(paths)]
    findings = [d for one in compiled for d in one.diagnostics]
    show(findings, {name: text for one in compiled for name, text in one.texts.items()}, "text", color)
    plans = [one.plan for one in compiled if one.plan is not None]
    if len(plans) < len(compiled):
        progress("nothing was tested")
        sys.exit(FINDINGS)
    failed = 0
    for plan in plans:
        try:
            rules, alarms = _rules(plan), _alarms(plan)
        except (ToolMissing, ToolFailed) as error:
            progress(f"monitorspec: {error}")
            sys.exit(MISUSE)
        for failure in (*rules.failures, *alarms.failures):
            click.echo(failure)
        failed += len(rules.failures) + len(alarms.failures)
        name = f"{plan.system}-{plan.environment}" if plan.environment else plan.system
        said = [
            f"{counted(found.alerts, noun)} in {counted(found.cases, case)}"
            for found, noun, case in (
                (
                    rules,
                    "alert",
                    "promtool test",
                ),
                (alarms, "CloudWatch alarm", "case"),
            )
            if found.alerts
        ]
        progress(f"{name}: {', '.join(said) or 'nothing to test'}")
        gaps = (*rules.gaps, *alarms.gaps)
        for gap in gaps[:SHOWN]:
            progress(f"not proven: {gap}")
        if len(gaps) > SHOWN:
            progress(f"… {len(gaps)} gaps in all")
    if failed:
        progress(counted(failed, "failure"))
        sys.exit(FINDINGS)


def _rules(plan: Plan) -> Tested:
    """The generated tests of Prometheus rules, run by promtool in a folder of their own."""
    alerts = [alert for alert in plan.alerts if not alert.on_cloudwatch]
    if not alerts:
        return Tested(0, 0, (), ())
    from monitorspec import tools
    from monitorspec.targets.promtest import gaps

    artifacts = emit(plan, ("prometheus", "promtest"))
    with tempfile.TemporaryDirectory(prefix="monitorspec-") as name:
        tests = []
        for artifact in artifacts:
            file = Path(name) / artifact.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(artifact.text, encoding="utf-8")
            if target_of(artifact.path) == "promtest":
                tests.append(file)
        done = tools.prove_rules(tests)
        # Its own folder means nothing to anybody.
        failures = (done.output.replace(f"{name}/", "").strip(),) if done.code else ()
    said = (f"{alert}: {reason}" for alert, reason in gaps(plan))
    return Tested(len(alerts), _tests_in(artifacts), failures, tuple(said))


def _tests_in(artifacts: Sequence[Artifact]) -> int:
    """How many tests promtool runs."""
    return sum(a.text.count("\n  - name: ") for a in artifacts if target_of(a.path) == "promtest")


def _alarms(plan: Plan) -> Tested:
    """The cases of CloudWatch alarms, held against the templates as they would be written."""
    alerts = [alert for alert in plan.alerts if alert.on_cloudwatch]
    if not alerts:
        return Tested(0, 0, (), ())
    from monitorspec.alarmstate.resolver import Stack
    from monitorspec.cloudformation.kinds import resources
    from monitorspec.cloudformation.stacks import templates
    from monitorspec.proof.alarms.kinds import proof_of
    from monitorspec.proof.alarms.runner import failures

    proof = proof_of(plan)
    stacks = [Stack(_read(t.file, t.text), region=t.region or "us-east-1") for t in templates(plan, resources(plan))]
    said = (f"{gap.alert}: {gap.reason}" for gap in proof.gaps)
    return Tested(len(alerts), len(proof.cases), tuple(map(str, failures(proof, stacks))), tuple(said))


def _read(file: str, text: str) -> dict[str, Any]:
    """The template as CloudFormation would read it."""
    if file.endswith(".json"):
        data: dict[str, Any] = json.loads(text)
    else:
        from monitorspec import source

        data = source.parse(text, file).data
    return data
