"""Lint of CloudWatch alarms: what CloudFormation would take and CloudWatch refuse.

In: the plan. Out: findings `cloudwatch/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Path, Plan

# Findings about a name, or about a mapping as a whole.
_OF_KEYS = frozenset(
    {
        "cloudwatch/math-id",
        "cloudwatch/math-unused",
        "cloudwatch/math-nested",
        "cloudwatch/property",
    }
)


def invalid(plan: Plan) -> Iterable[Finding]:
    """A CloudWatch alarm breaks a limit of CloudWatch.

    Periods are 10, 20 or 30 seconds or whole minutes; an alarm looks back at most a day (a week with periods of an hour or
    more); statistics, metric math and units have their own grammar. CloudFormation finds out only when it deploys.
    """
    alarms = [alert for alert in plan.alerts if alert.signal.cloudwatch is not None]
    if not alarms:
        return
    from monitorspec.cloudformation.validation import problems

    for alert in alarms:
        # Each alarm goes to a stack of its own region; what it computes with has to be there too.
        signal = alert.signal.cloudwatch
        for p in problems(alert, signal.region if signal else ""):
            help_ = (p.help,) if p.help else ()
            at_key = p.code in _OF_KEYS
            yield Finding(p.message, (*alert.origin, *p.path), p.level, help=help_, code=p.code, key=at_key)


def untold(plan: Plan) -> Iterable[Finding]:
    """An alarm reaches no SNS topic.

    CloudWatch tells topics only: of the receivers that a route tells, those with `sns` hear of an alarm.

    ```yaml wrong
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    receivers: {mail: {webhook: {url: 'http://mail.example'}}}
    routes: {default: {notify: mail}}
    ```
    ```yaml right
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    aws: {topics: {pages: {subscriptions: {mail: {email: web@shop.example}}}}}
    receivers: {mail: {sns: pages}}
    routes: {default: {notify: mail}}
    ```
    """
    if not plan.receivers:
        return
    from monitorspec.cloudformation.alarm import ACTIONS
    from monitorspec.routing import receivers_of, topics_of

    said: set[Path] = set()
    for alert in plan.alerts:
        silent = not alert.actions_enabled or "AlarmActions" in alert.properties
        if not alert.on_cloudwatch or silent or alert.origin in said:
            continue
        topics = topics_of(plan, alert)
        if len(topics) > ACTIONS:
            said.add(alert.origin)
            yield Finding(
                f"the alarm `{alert.service}.{alert.key}` would tell {len(topics)} topics; an alarm tells {ACTIONS} at most",
                alert.origin,
                code="cloudwatch/actions",
                help=("give one topic more subscriptions instead",),
            )
        if topics:
            continue
        told = receivers_of(plan, {**alert.labels, "alertname": alert.name})
        if not told:
            continue  # that nobody at all is told is a finding of its own
        said.add(alert.origin)
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(n.receiver for n in told))
        yield Finding(
            f"the alarm `{alert.service}.{alert.key}` is told to {names}, which no SNS topic reaches",
            alert.origin,
            help=(f"give {names} a topic: `sns: …`",),
            effect=f"nobody hears of its {alert.severity} alarm",
        )


def beyond_sns(plan: Plan) -> Iterable[Finding]:
    """An SNS topic is told at other times than the route says.

    CloudWatch tells a topic at once and at any hour: SNS knows neither waiting nor windows. A receiver that an escalation tells
    later gets no alarms at all, one that is told in a window gets them at any hour. Leave the waiting to the pager behind the
    topic, or give the receiver no `sns`.

    ```yaml wrong
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    aws: {topics: {notices: {parameter: NoticesTopicArn}}}
    receivers:
      chat: {slack: {channel: '#shop', api_url_file: /etc/slack}, sns: notices}
    windows: {office-hours: {days: mon-fri}}
    routes: {critical: {notify: chat, during: office-hours}}
    ```
    ```yaml right
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    aws: {topics: {notices: {parameter: NoticesTopicArn}}}
    receivers:
      chat: {slack: {channel: '#shop', api_url_file: /etc/slack}, sns: notices}
    routes: {critical: {notify: chat}}
    ```
    """
    topics = {receiver.name: receiver for receiver in plan.receivers if receiver.topics}
    alarms = [alert for alert in plan.alerts if alert.on_cloudwatch]
    if not topics or not alarms:
        return
    from monitorspec.routing import receivers_of

    said: set[tuple[str, bool]] = set()
    for alert in alarms:
        for told in receivers_of(plan, {**alert.labels, "alertname": alert.name}):
            later = told.after > 0
            receiver = topics.get(told.receiver)
            # Maintenance windows are mute rules of CloudWatch.
            if receiver is None or not (later or told.active) or (told.receiver, later) in said:
                continue
            said.add((told.receiver, later))
            when, effect = (
                ("later, by an escalation", "its topic gets no alarms")
                if later
                else ("in a window only", "its topic gets alarms at any hour")
            )
            yield Finding(
                f"`{told.receiver}` is told {when}, which SNS cannot do",
                receiver.origin,
                "warning",
                help=("let the pager behind the topic wait or choose hours, or leave out `sns`",),
                effect=effect,
            )


def unmuted(plan: Plan) -> Iterable[Finding]:
    """A maintenance window does not hold for alarms of CloudWatch.

    CloudWatch mutes alarms by mute rules, whose schedules are cron expressions: they know no days from the end of a month, and
    with days of the week and of the month together either of them is enough. Name other days, or leave the alarms out.

    ```yaml wrong
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    aws: {topics: {pages: {parameter: PagesTopicArn}}}
    receivers: {oncall: {sns: pages}}
    routes: {critical: {notify: oncall}}
    windows: {month-end: {dates: '-1'}}
    mute: {month-end: {match: {service: lambda}, during: month-end}}
    ```
    ```yaml right
    services:
      lambda:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
    aws: {topics: {pages: {parameter: PagesTopicArn}}}
    receivers: {oncall: {sns: pages}}
    routes: {critical: {notify: oncall}}
    windows: {month-begin: {dates: '1'}}
    mute: {month-begin: {match: {service: lambda}, during: month-begin}}
    ```
    """
    if not plan.mutes:
        return
    from monitorspec.cloudformation.muteschedule import problem
    from monitorspec.routing import mutes_of

    windows = {window.name: window for window in plan.windows}
    alarms = [alert for alert in plan.alerts if alert.on_cloudwatch and alert.actions_enabled]
    touched = {mute.name for alert in alarms for mute in mutes_of(plan, alert)}
    for mute in plan.mutes:
        problems = [p for part in windows[mute.window].parts if (p := problem(part))]
        if problems and mute.name in touched:
            yield Finding(
                f"`{mute.name}` mutes no alarms: CloudWatch's mute rules know no {problems[0]}",
                mute.origin,
                "warning",
                help=("name other days, or leave alarms out of `match`",),
                effect="its alarms tell in the window as at any other time",
            )
