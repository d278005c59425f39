"""A runner of composite actions, as far as action.yml needs one: conditions, expressions in `env`, outputs, a step's summary.

In: an action, its inputs, the environment of the job. Out: a `Run`. Scripts are run by bash as GitHub runs `shell: bash`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Step(NamedTuple):
    """How a step ended: `success`, `failure` or `skipped`."""

    name: str
    outcome: str
    log: str
    outputs: dict[str, str]


class Run(NamedTuple):
    """What came of an action."""

    steps: dict[str, Step]
    summary: str

    @property
    def failed(self) -> list[str]:
        """Names of the steps that failed."""
        return [step.name for step in self.steps.values() if step.outcome == "failure"]

    @property
    def log(self) -> str:
        """Everything printed."""
        return "".join(step.log for step in self.steps.values())


def run(action: Path, inputs: Mapping[str, str], env: Mapping[str, str], cwd: Path, github: Mapping[str, str]) -> Run:
    """Run the steps of an action in order."""
    document = yaml.safe_load(action.read_text(encoding="utf-8"))
    unknown = set(inputs) - set(document["inputs"])
    assert not unknown, unknown
    context = {f"github.{name}": value for name, value in github.items()}
    for name, part in document["inputs"].items():
        context[f"inputs.{name}"] = inputs.get(name, _filled(str(part.get("default", "")), context))
    temp = Path(env["RUNNER_TEMP"])
    done: dict[str, Step] = {}
    summary = ""
    for number, step in enumerate(document["runs"]["steps"]):
        failed = any(s.outcome == "failure" for s in done.values())
        if not _holds(step.get("if", ""), context, failed):
            found = Step(step["name"], "skipped", "", {})
        else:
            found, added = _step(step, context, env, cwd, temp / f"files{number}")
            summary += added
        done[step["name"]] = found
        if "id" in step:
            context[f"steps.{step['id']}.outcome"] = found.outcome
            context |= {f"steps.{step['id']}.outputs.{name}": value for name, value in found.outputs.items()}
    return Run(done, summary)


def _step(
    step: Mapping[str, Any], context: Mapping[str, str], env: Mapping[str, str], cwd: Path, files: Path
) -> tuple[Step, str]:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    files.mkdir()
    script, output, summary = files / "script.sh", files / "output", files / "summary"
    script.write_text(step["run"], encoding="utf-8")
    output.touch()
    summary.touch()
    own = {name: _filled(str(value), context) for name, value in step.get("env", {}).items()}
    whole = {**env, **own, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=cwd,
        env=whole,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    lines = output.read_text(encoding="utf-8").splitlines()
    outputs = {name: value for name, _, value in (line.partition("=") for line in lines)}
    outcome = "failure" if ended.returncode else "success"
    return Step(step["name"], outcome, ended.stdout, outputs), summary.read_text(encoding="utf-8")


def _filled(text: str, context: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda m: context.get(m[1], ""), text)


def _holds(condition: str, context: Mapping[str, str], failed: bool) -> bool:
    """Whether a step runs: what names no status function asks for success, too."""
    text = _EXPRESSION.sub(r"\1", condition)
    if failed and "cancelled()" not in text:
        return False
    return all(_term(term.strip(), context) for term in text.split("&&")) if text else True


def _term(term: str, context: Mapping[str, str]) -> bool:
    if term == "!cancelled()":
        return True
    found = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", term)
    assert found, f"the runner does not know `{term}`"
    return (context.get(found[1], "") == found[3]) == (found[2] == "==")
