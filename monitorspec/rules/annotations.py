"""The annotations of an alert: what the spec says, and what can be said without being told.

In: `plan.Alert`, `plan.Links`. Out: annotations by name; every value is a Go template. Texts of the spec that are no
templates (titles, names, descriptions) are escaped; annotations of the spec are templates already.
"""

from __future__ import annotations

import functools
import re

from monitorspec.phrases import condition_text, value_text
from monitorspec.plan import Absent, Alert, Burn, Custom, Forecast, Limit, Links
from monitorspec.spec.units import duration_text

# How an alert's value is printed, by unit.
_VALUES = {
    "ratio": "{{ $value | humanizePercentage }}",
    "percent": '{{ $value | printf "%.1f" }}%',
    "seconds": "{{ $value | humanizeDuration }}",
    "milliseconds": '{{ $value | printf "%.0f" }}ms',
    "microseconds": '{{ $value | printf "%.0f" }}µs',
    "bytes": "{{ $value | humanize1024 }}B",
    "kibibytes": '{{ $value | printf "%.1f" }} KiB',
    "mebibytes": '{{ $value | printf "%.1f" }} MiB',
    "megabytes": '{{ $value | printf "%.1f" }} MB',
    "gigabytes": '{{ $value | printf "%.1f" }} GB',
    "bytes/s": "{{ $value | humanize }}B/s",
    "per_second": "{{ $value | humanize }}/s",
    "requests/s": "{{ $value | humanize }} requests/s",
    "ops/s": "{{ $value | humanize }} ops/s",
    "usd": '{{ $value | printf "%.2f" }} USD',
}
_OTHER = "{{ $value | humanize }}"

_duration = functools.cache(duration_text)


def annotations_of(alert: Alert, links: Links) -> dict[str, str]:
    """The annotations: the spec's own, and the summary, description and links that it does not give."""
    own = alert.annotations
    out: dict[str, str] = {}
    if not isinstance(alert.condition, Custom):
        # A raw rule says itself what it is about.
        out["summary"] = own["summary"] if "summary" in own else summary(alert)
        out["description"] = own["description"] if "description" in own else description(alert)
    if alert.runbook:
        out["runbook_url"] = f"{escaped(links.runbooks) or 'runbooks'}/{alert.runbook}"
    if alert.dashboard and links.grafana:
        out["dashboard_url"] = f"{escaped(links.grafana)}/d/{alert.dashboard}"
    out.update(own)
    return out


def summary(alert: Alert) -> str:
    """One line: what is how bad."""
    return f"{_subject(alert)}{_series(alert)} {_state(alert)}"


def description(alert: Alert) -> str:
    """How bad it is now, when the alert fires, and what the spec says about it."""
    text = f"{summary(alert)}. It fires when it is {condition_text(alert)}."
    return f"{text}\n{escaped(alert.description.strip())}" if alert.description.strip() else text


@functools.lru_cache(maxsize=20_000)
def escaped(text: str) -> str:
    """`text` as a Go template that prints it."""
    return re.sub(r"\{\{+", lambda m: '{{ "' + m[0] + '" }}', text) if "{{" in text else text


def _subject(alert: Alert) -> str:
    # The titles of these two say what the rest of the sentence says.
    title = alert.title
    if isinstance(alert.condition, Forecast):
        title = title.removesuffix(" forecast")
    elif isinstance(alert.condition, Absent):
        title = title.removesuffix(", no data")
    return escaped(f"{title} of {alert.service}")


def _series(alert: Alert) -> str:
    """Which of several series it is: ` (pod api-1)`. Labels that are the same for all of them tell nothing."""
    if isinstance(alert.condition, Absent):
        return ""  # absent() keeps no label that series could differ in
    names = [name for name in alert.series_labels or () if name not in alert.labels and name != "__name__"]
    return f" ({', '.join(f'{name} {{{{ $labels.{name} }}}}' for name in names)})" if names else ""


def _state(alert: Alert) -> str:
    condition = alert.condition
    value = _VALUES.get(alert.signal.unit, _OTHER)
    if isinstance(condition, Burn):
        return f"is burning its error budget: {value} of the last {_duration(condition.long_window)} failed"
    if isinstance(condition, Absent):
        return "has no data"
    if isinstance(condition, Forecast):
        return f"is expected at {value} within {_duration(condition.within)}"
    if isinstance(condition, Limit) and condition.datapoints:
        side = "above" if condition.op[0] == ">" else "below"
        limit = value_text(condition.value, alert.signal.unit)
        return f"was {side} {limit} in {condition.datapoints[0]} of the last {condition.datapoints[1]} datapoints"
    return f"is {value}"
