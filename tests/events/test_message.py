"""Messages made from events."""

from __future__ import annotations

import json
from collections.abc import Mapping

from monitorspec.events.message import faults, transformer


def filled(made: Mapping[str, object], event: Mapping[str, object]) -> str:
    """What EventBridge sends: each `<name>` replaced by what its path finds, within the JSON text."""
    text = str(made["InputTemplate"])
    paths = made.get("InputPathsMap", {})
    assert isinstance(paths, dict)
    for name, path in paths.items():
        value: object = event
        for part in path.removeprefix("$.").split("."):
            assert isinstance(value, Mapping)
            value = value[part]
        text = text.replace(f"<{name}>", json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value))
    said = json.loads(text)
    assert isinstance(said, str)
    return said


def test_fields_of_the_event_are_put_in() -> None:
    event = {"time": "2030-01-01T00:00:00Z", "detail": {"name": 'load "a"', "job": {"name": "nightly"}}}
    made = transformer('<$.detail.job.name> of <$.detail.name>, "<$.detail.name>" at <$.time>')
    assert filled(made, event) == 'nightly of load "a", "load "a"" at 2030-01-01T00:00:00Z'
    paths = made["InputPathsMap"]
    # AWS::Events::Rule InputTransformer: names of letters and digits.
    assert all(name.isalnum() for name in paths)
    assert sorted(paths.values()) == ["$.detail.job.name", "$.detail.name", "$.time"]


def test_a_text_of_several_lines_stays_one_json_text() -> None:
    made = transformer('First\n"second" \\ <aws.events.rule-name>')
    assert json.loads(made["InputTemplate"]) == 'First\n"second" \\ <aws.events.rule-name>'
    assert "InputPathsMap" not in made


def test_names_that_are_no_paths_are_found() -> None:
    text = "<$.detail.a-b[0]> <name> <$> <$.detail. x> <aws.events.rule-arn>"
    assert [text[f.offset : f.offset + f.length] for f in faults(text)] == ["<name>", "<$>"]
