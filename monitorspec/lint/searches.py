"""SEARCH() and Metrics Insights queries, as far as lint reads them: which namespace and which metrics they name.

In: a metric math expression. Out: `Search`es. Grammar: the CloudWatch user guide, "CloudWatch search expression syntax" and
"Metrics Insights query components".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)
_QUERY = re.compile(
    r"""SELECT\s+\w+\(\s*(?P<metric>"[^"]+"|[\w.]+)\s*\)\s+FROM\s+(?:SCHEMA\(\s*)?(?P<namespace>"[^"]+"|[\w./]+)""",
    re.I,
)
# SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', 'Average', 300)
_SEARCH = re.compile(r"""SEARCH\(\s*(['"])(?P<text>.*?)\1\s*,""", re.S)
_SCHEMA = re.compile(r"""\{\s*(?P<namespace>"[^"]+"|[^,}"]+?)\s*(?:,[^}]*)?\}""")
# Without quotation marks a part of the name is enough.
_METRIC = re.compile(r"""(?<![\w"])(NOT\s+)?MetricName\s*=\s*"(?P<metric>[^"]+)\"""", re.I)


class Search(NamedTuple):
    namespace: str
    metrics: tuple[str, ...]


def searches(expression: str) -> Iterator[Search]:
    """What an expression searches for; nothing for one that names its metrics by id."""
    if "SEARCH" in expression:
        for found in _SEARCH.finditer(expression):
            # In a text between double quotes, inner ones are escaped.
            text = found["text"].replace('\\"', '"')
            schema = _SCHEMA.search(text)
            names = tuple(m["metric"] for m in _METRIC.finditer(text) if not m[1])
            if schema and names:
                yield Search(_bare(schema["namespace"]), names)
    elif (query := _QUERY.match(expression.strip())) is not None:
        yield Search(_bare(query["namespace"]), (_bare(query["metric"]),))


def _bare(text: str) -> str:
    return text.strip().strip('"')
