"""The kinds of resources: a module each, which makes its resources from the plan.

In: the plan and what resources are called. Out: `Resource`s. A new kind is one module with `resources` and one line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from monitorspec.cloudformation.kinds import (
    alarms,
    automations,
    burns,
    canaries,
    composites,
    dashboards,
    events,
    health_checks,
    logs,
    mutes,
    objectives,
    policies,
    raw,
    spending,
    topics,
    tracing,
)
from monitorspec.cloudformation.known import Known, known
from monitorspec.cloudformation.resource import Resource
from monitorspec.plan import Plan

Kind = Callable[[Plan, Known], Iterable[Resource]]

# In the order in which they stand in a template.
KINDS: tuple[Kind, ...] = (
    topics.resources,
    policies.resources,
    logs.resources,
    events.resources,
    alarms.resources,
    burns.resources,
    composites.resources,
    mutes.resources,
    automations.resources,
    objectives.resources,
    canaries.resources,
    health_checks.resources,
    tracing.resources,
    spending.resources,
    dashboards.resources,
)


def resources(plan: Plan) -> list[Resource]:
    """Every resource of the plan, those that the spec writes itself last."""
    return [*generated(plan), *raw.resources(plan)]


def generated(plan: Plan) -> list[Resource]:
    """Every resource that the spec does not write itself."""
    names = known(plan)
    return [resource for kind in KINDS for resource in kind(plan, names)]
