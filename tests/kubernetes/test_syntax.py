"""What Kubernetes takes for names and short texts: tables from its documentation and from its own tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitorspec.kubernetes import syntax
from monitorspec.plan import AgentToleration

L63, L64 = "a" * 63, "a" * 64
# Check, what is taken, what is refused. From k8s.io/apimachinery, pkg/util/validation/validation_test.go, where it has them.
TABLE: list[tuple[Callable[[str], str], list[str], list[str]]] = [
    (
        syntax.label,
        ["a", "ab", "abc", "a1", "a-1", "a--1--2--b", "0", "01", "012", "1a", "1-a", L63],
        ["", "A", "ABC", "aBc", "-", "a-", "-a", "1-", "_", "a_", "a.b", "a b", " a", "a ", L64, "a\n"],
    ),
    (syntax.service, ["a", "a1", "a-1", L63], ["0", "1a", "A", "a-", "-a", "a.b", "", L64]),
    (
        syntax.subdomain,
        ["a", "a.b", "a.b.c.d", "1.2.3.4", "a--b.c--d", "0.1", ".".join(["a" * 60] * 4)],
        ["", "A", "a.", ".a", "a..b", "a.-b", "a-.b", "a_b", "a b", "*.a", ".".join(["a" * 63] * 4)],
    ),
    (
        syntax.label_key,
        ["simple", "now-with-dashes", "1-starts-with-num", "1234", "simple/simple", "1234.com/1_2.3", "Upper", L63, "a/" + L63],
        ["", "nospecialchars%^=@", "cantendwithadash-", "-a", "only/one/slash", "Example.com/abc", "/a", "a/", L64, "a b"],
    ),
    (
        syntax.label_value,
        ["", "simple", "1-starts-with-num", "end-with-num-1", "1234", "a_b.c-D", L63],
        ["nospecialchars%^=@", "Tama-nui-te-rā.is.Māori.sun", "\\backslashes", "-starts", "ends-", "../../etc", L64, " "],
    ),
    (
        syntax.variable,
        ["HELLO_WORLD", "a", "_a", "-a", ".a", "a1", "DD_API_KEY", "my.dotted-name"],
        ["", "1a", "A B", "a=b", ".", "..", "..a", "ä", "a\n"],
    ),
    (syntax.config_key, ["a", "good", "good-good", "still.good", ".x", "0", "a_b"],
     ["", ".", "..", "..a", "a/b", "b\\ad", "a b", "a" * 254]),
    (
        syntax.port_name,
        ["telnet", "re-mail-ck", "pop3", "a", "a-1", "1-a", "a-1-b-2-c", "1-a-2-b-3"],
        ["", "longerthan15char", "12345", "1-2-3-4", "-begin", "end-", "two--hyphens", "whois++", "Upper"],
    ),
    (
        syntax.image,
        ["a", "a:1", "a/b:latest", "a__b/c--d", "quay.io/a/b:v1.2", "localhost:5000/a", "a@sha256:" + "0" * 64,
         "a:1@sha256:" + "f" * 64],
        ["", "A", "a:", "a: 1", "a b", "https://a/b", "a/b/", "/a", "a:1:2", "a@sha256:12", "a:-x", "a\n", "a:é"],
    ),
    (
        syntax.field,
        ["metadata.name", "status.hostIP", "spec.nodeName", "metadata.annotations['app.kubernetes.io/name']", "status.podIPs"],
        ["", "metadata.labels", "spec.hostname", "metadata.labels['']", "metadata.labels['a b']", "status.hostIPs"],
    ),
    (syntax.absolute, ["/", "/a/b", "/a/..b"], ["", "a", "./a", "/a/../b", "/..", "/a:b"]),
    (syntax.capability, ["ALL", "SYS_TIME"], ["", "CAP_SYS_TIME", "sys_time", "SYS TIME"]),
]  # fmt: skip
CASES = [(check, text, True) for check, good, _ in TABLE for text in good]
CASES += [(check, text, False) for check, _, bad in TABLE for text in bad]


@pytest.mark.parametrize(("check", "text", "taken"), CASES, ids=lambda v: v.__name__ if callable(v) else repr(v)[:40])
def test_texts(check: Callable[[str], str], text: str, taken: bool) -> None:
    assert (check(text) == "") is taken


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        ("a", False),
        ("a:latest", False),
        ("a:1", True),
        ("localhost:5000/a", False),
        ("localhost:5000/a:1", True),
        ("a@sha256:" + "0" * 64, True),
        ("a:latest@sha256:" + "0" * 64, True),
    ],
)
def test_pinned(reference: str, pinned: bool) -> None:
    assert syntax.pinned(reference) is pinned


def test_numbers() -> None:
    assert [n for n in (-1, 0, 1, 65535, 65536) if syntax.port_number(n) == ""] == [1, 65535]
    assert [n for n in (-1, 0, 2**31 - 1, 2**31) if syntax.user_id(n) == ""] == [0, 2**31 - 1]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("*", AgentToleration("", None, "")),
        ("a", AgentToleration("a", None, "")),
        ("a:NoExecute", AgentToleration("a", None, "NoExecute")),
        ("a.io/b=c:PreferNoSchedule", AgentToleration("a.io/b", "c", "PreferNoSchedule")),
        ("", None),
        ("a:", None),
        ("a:Never", None),
        ("*=a", None),
        ("a=b c", None),
        ("a b", None),
        ("a:NoSchedule\n", None),
    ],
)
def test_toleration(text: str, wanted: AgentToleration | None) -> None:
    assert syntax.toleration(text) == wanted
