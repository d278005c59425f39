"""CloudWatch Logs: metric filters.

In: `aws.metric_filters`. Out: `plan.aws.MetricFilter`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import MetricFilter
from monitorspec.resolve.aws.loggroups import checked_pattern, known_group
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text, masked
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws
from monitorspec.spec.units import UNITS, plain

FILTERS, DIMENSIONS = 100, 3
"""Metric filters of a log group, dimensions of a metric filter (CloudWatch Logs quotas)."""

# API references: MetricTransformation, Dimension.
_NAMESPACE = re.compile(r"[A-Za-z0-9_\-/.#]{1,255}")
_METRIC = re.compile(r"(?![:])[\x20-\x23\x25-\x29\x2b-\x7e]{1,255}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_FIELD = re.compile(r"\$\.?[^\s]+")


def metric_filters(context: Context, aws: Aws) -> Iterator[MetricFilter]:
    """Every metric filter, checked."""
    count: dict[str, int] = {}
    regexes: dict[str, int] = {}
    for key, spec in (aws.metric_filters or {}).items():
        path: Path = ("aws", "metric_filters", key)
        group = known_group(context, aws, spec.group, (*path, "group"))
        if group is not None and group.infrequent_access:
            context.notes.add(
                "logs/class",
                (*path, "group"),
                f"`{spec.group}` is for infrequent access and has no metric filters",
                help=(f"leave out `aws.log_groups.{spec.group}.infrequent_access`",),
            )
        if not re.fullmatch(r"[^:*]{1,512}", key):
            context.notes.add(
                "logs/filter", path, f"`{key}` cannot name a metric filter", key=True, label="no `:` and no `*`"
            )
        pattern = checked_pattern(context, spec.pattern, (*path, "pattern"))
        count[spec.group] = count.get(spec.group, 0) + 1
        if count[spec.group] == FILTERS + 1:
            context.notes.add("logs/filter", path, f"a log group has at most {FILTERS} metric filters", key=True)
        regexes[spec.group] = regexes.get(spec.group, 0) + _has_regex(pattern)
        _check_regexes(context, regexes[spec.group], _has_regex(pattern), (*path, "pattern"))
        yield _metric_filter(context, aws, spec, pattern, key, path)


def _metric_filter(
    context: Context, aws: Aws, spec: spec_aws.MetricFilter, pattern: str, key: str, path: Path
) -> MetricFilter:
    notes = context.notes
    namespace = checked_text(context, spec.namespace, (*path, "namespace"))
    if not _NAMESPACE.fullmatch(masked(namespace)) or namespace.startswith("AWS/"):
        said = "of AWS" if namespace.startswith("AWS/") else "that CloudWatch does not take"
        notes.add(
            "logs/filter",
            (*path, "namespace"),
            f"`{namespace}` is a namespace {said}",
            label="one of your own: letters, digits, `.`, `-`, `_`, `/` and `#`, at most 255",
        )
    metric = checked_text(context, spec.metric, (*path, "metric"))
    if not _METRIC.fullmatch(masked(metric)):
        label = "ASCII without `*` and `$`, no `:` first, at most 255"
        notes.add("logs/filter", (*path, "metric"), f"`{metric}` cannot name a metric", label=label)
    value = spec.value if spec.value is not None else "1"
    if not _NUMBER.fullmatch(value):
        _check_field(context, value, pattern, (*path, "value"), "a value is a number, or a field")
    dimensions = spec.dimensions or {}
    for n, (name, field) in enumerate(dimensions.items()):
        at = (*path, "dimensions", name)
        if n == DIMENSIONS:
            notes.add("logs/filter", at, f"a metric filter has at most {DIMENSIONS} dimensions", key=True)
        if not name.isascii() or not name.strip() or name.startswith(":") or len(name) > 255:
            notes.add("logs/filter", at, f"`{name}` cannot name a dimension", key=True, label="ASCII, no `:` first")
        _check_field(context, field, pattern, at, "a dimension takes its value from a field")
    if dimensions and spec.default is not None:
        notes.add(
            "logs/filter",
            (*path, "default"),
            "a metric filter with dimensions cannot have a default value",
            key=True,
            label="there would be no value of the dimensions for it",
        )
    return MetricFilter(
        key=key,
        group=spec.group,
        pattern=pattern,
        namespace=namespace,
        metric=metric,
        value=value,
        default=None if spec.default is None else plain(Decimal(str(spec.default))),
        unit=_unit(context, aws, spec, path),
        dimensions=tuple(dimensions.items()),
        origin=path,
    )


def _unit(context: Context, aws: Aws, spec: spec_aws.MetricFilter, path: Path) -> str:
    """The filter's unit: where the metric is declared under `namespaces` too, they have to agree."""
    namespace = (aws.namespaces or {}).get(spec.namespace)
    declared = namespace.metrics.get(spec.metric) if namespace else None
    other = declared.unit if declared else None
    if spec.unit and other and UNITS[spec.unit] != UNITS[other]:
        context.notes.add(
            "logs/filter",
            (*path, "unit"),
            f"`{spec.metric}` is declared with the unit `{other}`",
            label=f"`aws.namespaces.{spec.namespace}`",
        )
    return spec.unit or other or ""


def _check_field(context: Context, field: str, pattern: str, path: Path, said: str) -> None:
    """A field of the events, as the kind of the pattern has it."""
    from monitorspec.logs.filterpattern import Pattern, read

    found = read(masked(pattern))
    if not isinstance(found, Pattern):
        return
    if found.kind not in ("json", "fields"):
        context.notes.add(
            "logs/filter",
            path,
            f"`{field}` is a field, and the pattern is not one of JSON events or of fields",
            label=said,
            help=("such as `pattern: '{ $.level = ERROR }'`, or `pattern: '[time, level = ERROR, took]'`",),
        )
    elif found.kind == "json":
        if not field.startswith("$.") or not _FIELD.fullmatch(field):
            help_ = f"write `$.{field.lstrip('$.')}`" if field.lstrip("$.") else "such as `$.duration`"
            context.notes.add("logs/filter", path, f"`{field}` is no field of a JSON event", label=said, help=(help_,))
    elif field not in found.fields and not re.fullmatch(r"\$\d+", field):
        known = ", ".join(f"`{name}`" for name in found.fields)
        context.notes.add(
            "logs/filter", path, f"`{field}` is no field of the pattern", label=said, help=(f"it has {known}",)
        )


def _has_regex(pattern: str) -> bool:
    from monitorspec.logs.filterpattern import Pattern, read

    found = read(masked(pattern))
    return isinstance(found, Pattern) and found.regexes > 0


def _check_regexes(context: Context, count: int, has: bool, path: Path) -> None:
    from monitorspec.logs.filterpattern import REGEX_PATTERNS

    if has and count == REGEX_PATTERNS + 1:
        said = f"at most {REGEX_PATTERNS} filter patterns of a log group can have a regex"
        context.notes.add("logs/filter", path, said, help=("wildcards such as `*timeout*` do without one",))
