"""Canaries and health checks: addresses that are called from outside.

In: `aws.canaries`, `aws.health_checks`. Out: `plan.aws.Canary`s and `HealthCheck`s. Limits: CloudWatch Synthetics API reference,
CreateCanary; Route 53 API reference, HealthCheckConfig. Runtime versions: data/synthetics.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

from monitorspec import credentials
from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Canary, HealthCheck
from monitorspec.resolve.aws import values
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
EVERY, TIMEOUT, KEEP = 5 * MINUTE, MINUTE, 31 * DAY
START = 15 * SECOND
"""CloudWatch user guide: no time-out shorter than this, because Lambda and the browser have to start first."""
WELL = ((200, 299),)
REGIONS = (
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
)  # fmt: skip
"""Where Route 53 has checkers."""
_TEXT = 255
_DATA = File(__file__).parent.parent.parent / "data" / "synthetics" / "runtimes.json"
_CANARY_NAME = re.compile(r"[0-9a-z_-]{1,255}")
_RUNTIME = re.compile(r"syn-nodejs-puppeteer-(\d+)\.(\d+)")
_STATUS = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?")
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key|credential|signature", re.I)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Parameters are put aside while an address is taken apart: their names may hold colons.
_ASIDE = "\ue000"
_URL = re.compile(r"(https?)://(?:([^/?#@]*)@)?(\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::(\d{1,5}))?((?:[/?][^#\s]*)?)", re.I)


class Address(NamedTuple):
    """An address taken apart; parts may hold `${Name}`."""

    secure: bool
    host: str
    port: int
    path: str


# ---- canaries


def canaries(context: Context, aws: Aws, prefix: str) -> Iterator[Canary]:
    """Every canary, checked."""
    seen: dict[str, str] = {}
    for key, spec in (aws.canaries or {}).items():
        path: Path = ("aws", "canaries", key)
        every = values.span(
            context, spec.every if spec.every is not None else EVERY, MINUTE, HOUR, MINUTE, (*path, "every")
        )
        runtime, module = _runtime(context, spec.runtime, (*path, "runtime"))
        for n, url in enumerate(spec.urls):
            address(context, url, (*path, "urls", n))
        if spec.method == "HEAD" and spec.contains is not None:
            context.notes.add(
                "aws/canary",
                (*path, "contains"),
                "the answer to HEAD holds no text",
                key=True,
                help=("write `method: GET`, or leave `contains` out",),
            )
        if spec.memory is not None and (values.in_range(context, spec.memory, 960, 3008, (*path, "memory")) % 64):
            context.notes.add("spec/value", (*path, "memory"), "`memory` has to be a multiple of 64")
        if not spec.artifacts.startswith(("s3://", "${")):
            context.notes.add(
                "spec/value",
                (*path, "artifacts"),
                f"`{spec.artifacts}` is no place in S3",
                help=("write `s3://bucket`",),
            )
        yield Canary(
            key=key,
            name=values.distinct(
                context, seen, _canary_name(context, spec.name, prefix, path), path, own=spec.name is not None
            ),
            urls=spec.urls,
            description=spec.description or "",
            service=values.service(context, spec.service, (*path, "service")),
            every=every,
            timeout=_timeout(context, spec, every, path),
            status=_statuses(context, spec.status, (*path, "status")),
            contains=checked_text(context, spec.contains or "", (*path, "contains")),
            method=spec.method,
            headers=tuple(_headers(context, spec.headers or {}, (*path, "headers"))),
            runtime=runtime,
            module=module,
            artifacts=checked_text(context, spec.artifacts, (*path, "artifacts")),
            role=values.arn(context, spec.role, (*path, "role"), "iam"),
            keep=values.span(
                context, spec.keep if spec.keep is not None else KEEP, DAY, 455 * DAY, DAY, (*path, "keep")
            ),
            memory=spec.memory,
            tracing=spec.tracing,
            origin=path,
        )


def _canary_name(context: Context, own: str | None, prefix: str, path: Path) -> str:
    where = path if own is None else (*path, "name")
    name = own if own is not None else _lower(f"{prefix}{path[-1]}")
    if own is not None:
        checked_text(context, own, where)
    if not _CANARY_NAME.fullmatch(values.REFERENCE.sub("x", name)):
        context.notes.add(
            "aws/name",
            where,
            f"`{name}` cannot name a canary",
            key=own is None,
            label="lower-case letters, digits, `-` and `_`, at most 255",
            help=(f"write `{_lower(name)}`",) if own is not None else ("give it a `name` of its own",),
        )
    return name


def _lower(name: str) -> str:
    """`name` in the letters of canaries; its parameters stay as they are."""
    out, at = "", 0
    for found in values.REFERENCE.finditer(name):
        out += re.sub(r"[^0-9a-z_-]+", "-", name[at : found.start()].lower()) + found[0]
        at = found.end()
    return out + re.sub(r"[^0-9a-z_-]+", "-", name[at:].lower())


def _timeout(context: Context, spec: spec_aws.Canary, every: int, path: Path) -> int:
    given, where = spec.timeout, (*path, "timeout")
    timeout = min(TIMEOUT, every) if given is None else given
    if given is not None:
        values.span(context, given, 3 * SECOND, 14 * MINUTE, SECOND, where)
    if timeout > every:
        context.notes.add(
            "aws/canary",
            where,
            "a run may take longer than the time to the next one",
            key=True,
            help=("make `timeout` shorter, or `every` longer",),
        )
    elif timeout < START:
        context.notes.add(
            "aws/canary-timeout",
            where,
            "a cold start may take longer than the whole run is given",
            level="warning",
            key=True,
            help=("give it 15s or more",),
            effect="the canary would fail now and then without a cause",
        )
    elif timeout - START < len(spec.urls) * SECOND:
        context.notes.add(
            "aws/canary-timeout",
            (*path, "urls"),
            f"{len(spec.urls)} addresses have less than a second each",
            level="warning",
            key=True,
            help=("give the run a longer `timeout`, or make several canaries",),
            effect="the canary would fail now and then without a cause",
        )
    return timeout


def _runtime(context: Context, name: str | None, path: Path) -> tuple[str, str]:
    """The runtime version, and the module that its scripts load."""
    data = _runtimes()
    known: dict[str, str] = data["modules"]
    if name is None:
        name = str(data["default"])
    if name in known:
        return name, known[name]
    found = _RUNTIME.fullmatch(name)
    newest = max(known, key=_version)
    if name in data["deprecated"]:
        context.notes.add(
            "aws/runtime",
            path,
            f"AWS makes no more canaries with `{name}`",
            label=f"deprecated since {data['deprecated'][name]}",
            help=(f"write `{data['default']}`, or leave it out",),
        )
    elif found and _version(name) > _version(newest):
        context.notes.add(
            "aws/runtime",
            path,
            f"`{name}` is newer than `{newest}`, the newest version that is known here",
            level="warning",
            effect="the script is the one for the newest known version",
        )
    else:
        values.known(context, "aws/runtime", f"canaries cannot have the runtime `{name}`", name, [*known], path)
    return name, known[newest]


def _version(name: str) -> tuple[int, int]:
    found = _RUNTIME.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@functools.cache
def _runtimes() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return data


def _statuses(context: Context, given: tuple[str, ...] | None, path: Path) -> tuple[tuple[int, int], ...]:
    if given is None:
        return WELL
    out = []
    for n, text in enumerate(given):
        found = _STATUS.fullmatch(text)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last:
            context.notes.add(
                "spec/value",
                (*path, n),
                f"`{text}` is no status code",
                help=("write `200`, or a range such as `200-299`",),
            )
        out.append((first, last))
    return tuple(out)


def _headers(context: Context, given: Mapping[str, str], path: Path) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        where = (*path, name)
        checked_text(context, value, where)
        if not _HEADER.fullmatch(name):
            context.notes.add("spec/value", where, f"`{name}` cannot name an HTTP header", key=True)
        elif credentials.in_text(value) or (_SECRET_HEADER.search(name) and "${" not in value):
            context.notes.add(
                "aws/literal-secret",
                where,
                f"`{name}` is a secret and must not stand in the spec",
                help=("let the canary call an address that asks for none, such as a health endpoint",),
            )
        elif _SECRET_HEADER.search(name):
            _visible(context, name, where)
        yield name, value


def _visible(context: Context, name: str, path: Path) -> None:
    context.notes.add(
        "aws/visible-secret",
        path,
        f"`{name}` can be read by whoever may look at what calls the address: AWS keeps it as plain text",
        level="warning",
        help=("call an address that asks for none, such as a health endpoint",),
    )


# ---- health checks


def health_checks(context: Context, aws: Aws, prefix: str) -> Iterator[HealthCheck]:
    """Every health check, checked."""
    for key, spec in (aws.health_checks or {}).items():
        path: Path = ("aws", "health_checks", key)
        found = address(context, spec.url, (*path, "url"))
        _check_public(context, found.host, (*path, "url"))
        for name, text in (("url", found.path), ("contains", spec.contains or "")):
            if len(values.REFERENCE.sub("", text)) > _TEXT:
                what = "the path" if name == "url" else "`contains`"
                context.notes.add("spec/value", (*path, name), f"Route 53 takes at most {_TEXT} characters of {what}")
        every = 30 * SECOND if spec.every is None else spec.every
        if every not in (10 * SECOND, 30 * SECOND):
            context.notes.add("spec/value", (*path, "every"), "Route 53 calls every 10s or every 30s")
        yield HealthCheck(
            key=key,
            name=f"{prefix}{key}",
            secure=found.secure,
            host=found.host,
            port=found.port,
            path=found.path,
            description=spec.description or "",
            service=values.service(context, spec.service, (*path, "service")),
            every=every,
            failures=values.in_range(context, spec.failures, 1, 10, (*path, "failures")),
            regions=_regions(context, spec, path),
            contains=checked_text(context, spec.contains or "", (*path, "contains")),
            latency=spec.latency,
            origin=path,
        )


def _regions(context: Context, spec: spec_aws.HealthCheck, path: Path) -> tuple[str, ...]:
    if spec.regions is None:
        return ()
    where = (*path, "regions")
    for n, name in enumerate(spec.regions):
        if name not in REGIONS:
            values.known(
                context, "aws/health-region", f"Route 53 has no checkers in `{name}`", name, REGIONS, (*where, n)
            )
    chosen = tuple(dict.fromkeys(spec.regions))
    if len(chosen) < 3:
        context.notes.add(
            "spec/value",
            where,
            "Route 53 calls from three regions or more",
            key=True,
            help=("leave `regions` out for all of them",),
        )
    return chosen


def _check_public(context: Context, host: str, path: Path) -> None:
    try:
        private = not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        private = host == "localhost" or host.endswith((".local", ".internal", ".localhost"))
    if private:
        context.notes.add(
            "aws/health-private",
            path,
            f"Route 53 calls from the internet and cannot reach `{host}`",
            help=("let a canary call it, or watch a metric of its load balancer",),
        )


# ---- addresses


def address(context: Context, url: str, path: Path) -> Address:
    """An http or https address taken apart, after findings for what nobody could call or should read."""
    checked_text(context, url, path)
    references = iter(values.REFERENCE.findall(url))
    found = _URL.fullmatch(values.REFERENCE.sub(_ASIDE, url))
    if not found:
        helps = ["write `https://host/path`"]
        if values.REFERENCE.match(url):
            helps = ["write the scheme here and the host as a parameter: `https://${Host}/path`"]
        context.notes.add("aws/url", path, f"`{url}` is no address that can be called", help=helps)
        return Address(True, "", 443, "/")
    scheme, user, host, port, rest = found.groups()
    secure = scheme.lower() == "https"
    secret = credentials.parameter(rest)
    if user is not None or credentials.in_text(url):
        context.notes.add(
            "aws/literal-secret",
            path,
            "the address holds a secret, which must not stand in the spec",
            help=("call an address that asks for none, such as a health endpoint",),
        )
    elif secret:
        _visible(context, secret, path)
    elif not secure:
        context.notes.add(
            "aws/plain-http",
            path,
            "the address is called without encryption",
            level="warning",
            help=("write `https://`",),
            effect="what is called may be another one, and certificates that have run out go unseen",
        )
    if port is not None and not 1 <= int(port) <= 65535:
        context.notes.add("aws/url", path, f"{port} is no port")

    def back(text: str) -> str:
        return "".join(next(references) if c == _ASIDE else c for c in text)

    # In the order in which they stand in the address.
    user = back(user or "")
    host = back(host)
    rest = back(rest)
    return Address(
        secure, host, int(port) if port else 443 if secure else 80, rest if rest.startswith("/") else f"/{rest}"
    )
