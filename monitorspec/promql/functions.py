"""PromQL's functions and aggregations as data: signatures, and the Prometheus releases that have them.

In: nothing. Out: `FUNCTIONS` and `AGGREGATIONS`. Releases are those of Prometheus' changelog; a release before 2.16 is
written (2, 0), because nobody targets one.
"""

from __future__ import annotations

from typing import NamedTuple

Version = tuple[int, int]
OLDEST: Version = (2, 0)


class Function(NamedTuple):
    """A function's signature. Types: v vector, s scalar, m range vector, t string.

    `optional` is the number of trailing arguments that may be left out; -1 lets the last one repeat from zero times on.
    `stable` is None while every release still hides the function behind a feature flag.
    """

    name: str
    arguments: str
    returns: str
    optional: int = 0
    since: Version = OLDEST
    until: Version | None = None
    stable: Version | None = OLDEST
    successor: str = ""

    @property
    def least(self) -> int:
        """How few arguments a call may have."""
        return len(self.arguments) - (1 if self.optional < 0 else min(self.optional, len(self.arguments)))

    @property
    def most(self) -> int | None:
        """How many arguments a call may have; None for any number."""
        if self.optional < 0:
            return None
        return max(len(self.arguments), self.least + self.optional)

    def argument(self, index: int) -> str:
        """The type of argument `index`; the last type repeats."""
        return self.arguments[min(index, len(self.arguments) - 1)]


# name, arguments ("-": none), result, optional, since, until, stable from ("-": never)
_ROWS = """
abs v v 0
absent v v 0
absent_over_time m v 0 2.16
acos v v 0 2.31
acosh v v 0 2.31
asin v v 0 2.31
asinh v v 0 2.31
atan v v 0 2.31
atanh v v 0 2.31
avg_over_time m v 0
ceil v v 0
changes m v 0
clamp vss v 0 2.26
clamp_max vs v 0
clamp_min vs v 0
cos v v 0 2.31
cosh v v 0 2.31
count_over_time m v 0
day_of_month v v 1
day_of_week v v 1
day_of_year v v 1 2.34
days_in_month v v 1
deg v v 0 2.31
delta m v 0
deriv m v 0
double_exponential_smoothing mss v 0 3.0 - -
end - s 0 3.12 - -
exp v v 0
first_over_time m v 0 3.7 - 3.14
floor v v 0
histogram_avg v v 0 2.51
histogram_count v v 0 2.40
histogram_fraction ssv v 0 2.40
histogram_quantile sv v 0
histogram_quantiles vtss v 9 3.11 - -
histogram_stddev v v 0 2.47
histogram_stdvar v v 0 2.47
histogram_sum v v 0 2.40
holt_winters mss v 0 2.0 3.0
hour v v 1
idelta m v 0
increase m v 0
info vv v 1 2.55 - -
irate m v 0
label_join vttt v -1
label_replace vtttt v 0
last_over_time m v 0 2.26
ln v v 0
log10 v v 0
log2 v v 0
mad_over_time m v 0 2.49 - -
max_of ss s 0 3.13 - -
max_over_time m v 0
min_of ss s 0 3.13 - -
min_over_time m v 0
minute v v 1
month v v 1
pi - s 0 2.31
predict_linear ms v 0
present_over_time m v 0 2.29
quantile_over_time sm v 0
rad v v 0 2.31
range - s 0 3.12 - -
rate m v 0
resets m v 0
round vs v 1
scalar v s 0
sgn v v 0 2.26
sin v v 0 2.31
sinh v v 0 2.31
sort v v 0
sort_by_label vt v -1 2.49 - -
sort_by_label_desc vt v -1 2.49 - -
sort_desc v v 0
sqrt v v 0
start - s 0 3.12 - -
start_timestamp v v 0 3.14 - -
stddev_over_time m v 0
stdvar_over_time m v 0
step - s 0 3.12 - -
sum_over_time m v 0
tan v v 0 2.31
tanh v v 0 2.31
time - s 0
timestamp v v 0
ts_of_first_over_time m v 0 3.7 - -
ts_of_last_over_time m v 0 3.5 - -
ts_of_max_over_time m v 0 3.5 - -
ts_of_min_over_time m v 0 3.5 - -
vector s v 0
year v v 1
"""

_SUCCESSORS = {"holt_winters": "double_exponential_smoothing"}


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _function(row: str) -> Function:
    name, arguments, returns, optional, *releases = row.split()
    since, until, stable = [*releases, "", "", ""][:3]
    return Function(
        name,
        arguments.strip("-"),
        returns,
        int(optional),
        _version(since) if since else OLDEST,
        _version(until) if until.strip("-") else None,
        None if stable == "-" else _version(stable or since or "2.0"),
        _SUCCESSORS.get(name, ""),
    )


FUNCTIONS: dict[str, Function] = {row.split()[0]: _function(row) for row in _ROWS.strip().splitlines()}


class Aggregation(NamedTuple):
    """An aggregation operator; `parameter` is the type of its first argument ("s" or "t"), "" when it has none."""

    name: str
    parameter: str = ""
    since: Version = OLDEST
    stable: Version | None = OLDEST


AGGREGATIONS: dict[str, Aggregation] = {
    aggregation.name: aggregation
    for aggregation in (
        Aggregation("avg"),
        Aggregation("bottomk", "s"),
        Aggregation("count"),
        Aggregation("count_values", "t"),
        Aggregation("group", since=(2, 20)),
        Aggregation("limit_ratio", "s", since=(2, 54), stable=None),
        Aggregation("limitk", "s", since=(2, 54), stable=None),
        Aggregation("max"),
        Aggregation("min"),
        Aggregation("quantile", "s"),
        Aggregation("stddev"),
        Aggregation("stdvar"),
        Aggregation("sum"),
        Aggregation("topk", "s"),
    )
}

# Grammar that came after 2.42, with the release that has it.
NUMBER_UNDERSCORES: Version = (2, 54)
DURATIONS_AS_NUMBERS: Version = (2, 54)
QUOTED_NAMES: Version = (3, 0)
DURATION_ARITHMETIC: Version = (3, 14)
FILL_MODIFIERS: Version = (3, 10)
