"""The service that a threshold or SLO belongs to, and what its alerts have from it.

In: nothing (`resolve.services` makes it). Out: `Home`.
"""

from __future__ import annotations

from typing import NamedTuple

from monitorspec.spec.service import Service, Threshold


class Home(NamedTuple):
    """The service that a threshold or SLO belongs to."""

    name: str
    spec: Service
    labels: dict[str, str]
    """Labels of all its alerts, `service` and `owner` among them."""
    annotations: dict[str, str]
    dashboard: str
    interval: int


def own_annotations(home: Home, spec: Threshold) -> dict[str, str]:
    """Annotations of a threshold's alerts, as far as the spec writes them."""
    own = {k: v for k, v in (("summary", spec.summary),) if v}
    return {**home.annotations, **own, **(spec.annotations or {})}
