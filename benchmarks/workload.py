"""The spec that the benchmark builds: as many services as wanted, each with three SLOs and five thresholds.

In: a number of services, and which of them is to be changed. Out: a spec's text. Every service has one SLO each from
counters, from a histogram and from an error ratio; a gauge, a ratio of rates, a `by()`, a range function and a CloudWatch
metric as thresholds, with one to three severities; runbooks, a team and its route. Expressions, limits and texts differ
from service to service, as they do in life.
"""

from __future__ import annotations

SLOS = 3
THRESHOLDS = 5

_HEAD = """\
version: 1
system: bench
title: Benchmark
description: A system of many services.
owner: platform
labels: {environment: production}
links: {runbooks: 'https://runbooks.example.com', grafana: 'https://grafana.example.com'}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/alertmanager/pagerduty}, sns: pages}
  chat: {slack: {channel: '#alerts', api_url_file: /etc/alertmanager/slack}, sns: notices}
  mail: {email: {to: platform@example.com}}
%(channels)sroutes:
  default: {notify: [mail], group_wait: 30s, repeat_interval: 4h}
%(teams)s  critical: {notify: [oncall, chat], escalate: [{after: 30m, to: [mail]}], repeat_interval: 1h}
  warning: {notify: [chat]}
windows:
  nights: {hours: '22:00-06:00'}
mute:
  quiet-nights: {match: {severity: info}, during: nights}
alertmanager:
  global: {smtp_smarthost: 'smtp.example.com:587', smtp_from: alerts@example.com}
aws:
  region: eu-west-1
  topics: {pages: {parameter: PagesTopicArn}, notices: {parameter: NoticesTopicArn}}
datasources:
  prometheus: {type: prometheus, url: 'http://prometheus:9090', default: true}
  cloudwatch: {type: cloudwatch, region: eu-west-1}
services:
"""

_SERVICE = """\
  %(name)s:
    title: Service %(n)d
    description: Answers the requests of part %(n)d of the shop.%(changed)s
    labels: {team: %(team)s}
    selector: {job: %(name)s}
    metrics:
      http_requests_total: {type: counter, unit: count, help: Requests., labels: [instance, code, handler]}
      http_request_duration_seconds: {type: histogram, unit: seconds, help: Latency., labels: [instance], buckets: [0.1, 0.3, 1, 3]}
      queue_depth: {type: gauge, unit: count, help: Jobs that wait., labels: [instance, queue]}
    slos:
      availability:
        title: Requests succeed
        description: Nearly all requests are answered without an error of ours.
        objective: %(objective)s
        ratio:
          bad: http_requests_total{job="%(name)s",code=~"5.."}
          total: http_requests_total{job="%(name)s"}
        min_traffic: 1/s
      speed:
        title: Requests are fast
        description: Most requests are answered within %(under)s.
        objective: 99%%
        latency: {histogram: 'http_request_duration_seconds{job="%(name)s"}', under: %(under)s}
      freshness:
        title: Data is fresh
        description: The share of stale reads.
        objective: 99.5%%
        error_ratio: avg(stale_reads_ratio{job="%(name)s"})
    thresholds:
      queue:
        title: Queue
        description: Jobs that wait on one instance.
        expr: queue_depth{job="%(name)s"}
        above: {info: %(depth)d, warning: %(depth)d0, critical: %(depth)d00}
        for: 5m
      errors-by-handler:
        title: Errors by handler
        description: The share of requests that fail, for each handler.
        expr: |
          sum by (handler) (rate(http_requests_total{job="%(name)s",code=~"5.."}[5m]))
          / sum by (handler) (rate(http_requests_total{job="%(name)s"}[5m]))
        unit: ratio
        above: {warning: %(share)d%%, critical: %(share)d0%%}
        for: 2m
      memory:
        title: Memory
        description: Memory of the fullest instance.
        expr: max by (instance) (process_resident_memory_bytes{job="%(name)s"})
        unit: bytes
        above: {warning: %(memory)d GiB}
        forecast: {window: 1h, within: 6h, severity: info}
      restarts:
        title: Restarts
        description: Restarts within a quarter of an hour.
        expr: sum(changes(process_start_time_seconds{job="%(name)s"}[15m]))
        unit: count
        above: {warning: 2, critical: 5}
        missing: breaching
        severity: warning
      lambda-errors:
        title: Errors of the worker
        description: Invocations that failed.
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 1m, dimensions: {FunctionName: %(name)s-worker}}
        unit: count
        above: {warning: %(depth)d, critical: %(depth)d0}
        datapoints: 3 of 5
    runbooks:
      availability:
        impact: Customers of part %(n)d see errors.
        steps: [See which handler fails., Roll back when a deploy is younger than half an hour.]
      queue:
        impact: Orders of part %(n)d are late.
        steps: [See which queue grows., Add workers.]
        queries:
          oldest jobs: {sql: 'SELECT id, age FROM jobs ORDER BY age DESC LIMIT 10;'}
        remediation:
          add_workers: {description: Adds workers., above: %(depth)d0, cooldown: 300s, automatic: true}
"""


_TEST = """\
  the queue of %(name)s is full:
    series:
      queue_depth{job="%(name)s", instance="a", queue="orders"}: 0x5 %(depth)d001x40
      process_start_time_seconds{job="%(name)s", instance="a"}: 1x50
    checks:
      - {at: 5m, silent: true}
      - {at: 20m, expect: {%(name)s.queue.critical: [%(told)s]}}
"""

_ALARMS_HEAD = """\
version: 1
system: bench
owner: platform
labels: {environment: production}
receivers: {oncall: {sns: pages}, chat: {sns: notices}}
routes: {default: {notify: [chat]}, critical: {notify: [oncall, chat]}}
aws:
  region: eu-west-1
  inline: true
  parameters: {Environment: {default: production, allowed: [production, staging]}}
  topics: {pages: {subscriptions: {mail: {email: pages@example.com}}}, notices: {parameter: NoticesTopicArn}}
services:
"""

_ALARM = """\
      errors-%(n)d:
        title: Errors of function %(n)d
        description: Invocations that failed.
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, dimensions: {FunctionName: 'f%(n)d-${Environment}'}}
        unit: count
        above: {critical: %(depth)d}
        datapoints: 3 of 5
"""
_PER_SERVICE = 10
TEAMS = ("shop", "payments", "search", "data")
ROUTED = ("payments", "search")
"""Teams with a channel of their own."""
_ROUTE = "  {0}: {{match: {{labels: {{team: {0}}}}}, notify: [{0}], continue: true}}\n"
_CHANNEL = "  {0}: {{slack: {{channel: '#{0}', api_url_file: /etc/alertmanager/slack}}}}\n"


def alarms(count: int) -> str:
    """The text of a spec with so many CloudWatch alarms, in templates that fit into a request each."""
    out = [_ALARMS_HEAD]
    for n in range(count):
        if n % _PER_SERVICE == 0:
            out.append(f"  service-{n // _PER_SERVICE:04d}:\n    dashboard: false\n    thresholds:\n")
        out.append(_ALARM % {"n": n, "depth": 1 + n % 9})
    return "".join(out)


def spec(services: int, changed: int | None = None, tested: bool = False) -> str:
    """The text of a spec with so many services; the description of service `changed` is another one.

    `tested`: with a test of its own for each service.
    """
    tests = "tests:\n" + "".join(_test(n) for n in range(services)) if tested else ""
    # A route for a team that owns nothing would be an error.
    teams = [team for team in ROUTED if team in TEAMS[:services]]
    head = _HEAD % {"teams": "".join(map(_ROUTE.format, teams)), "channels": "".join(map(_CHANNEL.format, teams))}
    return head + "".join(_service(n, n == changed) for n in range(services)) + tests


def _test(n: int) -> str:
    team = TEAMS[n % len(TEAMS)]
    told = ", ".join([*([team] if team in ROUTED else ()), "oncall", "chat"])
    return _TEST % {"name": f"service-{n:04d}", "depth": 1 + n % 9, "told": told}


def _service(n: int, changed: bool) -> str:
    return _SERVICE % {
        "n": n,
        "name": f"service-{n:04d}",
        "changed": " It has just been changed." if changed else "",
        "team": TEAMS[n % len(TEAMS)],
        "objective": ("99%", "99.5%", "99.9%", "99.95%")[n % 4],
        "under": ("100ms", "300ms", "1s")[n % 3],
        "depth": 1 + n % 9,
        "share": 1 + n % 5,
        "memory": 1 + n % 7,
    }
