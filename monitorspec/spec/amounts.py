"""Amounts of resources, shares of pods and ports, as Kubernetes writes them.

In: YAML scalars (`200m`, `256Mi`, `2`, `10%`). Out: exact values with the text that Kubernetes gets.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from monitorspec.spec.record import Scalar
from monitorspec.spec.units import number_text

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
SUFFIXES: dict[str, Decimal] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{suffix: Decimal(1000) ** n for n, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** n for n, suffix in enumerate("KMGTPE", 1)},
}
# It counts thousandths in 64 bits.
_MOST = Decimal(2**63 - 1) / 1000
_AMOUNT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d{1,2}|[A-Za-z]*)")


class Amount(NamedTuple):
    """`value` in cores, bytes or pieces; `text` as Kubernetes reads it."""

    value: Decimal
    text: str


def parse_amount(value: Any) -> Amount:
    """An amount of `200m` (0.2 cores), `256Mi` or `2`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and Decimal(str(value)).is_finite():
        value = number_text(Decimal(str(value)))
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found and (found[2] in SUFFIXES or found[2][1:].lstrip("+-").isdigit()):
        factor = SUFFIXES.get(found[2])
        amount = Decimal(found[1]) * factor if factor else Decimal(found[1] + found[2])
        if amount > _MOST:
            raise ValueError(f"{_said(value)} is more than Kubernetes can count")
        return Amount(amount, found[0])
    hint = ""
    if found:
        near = _near(found[2])
        hint = f"; write `{found[1]}{near}`" if near else f"; suffixes are {' '.join(filter(None, SUFFIXES))}"
    elif isinstance(value, str) and re.fullmatch(r"\S+\s+\S+", value):
        hint = f"; write it without a space: `{''.join(value.split())}`"
    raise ValueError(f"{_said(value)} is not an amount such as `200m` or `256Mi`{hint}")


def _near(suffix: str) -> str:
    """The suffix that was meant by another spelling: `MB`, `mib`, `K`, `GiB`."""
    bare = re.sub(r"(?<=.)b$|ytes?$", "", suffix, flags=re.IGNORECASE).lower()
    return next((known for known in SUFFIXES if known and known.lower() == bare and known not in "num"), "")


def parse_share(value: Any) -> int | str:
    """How many of the pods: `1`, or `10%` of them."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = re.fullmatch(r"(\d{1,3})%", value) if isinstance(value, str) else None
    if found and 0 < int(found[1]) <= 100:
        return f"{int(found[1])}%"
    raise ValueError(f"{_said(value)} is neither a number of pods such as `1` nor a share of them such as `10%`")


def parse_port(value: Any) -> int | str:
    """A port by number or by name."""
    if isinstance(value, int | str) and not isinstance(value, bool) and value != "":
        return value
    raise ValueError(f"{_said(value)} is neither the number of a port nor its name")


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    if value == "":
        return "an empty text"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


AmountText = Annotated[
    Amount,
    Scalar(
        parse_amount,
        type=["string", "number"],
        pattern=r"^(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,2}|[numkMGTPE]|[KMGTPE]i)?$",
        minimum=0,
        examples=["200m", "256Mi"],
    ),
]
Share = Annotated[
    int | str,
    Scalar(
        parse_share,
        type=["integer", "string"],
        pattern=r"^(0{0,2}[1-9]|0?[1-9][0-9]|100)%$",
        minimum=1,
        examples=[1, "10%"],
    ),
]
PortName = Annotated[
    int | str, Scalar(parse_port, type=["integer", "string"], pattern="^.+$", examples=[8125, "dogstatsd"])
]
