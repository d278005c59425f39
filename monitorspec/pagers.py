"""Which receivers wake somebody: on-call services and what rings a phone, as against what is read when somebody looks.

In: receivers of the plan. Out: whether one pages; None where the spec cannot tell.
"""

from __future__ import annotations

from monitorspec import integrations
from monitorspec.plan import Plan, Receiver

# Services that call whoever is on call until somebody acknowledges, and pushes that sound through a silent phone: the kinds of
# Alertmanager's integrations by what their makers say they are for.
PAGERS = frozenset({"incidentio", "opsgenie", "pagerduty", "pushover", "victorops"})
# A bridge to anything; a topic that others subscribe to.
UNKNOWN = frozenset({"sns", "webhook"})
# Ways of subscribing to an SNS topic that are read and do not ring; behind https, lambda and sqs may be a pager.
_READ = frozenset({"email", "slack"})


def pages(plan: Plan, receiver: Receiver, on_cloudwatch: bool) -> bool | None:
    """Whether it wakes somebody; of an alarm its topics only, of an alert its integrations."""
    answers = _topics(plan, receiver) if on_cloudwatch else _integrations(receiver)
    return True if True in answers else None if None in answers else False


def _integrations(receiver: Receiver) -> set[bool | None]:
    found: set[bool | None] = set()
    for kind, fields in receiver.integrations:
        if kind in PAGERS or (kind == "sns" and "phone_number" in fields):
            found.add(True)
        else:
            found.add(None if kind in UNKNOWN or kind not in integrations.kinds() else False)
    return found


def _topics(plan: Plan, receiver: Receiver) -> set[bool | None]:
    found: set[bool | None] = set()
    for topic in plan.stack.topics:
        if topic.name not in receiver.topics:
            continue
        ways = {subscription.protocol for subscription in topic.subscriptions}
        found.add(True if "sms" in ways else False if ways and ways <= _READ else None)
    return found
