"""CloudWatch Logs: saved queries.

In: `aws.log_queries`. Out: `plan.aws.LogQuery`s.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import LogQuery
from monitorspec.resolve.aws.loggroups import known_group
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text, masked
from monitorspec.spec.aws import Aws


def log_queries(context: Context, aws: Aws) -> Iterator[LogQuery]:
    """Every saved query, checked."""
    for title, spec in (aws.log_queries or {}).items():
        path: Path = ("aws", "log_queries", title)
        if not title.strip() or len(title) > 200:
            context.notes.add("logs/query", path, "a title has 1 to 200 characters", key=True)
        groups = [known_group(context, aws, key, (*path, "groups", n)) for n, key in enumerate(spec.groups)]
        if not groups:
            context.notes.add(
                "logs/query", (*path, "groups"), f"`{title}` asks no log group", key=True, label="one at least"
            )
        cheap = any(group is not None and group.infrequent_access for group in groups)
        yield LogQuery(
            title=title,
            query=_query(context, spec.query, (*path, "query"), cheap=cheap),
            groups=tuple(dict.fromkeys(spec.groups)),
            description=spec.description or "",
            origin=path,
        )


def _query(context: Context, text: str, path: Path, *, cheap: bool) -> str:
    from monitorspec.logs import insights

    query = masked(checked_text(context, text, path))
    for fault in insights.faults(query):
        context.notes.fault("logs/query", path, text, fault)
    for command in insights.commands(query) if cheap else ():
        if command in insights.STANDARD_ONLY:
            said = f"`{command}` does not work on a log group for infrequent access"
            context.notes.add("logs/class", path, said, help=("leave out `infrequent_access`",))
    return text
