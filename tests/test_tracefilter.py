"""X-Ray filter expressions: AWS' own examples are taken, what X-Ray has no word for is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.tracefilter import problem

# The X-Ray developer guide, "Using filter expressions", and the examples of the console.
TAKEN = """\
responsetime > 5
duration >= 5 AND duration <= 8
ok
!ok
ok = false
rootcause.fault.entity { last and name = "deserialize" }
rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }
rootcause.fault.service { inferred and name = "traces" and type = "AWS::DynamoDB" }
service("data-plane") {root = true and fault = true}
http.status != 200
ok !partial duration <3
rootcause.fault.service { index > 5 }
http.url CONTAINS "/api/game/"
user CONTAINS ""
rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }
service("api.example.com") { fault }
service() { fault }
edge("api.example.com", "backend.example.com") { error }
http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")
http.url AND responseTime > 2
annotation.gameid = "817DL6VO"
annotation.age
!annotation.age
annotation.age > 29
annotation[key] = "value"
annotation[aws.local.service] = "x" AND annotation[on] = true
group.name = "high_response_time" AND user = "alice"
rootcause.json = #[{ "Services": [ { "Name": "GetWeatherData", "EntityPath": [{ "Name": "GetWeatherData" }] } ] }]
service(id(name: "random-name", type: "AWS::Lambda::Function"))
edge(id(name: "one", type: "AWS::Lambda"), id(name: "two", type: "remote")) { responsetime > 2 }
(fault OR error) AND !(throttle)
fault OR responsetime > 5""".splitlines()

# Expression, the word that is shown, what is said.
REFUSED = [
    ("", " ", "the expression is empty"),
    ("falt", "falt", "X-Ray has no keyword `falt`"),
    ("responsetime > 5s", "5s", "compared with a number"),
    ('responsetime > "5"', '"5"', "compared with a number"),
    ("responsetime CONTAINS 5", "CONTAINS", "cannot be compared with `CONTAINS`"),
    ("http.url > 5", ">", "cannot be compared with `>`"),
    ("http.url = /api", "/", "a text in double quotes"),
    ("http.url = '/api'", "'", "a text in double quotes"),
    ("fault = maybe", "maybe", "true or false"),
    ("fault AND", "AND", "nothing stands behind `AND`"),
    ("AND fault", "AND", "`and` stands where a keyword has to be"),
    ("(fault OR error", "r", "`)` is missing"),
    ("fault)", ")", "closes nothing that is open"),
    ("service(api) { fault }", "api", "a text in double quotes"),
    ('service("api") { fault', "t", "`}` is missing"),
    ('edge("a")', ")", "`,` is missing between the two services"),
    ("edge()", ")", "takes two services"),
    ("NOT fault", "NOT", "X-Ray has no NOT"),
    ("annotation[] = 1", "annotation", "has no key"),
    ('service(id(nam: "x"))', "nam", "`id` has no `nam`"),
    ("5 < responsetime", "5", "`5` stands where a keyword has to be"),
    ('"fault"', '"fault"', "stands where a keyword has to be"),
    ('http.url = "/api', '"', "a text in double quotes"),
]


@pytest.mark.parametrize("expression", TAKEN)
def test_documented_expressions_are_taken(expression: str) -> None:
    assert problem(expression) is None


@pytest.mark.parametrize(("expression", "word", "said"), REFUSED, ids=[e for e, _, _ in REFUSED])
def test_broken_expressions_are_refused_where_they_break(expression: str, word: str, said: str) -> None:
    found = problem(expression)
    assert found is not None
    assert said in found.message
    assert (expression or " ")[found.offset : found.offset + found.length] == word


def test_near_keywords_are_named() -> None:
    found = problem("responsetim > 5")
    assert found is not None
    assert found.help == "did you mean `responsetime`?"


@given(st.text(alphabet=' ()[]{}!=<>,:"#abfiolrtu.0123456789', max_size=40))
def test_any_text_is_read_to_an_end(text: str) -> None:
    found = problem(text)
    assert found is None or (found.offset >= 0 and found.message)


def test_deep_nesting_is_refused_like_anything_else() -> None:
    assert problem("(" * 5000 + "fault" + ")" * 5000) is not None
