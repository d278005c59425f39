"""Broken specs and what `monitorspec lint` says about them, as pairs of files: dropping one in adds a test.

`cases/<area>/<name>.yaml` is linted as it would be from its own folder; `<name>.out` is what has to be printed. With
MONITORSPEC_UPDATE_CASES=1 the `.out` files are written: read them before you commit them. Folders called `parts` hold what
cases extend. What no file could sensibly hold is built here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases"
UPDATE = os.environ.get("MONITORSPEC_UPDATE_CASES") == "1"

SOUND = """\
version: 1
system: shop
owner: payments
services:
  api:
    thresholds:
      cpu: {expr: avg(cpu_ratio), above: {critical: 95%}}
"""

# Codes that no spec file alone can bring about: where they are tested instead, or what says it first.
ELSEWHERE = {
    "yaml/encoding": "test_bytes",
    "yaml/character": "test_bytes",
    "yaml/too-big": "test_bytes",
    "yaml/unreadable": "test_unreadable",
    "yaml/too-deep": "test_bytes",
    "yaml/alias-bomb": "test_bytes",
    "environments/unknown": "test_unknown_environment",
    "cloudwatch/alarm": "the rule's own name; its findings have codes of their own",
    "cloudwatch/datapoints": "`3 of 2` is refused as a value first (spec/value)",
    "cloudwatch/region": "an alarm goes to a stack of its own region",
    "routes/empty-default": "a receiver without an integration is refused first (receivers/empty)",
    "tests/failed": "tests/cli/test_test.py: only running them shows it",
    "spec/key": "keys that are no texts are refused by source first (yaml/key)",
}


def _cases() -> list[Path]:
    return [path for path in sorted(CASES.rglob("*.yaml")) if path.parent.name != "parts"]


def lint(*arguments: str) -> Result:
    """`monitorspec lint` in the current folder; what it prints must be findings, not a traceback."""
    result = CliRunner().invoke(group, ["lint", "--color", "never", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("case", _cases(), ids=lambda p: str(p.relative_to(CASES).with_suffix("")))
def test_rendering(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.parent)
    result = lint(case.name)
    expected = case.with_suffix(".out")
    if UPDATE:
        expected.write_text(result.stdout, encoding="utf-8")
    assert expected.exists(), f"no {expected.name}; this is what lint says:\n\n{result.stdout}"
    assert result.stdout == expected.read_text(encoding="utf-8")
    assert result.stdout, "a case has to have a finding"
    assert result.exit_code == (1 if "error[" in result.stdout else 0)


def test_every_rendering_has_a_case() -> None:
    known = {case.with_suffix(".out") for case in _cases()}
    assert sorted(path for path in CASES.rglob("*.out") if path not in known) == []


@pytest.mark.parametrize("case", _cases(), ids=lambda p: str(p.relative_to(CASES).with_suffix("")))
def test_rendering_is_for_people(case: Path) -> None:
    """No words of the libraries below, no finding twice, and every caret below something."""
    out = case.with_suffix(".out").read_text(encoding="utf-8")
    for word in (
        "pydantic",
        "libyaml",
        "dataclass",
        "NoneType",
        "Traceback",
        "block mapping",
        "flow node",
        "Decimal",
        "object at 0x",
    ):
        assert word not in out
    blocks = out.split("\n\n")
    assert len(blocks) == len(set(blocks))
    # Not both a finding and a second one of the same code at the same place.
    heads = re.findall(r"^(?:error|warning|note)\[(\S+)\].*\n +--> (\S+)", out, re.M)
    missing = ("spec/missing-key", "names/twice")  # several keys may be missing at one place
    assert [h for h in heads if heads.count(h) > 1 and h[0] not in missing] == []


def _bomb() -> str:
    lines = [f"x-0: &a0 [{', '.join(['x'] * 10)}]"]
    lines += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines) + "\n" + SOUND


@pytest.mark.parametrize(
    ("raw", "code", "place", "said"),
    [
        (SOUND.encode("utf-16"), "yaml/encoding", "1:1", "the file is UTF-16, not UTF-8"),
        (SOUND.encode("utf-16-be"), "yaml/encoding", "1:1", "not UTF-8"),
        (SOUND.encode("utf-32"), "yaml/encoding", "1:1", "the file is UTF-32, not UTF-8"),
        (SOUND.replace("payments", "pâtés").encode("latin-1"), "yaml/encoding", "3:9", "byte 0xe2 at offset 32 is not UTF-8"),
        (SOUND.replace("payments", "pay\0ments").encode(), "yaml/character", "3:11", "control character U+0000"),
        (SOUND.replace("payments", "pay\x1b[31mments").encode(), "yaml/character", "3:11", "control character U+001B"),
        (SOUND.replace("payments", "pay\u2028ments").encode(), "yaml/character", "3:11", "line separator U+2028"),
        (SOUND.encode() + b"#" * (16 * 1024 * 1024), "yaml/too-big", "1:1", "larger than 16 MiB"),
        (b"x-deep: " + b"[" * 100 + b"]" * 100 + b"\n" + SOUND.encode(), "yaml/too-deep", "1:72", "more than 64 levels"),
        (b"x-deep: " + b"[" * 100_000, "yaml/too-deep", "1:72", "more than 64 levels"),
        (_bomb().encode(), "yaml/alias-bomb", "6:", "aliases stand for more than 1,000,000 values"),
    ],
    ids=["utf-16", "utf-16-be", "utf-32", "latin-1", "nul", "escape", "separator", "size", "deep", "deeper", "bomb"],
)  # fmt: skip
def test_bytes(raw: bytes, code: str, place: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_bytes(raw)
    result = lint("spec.yaml")
    head, where = result.stdout.splitlines()[:2]
    assert head.startswith(f"error[{code}]: ")
    assert said in head
    assert where.strip().startswith(f"--> spec.yaml:{place}")
    assert result.stdout.rstrip().endswith("\n1 error"), result.stdout
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


def test_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert lint("spec.yaml").stdout == ""


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.monitorspec.yaml").symlink_to("loop.monitorspec.yaml")
    result = lint(".")
    assert "error[yaml/unreadable]: cannot read loop.monitorspec.yaml" in result.stdout
    assert result.exit_code == 1


def test_unknown_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SOUND + "environments: {staging: {}, production: {}}\n")
    result = lint("--env", "stagign", "spec.yaml")
    assert result.stdout.splitlines()[0] == "error[environments/unknown]: unknown environment `stagign`"
    assert "spec.yaml:8:1" in result.stdout
    assert "staging" in result.stdout
    assert result.exit_code == 1


CODE = re.compile(r"[\"'`]((?:[a-z]+)/(?:[a-z]+(?:-[a-z]+)*))[\"'`]")


def emitted() -> set[str]:
    """Every code that the source can give, by its literals."""
    from monitorspec.lint import PAGES

    found = set(PAGES)
    areas = {"area", "bytes", "ops", "requests", "data", "text", "checksum", "domain", "nodes"}
    for path in (ROOT / "monitorspec").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= {code for code in CODE.findall(text) if code.partition("/")[0] not in areas}
        if path.parent.name == "source":
            # `findings` puts `yaml/` before what it is given.
            names = re.findall(r"(?:\berror|_note|_tag_error)\(\s*\"([a-z]+(?:-[a-z]+)*)\"", text)
            found |= {f"yaml/{name}" for name in names}
    found |= {"yaml/tag", "yaml/boolean-like", "yaml/leading-zero", "yaml/number-size", "windows/day", "windows/month"}
    return found


def told_by_diff() -> set[str]:
    """Codes of changes, which no single spec can show: tests/diff has them."""
    text = (ROOT / "monitorspec" / "data" / "explain" / "changes.md").read_text(encoding="utf-8")
    return set(re.findall(r"^## (\S+/\S+)$", text, re.M))


def test_every_code_has_a_case() -> None:
    shown = set()
    for path in CASES.rglob("*.out"):
        shown |= set(re.findall(r"^(?:error|warning|note)\[(\S+)\]", path.read_text(encoding="utf-8"), re.M))
    missing = emitted() - shown - set(ELSEWHERE) - told_by_diff()
    assert sorted(missing) == []
    assert sorted(shown - emitted()) == []
