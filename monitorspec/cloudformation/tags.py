"""Tags of resources other than alarms: the system's labels and those of the service they belong to.

In: the plan. Out: a list of tags.
"""

from __future__ import annotations

from typing import Any

from monitorspec.cloudformation import alarm
from monitorspec.plan import Plan


def tags_of(plan: Plan, service: str = "", name: str = "") -> list[dict[str, Any]]:
    """Tags by key: labels of the system and of `service`, over them `Name` where that is given and the spec's own tags."""
    labels = {"owner": plan.owner, **plan.labels}
    for one in plan.services:
        if one.name == service:
            labels |= {**one.labels, "service": service}
    named = (("Name", name),) if name else ()
    return alarm.tag_list((*named, *plan.stack.tags), labels)
