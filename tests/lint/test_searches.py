"""Which namespaces and metrics a search names. Expressions: the CloudWatch user guide's examples."""

from __future__ import annotations

import pytest

from monitorspec.lint.searches import searches


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            """SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', 'Average', 300)""",
            [("AWS/EC2", ("CPUUtilization",))],
        ),
        (
            """SEARCH("{AWS/EC2,InstanceId} MetricName=\\"CPUUtilization\\"", "Average")""",
            [("AWS/EC2", ("CPUUtilization",))],
        ),
        ("""SEARCH('{"Custom Space", "My Dimension"} MetricName="Errors"', 'Sum')""", [("Custom Space", ("Errors",))]),
        (
            """SEARCH('{AWS/Lambda,FunctionName} MetricName="Errors" OR MetricName="Throttles"', 'Sum')""",
            [("AWS/Lambda", ("Errors", "Throttles"))],
        ),
        (
            """SUM(SEARCH('{AWS/SQS,QueueName} MetricName="A"', 'Sum')) + SEARCH('{AWS/SNS,TopicName} MetricName="B"', 'Sum')""",
            [("AWS/SQS", ("A",)), ("AWS/SNS", ("B",))],
        ),
        # What is not to be found, or found by a part of its name.
        ("""SEARCH('{AWS/EC2,InstanceId} NOT MetricName="CPUUtilization"', 'Average')""", []),
        ("""SEARCH('{AWS/EC2,InstanceId} MetricName=CPU', 'Average')""", []),
        ("""SEARCH('{AWS/EC2,InstanceId} CPUUtilization', 'Average')""", []),
        ("""SEARCH('MetricName="CPUUtilization"', 'Average')""", []),
        ('SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)', [("AWS/EC2", ("CPUUtilization",))]),
        ('SELECT MAX("My.Metric") FROM "My/Space" GROUP BY Host', [("My/Space", ("My.Metric",))]),
        ('  select sum(Errors) from SCHEMA("AWS/Lambda", FunctionName)', [("AWS/Lambda", ("Errors",))]),
        ("m1 / m2", []),
        ("", []),
    ],
)
def test_searches(expression: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(searches(expression)) == expected
