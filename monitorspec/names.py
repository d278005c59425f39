"""Every emitted name: series, groups, files, ids.

In: names of the spec (services, SLOs, thresholds). Out: names in the targets' own alphabets. Two specs never collide where
the spec's names differ, because `collisions` are diagnostics of resolve.
"""

from __future__ import annotations

import re
from functools import lru_cache

# The series of an SLO (level:metric:operations, as Prometheus' documentation names recorded series).
SLO_PREFIX = "slo:"
BAD_RATE = "slo:bad_events:rate{window}"
TOTAL_RATE = "slo:events:rate{window}"
ERROR_RATIO = "slo:error:ratio_rate{window}"
OBJECTIVE = "slo:objective:ratio"
ERROR_BUDGET = "slo:error_budget:ratio"
BUDGET_REMAINING = "slo:error_budget:remaining_ratio"

_WORD = re.compile(r"[A-Za-z0-9]+")


@lru_cache(maxsize=100_000)
def camel(*names: str) -> str:
    """`api`, `error-rate` → `ApiErrorRate`; inner capitals stay."""
    return "".join(w[0].upper() + w[1:] for name in names for w in _WORD.findall(name))


def slug(*names: str) -> str:
    """Lower case, words joined by hyphens: for uids and file names."""
    return "-".join(w.lower() for name in names for w in _WORD.findall(name))


def words(name: str) -> str:
    """`error-rate` → `error rate`, `HighErrorRate` → `High error rate`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\s_\-.]+", spaced)).strip()


def sentence(name: str) -> str:
    """The words of a name with a capital first."""
    text = words(name)
    return text[:1].upper() + text[1:]


def uid(*names: str) -> str:
    """A Grafana uid: at most 40 characters of [a-z0-9-], kept unique by a digest where it is cut."""
    text = slug(*names)
    if len(text) <= 40:
        return text
    from hashlib import sha256

    return f"{text[:31]}-{sha256(text.encode()).hexdigest()[:8]}"


def rules_file(name: str) -> str:
    """Where the Prometheus rules of a service, or those of the system that belong to no service, are written."""
    return f"prometheus/{name}.rules.yml"


def tests_file(name: str) -> str:
    """Where promtool's unit tests of a service's rules are written."""
    return f"prometheus/tests/{name}.test.yml"


_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


def is_metric(name: str) -> bool:
    """Whether Prometheus before 3.0 takes `name` for a metric."""
    return _METRIC.fullmatch(name) is not None
