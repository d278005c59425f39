"""The program itself: its verbs, exit codes, streams, formats and colours, run as a real process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitorspec import __version__
from monitorspec.cli import VERBS
from tests.cli.conftest import ROOT, SPEC, WRONG, Program

SPEC_FILE = Path("specs/shop.monitorspec.yaml")
ESCAPE = "\x1b["


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_its_version(program: Program, option: str) -> None:
    done = program(option)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"monitorspec {__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_its_help_names_every_verb(program: Program, option: str) -> None:
    done = program(option)
    assert done.returncode == 0
    for verb, (_, text) in VERBS.items():
        assert re.search(rf"^  {verb}\s+{re.escape(text)}$", done.stdout, re.M)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_whose_first_line_is_the_list_s(program: Program, verb: str) -> None:
    done = program(verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: monitorspec {verb}")


def test_no_verb_at_all_prints_the_help_and_is_misuse(program: Program) -> None:
    done = program()
    assert done.returncode == 2
    assert "Usage: monitorspec" in done.stdout + done.stderr


def test_an_unknown_verb_gets_the_one_that_was_meant(program: Program) -> None:
    done = program("biuld")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no command `biuld`. Did you mean `build`?" in done.stderr


def test_an_unknown_option_is_misuse(program: Program) -> None:
    done = program("lint", "--fix-all")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--fix-all" in done.stderr


def test_lint_of_a_good_spec_is_silent_on_stdout(program: Program) -> None:
    done = program("lint")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 spec: nothing to say\n"


def test_lint_prints_findings_with_excerpt_on_stdout(program: Program) -> None:
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = program("lint")
    assert done.returncode == 1
    line = WRONG.splitlines().index("routes: {default: {notify: [chta]}}") + 1
    assert f"--> specs/shop.monitorspec.yaml:{line}:29" in done.stdout
    assert "unknown receiver `chta`" in done.stdout
    assert "^^^^" in done.stdout
    assert "did you mean `chat`?" in done.stdout


def test_lint_looks_at_every_environment(program: Program) -> None:
    SPEC_FILE.write_text(SPEC.replace("{critical: 95%}", "{critcal: 95%}"), encoding="utf-8")
    done = program("lint")
    assert done.returncode == 1
    assert "critcal" in done.stdout
    assert program("build").returncode == 0


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("never", 0)])
def test_fail_on_decides_what_fails(program: Program, level: str, code: int) -> None:
    SPEC_FILE.write_text(SPEC.replace("(cpu_ratio)'", "(cpu_ratio) > 0'"), encoding="utf-8")
    done = program("lint", "--fail-on", level)
    assert done.returncode == code
    assert "warning[thresholds/comparison]" in done.stdout


def test_fail_on_never_still_prints_errors(program: Program) -> None:
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = program("lint", "--fail-on", "never")
    assert done.returncode == 0
    assert "error[" in done.stdout


def test_json_is_json_with_findings_and_without(program: Program) -> None:
    clean = program("lint", "--format", "json")
    assert clean.returncode == 0
    json.loads(clean.stdout)
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = program("lint", "--format", "json")
    assert done.returncode == 1
    assert "unknown receiver `chta`" in json.dumps(json.loads(done.stdout), ensure_ascii=False)


def test_github_prints_an_annotation_a_line(program: Program) -> None:
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = program("lint", "--format", "github")
    assert done.returncode == 1
    assert re.match(r"::error file=specs/shop\.monitorspec\.yaml,line=9,", done.stdout)
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "env", "colors"),
    [
        ((), {}, False),  # stdout is no terminal here
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"NO_COLOR": "1"}, False),
    ],
)
def test_colours_come_when_asked_for(
    program: Program, arguments: tuple[str, ...], env: dict[str, str], colors: bool
) -> None:
    SPEC_FILE.write_text(WRONG, encoding="utf-8")
    done = program("lint", *arguments, env=env)
    assert done.returncode == 1
    assert (ESCAPE in done.stdout) is colors
    assert re.sub(r"\x1b\[[0-9;]*m", "", done.stdout) == program("lint", "--color", "never").stdout


def test_no_color_is_heeded_on_a_terminal(project: Path) -> None:
    pty = pytest.importorskip("pty")
    import os

    SPEC_FILE.write_text(WRONG, encoding="utf-8")

    def printed(**env: str) -> str:
        ours, theirs = pty.openpty()
        base = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "monitorspec", "lint"]
        with subprocess.Popen(command, cwd=project, env={**base, **env}, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            out = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:  # how Linux says that the other end is closed
                    break
                if not part:
                    break
                out += part
            process.wait(60)
        os.close(ours)
        return out.decode()

    assert ESCAPE in printed()
    assert ESCAPE not in printed(NO_COLOR="1")
    assert ESCAPE not in printed(TERM="dumb")


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    many = "\n".join(f"      t{n}: {{expr: x, above: {{critcal: 1}}}}" for n in range(3000))
    SPEC_FILE.write_text(SPEC.replace("receivers:", f"  more:\n    thresholds:\n{many}\nreceivers:"), encoding="utf-8")
    shell = f"PYTHONPATH='{ROOT}' '{sys.executable}' -m monitorspec lint | head -n 1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, cwd=project, timeout=120, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("error[")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_schema_prints_the_committed_one(program: Program) -> None:
    done = program("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "schemas/monitorspec.schema.json").read_text(encoding="utf-8")


def test_explain_lists_codes_and_explains_one(program: Program) -> None:
    done = program("explain")
    assert done.returncode == 0
    codes = [line.split()[0] for line in done.stdout.splitlines()]
    assert "routes/nobody" in codes
    page = program("explain", "routes/nobody")
    assert page.returncode == 0
    assert page.stdout.startswith("routes/nobody\n=============\n\n")


def test_explain_of_an_unknown_code_gets_near_ones(program: Program) -> None:
    done = program("explain", "routes/nobdy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `routes/nobody`" in done.stderr


def test_a_spec_that_is_no_text_is_a_finding_not_a_crash(program: Program) -> None:
    SPEC_FILE.write_bytes(b"\xff\xfe\x00\x01")
    done = program("lint")
    assert done.returncode == 1
    assert "error[" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_folder_named_like_a_spec_is_no_crash(program: Program) -> None:
    Path("specs/folder.monitorspec.yaml").mkdir()
    done = program("lint")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
