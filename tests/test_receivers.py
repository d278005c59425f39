"""Receivers: what is refused and why; the table of fields against amtool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitorspec import integrations, receivers, tools

OLD, NEW = (0, 25), (0, 34)
# The least that each integration wants, without a secret in it.
LEAST: dict[str, dict[str, Any]] = {
    "pagerduty": {"routing_key_file": "/s"},
    "slack": {"api_url_file": "/s", "channel": "#a"},
    "email": {"to": "a@example.org", "from": "b@example.org", "smarthost": "mail:25"},
    "webhook": {"url": "http://example.org/hook"},
    "opsgenie": {"api_key_file": "/s"},
    "sns": {"topic_arn": "arn:aws:sns:eu-west-1:123456789012:t"},
    "victorops": {"routing_key": "team", "api_key_file": "/s"},
    "pushover": {"user_key_file": "/s", "token_file": "/s"},
    "wechat": {"api_secret_file": "/s", "corp_id": "c"},
    "telegram": {"bot_token_file": "/s", "chat_id": 1},
    "discord": {"webhook_url_file": "/s"},
    "webex": {"room_id": "r", "http_config": {"authorization": {"credentials_file": "/s"}}},
    "msteams": {"webhook_url_file": "/s"},
    "msteamsv2": {"webhook_url_file": "/s"},
    "jira": {"api_url": "https://example.org/rest/api/2/", "project": "P", "issue_type": "Bug"},
    "rocketchat": {"token_file": "/s", "token_id_file": "/s"},
    "incidentio": {"url": "https://example.org/x", "alert_source_token_file": "/s"},
    "mattermost": {"webhook_url_file": "/s"},
}
# What old versions want in plain text; only for amtool, `check` refuses it.
PLAIN: dict[str, dict[str, Any]] = {
    "pushover": {"user_key": "k", "token": "t"},
    "wechat": {"api_secret": "s", "corp_id": "c"},
    "telegram": {"bot_token": "t", "chat_id": 1},
    "discord": {"webhook_url": "http://example.org"},
}
SAMPLES: dict[str, Any] = {
    "text": "x", "bool": True, "int": 3, "duration": "30s", "url": "http://example.org", "file": "/s",
    "map": {"a": "b"}, "list": [], "texts": ["a"], "csv": "a, b", "secret": "x", "secreturl": "http://example.org",
    "secretmap": {"a": ["b"]}, "headers": {"X-A": {"values": ["b"]}}, "secretlist": ["b"],
    "http_config": {"tls_config": {"server_name": "x"}}, "tls_config": {"server_name": "x"}, "sigv4": {"region": "x"},
    "basic_auth": {"username": "x"}, "authorization": {"type": "Bearer"},
    "oauth2": {"client_id": "x", "token_url": "http://example.org"},
}  # fmt: skip
SPECIAL = {
    ("email", "to"): "a@example.org", ("webhook", "timeout"): "30s", ("wechat", "message_type"): "text",
    ("telegram", "parse_mode"): "HTML", ("tls_config", "min_version"): "TLS12", ("tls_config", "max_version"): "TLS13",
    ("email", "smarthost"): "mail:25", ("global", "smtp_smarthost"): "mail:25",
}  # fmt: skip


def codes(kind: str, fields: dict[str, Any], version: tuple[int, int] = OLD, **more: Any) -> list[str]:
    return [p.code.removeprefix("receivers/") for p in receivers.check(kind, fields, version, **more)]


def only(kind: str, fields: dict[str, Any], version: tuple[int, int] = OLD, **more: Any) -> receivers.Problem:
    (problem,) = receivers.check(kind, fields, version, **more)
    return problem


# ---- nothing to complain about


@pytest.mark.parametrize("kind", integrations.kinds())
def test_the_least_of_each_integration_is_fine(kind: str) -> None:
    assert receivers.check(kind, LEAST[kind], NEW) == []


def test_plain_addresses_are_no_secrets() -> None:
    for url in ("http://bridge:8080/alerts", "https://example.org/hook?channel=ops&room=1", "https://a.example/x#y@z"):
        assert codes("webhook", {"url": url}) == []
    bot = {"api_url": "https://slack.com/api/chat.postMessage", "channel": "x"}
    assert codes("slack", bot) == []


def test_texts_of_messages_are_left_alone() -> None:
    text = '{{ range .Alerts }}{{ $x := .Labels }}{{ $x.pod }} costs $5 at {{ .StartsAt.Format "15:04" }}{{ end }}'
    assert (
        codes("slack", {**LEAST["slack"], "text": text, "actions": [{"type": "button", "text": "x", "url": "{{ . }}"}]})
        == []
    )


# ---- refused


def test_unknown_names() -> None:
    assert "did you mean `slack`?" in only("slak", {}).help
    assert "did you mean `slack`?" in only("slack_configs", {}).help
    problem = only("slack", {**LEAST["slack"], "chanel": "x"})
    assert (problem.path, problem.code) == (("chanel",), "receivers/unknown-field")
    assert problem.help == ("did you mean `channel`?",)


def test_wrong_types() -> None:
    assert only("slack", {**LEAST["slack"], "channel": 5}).help == ("put it in quotes",)
    assert codes("slack", {**LEAST["slack"], "link_names": "yes"}) == ["wrong-type"]
    assert codes("webhook", {"url": "example.org"}) == ["wrong-type"]
    assert codes("webhook", {**LEAST["webhook"], "max_alerts": True}) == ["wrong-type"]
    assert codes("webhook", {**LEAST["webhook"], "http_config": []}) == ["wrong-type"]
    assert codes("pushover", {**LEAST["pushover"], "retry": "soon"}, NEW) == ["wrong-type"]
    assert codes("slack", {**LEAST["slack"], "text": None}) == ["wrong-type"]


def test_newer_kinds_and_fields_say_since_when() -> None:
    problem = only("webhook", {"url_file": "/s"})
    assert problem.message == "webhook `url_file` needs Alertmanager 0.26; the target is 0.25"
    assert "0.26" in problem.help[0]
    assert only("msteamsv2", LEAST["msteamsv2"]).message.startswith("the msteamsv2 integration needs Alertmanager 0.28")
    headers = {**LEAST["webhook"], "http_config": {"http_headers": {"X": {"values": ["y"]}}}}
    assert only("webhook", headers).path == ("http_config", "http_headers")
    assert codes("webhook", headers, NEW) == []


@pytest.mark.parametrize(
    ("kind", "fields", "path", "hint"),
    [
        ("pagerduty", {"routing_key": "abc"}, ("routing_key",), "routing_key_file"),
        ("pagerduty", {"service_key": "abc"}, ("service_key",), "service_key_file"),
        ("slack", {"api_url": "https://hooks.slack.com/services/T/B/abc"}, ("api_url",), "api_url_file"),
        ("email", {**LEAST["email"], "auth_password": "abc"}, ("auth_password",), "auth_password_file"),
        ("opsgenie", {"api_key": "abc"}, ("api_key",), "api_key_file"),
        ("discord", {"webhook_url": "https://discord.com/api/webhooks/1/abc"}, ("webhook_url",), "0.27"),
        ("telegram", {"bot_token": 4711, "chat_id": 1}, ("bot_token",), "0.26"),
        ("webhook", {"url": "https://u:abc@example.org"}, ("url",), "password_file"),
        ("webhook", {"url": "https://example.org/?token=abc"}, ("url",), "credentials_file"),
        ("webhook", {"url": "https://hooks.slack.com/services/T/B/abc"}, ("url",), "_file"),
        ("webhook", {"url": "http://a.b", "http_config": {"basic_auth": {"password": "abc"}}},
         ("http_config", "basic_auth", "password"), "password_file"),
        ("webhook", {"url": "http://a.b", "http_config": {"authorization": {"credentials": "abc"}}},
         ("http_config", "authorization", "credentials"), "credentials_file"),
        ("webhook", {"url": "http://a.b", "http_config": {"oauth2": {"client_secret": "abc"}}},
         ("http_config", "oauth2", "client_secret"), "client_secret_file"),
        ("webhook", {"url": "http://a.b", "http_config": {"proxy_url": "http://u:abc@proxy"}},
         ("http_config", "proxy_url"), "password_file"),
        ("sns", {**LEAST["sns"], "sigv4": {"secret_key": "abc"}}, ("sigv4", "secret_key"), "leave the keys out"),
    ],
)  # fmt: skip
def test_secrets_are_refused_and_not_repeated(
    kind: str, fields: dict[str, Any], path: tuple[str, ...], hint: str
) -> None:
    problem = only(kind, fields)
    assert (problem.path, problem.code) == (path, "receivers/literal-secret")
    assert any(hint in text for text in problem.help)
    assert "abc" not in repr(problem)
    assert "4711" not in repr(problem)


def test_variables_are_not_expanded() -> None:
    problem = only("webhook", {"url": "${HOOK}"})
    assert problem.code == "receivers/env-variable"
    assert "${HOOK}" in problem.help[0]
    assert any("${PD}" in text for text in only("pagerduty", {"routing_key": "${PD}"}).help)


def test_missing_fields() -> None:
    assert codes("email", {}, global_settings={}) == ["missing-field"] * 3
    assert codes("email", {"to": "a@b.c"}, global_settings={"smtp_from": "a@b.c", "smtp_smarthost": "h:1"}) == []
    # What a global setting may hold is not missed where those are not known.
    assert codes("slack", {"channel": "#a"}) == []
    assert codes("slack", {"channel": "#a"}, global_settings={}) == ["missing-field"]
    assert codes("webhook", {}) == ["missing-field"]
    assert "0.27" in only("discord", {}).help[0]
    assert codes("webex", {"room_id": "x", "http_config": {}}) == ["missing-field"]


def test_a_secret_and_its_file_exclude_each_other() -> None:
    both = {"url": "http://example.org", "url_file": "/s"}
    assert codes("webhook", both, NEW) == ["exclusive"]


def test_global_settings() -> None:
    found = receivers.check_global(
        {"smtp_auth_password": "x", "slack_api_url": "https://hooks.slack.com/x", "smtp_form": "y"}, OLD
    )
    assert [(p.path, p.code) for p in found] == [
        (("smtp_auth_password",), "receivers/literal-secret"),
        (("slack_api_url",), "receivers/literal-secret"),
        (("smtp_form",), "receivers/unknown-field"),
    ]
    assert (
        receivers.check_global({"smtp_from": "a@b.c", "resolve_timeout": "5m", "slack_api_url_file": "/s"}, OLD) == []
    )


def test_render() -> None:
    entry = receivers.render("email", {"to": ["a@b.c", "d@e.f"], "headers": {"X": "y"}})
    assert entry == {"send_resolved": True, "to": "a@b.c, d@e.f", "headers": {"X": "y"}}
    assert receivers.render("slack", {"send_resolved": False})["send_resolved"] is False
    assert receivers.config_key("slack") == "slack_configs"


# ---- the table against amtool


def _accepts(tmp_path: Path, receiver: dict[str, Any], settings: dict[str, Any] | None = None) -> tools.Result:
    file = tmp_path / "am.yml"
    config = {"global": settings or {}, "route": {"receiver": "r"}, "receivers": [{"name": "r", **receiver}]}
    file.write_text(json.dumps(config))  # JSON is YAML
    return tools.run("amtool", ["check-config", str(file)])


def _sample(block: str, name: str, type_: str) -> Any:
    return SPECIAL.get((block, name), SAMPLES[type_])


def _least(kind: str, version: tuple[int, int]) -> dict[str, Any]:
    fields = integrations.kinds()[kind].fields
    known = all(fields[name].since <= version for name in LEAST[kind])
    return LEAST[kind] if known else PLAIN[kind]


@pytest.mark.usefixtures("amtool")
def test_amtool_takes_every_field_of_its_version_and_no_newer_one(tmp_path: Path) -> None:
    version = tools.version("amtool")
    if version > integrations.NEWEST:
        pytest.skip(f"the tables end at {integrations.NEWEST}")
    for kind, block in integrations.kinds().items():
        key = receivers.config_key(kind)
        if block.since > version:
            assert _accepts(tmp_path, {key: [LEAST[kind]]}).code != 0, f"{kind} is older than the table says"
            continue
        least = _least(kind, version)
        # Fields that exclude each other cannot stand together: each secret and its file come one at a time.
        literal = {n.removesuffix("_file") for n in block.fields if n.endswith("_file")}
        plain = {
            name: _sample(kind, name, field.type)
            for name, field in block.fields.items()
            if field.since <= version and name not in literal and not name.endswith("_file") and name != "monospace"
        }
        result = _accepts(tmp_path, {key: [{**plain, **least}]})
        assert result.code == 0, f"{kind}: {result.output}"
        for name, field in block.fields.items():
            if field.since > version:
                result = _accepts(tmp_path, {key: [{**least, name: _sample(kind, name, field.type)}]})
                assert f"field {name} not found" in result.output, f"{kind}.{name} is older than the table says"
            elif name in literal or name.endswith("_file"):
                other = name.removesuffix("_file") if name.endswith("_file") else f"{name}_file"
                fields = {k: v for k, v in least.items() if k != other}
                result = _accepts(tmp_path, {key: [{**fields, name: _sample(kind, name, field.type)}]})
                assert result.code == 0, f"{kind}.{name}: {result.output}"


@pytest.mark.usefixtures("amtool")
@pytest.mark.parametrize("block", ["http_config", "tls_config", "oauth2", "global"])
def test_amtool_takes_the_nested_fields_of_its_version_and_no_newer_one(tmp_path: Path, block: str) -> None:
    version = tools.version("amtool")
    least = {"oauth2": {"client_id": "x", "token_url": "http://example.org", "client_secret_file": "/s"}}.get(block, {})
    for name, field in integrations.nested()[block].fields.items():
        value = {**least, name: _sample(block, name, field.type)}
        value = {k: v for k, v in value.items() if k != f"{name}_file"}
        if block == "tls_config" and name in ("cert_file", "key_file"):
            value |= {"cert_file": "/s", "key_file": "/s"}  # a pair
        inner = {"http_config": value, "tls_config": {"tls_config": value}, "oauth2": {"oauth2": value}}.get(block)
        hook = {"url": "http://example.org"} | ({"http_config": inner} if inner is not None else {})
        result = _accepts(tmp_path, {"webhook_configs": [hook]}, value if block == "global" else None)
        if field.since > version:
            assert f"field {name} not found" in result.output, f"{block}.{name} is older than the table says"
        else:
            assert "not found" not in result.output, f"{block}.{name}: {result.output}"


def test_what_a_newer_alertmanager_may_have_is_passed_through() -> None:
    newer = (integrations.NEWEST[0], integrations.NEWEST[1] + 1)
    fields = {"channel": "#x", "api_url_file": "/x", "brand_new": {"a": 1}}
    assert [p.code for p in receivers.check("slack", fields, integrations.NEWEST)] == ["receivers/unknown-field"]
    assert receivers.check("slack", fields, newer) == []
    assert receivers.render("slack", fields)["brand_new"] == {"a": 1}
    # A misspelling is one at any version, and so is a secret in an address.
    assert [p.code for p in receivers.check("slack", {**fields, "chanel": "#y"}, newer)] == ["receivers/unknown-field"]
    assert receivers.check("carrierpigeon", {"coop": "north"}, newer) == []
    assert receivers.render("carrierpigeon", {"coop": "north"}) == {"send_resolved": True, "coop": "north"}
    secret = receivers.check("carrierpigeon", {"url": "https://user:pass@example.com"}, newer)
    assert [p.code for p in secret] == ["receivers/literal-secret"]
