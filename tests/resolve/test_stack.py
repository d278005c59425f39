"""Which parts of `aws` are read at all."""

from __future__ import annotations

import subprocess
import sys

from monitorspec.resolve import aws
from monitorspec.spec.aws import Aws
from monitorspec.spec.record import key_of

ALWAYS = {"region", "format", "inline", "name_prefix", "notify_on", "tags", "parameters", "topics", "namespaces"}
PROGRAM = """
import sys
from monitorspec.compiler import plan_of
head = "version: 1\\nsystem: s\\nowner: o\\n"
alarm = "{cloudwatch: {namespace: N, metric: M}, above: {critical: 5}}"
assert plan_of(head + "services: {a: {thresholds: {e: %s}}}\\n" % alarm + sys.argv[1])[0]
print(*sorted(m for m in sys.modules if m.startswith("monitorspec.resolve.aws.")))
"""


def loaded(more: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, more], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {module.rpartition(".")[2] for module in done.stdout.split()}


def test_every_key_is_read_always_or_where_it_is_given() -> None:
    assert {key_of(name) for name in Aws.__annotations__} == ALWAYS | set(aws._PARTS)


def test_a_spec_of_alarms_loads_no_more_than_it_needs() -> None:
    alone = loaded("")
    more = loaded("aws: {log_groups: {api: {retention: 30d}}}\n") - alone
    assert more >= {"loggroups", "metricfilters", "checks", "spending", "events", "tracing", "raw"}
