"""The kinds of personal data that CloudWatch Logs can mask.

In: data/aws/data-identifiers.yaml. Out: names of managed data identifiers.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent.parent / "data" / "aws" / "data-identifiers.yaml"
ARN = "arn:${AWS::Partition}:dataprotection::aws:data-identifier/"
"""What stands before a name in a data protection policy."""


@cache
def identifiers() -> tuple[str, ...]:
    """Every name, in alphabetical order."""
    from monitorspec import source

    data = source.load(_FILE, _FILE.name).data
    countries = (f"{name}-{country}" for name, found in data["by_country"].items() for country in found)
    return tuple(sorted((*data["anywhere"], *countries)))
