"""The pages of `monitorspec explain`: each code has one, and its examples are what they say they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitorspec import source
from monitorspec.cli import group
from monitorspec.compiler import plan_of
from monitorspec.explain import codes, page

# What only bytes, other files or the command line can show; `test_cases` has them.
WITHOUT_EXAMPLE = {
    "cloudwatch/alarm",
    "cloudwatch/datapoints",
    "cloudwatch/length",
    "cloudwatch/math-length",
    "cloudwatch/math-metrics",
    "cloudwatch/region",
    "composites/limit",
    "dashboards/limit",
    "dashboards/split",
    "environments/unknown",
    "events/size",
    "extends/circle",
    "ignore/expired",
    "ignore/impossible",
    "routes/empty-default",
    "spec/key",
    "tests/failed",
    "yaml/alias-bomb",
    "yaml/character",
    "yaml/empty",
    "yaml/encoding",
    "yaml/tab",
    "yaml/too-big",
    "yaml/too-deep",
    "yaml/unreadable",
}
# Keys of a service: a fragment that begins with one stands inside of a service.
INNER = ("slos", "thresholds", "metrics", "records", "rules", "presets")
CPU = "      cpu: {expr: avg(cpu_ratio), above: {critical: 95%}}\n"
_FENCE = re.compile(r"```yaml (wrong|right)\n(.*?)```", re.S)


def examples() -> list[tuple[str, str, str]]:
    """Code, whether it is wrong or right, text."""
    return [(code, kind, text) for code in codes() for kind, text in _FENCE.findall(page(code))]


def whole(fragment: str) -> str:
    """A fragment of a spec as a spec."""
    head = "version: 1\nsystem: shop\nowner: payments\n"
    if re.match(r"version:|- ", fragment):
        return fragment
    if fragment.startswith("owner:"):
        head = head.replace("owner: payments\n", "")
    if fragment.partition(":")[0] in INNER:
        inner = "".join(f"    {line}\n" for line in fragment.splitlines())
        fragment = f"services:\n  api:\n{inner}"
        if "    thresholds:" not in inner and "    slos:" not in inner:
            fragment += f"    thresholds:\n{CPU}"
    elif not re.search(r"^services:", fragment, re.M):
        fragment += f"services:\n  api:\n    thresholds:\n{CPU}"
    if "chat" in fragment and not re.search(r"^receivers:", fragment, re.M):
        fragment += "receivers: {chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}}\n"
    receiver = re.search(r"^receivers:\s*\{?(\w+):", fragment, re.M)
    if receiver and not re.search(r"^routes:", fragment, re.M):
        fragment += f"routes: {{default: {{notify: {receiver[1]}}}}}\n"
    return head + fragment


def found(text: str, folder: Path) -> list[str]:
    (folder / "base.yaml").write_text("labels: {team: shop}\n")
    return [d.code for d in plan_of(whole(text), str(folder / "spec.yaml"))[1]]


@pytest.mark.parametrize(("code", "kind", "text"), examples(), ids=lambda v: v if len(v) < 40 and "\n" not in v else "")
def test_example(code: str, kind: str, text: str, tmp_path: Path) -> None:
    if kind == "wrong":
        assert set(found(text, tmp_path)) == {code}
    else:
        assert found(text, tmp_path) == []


def test_every_page_has_a_wrong_and_a_right_example() -> None:
    from tests.test_cases import told_by_diff

    kinds: dict[str, list[str]] = {}
    for code, kind, _ in examples():
        kinds.setdefault(code, []).append(kind)
    without = WITHOUT_EXAMPLE | told_by_diff()
    wanted = {code: ["wrong", "right"] for code in codes() if code not in without}
    assert kinds == wanted


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    from tests.test_cases import emitted

    assert sorted(emitted() - set(codes())) == []
    assert sorted(set(codes()) - emitted()) == []


@pytest.mark.parametrize("code", codes())
def test_page(code: str) -> None:
    title, blank, *rest = page(code).split("\n", 3)[3].split("\n", 2)
    assert title.endswith(".")
    assert not title.startswith(("#", "`" * 3))
    assert len(title) <= 100
    assert blank == ""
    assert rest[0].strip()


def test_command_shows_a_page() -> None:
    result = CliRunner().invoke(group, ["explain", "routes/nobody"])
    assert result.exit_code == 0
    assert result.stdout.startswith("routes/nobody\n=============\n\nAn alert reaches no receiver.\n")


def test_command_lists_all_codes() -> None:
    result = CliRunner().invoke(group, ["explain"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(codes())
    assert next(line for line in lines if line.startswith("yaml/tab")).endswith("  A tab is used for indentation.")


@pytest.mark.parametrize(
    ("code", "near"), [("yaml/tabs", "`yaml/tab`"), ("unknown-receiver", "`routes/unknown-receiver`")]
)
def test_unknown_code_is_misuse(code: str, near: str) -> None:
    result = CliRunner().invoke(group, ["explain", code])
    assert result.exit_code == 2
    assert f"no code `{code}`" in result.stderr
    assert near in result.stderr


def test_code_like_nothing() -> None:
    result = CliRunner().invoke(group, ["explain", "zzzzzzzz"])
    assert result.exit_code == 2
    assert "`monitorspec explain` lists all of them" in result.stderr


def test_fragments_are_read_as_they_stand() -> None:
    assert source.parse(whole("slos: {}\n"), "f").data["services"]["api"]["slos"] == {}
