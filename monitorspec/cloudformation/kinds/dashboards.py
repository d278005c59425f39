"""CloudWatch dashboards.

In: the plan's dashboards that are made there. Out: AWS::CloudWatch::Dashboard. They name alarms by their ARNs, so that a
dashboard stands in any stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.cloudformation import alarm, template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import ABOVE, Resource, substituted
from monitorspec.plan import Dashboard, Plan

NAME_LENGTH = 255


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The dashboards, several for a service whose own one would be too large."""
    boards = [board for board in plan.dashboards if "cloudwatch" in board.platforms]
    if not boards:
        return
    from monitorspec.cloudformation.dashboard.bodies import common, parts
    from monitorspec.cloudformation.dashboard.texts import body_property

    shared = common(plan, known)
    labels = {service.name: service.labels for service in plan.services}
    made = [(board, part) for board in boards for part in parts(board, shared)]
    ids = template.logical_ids((_key(board, part.suffix) for board, part in made), "Dashboard")
    # The second part of `api` is called as the first of a service `api-2` would be.
    wanted = {"\0".join(_key(b, p.suffix)): f"{plan.stack.prefix}{b.name}{p.suffix}" for b, p in made}
    called = template.unique_names(wanted, NAME_LENGTH)
    for board, part in made:
        yield Resource(
            ids[_key(board, part.suffix)],
            "AWS::CloudWatch::Dashboard",
            {
                "DashboardName": substituted(called["\0".join(_key(board, part.suffix))]),
                "DashboardBody": body_property(part.body),
                "Tags": alarm.tag_list(plan.stack.tags, labels.get(board.service, plan.labels)),
            },
            board.service,
            layer=ABOVE,
        )


def _key(board: Dashboard, suffix: str) -> tuple[str, ...]:
    return (board.name, suffix) if suffix else (board.name,)
