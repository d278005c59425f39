"""Templates as plain mappings: ids, parameters, references, and how resources are spread over stacks.

In: names and resources. Out: logical ids, references, shards. Limits: the CloudFormation user guide, "Quotas".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from monitorspec.names import camel

FORMAT = "2010-09-09"
RESOURCES, PARAMETERS, OUTPUTS = 500, 200, 200
SIZE, INLINE_SIZE = 1_000_000, 51_200
"""Bytes: of a template read from S3, and of one sent with the request."""
ID_LENGTH = 255

is_logical_id = re.compile(r"[A-Za-z0-9]{1,255}").fullmatch
# `${!Literal}` is an escape of Fn::Sub.
_substituted = re.compile(r"\$\{(?!!)\s*([A-Za-z0-9:.]+)\s*\}").findall


class Reference(NamedTuple):
    """A `Ref`, `Fn::GetAtt` or variable of `Fn::Sub`: the name it wants and where it stands."""

    name: str
    path: str
    attribute: str = ""
    """The attribute of the resource that it wants; "" for what `Ref` gives."""

    @property
    def wanted(self) -> str:
        """`Id`, or `Id.Attribute`."""
        return f"{self.name}.{self.attribute}" if self.attribute else self.name


def logical_ids(names: Iterable[tuple[str, ...]], suffix: str = "") -> dict[tuple[str, ...], str]:
    """A logical id for each name. Names that would share one all get a digest of their own, so that an id depends on
    its own name and on whether it is shared, never on the order."""
    wanted = {name: camel(*name) + suffix for name in names}
    shared = Counter(wanted.values())
    return {
        name: id if shared[id] == 1 and is_logical_id(id) else digested(id, "\0".join(name), ID_LENGTH)
        for name, id in wanted.items()
    }


def health_check_ids(keys: Iterable[str]) -> dict[str, str]:
    """Key of each health check → its logical id, which dimensions of metrics refer to."""
    return {key[0]: id for key, id in logical_ids(((key,) for key in keys), "HealthCheck").items()}


def unique_names(names: Mapping[str, str], longest: int) -> dict[str, str]:
    """The names, those that are shared or too long with a digest of their key."""
    shared = Counter(names.values())
    return {
        key: name if shared[name] == 1 and len(name) <= longest else digested(name, key, longest, "-")
        for key, name in names.items()
    }


def digested(name: str, key: str, longest: int, joint: str = "") -> str:
    """`name`, cut to leave room, with a digest of `key`."""
    from hashlib import sha256

    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{name[: longest - len(digest) - len(joint)]}{joint}{digest}"


def bucket(key: str, buckets: int) -> int:
    """Which of `buckets` holds `key`: when a bucket is added, keys move into the new one only.

    Jump consistent hashing (Lamping and Veach, 2014).
    """
    from hashlib import sha256

    seed = int.from_bytes(sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    chosen, jump = -1, 0
    while jump < buckets:
        chosen = jump
        seed = (seed * 2862933555777941757 + 1) & 0xFFFFFFFFFFFFFFFF
        jump = int((chosen + 1) * ((1 << 31) / ((seed >> 33) + 1)))
    return chosen


def shards(sizes: Mapping[str, int], largest: int, at_least: int = 1) -> list[list[str]]:
    """The keys spread over the fewest shards of at most `largest` each, every key in its `bucket`.

    A key that is larger alone than that raises the bound for all: the caller has to split it.
    """
    largest = max(largest, *sizes.values())
    count = max(at_least, -(-sum(sizes.values()) // largest), 1)
    while True:
        held = [0] * count
        placed: list[list[str]] = [[] for _ in range(count)]
        for key, size in sizes.items():
            at = bucket(key, count)
            held[at] += size
            placed[at].append(key)
        if max(held) <= largest:
            return placed
        count += 1


def names_in(value: Any) -> set[str]:
    """The names that a part of a template refers to; ten times as quick as `references`, which knows where."""
    out: set[str] = set()
    _collect(value, out)
    return out


def _collect(value: Any, out: set[str]) -> None:
    kind = type(value)
    if kind is dict:
        for key, inner in value.items():
            if type(inner) is str:
                if key == "Ref":
                    out.add(inner)
                elif key == "Fn::Sub":
                    out.update(name.partition(".")[0] for name in _substituted(inner))
                elif key == "Fn::GetAtt":
                    out.add(inner.partition(".")[0])
            elif key == "Fn::Sub" or key == "Fn::GetAtt":
                out.update(reference.name for reference in references({key: inner}))
            else:
                _collect(inner, out)
    elif kind is list or kind is tuple:
        for inner in value:
            _collect(inner, out)
    elif isinstance(value, Mapping):
        _collect(dict(value), out)


def references(value: Any, path: str = "") -> Iterator[Reference]:
    """Every reference within a part of a template, in order."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "Ref" and isinstance(inner, str):
                yield Reference(inner, path)
            elif key == "Fn::GetAtt" and isinstance(inner, str | list | tuple) and inner:
                if isinstance(inner, str):
                    yield _reference(inner, path)
                else:
                    # The attribute may be a reference itself.
                    yield Reference(str(inner[0]), path, ".".join(a for a in inner[1:] if isinstance(a, str)))
                    yield from references(inner[1:], here)
            elif key == "Fn::Sub":
                text, own = (inner, {}) if isinstance(inner, str) else (inner[0], inner[1])
                yield from (_reference(name, path) for name in _substituted(text) if name not in own)
                yield from references(own, here)
            else:
                yield from references(inner, here)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from references(inner, f"{path}.{at}" if path else str(at))


def _reference(text: str, path: str) -> Reference:
    name, _, attribute = text.partition(".")
    return Reference(name, path, attribute)
