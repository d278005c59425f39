"""Which labels a result can carry: the rules of PromQL's manual, one case each."""

from __future__ import annotations

import pytest

from monitorspec.promql.labels import Recorded, output_labels

CLOSED = [
    ("sum(x)", "", ""),
    ("sum by (a, b) (x)", "a b", ""),
    ('sum by (a, b) (x{a="1"})', "a b", "a"),
    ("sum by (a) (sum by (a, b) (x))", "a", ""),
    ("sum by (c) (sum by (a, b) (x))", "", ""),
    ("sum without (a) (sum by (a, b) (x))", "b", ""),
    ("vector(1)", "", ""),
    ("scalar(x)", "", ""),
    ("time()", "", ""),
    ('count_values("v", x)', "v", "v"),
    ('count_values("v", x) by (a)', "a v", "v"),
    ('count_values without (v) ("v", sum by (a) (x))', "a", ""),
    ('absent(x{a="1",b=~"2",c!="3"})', "a", "a"),
    ('absent(x{a="1",a="2"})', "", ""),
    ('absent(x{a="1",a!="2"})', "", ""),
    ('absent(x{a!="2",a="1"})', "a", "a"),
    ('absent_over_time((x{a="1"})[5m:1m])', "", ""),
    ("absent(sum(x))", "", ""),
    ("sum by (a) (x) or sum by (b) (x)", "a b", ""),
    ("sum by (a) (x) / on (a) y", "a", ""),
    ("x / on (a) y", "a", ""),
    ("sum by (a, b) (x) / ignoring (b) sum by (a) (y)", "a", ""),
    ("sum by (a) (x) * on (a) group_left (v) y", "a v", ""),
    ('sum by (a) (x) * on (a) group_left (v) y{v="1"}', "a v", "v"),
    ("sum by (a) (x) * on (a) group_left (v) sum by (a) (y)", "a", ""),
    ('sum by (a) (x{a="1"}) > 5', "a", "a"),
    ("histogram_quantile(0.9, sum by (le, a) (rate(x_bucket[5m])))", "a", ""),
    ('label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")', "a b", ""),
    ('label_replace(sum by (a) (x), "b", "const", "", ".*")', "a b", "b"),
    ('label_join(sum by (a) (x{a="1"}), "b", "-", "a")', "a b", "a b"),
    ('label_join(sum by (a) (x{a="1"}), "a", "", "c")', "", ""),
    ('label_replace(sum by (a) (x), "a", "", "", "")', "", ""),
    ('label_replace(sum by (a) (x), "b", "$1", "c", "(.*)")', "a", ""),
    ('label_replace(sum by (a) (x), "b", "y$1", "c", "(.*)")', "a b", "b"),
    ('label_replace(sum by (a) (x), "b", "y", "c", ".+")', "a", ""),
    ("max_over_time(sum by (a) (x)[5m:])", "a", ""),
    ("topk(3, sum by (a) (x))", "a", ""),
]


@pytest.mark.parametrize(("expr", "possible", "present"), CLOSED, ids=[expr for expr, _, _ in CLOSED])
def test_a_closed_set(expr: str, possible: str, present: str) -> None:
    labels = output_labels(expr)
    assert labels.possible == frozenset(possible.split())
    assert labels.present == frozenset(present.split())


OPEN = [
    ("x", "__name__", ""),
    ('x{a="1",b=~".*",c!=""}', "__name__ a c", ""),
    ('x{a=""}', "__name__", "a"),
    ("x > 5", "__name__", ""),
    ("5 < x", "__name__", ""),
    ("x > bool 5", "", "__name__"),
    ("x + 1", "", "__name__"),
    ("-x", "", "__name__"),
    ("rate(x[5m])", "", "__name__"),
    ("last_over_time(x[5m])", "__name__", ""),
    ("sum without (a) (x)", "", "__name__ a"),
    ("topk(3, x)", "__name__", ""),
    ("x and on (a) y", "__name__", ""),
    ('x{b="1"} and y{a="1"}', "__name__ a b", ""),
    ('x{b="1"} unless y{a="1"}', "__name__ b", ""),
    ("x / ignoring (a) y", "", "__name__ a"),
    ("x * on (a) group_left (v) y", "", "__name__"),
    ("x * on (a) group_left y{a='1'}", "a", "__name__"),
    ("histogram_quantile(0.9, rate(x_bucket[5m]))", "", "__name__ le"),
    ("x or rate(y[5m])", "", ""),
    ("x and on (a) sum by (b) (y)", "__name__", "a"),
    ("(x)", "__name__", ""),
]


@pytest.mark.parametrize(("expr", "present", "dropped"), OPEN, ids=[expr for expr, _, _ in OPEN])
def test_an_open_set(expr: str, present: str, dropped: str) -> None:
    labels = output_labels(expr)
    assert labels.possible is None
    assert labels.present == frozenset(present.split())
    assert labels.dropped == frozenset(dropped.split())


def test_questions_about_one_label() -> None:
    labels = output_labels('sum without (pod) (x{job="a"})')
    assert labels.can_carry("instance")
    assert not labels.can_carry("pod")
    assert labels.carries("job")
    assert not labels.carries("instance")


KNOWN = {
    "job:errors": [Recorded.of("job:errors", output_labels("sum by (job, pod) (x)"), {"env": "prod", "pod": ""})],
    "node:load": [Recorded.of("node:load", output_labels("sum without (cpu) (x)"), {"env": env}) for env in ("a", "b")],
    "slo:ratio": [
        Recorded.of("slo:ratio", output_labels("sum(x)"), {"system": "shop", "slo": "a"}, frozenset({"system"})),
        Recorded.of(
            "slo:ratio", output_labels("sum by (zone) (x)"), {"system": "shop", "slo": "b"}, frozenset({"system"})
        ),
    ],
}


@pytest.mark.parametrize(
    ("expr", "can", "cannot", "must"),
    [
        ("job:errors", "job env", "pod instance", "env"),
        ("rate(job:errors[5m])", "job env", "pod instance __name__", "env"),
        ('job:errors{env="prod",job!=""}', "", "pod", "env job"),
        # Whose value the rule does not write: it is another rule's.
        ('job:errors{env="staging"}', "pod instance", "", "env"),
        ("sum without (job) (job:errors)", "env", "job pod", "env"),
        ("node:load", "pod", "cpu", "env"),
        ('slo:ratio{system="shop",slo="a"}', "", "zone", "system slo"),
        ('slo:ratio{system="shop"}', "zone", "pod", "system slo"),
        # Every system records under this name.
        ("slo:ratio", "zone pod", "", "__name__"),
        ('{__name__="job:errors"}', "job", "pod", "env"),
        ("job:errors or up", "pod", "", "__name__"),
    ],
)
def test_labels_flow_through_recording_rules(expr: str, can: str, cannot: str, must: str) -> None:
    labels = output_labels(expr, lambda name: KNOWN.get(name, ()))
    assert [label for label in can.split() if not labels.can_carry(label)] == []
    assert [label for label in cannot.split() if labels.can_carry(label)] == []
    assert [label for label in must.split() if not labels.carries(label)] == []
