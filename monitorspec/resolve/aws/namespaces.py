"""Namespaces that the system publishes its own metrics to.

In: `aws.namespaces`. Out: `plan.aws.Namespace`s.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import CustomMetric, Namespace
from monitorspec.resolve.context import Context
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws


def namespaces(context: Context, aws: Aws) -> Iterator[Namespace]:
    """Every namespace that the spec declares."""
    for name, spec in (aws.namespaces or {}).items():
        path: Path = ("aws", "namespaces", name)
        if not name.strip() or len(name) > 255 or name.startswith(":"):
            context.notes.add(
                "aws/namespace",
                path,
                f"`{name}` cannot be a namespace",
                key=True,
                label="at most 255 characters, no colon first",
            )
        yield Namespace(
            name=name,
            description=spec.description or "",
            metrics=tuple(
                CustomMetric(
                    name=metric,
                    unit=given.unit or "",
                    stat=given.stat or "",
                    help=given.help or "",
                    dimension_sets=_dimension_sets(spec, given),
                    origin=(*path, "metrics", metric),
                )
                for metric, given in spec.metrics.items()
            ),
            origin=path,
        )


def _dimension_sets(namespace: spec_aws.Namespace, metric: spec_aws.CustomMetric) -> tuple[tuple[str, ...], ...] | None:
    if metric.dimensions is None and namespace.dimensions is None:
        return None
    common = namespace.dimensions or ()
    return tuple(tuple(dict.fromkeys((*common, *names))) for names in metric.dimensions or ((),))
