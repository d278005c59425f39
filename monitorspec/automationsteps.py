"""Steps of an SSM Automation document (schema 0.3).

In: steps as plain data, names of the document's parameters. Out: what Systems Manager would refuse. Source: the Systems Manager
user guide, "Systems Manager Automation actions reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec.diagnostics import Path

# Action → inputs that it cannot do without.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:approve": ("Approvers",),
    "aws:assertAwsResourceProperty": ("Service", "Api", "PropertySelector", "DesiredValues"),
    "aws:branch": ("Choices",),
    "aws:changeInstanceState": ("InstanceIds", "DesiredState"),
    "aws:copyImage": ("SourceImageId", "SourceRegion", "ImageName"),
    "aws:createImage": ("InstanceId", "ImageName"),
    "aws:createStack": ("StackName",),
    "aws:createTags": ("ResourceIds", "Tags"),
    "aws:deleteImage": ("ImageId",),
    "aws:deleteStack": ("StackName",),
    "aws:executeAutomation": ("DocumentName",),
    "aws:executeAwsApi": ("Service", "Api"),
    "aws:executeScript": ("Runtime",),
    "aws:executeStateMachine": ("stateMachineArn",),
    "aws:invokeLambdaFunction": ("FunctionName",),
    "aws:invokeWebhook": ("IntegrationName",),
    "aws:loop": ("Steps",),
    "aws:pause": (),
    "aws:runCommand": ("DocumentName",),
    "aws:runInstances": ("ImageId",),
    "aws:sleep": (),
    "aws:updateVariable": ("Name", "Value"),
    "aws:waitForAwsResourceProperty": ("Service", "Api", "PropertySelector", "DesiredValues"),
}
KEYS = (
    "name",
    "action",
    "inputs",
    "description",
    "isCritical",
    "isEnd",
    "maxAttempts",
    "nextStep",
    "onCancel",
    "onFailure",
    "outputs",
    "timeoutSeconds",
)
_NAME = re.compile(r"[A-Za-z0-9_]{3,128}")
_variable = re.compile(r"\{\{\s*([A-Za-z_][\w.:\[\]-]*)\s*\}\}")


class Wrong(NamedTuple):
    """`path` starts at the list of steps; `key`: it is about the key there."""

    path: Path
    message: str
    help: str = ""
    key: bool = False


def problems(steps: Sequence[Any], parameters: Iterable[str]) -> Iterator[Wrong]:
    """What Systems Manager would refuse of the steps, in order."""
    names = [step.get("name") if isinstance(step, Mapping) else None for step in steps]
    if not steps:
        yield Wrong((), "an automation has one step at least")
    for n, step in enumerate(steps):
        yield from _step(step, (n,), names)
        if isinstance(step, Mapping) and step.get("name") in names[:n] and isinstance(step.get("name"), str):
            yield Wrong((n, "name"), f"two steps are called `{step['name']}`")
    known, named = {*parameters}, set(_names(steps))
    for path, text in _texts(steps, ()):
        for m in _variable.finditer(text):
            yield from _check_variable(m[1], known, named, path)


def _step(step: Any, path: Path, names: Sequence[Any]) -> Iterator[Wrong]:
    if not isinstance(step, Mapping):
        yield Wrong(path, "a step is a mapping", "such as `{name: restart, action: 'aws:executeAwsApi', inputs: {…}}`")
        return
    for key in step:
        if key not in KEYS:
            yield Wrong((*path, key), f"a step has no `{key}`", _near(str(key), KEYS), True)
    missing = [key for key in ("name", "action", "inputs") if key not in step]
    if missing:
        needs = " and ".join(f"`{key}`" for key in missing)
        yield Wrong(path, f"a step needs {needs}", "`inputs: {}` where there are none" if "inputs" in missing else "")
    for key in ("name", "action"):
        if key in step and not isinstance(step[key], str):
            yield Wrong((*path, key), f"a step's `{key}` is text")
    name, action = step.get("name"), step.get("action")
    if isinstance(name, str) and not _NAME.fullmatch(name):
        yield Wrong((*path, "name"), f"`{name}` cannot name a step", "3 to 128 letters, digits and `_`")
    if isinstance(action, str) and action not in ACTIONS:
        yield Wrong((*path, "action"), f"Systems Manager has no action `{action}`", _near(action, tuple(ACTIONS)))
    yield from _inputs(step, path, ACTIONS.get(str(action), ()))
    failure = step.get("onFailure")
    target = failure.removeprefix("step:") if isinstance(failure, str) and failure.startswith("step:") else None
    if failure is not None and target is None and failure not in ("Abort", "Continue"):
        yield Wrong(
            (*path, "onFailure"), f"`{failure}` does not follow a failure", "`Abort`, `Continue` or `step:name`"
        )
    for key, other in (("onFailure", target), ("nextStep", step.get("nextStep"))):
        if other is not None and other not in names:
            yield Wrong((*path, key), f"no step is called `{other}`", _near(str(other), names))


def _inputs(step: Mapping[str, Any], path: Path, required: tuple[str, ...]) -> Iterator[Wrong]:
    inputs = step.get("inputs")
    if not isinstance(inputs, Mapping):
        if "inputs" in step:
            yield Wrong((*path, "inputs"), "a step's `inputs` are a mapping", "`{}` where there are none")
        return
    for name in required:
        if name not in inputs:
            near = next((key for key in inputs if str(key).lower() == name.lower()), "")
            help = f"did you mean `{name}` instead of `{near}`?" if near else ""
            yield Wrong((*path, "inputs"), f"`{step.get('action')}` needs the input `{name}`", help, True)
    if step.get("action") == "aws:sleep" and not {"Duration", "Timestamp"} & set(inputs):
        yield Wrong(
            (*path, "inputs"), "`aws:sleep` needs the input `Duration` or `Timestamp`", "such as `Duration: PT5M`", True
        )


def _check_variable(name: str, parameters: set[str], steps: set[str], path: Path) -> Iterator[Wrong]:
    first = name.split(".")[0].split("[")[0]
    if ":" in first or first in parameters or first in steps:
        return
    known = (*sorted(parameters), *sorted(steps), "automation:EXECUTION_ID")
    yield Wrong(path, f"`{{{{ {name} }}}}` is neither a parameter nor a step", _near(first, known))


def _names(value: Any) -> Iterator[str]:
    """Names of steps, those within a loop too."""
    if isinstance(value, Mapping):
        if "action" in value and isinstance(value.get("name"), str):
            yield value["name"]
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            # A script has braces of its own.
            if key != "Script":
                yield from _texts(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _texts(inner, (*path, n))


def _near(name: str, known: Sequence[Any]) -> str:
    from difflib import get_close_matches

    folded = {other.lower(): other for other in known if isinstance(other, str)}
    near = get_close_matches(name.lower(), folded, 1)
    return f"did you mean `{folded[near[0]]}`?" if near else f"there are {', '.join(folded.values())}" if folded else ""
