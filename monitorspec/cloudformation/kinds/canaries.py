"""Synthetics canaries, each with the script that it runs.

In: `plan.stack.canaries`. Out: AWS::Synthetics::Canary. The script is always the same (data/synthetics/canary.js); what it calls
stands above it as JSON. Parameters come to it as environment variables, so that no value of one is ever read as a program.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from monitorspec import names
from monitorspec.cloudformation import template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, parted, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.plan import Plan
from monitorspec.plan.aws import Canary

_SCRIPT = Path(__file__).parent.parent.parent / "data" / "synthetics" / "canary.js"
_DAY = 86_400_000
_START = 10_000
"""What a cold start may take of a run's time, in ms; the rest is shared by the addresses."""
_ENV = "PARAMETER_"
_PATH = re.compile(r"^https?://[^/?]*", re.I)
# Browsers take a picture of each step, and there is no browser page here.
_QUIET = {"screenshotOnStepStart": False, "screenshotOnStepSuccess": False, "screenshotOnStepFailure": False}


def resources(plan: Plan, known: Known) -> Iterator[Resource]:  # noqa: ARG001
    """The canaries."""
    canaries = plan.stack.canaries
    ids = template.logical_ids(((canary.key,) for canary in canaries), "Canary")
    for canary in canaries:
        yield Resource(ids[(canary.key,)], "AWS::Synthetics::Canary", _canary(plan, canary), canary.service)


def _canary(plan: Plan, canary: Canary) -> dict[str, Any]:
    run: dict[str, Any] = {"TimeoutInSeconds": canary.timeout // 1000}
    if canary.memory:
        run["MemoryInMB"] = canary.memory
    if canary.tracing:
        run["ActiveTracing"] = True
    texts = (*canary.urls, canary.contains, *(value for _, value in canary.headers))
    used = dict.fromkeys(piece for text in texts for kind, piece in parted(text) if kind == "parameter")
    if used:
        run["EnvironmentVariables"] = {_variable(name): substituted(f"${{{name}}}") for name in used}
    return {
        "Name": substituted(canary.name),
        "RuntimeVersion": canary.runtime,
        "Schedule": {"Expression": f"rate({_rate(canary.every)})"},
        "RunConfig": run,
        "ExecutionRoleArn": substituted(canary.role),
        "ArtifactS3Location": substituted(canary.artifacts),
        "SuccessRetentionPeriod": canary.keep // _DAY,
        "FailureRetentionPeriod": canary.keep // _DAY,
        "StartCanaryAfterCreation": True,
        "Code": {"Handler": "index.handler", "Script": script(canary)},
        "Tags": tags_of(plan, canary.service),
        # What it costs is mostly its function's.
        "ResourcesToReplicateTags": ["lambda-function"],
    }


def _rate(every: int) -> str:
    minutes = every // 60_000
    return f"{minutes // 60} hour" if minutes == 60 else f"{minutes} minute{'s' if minutes > 1 else ''}"


def script(canary: Canary) -> str:
    """The program that Synthetics runs: data, then the same for all."""
    share = max((canary.timeout - _START) // len(canary.urls), 1_000)
    head = (
        *(f"// {_data(text)}" for text in (canary.description,) if text),
        "// Made by monitorspec: edit the spec, not this script.",
        f"const synthetics = require({json.dumps(canary.module)});",
        f"const quiet = {json.dumps(_QUIET)};",
        "const checks = [",
        *(f"  {_data(check)}," for check in _checks(canary, share)),
        "];",
    )
    return "\n".join(head) + "\n" + _program()


@functools.cache
def _program() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def _data(value: Any) -> str:
    """JSON that is a JavaScript value wherever it stands, and in which CloudFormation sees no `${Name}`."""
    return json.dumps(value).replace("$", "\\u0024")


def _checks(canary: Canary, share: int) -> Iterator[dict[str, Any]]:
    for step, url in zip(_steps(canary.urls), canary.urls, strict=True):
        yield {
            "step": step,
            "method": canary.method,
            "url": _parts(url),
            "headers": {name: _parts(value) for name, value in canary.headers},
            "status": canary.status,
            "contains": _parts(canary.contains) if canary.contains else None,
            "timeout": share,
        }


def _parts(text: str) -> list[Any]:
    """What the script puts together: texts, and names of environment variables."""
    return [piece if kind == "text" else {"env": _variable(piece)} for kind, piece in parted(text)]


def _variable(parameter: str) -> str:
    # Lambda keeps names such as AWS_REGION to itself.
    return _ENV + parameter.replace("::", "_").replace(".", "_")


def _steps(urls: Iterable[str]) -> list[str]:
    """A name for each step, from the path: it is a dimension of the step's metrics."""
    wanted = []
    for url in urls:
        plain = "".join(piece for kind, piece in parted(url) if kind == "text")
        wanted.append(names.slug(_PATH.sub("", plain).partition("?")[0]) or "root")
    return [
        step if wanted.count(step) == 1 else f"{step}-{wanted[: n + 1].count(step)}" for n, step in enumerate(wanted)
    ]
