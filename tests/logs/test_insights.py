"""Queries of Logs Insights: those of AWS' own documentation are fine, mistakes are found at their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.logs.insights import commands, faults

# The CloudWatch Logs user guide: "CloudWatch Logs Insights query syntax" and "Sample queries".
DOCUMENTED = (
    "fields @timestamp, @message | sort @timestamp desc | limit 25",
    "filter @message like /Exception/ \n| stats count(*) as exceptionCount by bin(1h)\n| sort exceptionCount desc",
    "fields @message | filter @message not like /Exception/",
    """filter @type = "REPORT"
| stats max(@memorySize / 1024 / 1024) as provisonedMemoryMB,
    min(@maxMemoryUsed / 1024 / 1024) as smallestMemoryRequestMB,
    avg(@maxMemoryUsed / 1024 / 1024) as avgMemoryUsedMB,
    max(@maxMemoryUsed / 1024 / 1024) as maxMemoryUsedMB,
    provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB""",
    'filter type = "REPORT" |\nstats avg(@duration), max(@duration), min(@duration) by bin(5m)',
    "stats sum(packets) as packetsTransferred by srcAddr, dstAddr\n| sort packetsTransferred  desc\n| limit 15",
    "filter protocol=17 | stats count(*) by srcAddr",
    'filter logStatus="SKIPDATA"\n| stats count(*) by bin(1h) as t\n| sort t',
    'filter (eventName="StartInstances" or eventName="StopInstances") and region="us-east-2"',
    'filter eventName="CreateUser"\n| fields awsRegion, requestParameters.userName, responseElements.user.arn',
    "fields `foo-bar`, action, abs(f3-f4)",
    "fields f1, f2, f3 | filter f1 =~ /^(?i)Exception$/",
    'parse @message "user=*, method:*, latency := *" as @user,\n @method, @latency | stats avg(@latency) by @method, @user',
    r"parse @message /(?<time>[0-9]{10}\.[0-9]{1,3}) .* (?<code>[A-Z_]+\/[0-9]{3}) (?<url>[a-zA-Z.]+:[0-9]{1,5})/",
    "fields @timestamp, server, severity, message | sort @timestamp desc | dedup server, severity",
    "fields @timestamp, @message | pattern @message | sort @sampleCount desc",
    "fields jsonParse(@message) as json_message | unnest json_message.events into event | display event.name",
    "filter @message like /error/ | diff",
    "# the latest\nfields @timestamp # and nothing else\n| limit 3",
)


@pytest.mark.parametrize("query", DOCUMENTED)
def test_what_aws_shows_is_fine(query: str) -> None:
    assert faults(query) == ()


def test_commands_are_told_in_order() -> None:
    assert commands('fields a # | limit 1\n| filter b = "|" and c like /|/ | sort a') == ("fields", "filter", "sort")


@pytest.mark.parametrize(
    ("query", "place", "said"),
    [
        ("fields a | sotr a", "sotr", "no command"),
        ("fields a | head 3", "head", "is gone"),
        ("fields a |", "|", "behind"),
        ("| limit 3", "|", "before"),
        ("fields a | filter (b = 1", "(", "never closed"),
        ("fields a | filter b in [1, 2)", ")", "closes nothing"),
        ("stats count(*) as n by path | sort m desc", "m", "no column `m`"),
        ("stats count(*) by path | sort avg(took) desc", "avg(took)", "no column `avg(took)`"),
        ("stats count(*) by path | display took", "took", "no column `took`"),
        ("stats count(*), by path", ",", "behind this comma"),
        ("stats count(*) by", "by", "behind this `by`"),
        ("filter a == 1", "==", "no operator"),
        ("sort a upwards", "upwards", "`asc` or `desc`"),
        ("limit", "limit", "needs something"),
        ('parse @message "a=*"', '"a=*"', "no name"),
        ("parse @message", "@message", "no pattern"),
        ("parse @message /a=.*/", "/a=.*/", "names no fields"),
        ("fields tolowr(a)", "tolowr", "no function"),
    ],
)
def test_a_mistake_is_found_at_its_place(query: str, place: str, said: str) -> None:
    (fault,) = faults(query)
    assert query[fault.offset : fault.offset + fault.length] == place
    assert said in fault.message


def test_each_command_tells_its_own_mistake() -> None:
    found = faults("feilds a | filter cuont(a) > 3 | sort a dsc")
    assert [f.help for f in found] == ["did you mean `fields`?", "did you mean `count`?", "did you mean `desc`?"]


def test_columns_are_those_of_the_last_stats() -> None:
    query = "stats count(*) as n by path, bin(1h) as hour | stats sum(n) as total by hour | sort {}"
    assert faults(query.format("total desc, hour")) == ()
    assert [f.help for f in faults(query.format("path"))] == ["columns are total, hour"]


def test_a_function_that_is_near_none_may_be_a_new_one() -> None:
    assert faults("fields geohash(lat, long) as place") == ()


@given(st.text(alphabet="abcfilter |()[]\"'/`#,=*\n\\0", max_size=40))
def test_any_text_has_an_answer_within_it(query: str) -> None:
    for fault in faults(query):
        assert 0 <= fault.offset <= len(query)
        assert fault.length >= 1
