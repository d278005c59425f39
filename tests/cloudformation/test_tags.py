"""Tags on everything: whatever takes tags carries those of the spec and the labels, so that its cost can be told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from monitorspec.compiler import compile_file, emit
from tests.cloudformation.schemas import tag_property

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((*ROOT.glob("docs/examples/*.monitorspec.yaml"), *ROOT.glob("specs/*.monitorspec.yaml")))


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.name.partition(".")[0])
def test_every_resource_that_takes_tags_has_those_of_the_spec_and_the_labels(file: Path) -> None:
    plan = compile_file(file).plan
    assert plan is not None
    raw = {resource.logical_id for resource in plan.stack.resources}
    wanted = {key for key, _ in plan.stack.tags} | set(plan.labels)
    for artifact in emit(plan, ("cloudwatch",)):
        for id, resource in yaml.safe_load(artifact.text)["Resources"].items():
            place = tag_property(resource["Type"])
            if place and id not in raw:
                tags = resource["Properties"].get(place, [])
                keys = set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags}
                assert wanted <= keys, f"{id} ({resource['Type']})"


def test_types_that_take_tags_are_known_to_do_so() -> None:
    places = ("AWS::SNS::Topic", "AWS::Route53::HealthCheck", "AWS::Budgets::Budget", "AWS::SNS::Subscription")
    assert [tag_property(type_) for type_ in places] == ["Tags", "HealthCheckTags", "ResourceTags", ""]
