"""What X-Ray samples, and the groups of traces that it watches.

In: `aws.sampling_rules`, `aws.trace_groups`. Out: `plan.aws.SamplingRule`s and `TraceGroup`s. Limits: the X-Ray API reference,
SamplingRule and CreateGroup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from monitorspec import tracefilter
from monitorspec.diagnostics import Path
from monitorspec.phrases import percent_text
from monitorspec.plan.aws import SamplingRule, TraceGroup
from monitorspec.resolve.aws import values
from monitorspec.resolve.aws.parameters import checked_parameter_name
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

NAME_LENGTH = 32
PRIORITIES = 9999
MINUTE, DAY, BOOST_EVERY = 60_000, 86_400_000, 600_000
_STEP = 100
"""Between rules whose priority the spec leaves open: room for one that somebody adds by hand."""
_LENGTHS = {"service": 64, "service_type": 64, "host": 64, "method": 10, "path": 128, "resource": 500}
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def sampling_rules(context: Context, aws: Aws, prefix: str) -> Iterator[SamplingRule]:
    """Every rule, in the order of the spec."""
    specs = aws.sampling_rules or {}
    priorities = _priorities(context, specs)
    _check_reach(context, specs, priorities)
    seen: dict[str, str] = {}
    for key, spec in specs.items():
        path: Path = ("aws", "sampling_rules", key)
        if spec.parameter is not None:
            checked_parameter_name(context, spec.parameter, (*path, "parameter"))
        for name, most in _LENGTHS.items():
            text = checked_text(context, getattr(spec, name), (*path, name))
            if len(values.REFERENCE.sub("", text)) > most:
                context.notes.add("spec/value", (*path, name), f"X-Ray takes at most {most} characters of `{name}`")
        if spec.reservoir < 0:
            context.notes.add("spec/value", (*path, "reservoir"), "`reservoir` has to be 0 or more")
        rate = values.share(context, spec.rate, (*path, "rate"))
        boost, boost_every = _boost(context, spec.boost, rate, (*path, "boost"))
        yield SamplingRule(
            key=key,
            name=values.distinct(
                context, seen, _name(context, spec.name, prefix, path), path, own=spec.name is not None
            ),
            rate=rate,
            reservoir=spec.reservoir,
            priority=priorities[key],
            parameter=spec.parameter or "",
            service=spec.service,
            service_type=spec.service_type,
            host=spec.host,
            method=spec.method,
            path=spec.path,
            resource=spec.resource,
            attributes=tuple(
                (name, checked_text(context, text, (*path, "attributes", name)))
                for name, text in (spec.attributes or {}).items()
            ),
            boost=boost,
            boost_every=boost_every,
            origin=path,
        )


def _boost(
    context: Context, spec: spec_aws.SamplingBoost | None, rate: Decimal, path: Path
) -> tuple[Decimal | None, int]:
    """(share, ms between two of them) of a boost."""
    if spec is None:
        return None, 0
    to = values.share(context, spec.to, (*path, "to"))
    if to < rate:
        context.notes.add(
            "spec/value",
            (*path, "to"),
            f"`{spec.to.text}` is less than what is traced anyway",
            help=(f"write a share above {percent_text(rate)}",),
        )
    every = spec.every if spec.every is not None else BOOST_EVERY
    return to, values.span(context, every, MINUTE, DAY, MINUTE, (*path, "every"))


def _priorities(context: Context, specs: Mapping[str, spec_aws.SamplingRule]) -> dict[str, int]:
    """The priority of each rule: its own, or the next round number behind that of the rule before it."""
    taken: dict[int, str] = {}
    for key, spec in specs.items():
        if spec.priority is None:
            continue
        path: Path = ("aws", "sampling_rules", key, "priority")
        values.in_range(context, spec.priority, 1, PRIORITIES, path)
        other = taken.setdefault(spec.priority, key)
        if other != key:
            context.notes.add(
                "aws/sampling-priority",
                path,
                f"`{other}` has priority {spec.priority} as well",
                effect="which of the two X-Ray tries first would depend on their names",
            )
    out: dict[str, int] = {}
    last = 0
    for key, spec in specs.items():
        chosen = spec.priority
        if chosen is None:
            chosen = last + _STEP - last % _STEP
            while chosen in taken:
                chosen += _STEP
            if chosen > PRIORITIES:
                context.notes.add(
                    "aws/sampling-priority",
                    ("aws", "sampling_rules", key),
                    f"no priority is left behind {last}",
                    key=True,
                    help=(f"give it a `priority` of its own, at most {PRIORITIES:,}",),
                )
                chosen = PRIORITIES
            taken[chosen] = key
        out[key] = last = chosen
    return out


def _check_reach(context: Context, specs: Mapping[str, spec_aws.SamplingRule], priorities: Mapping[str, int]) -> None:
    """X-Ray takes the first rule that matches: nothing comes behind one that matches everything."""
    catch_all = ""
    for key in sorted(specs, key=priorities.__getitem__):
        if catch_all:
            context.notes.add(
                "aws/sampling-unreachable",
                ("aws", "sampling_rules", key),
                f"no request gets to the rule `{key}`: `{catch_all}`, which is tried first, takes all of them",
                level="warning",
                key=True,
                help=(f"put `{catch_all}` last, or give it a higher `priority`",),
            )
        elif all(getattr(specs[key], name) == "*" for name in _LENGTHS) and not specs[key].attributes:
            catch_all = key


def trace_groups(context: Context, aws: Aws, prefix: str) -> Iterator[TraceGroup]:
    """Every group, its filter read."""
    seen: dict[str, str] = {}
    for key, spec in (aws.trace_groups or {}).items():
        path: Path = ("aws", "trace_groups", key)
        _check_filter(context, spec.filter, (*path, "filter"))
        if spec.notifications and not spec.insights:
            context.notes.add(
                "aws/trace-notifications",
                (*path, "notifications"),
                f"`{key}` notifies of insights that X-Ray does not look for",
                key=True,
                help=("add `insights: true`",),
            )
        yield TraceGroup(
            key=key,
            name=values.distinct(
                context, seen, _name(context, spec.name, prefix, path), path, own=spec.name is not None
            ),
            filter=spec.filter,
            insights=spec.insights,
            notifications=spec.notifications,
            origin=path,
        )


def _check_filter(context: Context, text: str, path: Path) -> None:
    checked_text(context, text, path)
    # A parameter stands for a number or a part of a text: digits are either.
    found = tracefilter.problem(values.REFERENCE.sub(lambda m: "1" * len(m[0]), text))
    if found:
        said = f"X-Ray cannot read the filter: {found.message}"
        context.notes.fault("aws/trace-filter", path, text, found._replace(message=said))


def _name(context: Context, own: str | None, prefix: str, path: Path) -> str:
    if own is None:
        return values.shortened(context, prefix, str(path[-1]), NAME_LENGTH)
    where = (*path, "name")
    checked_text(context, own, where)
    length = len(values.longest(context, own))
    if length > NAME_LENGTH:
        context.notes.add("aws/name", where, f"X-Ray takes names of {NAME_LENGTH} characters, this one has {length}")
    elif not _NAME.fullmatch(values.REFERENCE.sub("x", own)):
        context.notes.add("aws/name", where, f"`{own}` cannot name this in X-Ray", label="letters, digits, `-` and `_`")
    elif own.lower() == "default":
        context.notes.add("aws/name", where, "`Default` is X-Ray's own")
    return own
