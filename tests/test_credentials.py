"""Credentials in a spec's texts: found where they stand, and not where something only looks like one."""

from __future__ import annotations

import time

import pytest

from monitorspec.credentials import in_field, in_file, in_text, parameter

# No line of this file is to look like a credential to a scanner of repositories.
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1" * 18
SLACK = "xoxb-" + "123456789012-abcdef"
WEBHOOK = "https://hooks.slack.com/services/" + "T000/B000/XXXX"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("DD_API_KEY", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("DB_PASSWORD", "hunter2", "hunter2"),
        ("NEW_RELIC_LICENSE_KEY", "abc", "abc"),
        ("GITHUB", GITHUB, GITHUB),
        ("WHERE", f"key {AWS_KEY}!", AWS_KEY),
        ("BOT", SLACK, SLACK),
        ("PROXY", "http://user:hunter2@proxy.example:3128", "hunter2"),
        ("HOOK", WEBHOOK, WEBHOOK),
        ("URL", "https://a.example/x?token=abc&b=c", "https://a.example/x?token=abc&b=c"),
        ("PEM", PEM, PEM),
    ],
)
def test_found(name: str, text: str, found: str) -> None:
    one = in_field(name, text)
    assert one is not None
    assert text[one.offset : one.offset + one.length] == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DD_SITE", "datadoghq.com"),
        ("DD_APM_ENABLED", "true"),
        ("DD_API_KEY", ""),
        ("DD_API_KEY", "$(API_KEY)"),
        ("DD_API_KEY", "ENC[datadog]"),
        ("DD_AUTH_TOKEN_FILE_PATH", "/etc/datadog-agent/auth/token"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
        ("DD_SECRET_BACKEND_COMMAND", "readsecret_multiple_providers.sh"),
        ("TOKEN_TTL", "abc"),
        ("SECRETS_ENABLED", "on"),
        ("TOKENS", "12"),
        ("SORT_KEY", "created"),
        ("PROXY", "http://user:$(PASSWORD)@proxy.example"),
        ("PROXY", "http://user@proxy.example"),
        ("URL", "https://a.example/x?token=$TOKEN"),
        ("URL", "https://a.example/x?tokens_shown=yes#key=a"),
        ("DIGEST", "sha256:" + "0" * 64),
    ],
)
def test_not_found(name: str, text: str) -> None:
    assert in_field(name, text) is None


def test_a_file_is_read_line_by_line() -> None:
    text = (
        '# password: hunter0\nuser: web\npassword: hunter1\napi-key = "hunter2"\nHTTP_Passwd hunter3\n'
        'token: ${env:TOKEN}\nbearer_token_file: /run/token\n{"secret": "hunter4", "a": 1}\nsecrets:\n  - a\n'
        f"x {AWS_KEY}\n--set=a.b.api_key=hunter5\ninsecure: false\n"
    )
    found = [text[one.offset : one.offset + one.length] for one in in_file(text)]
    assert found == ["hunter1", "hunter2", "hunter3", "hunter4", AWS_KEY, "hunter5"]


def test_plain_text_has_none() -> None:
    assert in_text("All is well at https://example.com/a?b=c.") is None


@pytest.mark.parametrize(
    "part",
    [
        "token",
        "a",
        "a=",
        "token=",
        "a ",
        " ",
        "a:",
        "a://",
        "a://b:",
        "?token",
        "?token&",
        "https://",
        "-----BEGIN ",
        "'",
        "xox",
        "$(",
    ],
)
def test_no_text_takes_long_to_read(part: str) -> None:
    text = part * (400_000 // len(part))
    began = time.process_time()
    in_field("token", text)
    list(in_file(text))
    parameter(f"https://a.example/?{text}")
    # What is read over and over would take minutes.
    assert time.process_time() - began < 5
