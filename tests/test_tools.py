"""Programs are found, asked for their version, run in parallel, and ended when they take too long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from monitorspec import tools

GOOD = "groups: [{name: g, rules: [{record: 'a:b', expr: up}]}]\n"
BAD = "groups: [{name: g, rules: [{record: 'a:b', expr: 'up('}]}]\n"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _files(folder: Path, texts: list[str]) -> list[Path]:
    paths = [folder / f"{i}.rules.yml" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


@pytest.mark.parametrize(
    ("tool", "package"),
    [("promtool", "prometheus"), ("amtool", "prometheus-alertmanager"), ("alertmanager", "prometheus-alertmanager")],
)
@pytest.mark.usefixtures("on_path")
def test_a_missing_program_comes_with_its_install_line(tool: str, package: str) -> None:
    with pytest.raises(tools.ToolMissing, match=f"^{tool} is not on PATH.*apt-get install .*{package}`"):
        tools.run(tool, [])


def test_debian_calls_the_alertmanager_by_another_name(on_path: Path) -> None:
    expected = _program(on_path, "prometheus-alertmanager", "exit 0")
    assert tools.find("alertmanager") == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("promtool, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+b5)", (2, 42)),
        ("promtool, version 3.10.1 (branch: HEAD, revision: abc)", (3, 10)),
        ("amtool, version 0.25.0 (branch: x, revision: 2.1)", (0, 25)),
    ],
)
@pytest.mark.parametrize("stream", ["1", "2"])
def test_the_version_is_read_from_either_stream(
    on_path: Path, printed: str, expected: tuple[int, int], stream: str
) -> None:
    _program(on_path, "promtool", f"echo '{printed}' >&{stream}")
    assert tools.version("promtool") == expected


def test_a_version_that_is_none_is_told(on_path: Path) -> None:
    _program(on_path, "promtool", "echo hello")
    with pytest.raises(tools.ToolFailed, match="hello"):
        tools.version("promtool")


def test_arguments_reach_the_program_without_a_shell(on_path: Path) -> None:
    _program(on_path, "amtool", 'printf "%s|" "$@"')
    nasty = ["$(exit 3)", "a b", "`id`", "*", "'", ";"]
    assert tools.run("amtool", nasty).stdout == "".join(f"{argument}|" for argument in nasty)


def test_a_program_that_hangs_is_ended(on_path: Path) -> None:
    _program(on_path, "promtool", "exec /bin/sleep 30")
    start = time.monotonic()
    with pytest.raises(tools.ToolFailed, match=r"promtool did not end within 0\.2 s"):
        tools.run("promtool", [], timeout=0.2)
    assert time.monotonic() - start < 5


def test_what_is_no_program_is_told(on_path: Path) -> None:
    (on_path / "promtool").write_bytes(b"\x7fELF nonsense")
    (on_path / "promtool").chmod(0o755)
    with pytest.raises(tools.ToolFailed, match="could not be run"):
        tools.run("promtool", [])


def test_much_output_blocks_nobody(on_path: Path, tmp_path: Path) -> None:
    _program(
        on_path,
        "promtool",
        'i=0; while [ $i -lt 4000 ]; do echo "a line of some length, again and again"; i=$((i+1)); done',
    )
    files = _files(tmp_path, [GOOD, GOOD])
    assert tools.prove_rules(files, timeout=20).stdout.count("\n") == 8_000


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_each_file_is_given_to_one_process(on_path: Path, tmp_path: Path, processes: int) -> None:
    log = tmp_path / "log"
    _program(on_path, "promtool", f'echo "$@" >> {log}')
    files = _files(tmp_path, ["x" * 100_000] * 4 + ["x"])
    assert tools.check_rules(files, processes=processes).code == 0
    calls = [line.split() for line in log.read_text().splitlines()]
    assert len(calls) == processes
    assert all(call[:2] == ["check", "rules"] for call in calls)
    assert sorted(name for call in calls for name in call[2:]) == sorted(map(str, files))


def test_a_file_name_is_no_option(on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(on_path, "promtool", 'echo "$@"')
    monkeypatch.chdir(tmp_path)
    assert tools.check_rules([Path("--help")]).stdout == "check rules ./--help\n"


@pytest.mark.usefixtures("on_path")
def test_nothing_to_check_needs_no_program() -> None:
    assert tools.check_rules([]) == tools.Result(0, "", "")


@pytest.mark.usefixtures("promtool")
def test_one_bad_file_among_good_ones_fails_the_check(tmp_path: Path) -> None:
    many = "groups:\n" + "".join(f"  - {{name: g{i}, rules: [{{record: 'a:b{i}', expr: up}}]}}\n" for i in range(3_000))
    good = _files(tmp_path, [many, many, GOOD])
    assert tools.check_rules(good).code == 0
    assert tools.check_rules(good).output.count("SUCCESS") == 3
    bad = tmp_path / "bad.yml"
    bad.write_text(BAD)
    result = tools.check_rules([*good, bad])
    assert result.code == 1
    assert "bad.yml" in result.output


@pytest.mark.usefixtures("promtool", "amtool")
def test_the_programs_here_are_not_older_than_the_default_targets() -> None:
    assert tools.version("promtool") >= (2, 42)
    assert tools.version("amtool") >= (0, 25)


def test_small_temporary_files_lie_in_memory(on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(on_path, "promtool", 'echo "${TMPDIR:-elsewhere}"; [ -z "$TMPDIR" ] || echo x > "$TMPDIR/file"')
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tools, "_MEMORY", str(tmp_path))
    monkeypatch.setattr(tools, "_ROOM", 0)
    small, large = tools.run_all("promtool", [["a"], ["b"]], memory=[True, False])
    assert Path(small.stdout.strip()).parent == tmp_path
    assert list(tmp_path.glob("monitorspec-*")) == []
    assert large.stdout == "elsewhere\n"
    monkeypatch.setattr(tools, "_ROOM", 2**62)
    assert tools.run_all("promtool", [["a"]], memory=[True])[0].stdout == "elsewhere\n"
    monkeypatch.setattr(tools, "_ROOM", 0)
    monkeypatch.setenv("TMPDIR", str(on_path))
    assert tools.run_all("promtool", [["a"]], memory=[True])[0].stdout == f"{on_path}\n"


@pytest.mark.parametrize("words", ["Unit Testing:  ", "Processing test file: "])
def test_which_files_promtool_is_content_with(words: str) -> None:
    said = f"{words}a.yml\n  SUCCESS\n\n{words}b c.yml\n\n\n\n{words}d.yml\n  SUCCESS\n\n"
    found = {m["file"]: bool(m["well"]) for m in tools.TESTED.finditer(said)}
    assert found == {"a.yml": True, "b c.yml": False, "d.yml": True}
