"""Which stories show a condition.

In: a plan. Out: `Proof`. A new condition is a function from an alert to its cases and a line in `STORIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitorspec.plan import Absent, Alert, Anomaly, Burn, Composite, Limit, Plan
from monitorspec.proof.alarms import burns, composites, limits, mutes
from monitorspec.proof.alarms.case import Case, Gap, Proof, Quiet, Unproven
from monitorspec.proof.alarms.context import Context, context_of, raw_reason

STORIES: dict[type, Callable[[Context, Alert], Iterator[Case]]] = {
    Limit: limits.limit,
    Anomaly: limits.anomaly,
    Absent: limits.absent,
    Burn: burns.burn,
    Composite: composites.composite,
}


def proof_of(plan: Plan) -> Proof:
    """The cases of every alarm of a plan, and what none of them shows."""
    context = context_of(plan)
    cases: list[Case] = []
    quiet: list[Quiet] = []
    gaps: list[Gap] = []
    for alert in plan.alerts:
        if not alert.on_cloudwatch:
            continue
        stories = STORIES.get(type(alert.condition))
        reason = raw_reason(alert) or ("" if stories else f"no story shows a {type(alert.condition).__name__}")
        if stories and not reason:
            try:
                cases += stories(context, alert)
            except Unproven as error:
                reason = str(error)
        if reason:
            gaps.append(Gap(alert.id, reason))
        silence = mutes.quiet(context, alert) if plan.mutes else None
        if isinstance(silence, Gap):
            gaps.append(silence)
        elif silence is not None:
            quiet.append(silence)
    topics = {symbol: topic for topic, symbol in context.known.topics.items()}
    return Proof(tuple(cases), tuple(quiet), tuple(gaps), context.values, topics)
