"""CloudFormation templates of alarms and of what else lives in AWS.

In: the plan. Out: `cloudwatch/<system>.template.yml` (`.json` where the spec wants that); where that would be too large for one
stack, several of them (see `cloudformation.stacks`). An alarm can only watch its own region: those on metrics of another one
(billing is in us-east-1) go to `cloudwatch/<system>-<region>.template.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.artifact import Artifact
from monitorspec.cloudformation.kinds import resources
from monitorspec.cloudformation.stacks import templates
from monitorspec.plan import Plan


def emit(plan: Plan) -> Iterator[Artifact]:
    """The templates; none without resources."""
    for template in templates(plan, resources(plan)):
        yield Artifact(f"cloudwatch/{template.file}", template.text)
