"""What a spec accepts is not told, whichever way it says so; what cannot be accepted is; days matter where they are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitorspec.cli import group
from monitorspec.compiler import Compiled, compile_everywhere, compile_file, compile_text, emit
from monitorspec.ignores import today
from tests.test_explain import examples, whole

SPEC = """\
version: 1
system: shop
owner: payments
services:
  api:
    thresholds:
      queue: {expr: queue_length, above: {warning: 5}}
      lag:
        # how far behind it is
        expr: lag
        above: {warning: 5}
receivers: {chat: {webhook: {url: 'http://chat.example'}}}
routes: {critical: {notify: chat}}
"""
QUEUE, LAG = ("services", "api", "thresholds", "queue"), ("services", "api", "thresholds", "lag")


def told(compiled: Compiled) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(d.code, d.path) for d in compiled.diagnostics]


def ignoring(*places: str, code: str = "routes/nobody", until: str = "") -> Compiled:
    entries = "".join(f"    {at!r}: {{reason: known{until}}}\n" for at in places)
    return compile_text(f"{SPEC}ignore:\n  {code}:\n{entries}")


def test_nothing_ignored() -> None:
    assert told(compile_text(SPEC)) == [("routes/nobody", QUEUE), ("routes/nobody", LAG)]
    assert compile_text(SPEC).plan is None


@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("services.api.thresholds.queue", [LAG]),
        ("services.api.thresholds.lag", [QUEUE]),
        ("services.api.thresholds", []),
        ("services.api", []),
        ("services", []),
        ("services.*.thresholds.*", []),
        ("services.*.thresholds.q*", [LAG]),
        ("*", []),
    ],
)
def test_a_path_holds_for_everything_below_it(at: str, left: list[object]) -> None:
    compiled = ignoring(at)
    assert told(compiled) == [("routes/nobody", path) for path in left]
    assert len(compiled.ignored) == 2 - len(left)
    assert (compiled.plan is None) == bool(left)


@pytest.mark.parametrize(
    "at",
    [
        "services.api.thresholds.queu",
        "services.api.thresholds.queue.expr",
        "api",
        "services.*.queue",
        "",
        "services.*.lag",
    ],
)
def test_another_path_holds_for_nothing_and_is_told(at: str) -> None:
    assert told(ignoring(at)) == [
        ("routes/nobody", QUEUE),
        ("routes/nobody", LAG),
        ("ignore/unused", ("ignore", "routes/nobody", at)),
    ]


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("      queue:", "      # monitorspec: ignore routes/nobody: known\n      queue:", [LAG]),
        ("      queue:", "      # monitorspec: ignore routes/nobody: known\n\n      # and\n      queue:", [LAG]),
        ("5}}\n", "5}}  # monitorspec: ignore routes/nobody: known\n", [LAG]),
        ("5}}\n", "5}}\t#monitorspec:ignore metrics/near-name, routes/nobody: known\n", [LAG]),
        ("      lag:", "      lag:  # monitorspec: ignore routes/nobody until 2027-03-01: known", [QUEUE]),
        ("    thresholds:", "    thresholds:  # monitorspec: ignore routes/nobody: known", []),
        ("services:", "# monitorspec: ignore routes/nobody: known\nservices:", []),
    ],
)
def test_a_comment_holds_for_what_begins_on_its_line(old: str, new: str, left: list[object]) -> None:
    compiled = compile_text(SPEC.replace(old, new, 1))
    assert [d.path for d in compiled.diagnostics if d.code == "routes/nobody"] == left
    assert {d.ignored for d in compiled.ignored} == {"known"}
    assert [d.until for d in compiled.ignored] == ["2027-03-01" if "until" in new else ""] * (2 - len(left))


@pytest.mark.parametrize(
    "line",
    [
        "description: 'a # monitorspec: ignore nothing'",
        "description: a#monitorspec: ignore nothing",
        "# write `# monitorspec: ignore area/name` to ignore something",
        "# monitorspec: ignored nothing so far",
    ],
)
def test_what_is_no_comment_to_us_is_let_alone(line: str) -> None:
    assert {code for code, _ in told(compile_text(line + "\n" + SPEC))} <= {"routes/nobody", "yaml/syntax"}


def test_windows_line_ends_are_no_matter() -> None:
    text = SPEC.replace("5}}\n", "5}}  # monitorspec: ignore routes/nobody: known\n", 1).replace("\n", "\r\n")
    assert told(compile_text(text)) == [("routes/nobody", LAG)]
    assert [d.ignored for d in compile_text(text).ignored] == ["known"]


def test_outputs_are_those_of_a_spec_that_has_nothing_to_ignore() -> None:
    """Byte for byte, as the level of a warning would be."""
    warned = SPEC.replace("warning: 5", "critical: 5")
    near = warned.replace("queue: {expr: queue_length,", "queue: {expr: queue_lengths,").replace(
        "    thresholds:", "    metrics: {queue_length: {type: gauge}}\n    thresholds:"
    )
    plain, quiet = compile_text(near), compile_text(near + "ignore: {metrics/near-name: {'*': {reason: known}}}\n")
    assert [d.code for d in plain.diagnostics] == ["metrics/near-name"]
    assert told(quiet) == []
    assert plain.plan is not None
    assert quiet.plan is not None
    assert emit(plain.plan) == emit(quiet.plan)


# ---- days


@pytest.mark.parametrize(
    ("day", "code"),
    [("", []), ("2027-02-28", []), ("2027-03-01", []), ("2027-03-02", ["routes/nobody"] * 2 + ["ignore/expired"])],
)
def test_the_last_day_is_included(day: str, code: list[str]) -> None:
    text = SPEC + "ignore: {routes/nobody: {'*': {reason: known, until: 2027-03-01}}}\n"
    compiled = compile_text(text, today=day)
    assert [d.code for d in compiled.diagnostics] == code
    assert (compiled.plan is None) == bool(code)


def run(*arguments: str, epoch: str | None = None) -> tuple[int, str]:
    env = {"SOURCE_DATE_EPOCH": epoch} if epoch is not None else {}
    done = CliRunner().invoke(group, list(arguments), env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_lint_looks_at_the_day_and_build_does_not(tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(SPEC + "ignore: {routes/nobody: {'*': {reason: known, until: 2027-03-01}}}\n")
    march_1, march_2 = "1803859200", "1803945600"  # 2027-03-01T00:00Z, a day later
    assert run("lint", str(spec), epoch=march_1)[0] == 0
    code, said = run("lint", str(spec), epoch=march_2)
    assert code == 1
    assert "ignore/expired" in said
    outputs = []
    for day in (march_1, march_2):
        out = tmp_path / day
        assert run("build", str(spec), "--out", str(out), epoch=day)[0] == 0
        outputs.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert outputs[0] == outputs[1]
    assert outputs[0]


def test_a_day_that_is_none_is_misuse(tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(SPEC)
    code, said = run("lint", str(spec), epoch="tomorrow")
    assert code == 2
    assert "SOURCE_DATE_EPOCH is `tomorrow`" in said


def test_the_clock_is_that_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert today() == "1970-01-01"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert today() > "2026-01-01"


# ---- layers


def test_an_environment_can_take_back_what_is_ignored(tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(
        SPEC
        + "ignore: {routes/nobody: {'*': {reason: known}}}\nenvironments: {live: {ignore: {routes/nobody: {'*': null}}}}\n"
    )
    assert told(compile_file(spec)) == []
    assert [code for code, _ in told(compile_file(spec, "live"))] == ["routes/nobody"] * 2
    assert [code for code, _ in told(compile_everywhere(spec))] == ["routes/nobody"] * 2


def test_what_no_environment_needs_is_told_once(tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(
        SPEC
        + "ignore: {routes/nobody: {'*': {reason: known}}, metrics/near-name: {'*': {reason: gone}}}\nenvironments: {live: {}}\n"
    )
    assert told(compile_everywhere(spec)) == [("ignore/unused", ("ignore", "metrics/near-name", "*"))]


# ---- everything that can be ignored leaves outputs that can be made


def _wrong() -> list[tuple[str, str, str]]:
    cases = Path(__file__).parent / "cases"
    texts = [(f"{code}", whole(text), "spec.yaml") for code, kind, text in examples() if kind == "wrong"]
    texts += [
        (str(path.relative_to(cases)), path.read_text(encoding="utf-8"), str(path))
        for path in sorted(cases.rglob("*.yaml"))
        if path.parent.name != "parts"
    ]
    return [(name, text, file) for name, text, file in texts if "\nignore:" not in text]


def test_errors_that_are_ignored_leave_outputs() -> None:
    tried = set()
    for name, text, file in _wrong():
        found = compile_text(text, file).diagnostics
        codes = {d.code for d in found if d.level == "error"}
        if not codes or any(d.fatal for d in found) or "environments:" in text:
            continue
        entries = "".join(f"  {code}: {{'*': {{reason: known}}}}\n" for code in sorted(codes))
        compiled = compile_text(f"{text.rstrip()}\nignore:\n{entries}", file)
        assert compiled.plan is not None, name
        assert emit(compiled.plan), name
        tried |= codes
    assert len(tried) > 25


def test_fatal_errors_stay() -> None:
    tried = set()
    for name, text, file in _wrong():
        found = compile_text(text, file).diagnostics
        codes = {d.code for d in found if d.fatal}
        if not codes or text.startswith(("-", "[")) or any(code.startswith("yaml/") for code in codes):
            continue
        entries = "".join(f"  {code}: {{'*': {{reason: known}}}}\n" for code in sorted(codes))
        compiled = compile_text(f"{text.rstrip()}\nignore:\n{entries}", file)
        assert codes <= {d.code for d in compiled.diagnostics}, name
        assert compiled.plan is None, name
        tried |= codes
    assert {"spec/value", "routes/unknown-receiver", "resources/taken"} <= tried
