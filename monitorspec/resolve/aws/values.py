"""Values that the parts of `aws:` share: amounts, shares, ARNs, services, topics, names with little room.

In: values of the spec and their paths. Out: plain values, after findings for those that AWS would not take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from monitorspec.diagnostics import Path
from monitorspec.fixes import typo
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.spec.units import Quantity, duration_text

REFERENCE = re.compile(r"\$\{(?!!)[^}]*\}")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Room for a value that nothing is known of: names of environments are shorter.
_UNKNOWN = 12


def usd(context: Context, amount: Quantity, path: Path) -> Decimal:
    """US dollars of `50 USD` or `50`; 1 after a finding."""
    if amount.dimension in ("", "money") and amount.value > 0:
        return amount.value
    context.notes.add(
        "spec/value", path, f"`{amount.text}` is no amount of money", help=("write US dollars, such as `50 USD`",)
    )
    return Decimal(1)


def share(context: Context, given: Quantity, path: Path, most: Decimal = Decimal(1)) -> Decimal:
    """The share, from 0 to `most`, of `10%`; 1 after a finding."""
    if given.dimension == "ratio" and 0 <= given.value <= most:
        return given.value
    helps = () if given.dimension else (f"write `{given.value:%}`" if given.value <= 1 else f"write `{given.text}%`",)
    context.notes.add("spec/value", path, f"`{given.text}` is no share from 0% to {most:%}", help=helps)
    return Decimal(1)


def in_range(context: Context, value: int, least: int, most: int, path: Path, what: str = "") -> int:
    """`value`, after a finding where it is not from `least` to `most`."""
    if not least <= value <= most:
        context.notes.add("spec/value", path, f"`{path[-1]}` has to be from {least:,} to {most:,}{what}")
    return value


def span(context: Context, ms: int, least: int, most: int, unit: int, path: Path) -> int:
    """A duration in ms, after a finding where it is not from `least` to `most` in whole `unit`s."""
    if not least <= ms <= most or ms % unit:
        whole = f", in steps of {duration_text(unit)}" if ms % unit else ""
        context.notes.add(
            "spec/value", path, f"`{path[-1]}` has to be from {duration_text(least)} to {duration_text(most)}{whole}"
        )
    return ms


def known(context: Context, code: str, message: str, name: str, names: Sequence[str], path: Path) -> None:
    """A finding about a name that AWS does not have."""
    near = get_close_matches(name, names, 1)
    helps = f"did you mean `{near[0]}`?" if near else f"AWS has {', '.join(names)}"
    context.notes.add(code, path, message, help=(helps,), fix=typo(context.notes.at(path), name, names))


def arn(context: Context, text: str, path: Path, service: str = "") -> str:
    """A text that has to be the ARN of something (of `service`: iam, lambda, …) when the stack is deployed."""
    checked_text(context, text, path)
    if text.startswith(f"arn:{service}:") or (not text.startswith("arn:") and not REFERENCE.match(text)):
        context.notes.add(
            "aws/arn",
            path,
            f"`{text}` is no ARN",
            help=(
                f"write `arn:${{AWS::Partition}}:{service + ':' if service else ''}…`, or make it a parameter: `${{Name}}`",
            ),
        )
    else:
        no_account(context, text, path, "an ARN")
    return text


def no_account(context: Context, text: str, path: Path, what: str = "a value") -> str:
    """`text`, after a finding where it holds the number of an account."""
    if _ACCOUNT.search(REFERENCE.sub("", text)):
        context.notes.add(
            "aws/account",
            path,
            f"{what} holds the number of an account, which does not belong in a spec",
            help=("write `${AWS::AccountId}` for the stack's own account, or make it a parameter: `${Name}`",),
        )
    return text


def service_of_arn(text: str) -> str:
    """The AWS service in an ARN, "" where a parameter holds all of it."""
    parts = REFERENCE.sub("x", text).split(":")
    return parts[2] if parts[0] == "arn" and len(parts) > 3 else ""


def account(context: Context, text: str, path: Path) -> str:
    """The number of an account, which has to be a parameter."""
    checked_text(context, text, path)
    if "${" not in text:
        context.notes.add(
            "aws/account",
            path,
            "the number of an account does not belong in a spec",
            help=("write `${AWS::AccountId}` for the stack's own account, or make it a parameter: `${Name}`",),
        )
    return text


def emails(context: Context, given: Iterable[str], path: Path) -> tuple[str, ...]:
    """E-mail addresses, each once."""
    out = []
    for n, address in enumerate(given):
        checked_text(context, address, (*path, n))
        if "${" not in address and not _EMAIL.fullmatch(address):
            context.notes.add("spec/value", (*path, n), f"`{address}` is no e-mail address")
        out.append(address)
    return tuple(dict.fromkeys(out))


def service(context: Context, name: str | None, path: Path) -> str:
    """The name of one of the spec's services, or ""."""
    known = context.spec.services or {}
    if name is not None and name not in known:
        context.notes.unknown("aws/unknown-service", path, "service", name, known, "services")
    return name or ""


def topics(context: Context, names: Iterable[str], path: Path) -> tuple[str, ...]:
    """Names of SNS topics that the spec declares, each once."""
    aws = context.spec.aws
    known = (aws.topics if aws else None) or {}
    out = []
    for n, name in enumerate(names):
        if name in known:
            out.append(name)
        else:
            context.notes.unknown("aws/unknown-topic", (*path, n), "SNS topic", name, known, "aws.topics")
    return tuple(dict.fromkeys(out))


def distinct(context: Context, seen: dict[str, str], name: str, path: Path, *, own: bool) -> str:
    """`name`, after a finding where another one of its kind (`seen`) has it as well; `own`: whether the spec says it."""
    other = seen.setdefault(name, str(path[-1]))
    if other != path[-1]:
        context.notes.add(
            "aws/name",
            (*path, "name") if own else path,
            f"`{other}` is called `{name}` in AWS, too",
            key=not own,
            help=("give it another `name`",),
        )
    return name


def longest(context: Context, text: str) -> str:
    """`text` with its parameters replaced by the longest values that are known of them."""
    aws = context.spec.aws
    declared = (aws.parameters if aws else None) or {}

    def value(match: re.Match[str]) -> str:
        spec = declared.get(match[0][2:-1])
        known = [*((spec.allowed or ()) if spec else ()), *((spec.default or "",) if spec else ())]
        return max(known, key=len, default="") or "x" * _UNKNOWN

    return REFERENCE.sub(value, text)


def shortened(context: Context, prefix: str, key: str, most: int) -> str:
    """`prefix` and `key` where they fit into `most` characters once their parameters are filled in; else a shorter name that is
    as unique: the key, a digest of both, and their parameters."""
    text = f"{prefix}{key}"
    if len(longest(context, text)) <= most:
        return text
    references = "".join(f"-{found}" for found in REFERENCE.findall(text))
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    room = max(most - len(longest(context, references)) - len(digest) - 1, 1)
    return f"{REFERENCE.sub('', key)[:room].rstrip('-')}-{digest}{references}"


def texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text within plain data, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from texts(inner, (*path, n))
