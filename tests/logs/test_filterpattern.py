"""Filter patterns: the examples of AWS' own documentation are read, mistakes are found at their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.fault import Fault
from monitorspec.logs.filterpattern import LENGTH, Pattern, read

# The CloudWatch Logs user guide, "Filter pattern syntax"; the CIS AWS Foundations benchmark, chapter 4 (the last three).
DOCUMENTED = {
    "terms": [
        "ERROR",
        '"ERROR" - "Exiting"',
        "ERROR Exception",
        "Failed to process the request",
        "?ERROR ?WARN",
        "ERROR -WARN",
        '"INTERNAL SERVER ERROR"',
    ],
    "regex": ["%AUTHORIZED%", "%gray|grey%", r"%10\.10\.0\.1%", "%colou?r%"],
    "json": [
        '{ $.eventType = "UpdateTrail" }',
        "{ $.sourceIPAddress != 123.123.* }",
        '{ $.arrayKey[0] = "value" }',
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.ThisFlag IS TRUE }",
        "{$.foo = bar || $.foo = baz }",
        '{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }',
        '{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }',
        '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
        "{ $.latency >= 500 }",
        "{ $.numbers[0] < 10e3 }",
        "{ $.numbers[0] < 10e-3 }",
        "{ $.processes[4].averageRuntime <= 55.5 }",
        "{ $.latency > +1000 }",
        "{ $.latency = * }",
        "{ $.eventName = %[uU]pdate% }",
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
        "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))}",
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    ],
    "fields": [
        "[w1=ERROR, w2]",
        "[w1=ERROR || w1=WARN, w2]",
        "[w1!=ERROR&&w1!=%WARN%, w2]",
        "[..., status_code, bytes]",
        "[ip, user, ..., status_code, bytes]",
        "[ip, user, ...]",
        "[ip, user, username, timestamp, request, status_code, bytes > 1000]",
        "[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]",
        "[ip, user, username, timestamp, request, status_code = 4* && bytes > 1000]",
        "[..., request=*.html*, status_code=4*,]",
    ],
    "all": ["", " "],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in DOCUMENTED.items() for text in texts])
def test_what_aws_shows_is_read(kind: str, text: str) -> None:
    found = read(text)
    assert isinstance(found, Pattern), found
    assert found.kind == kind
    assert found.ignored is None or "-" in text


def test_fields_are_those_that_a_metric_can_refer_to() -> None:
    found = read("[ip, user, ..., status = 5* && bytes > 1000]")
    assert isinstance(found, Pattern)
    assert found.fields == ("$ip", "$user", "$status", "$bytes")


@pytest.mark.parametrize(
    ("text", "at", "length", "said"),
    [
        ("ERROR: x", 0, 6, "quoted"),
        ("{ $.a == 1 }", 6, 2, "`==`"),
        ("{ a = 1 }", 2, 1, "`$.level`"),
        ("{ $.a = 1 && }", 13, 1, "begins with a field"),
        ("{ ($.a = 1 }", 2, 1, "never closed"),
        ("{ $.a = 1) }", 9, 1, "closes nothing"),
        ('{ $.a = "x }', 8, 1, "no end"),
        ("{ $.a > high }", 8, 4, "numbers"),
        ("{ $.a = 1 } $", 12, 1, "nothing can follow"),
        ("[a, b = , c]", 8, 1, "a value has to follow"),
        ("[a, 'b']", 4, 1, "needs a name"),
        ("%a", 0, 1, "no end"),
        ("%%", 0, 2, "empty"),
        ("%a!%", 2, 1, "cannot hold `!`"),
        ("-", 0, 1, "before nothing"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, at: int, length: int, said: str) -> None:
    found = read(text)
    assert isinstance(found, Fault), found
    assert (found.offset, found.length) == (at, length)
    assert said in found.message


def test_a_pattern_has_a_longest_length() -> None:
    assert isinstance(read("x" * LENGTH), Pattern)
    assert isinstance(read("x" * (LENGTH + 1)), Fault)


@given(st.text(alphabet='{}[]()$.%"=!<>&|?-,*ab1 \\\n', max_size=30))
def test_any_text_has_an_answer_within_it(text: str) -> None:
    found = read(text)
    if isinstance(found, Fault):
        assert 0 <= found.offset <= len(text)
        assert found.length >= 1
        assert found.message
