"""Steps of SSM Automation documents: what Systems Manager takes and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from monitorspec.automationsteps import problems

SLEEP = {"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT5M"}}
# From the Systems Manager user guide, "Systems Manager Automation actions reference" and "Using action outputs as inputs".
SOUND: list[list[dict[str, Any]]] = [
    [SLEEP],
    [
        {
            "name": "getInstance",
            "action": "aws:executeAwsApi",
            "onFailure": "step:rest",
            "inputs": {
                "Service": "ec2",
                "Api": "DescribeInstances",
                "Filters": [{"Name": "tag:App", "Values": ["{{ App }}"]}],
            },
            "outputs": [{"Name": "Id", "Selector": "$.Reservations[0].Instances[0].InstanceId", "Type": "String"}],
            "nextStep": "rest",
        },
        {**SLEEP, "isEnd": False},
        {
            "name": "run",
            "action": "aws:runCommand",
            "inputs": {
                "DocumentName": "AWS-RunShellScript",
                "InstanceIds": ["{{ getInstance.Id }}"],
                "Parameters": {"commands": ["echo {{ global:DATE }} {{automation:EXECUTION_ID}}"]},
            },
            "isEnd": True,
        },
    ],
    [
        {
            "name": "script",
            "action": "aws:executeScript",
            "inputs": {
                "Runtime": "python3.11",
                "Handler": "handler",
                "Script": "def handler(events, context):\n  return f'{{ {events} }}'",
            },
        }
    ],
    [
        {
            "name": "loop",
            "action": "aws:loop",
            "inputs": {
                "Iterators": "{{ App }}",
                "Steps": [{"name": "inner", "action": "aws:sleep", "inputs": {"Duration": "{{ inner.Output }}"}}],
            },
        }
    ],
]


@pytest.mark.parametrize("steps", SOUND)
def test_steps_of_the_user_guide_pass(steps: list[dict[str, Any]]) -> None:
    assert list(problems(steps, ["App"])) == []


@pytest.mark.parametrize(
    ("change", "path", "word"),
    [
        ({"name": "ab"}, (0, "name"), "name a step"),
        ({"name": "a" * 129}, (0, "name"), "name a step"),
        ({"name": 5}, (0, "name"), "text"),
        ({"action": "sleep"}, (0, "action"), "sleep"),
        ({"inputs": {}}, (0, "inputs"), "Duration"),
        ({"inputs": "PT5M"}, (0, "inputs"), "mapping"),
        ({"inputs": {"Duration": "{{ Wait }}"}}, (0, "inputs", "Duration"), "Wait"),
        ({"isend": True}, (0, "isend"), "isend"),
        ({"nextStep": "others"}, (0, "nextStep"), "others"),
        ({"onFailure": "Retry"}, (0, "onFailure"), "Retry"),
        ({"onFailure": "step:others"}, (0, "onFailure"), "others"),
    ],
)
def test_one_thing_wrong_is_found_where_it_is(change: dict[str, Any], path: tuple[object, ...], word: str) -> None:
    (wrong,) = problems([{**SLEEP, **change}], [])
    assert wrong.path == path
    assert word in wrong.message


def test_no_steps_and_no_step() -> None:
    assert [w.path for w in problems([], [])] == [()]
    assert [w.path for w in problems(["restart"], [])] == [(0,)]
    assert [w.path for w in problems([SLEEP, {**SLEEP}], [])] == [(1, "name")]


def test_a_misspelt_input_is_named() -> None:
    step = {"name": "call", "action": "aws:executeAwsApi", "inputs": {"service": "ec2", "Api": "DescribeInstances"}}
    (wrong,) = problems([step], [])
    assert wrong.help == "did you mean `Service` instead of `service`?"
