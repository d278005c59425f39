"""CloudWatch Logs: log groups, with their archives.

In: `aws.log_groups`. Out: `plan.aws.LogGroup`s; what else refers to a log group, or has a filter pattern, is checked here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Archive, LogGroup
from monitorspec.resolve.aws import values
from monitorspec.resolve.aws.parameters import checked_parameter_name
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import ENVIRONMENT, checked_text, masked
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws
from monitorspec.spec.units import duration_text

ERRORS = "@message like /(?i)error/"
"""What finds errors in a log group that says nothing about them."""
ARCHIVES = 2
"""Subscription filters of a log group (CloudWatch Logs quotas)."""

_DAY = 86_400_000
# API reference: CreateLogGroup.
_NAME = re.compile(r"[A-Za-z0-9_\-/.#]{1,512}")
# A key of a mapping of a template.
_MAPPING_KEY = re.compile(r"[A-Za-z0-9.-]{1,255}")
_NOT_OF_EXISTING = ("retention", "retentions", "parameter", "mask", "kms_key")


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
        yield Archive(name, to, role, checked_pattern(context, archive.pattern or "", (*at, "pattern")), at)


def _ingest(context: Context, spec: spec_aws.LogGroup, path: Path) -> Decimal | None:
    if spec.ingest is None:
        return None
    if spec.ingest.dimension != "size" or spec.ingest.value < 0:
        context.notes.add(
            "logs/group", path, f"`{spec.ingest.text}` is no amount of log events", label="such as `5GiB`"
        )
        return None
    return spec.ingest.value


# ---- what others have of it


def checked_pattern(context: Context, text: str, path: Path) -> str:
    """`text`, after a finding where it is no filter pattern."""
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
