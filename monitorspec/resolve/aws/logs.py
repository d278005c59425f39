"""CloudWatch Logs: log groups, metric filters and saved queries.

In: `aws.log_groups`, `aws.metric_filters`, `aws.log_queries`. Out: `plan.aws.LogGroup`s, `MetricFilter`s and `LogQuery`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Archive, LogGroup, LogQuery, MetricFilter
from monitorspec.resolve.aws import values
from monitorspec.resolve.aws.parameters import checked_parameter_name
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import ENVIRONMENT, checked_text, masked
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws
from monitorspec.spec.units import UNITS, duration_text, plain

ERRORS = "@message like /(?i)error/"
"""What finds errors in a log group that says nothing about them."""
ARCHIVES, FILTERS, DIMENSIONS = 2, 100, 3
"""Subscription filters and metric filters of a log group, dimensions of a metric filter (CloudWatch Logs quotas)."""

_DAY = 86_400_000
# API references: CreateLogGroup, MetricTransformation, Dimension.
_NAME = re.compile(r"[A-Za-z0-9_\-/.#]{1,512}")
_NAMESPACE = re.compile(r"[A-Za-z0-9_\-/.#]{1,255}")
_METRIC = re.compile(r"(?![:])[\x20-\x23\x25-\x29\x2b-\x7e]{1,255}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_FIELD = re.compile(r"\$\.?[^\s]+")
# A key of a mapping of a template.
_MAPPING_KEY = re.compile(r"[A-Za-z0-9.-]{1,255}")
_NOT_OF_EXISTING = ("retention", "retentions", "parameter", "mask", "kms_key")


# ---- log groups


def log_groups(context: Context, aws: Aws) -> Iterator[LogGroup]:
    """Every log group, checked."""
    names: dict[str, str] = {}
    for key, spec in (aws.log_groups or {}).items():
        path: Path = ("aws", "log_groups", key)
        name = _group_name(context, spec, key, path)
        first = names.setdefault(name, key)
        if first != key:
            context.notes.add("logs/group", path, f"`{first}` and `{key}` are the same log group `{name}`", key=True)
        if spec.exists:
            for not_here in _NOT_OF_EXISTING:
                if getattr(spec, not_here) is not None:
                    context.notes.add(
                        "logs/group",
                        (*path, not_here),
                        f"a log group that is made elsewhere cannot have `{not_here}` here",
                        key=True,
                        help=("leave out `exists` to have the stack make it",),
                    )
        if spec.infrequent_access:
            for not_here, why in (("archives", "streamed elsewhere"), ("mask", "masked")):
                if getattr(spec, not_here):
                    _not_infrequent(context, (*path, not_here), why)
        retention, retentions = _retention(context, aws, spec, path)
        yield LogGroup(
            key=key,
            name=name,
            description=spec.description or "",
            service=values.service(context, spec.service, (*path, "service")),
            exists=spec.exists,
            kept=not spec.delete_with_stack,
            retention=retention,
            retentions=retentions,
            parameter=spec.parameter or "",
            infrequent_access=spec.infrequent_access,
            kms_key=values.arn(context, spec.kms_key, (*path, "kms_key"), "kms") if spec.kms_key else "",
            mask=_mask(context, spec, (*path, "mask")),
            errors=_errors(context, spec, (*path, "errors")),
            archives=tuple(_archives(context, spec, (*path, "archives"))),
            ingest=_ingest(context, spec, (*path, "ingest")),
            origin=path,
        )


def _group_name(context: Context, spec: spec_aws.LogGroup, key: str, path: Path) -> str:
    at = (*path, "name") if spec.name else path
    name = checked_text(context, spec.name or key, at, key=spec.name is None)
    label = help_ = ""
    if not _NAME.fullmatch(masked(name)):
        label = "letters, digits, `_`, `-`, `/`, `.` and `#`, at most 512"
        help_ = "" if spec.name else "give it a `name` of its own"
    elif name.startswith("aws/"):
        label, help_ = "`aws/` is reserved", f"did you mean `/{name}`?"
    if label:
        context.notes.add(
            "logs/group",
            at,
            f"`{name}` cannot name a log group",
            key=spec.name is None,
            label=label,
            help=(help_,) if help_ else (),
        )
    return name


def _not_infrequent(context: Context, path: Path, why: str) -> None:
    context.notes.add(
        "logs/class",
        path,
        f"a log group for infrequent access cannot be {why}",
        key=True,
        help=("leave out `infrequent_access`",),
    )


def _retention(
    context: Context, aws: Aws, spec: spec_aws.LogGroup, path: Path
) -> tuple[int | None, tuple[tuple[str, int], ...]]:
    retention = _days(context, spec.retention, (*path, "retention"))
    if spec.parameter is not None:
        checked_parameter_name(context, spec.parameter, (*path, "parameter"))
        if spec.retentions is not None:
            context.notes.add(
                "logs/retention",
                (*path, "retentions"),
                "`parameter` and `retentions` exclude each other",
                key=True,
                label="what decides: a parameter of its own, or `Environment`",
            )
    if not spec.retentions:
        return retention, ()
    declared = (aws.parameters or {}).get(ENVIRONMENT)
    allowed = declared.allowed if declared else None
    if not allowed:
        context.notes.add(
            "logs/retention",
            (*path, "retentions"),
            f"nothing says which values the parameter `{ENVIRONMENT}` has",
            key=True,
            help=("such as `aws: {parameters: {Environment: {allowed: [production, staging]}}}`",),
        )
        return retention, ()
    out = []
    for name, given in spec.retentions.items():
        at = (*path, "retentions", name)
        length = _days(context, given, at)
        if name not in allowed:
            where = f"aws.parameters.{ENVIRONMENT}.allowed"
            context.notes.unknown("logs/environment", at, "environment", name, allowed, where, key=True)
        elif length is not None:
            out.append((name, length))
    for value in allowed:
        if not _MAPPING_KEY.fullmatch(value):
            context.notes.add(
                "logs/retention",
                ("aws", "parameters", ENVIRONMENT, "allowed", allowed.index(value)),
                f"no retention can be looked up by `{value}`",
                label="letters, digits, `.` and `-` only",
            )
    missing = [value for value in allowed if value not in spec.retentions]
    if missing and spec.retention is None:
        context.notes.add(
            "logs/retention",
            (*path, "retentions"),
            f"nothing says how long events are kept where `{ENVIRONMENT}` is `{missing[0]}`",
            key=True,
            help=(f"name it too, or add `retention` for all that are not named (`{'`, `'.join(missing)}`)",),
        )
    if retention is not None:
        out += [(value, retention) for value in missing]
    return retention, tuple(sorted(out, key=lambda item: allowed.index(item[0])))


def _days(context: Context, length: int | None, path: Path) -> int | None:
    """`length` where CloudWatch has it, else a finding with those around it."""
    from monitorspec.cloudformation.parameters import RETENTIONS

    if length is None or length in {days * _DAY for days in RETENTIONS}:
        return length
    below = [days for days in RETENTIONS if days * _DAY < length][-1:]
    above = [days for days in RETENTIONS if days * _DAY > length][:1]
    near = " or ".join(f"`{days}d`" for days in (*below, *above))
    context.notes.add(
        "logs/retention",
        path,
        f"CloudWatch Logs cannot keep events for {duration_text(length)}",
        label=f"one of {', '.join(f'{days}d' for days in RETENTIONS)}",
        help=(f"write {near}",),
    )
    return None


def _mask(context: Context, spec: spec_aws.LogGroup, path: Path) -> tuple[str, ...]:
    if not spec.mask:
        return ()
    from monitorspec.logs.identifiers import identifiers

    known = identifiers()
    for n, name in enumerate(spec.mask):
        if name not in known:
            _unknown_identifier(context, name, known, (*path, n))
    return tuple(dict.fromkeys(spec.mask))


def _unknown_identifier(context: Context, name: str, known: tuple[str, ...], path: Path) -> None:
    from difflib import get_close_matches

    # `Ssn` alone is nearest to the Ssn of every country, and `Email` to EmailAddress.
    near = [other for other in known if len(name) > 2 and other.lower().startswith(name.lower())][:8]
    if not near:
        folded = {other.lower(): other for other in known}
        near = [folded[other] for other in get_close_matches(name.lower(), folded, 3, 0.6)]
    context.notes.add(
        "logs/mask",
        path,
        f"CloudWatch Logs has no data identifier `{name}`",
        help=(f"did you mean `{'`, `'.join(near)}`?",)
        if near
        else (f"such as `EmailAddress`; there are {len(known)}",),
    )


def _errors(context: Context, spec: spec_aws.LogGroup, path: Path) -> str:
    if spec.errors is None:
        return ERRORS
    from monitorspec.logs import insights

    text = checked_text(context, spec.errors, path)
    before = "filter "
    for fault in insights.faults(before + masked(text))[:1]:
        inside = fault._replace(offset=max(fault.offset - len(before), 0))
        context.notes.fault("logs/query", path, text, inside, label="a filter")
    return text


def _archives(context: Context, spec: spec_aws.LogGroup, path: Path) -> Iterator[Archive]:
    for n, (name, archive) in enumerate((spec.archives or {}).items()):
        at = (*path, name)
        if n == ARCHIVES:
            context.notes.add("logs/archive", at, f"a log group has at most {ARCHIVES} archives", key=True)
        to = values.arn(context, archive.to, (*at, "to"))
        role = values.arn(context, archive.role, (*at, "role"), "iam") if archive.role else ""
        service = values.service_of_arn(to)
        if service == "lambda" and role:
            context.notes.add(
                "logs/archive", (*at, "role"), "a Lambda function is called without a role", key=True,
                help=("leave out `role`: the stack gives CloudWatch Logs the permission",),
            )  # fmt: skip
        elif service in ("firehose", "kinesis") and not role:
            context.notes.add(
                "logs/archive", (*at, "to"), "CloudWatch Logs needs a role to write to a stream",
                help=("such as `role: '${LogsToStreamRole}'`, a parameter of the stack",),
            )  # fmt: skip
        yield Archive(name, to, role, _pattern(context, archive.pattern or "", (*at, "pattern")), at)


def _ingest(context: Context, spec: spec_aws.LogGroup, path: Path) -> Decimal | None:
    if spec.ingest is None:
        return None
    if spec.ingest.dimension != "size" or spec.ingest.value < 0:
        context.notes.add(
            "logs/group", path, f"`{spec.ingest.text}` is no amount of log events", label="such as `5GiB`"
        )
        return None
    return spec.ingest.value


# ---- filter patterns


def _pattern(context: Context, text: str, path: Path) -> str:
    from monitorspec.fault import Fault
    from monitorspec.logs.filterpattern import read

    found = read(masked(checked_text(context, text, path)))
    if isinstance(found, Fault):
        context.notes.fault("logs/pattern", path, text, found)
    elif found.ignored:
        context.notes.add(
            "logs/optional",
            path,
            "CloudWatch Logs ignores terms with `?` where others stand beside them",
            level="warning",
            help=("write `?` before all of them, or before none",),
            within=(text, *found.ignored),
        )
    return text


# ---- metric filters


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
        pattern = _pattern(context, spec.pattern, (*path, "pattern"))
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


def known_group(context: Context, aws: Aws, key: str, path: Path) -> spec_aws.LogGroup | None:
    """The log group of that key, or None after a finding."""
    groups = aws.log_groups or {}
    if key not in groups:
        near = [other for other, group in groups.items() if group.name == key]
        if near:
            said = "log groups are referred to by their key"
            context.notes.add("logs/unknown-group", path, said, help=(f"write `{near[0]}`",))
        else:
            context.notes.unknown("logs/unknown-group", path, "log group", key, groups, "aws.log_groups")
    return groups.get(key)


# ---- saved queries


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
