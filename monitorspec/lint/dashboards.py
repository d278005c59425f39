"""Lint of CloudWatch dashboards: what CloudFormation would take and CloudWatch refuse.

In: the plan. Out: findings `dashboards/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Dashboard, Path, Plan


def beyond_limits(plan: Plan) -> Iterable[Finding]:
    """A CloudWatch dashboard is too large.

    A dashboard has at most 500 widgets and shows at most 2,500 metrics, a widget at most 500 of them; what only an expression
    uses counts as well. With `aws: {inline: true}` its body has to leave room in 51,200 bytes. Make several dashboards of it, or
    draw fewer values of a dimension: `SELECT … GROUP BY` finds the ten that matter. A service's own dashboard becomes several by
    itself.
    """
    yield from _findings(plan, limits=True)


def split(plan: Plan) -> Iterable[Finding]:
    """A service's own dashboard is too large for CloudWatch, and becomes several.

    A dashboard has at most 500 widgets and shows at most 2,500 metrics, and with `aws: {inline: true}` it has to fit into a
    request. The others are called like the first, with a number.
    """
    large = _long if plan.stack.inline else _large
    boards = [board for board in plan.dashboards if board.service and "cloudwatch" in board.platforms and large(board)]
    if not boards:
        return
    from monitorspec.cloudformation.dashboard.bodies import common, parts
    from monitorspec.cloudformation.known import known

    shared = common(plan, known(plan))
    for board in boards:
        made = parts(board, shared)
        if len(made) > 1:
            yield Finding(
                f"the dashboard of `{board.service}` becomes {len(made)} on CloudWatch",
                board.origin,
                "note",
                label=f"{sum(len(part.widgets) for part in made)} widgets",
                help=(f"they are called {board.name}, {board.name}-2 and so on",),
            )


def refused(plan: Plan) -> Iterable[Finding]:
    """CloudWatch would refuse a widget, or not show all of it.

    Raw `properties` are laid over those that are generated, and the result has to hold: known names, one `sparkline` or
    `setPeriodToTimeRange`, ids that are there, colours as `#rrggbb`.

    ```yaml wrong
    dashboards:
      own:
        platforms: [cloudwatch]
        panels:
          Errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors}, properties: {legend: {position: top}}}
    ```
    ```yaml right
    dashboards:
      own:
        platforms: [cloudwatch]
        panels:
          Errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors}, properties: {legend: {position: right}}}
    ```
    """
    yield from _findings(plan, limits=False)


def _findings(plan: Plan, *, limits: bool) -> Iterable[Finding]:
    boards = [board for board in plan.dashboards if "cloudwatch" in board.platforms and _own(board)]
    if not boards:
        return
    from monitorspec.cloudformation.dashboard.bodies import common, parts
    from monitorspec.cloudformation.dashboard.problems import body_problems
    from monitorspec.cloudformation.dashboard.texts import body_text
    from monitorspec.cloudformation.known import known

    shared = common(plan, known(plan))
    found: dict[Path, list[str]] = {}
    for board in boards:
        for part in parts(board, shared):
            for problem in body_problems(part.body):
                if problem.limit == limits:
                    at = board.origin if problem.widget is None else part.widgets[problem.widget].origin
                    found.setdefault(at, []).append(problem.message)
            size = len(body_text(part.body).encode()) if limits and shared.most else 0
            if size > shared.most:
                said = f"its body of {size:,} bytes leaves no room in a template that is sent with the request"
                found.setdefault(board.origin, []).append(said)
    for at, messages in found.items():
        yield Finding(messages[0], at, help=tuple(f"also: {text}" for text in dict.fromkeys(messages[1:])))


def _large(board: Dashboard) -> bool:
    """Whether a dashboard may be larger than CloudWatch allows; cheap."""
    queries = [q for row in board.rows for p in row.panels for q in p.queries]
    metrics = sum(1 + len(q.cloudwatch.metrics) for q in queries if q.cloudwatch is not None)
    return metrics > 2000 or sum(1 + len(row.panels) for row in board.rows) > 400


def _long(board: Dashboard) -> bool:
    """Whether its body may be too long for a request; cheap."""
    panels = [p for row in board.rows for p in row.panels]
    metrics = sum(1 + len(q.cloudwatch.metrics) for p in panels for q in p.queries if q.cloudwatch is not None)
    return 250 * (metrics + len(panels)) + 150 * sum(len(p.alarms) for p in panels) > 20_000


def _own(board: Dashboard) -> bool:
    """Whether somebody wrote panels of it; what is made by itself is right, and a thousand services have a lot of it."""
    return not board.service or any(p.origin[2:3] == ("panels",) for row in board.rows for p in row.panels)
