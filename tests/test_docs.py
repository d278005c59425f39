"""The documentation: every table, example, command and output in it is what the program says today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs import refresh
from monitorspec import source, tools
from monitorspec.cli import VERBS, group
from monitorspec.compiler import compile_file, emit, environments
from monitorspec.explain import codes
from monitorspec.targets import TARGETS

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.monitorspec.yaml"))
LANGUAGES = {"yaml", "console", "sh"}


def _page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _blocks(text: str) -> list[tuple[str, str]]:
    """(language, content) of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)


@pytest.mark.usefixtures("promtool", "amtool")
@pytest.mark.parametrize("page", refresh.PAGES)
def test_a_page_says_what_the_program_says_today(page: str) -> None:
    if (tools.version("promtool"), tools.version("amtool")) != ((2, 42), (0, 25)):
        pytest.skip("the outputs on the pages are those of Debian 12's promtool and amtool")
    text = _page(page)
    assert refresh.refreshed(text) == text, f"{page} is not up to date: run `make docs` and look at what it changes"


@pytest.mark.parametrize("page", refresh.PAGES)
def test_every_block_is_of_a_kind_that_is_tested(page: str) -> None:
    for language, content in _blocks(_page(page)):
        assert language in LANGUAGES
        if language == "yaml":
            loaded = source.parse(content, page)
            assert [d.message for d in loaded.diagnostics] == []
        if language == "sh":
            made = re.findall(r"^(\w+):", _page("Makefile"), re.M)
            for line in content.splitlines():
                command, target, *_ = line.split()
                assert command == "make"
                assert target in made


@pytest.mark.parametrize("page", refresh.PAGES)
def test_every_command_shown_ends_well_or_is_meant_not_to(page: str) -> None:
    for language, content in _blocks(_page(page)):
        if language == "console":
            assert content.startswith("$ ")
            assert "Traceback" not in content
            assert "not found" not in content


@pytest.mark.parametrize("page", refresh.PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)]+)\)", re.sub(r"^```.*?^```$", "", _page(page), flags=re.S | re.M)):
        path, _, anchor = target.partition("#")
        if path.startswith("http"):
            continue
        file = folder / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            text = file.read_text(encoding="utf-8")
            headings = {
                re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.M)
            }
            assert anchor in headings or f'id="{anchor}"' in text, target


def test_the_reference_has_every_key_of_every_model() -> None:
    schema = json.loads(_page("schemas/monitorspec.schema.json"))
    shown = set(re.findall(r"<!-- keys: (\w+) -->", _page("docs/spec.md")))
    assert shown == {"Spec", *(name for name in schema["$defs"] if not name.endswith("Overlay"))}
    text = _page("docs/spec.md")
    for name in schema["$defs"]:
        if not name.endswith("Overlay"):
            for key, part in schema["$defs"][name]["properties"].items():
                table = text.split(f"<!-- keys: {name} -->")[1].split("<!-- end -->")[0]
                assert f"`{key}`" in table
                assert part["description"].replace("|", "\\|") in table


def test_every_verb_and_option_is_documented() -> None:
    text = _page("docs/cli.md")
    with click.Context(group) as context:
        for verb in VERBS:
            command = group.get_command(context, verb)
            assert command is not None
            assert f"\n## {verb}\n" in text
            section = text.split(f"\n## {verb}\n")[1].split("\n## ")[0]
            for parameter in command.params:
                for option in parameter.opts if isinstance(parameter, click.Option) else ():
                    assert option in section, f"{verb} {option}"
                if isinstance(parameter.type, click.Choice):
                    for choice in parameter.type.choices:
                        assert str(choice) in section, f"{verb} {choice}"


def test_every_target_is_documented_with_the_files_it_makes(tmp_path: Path) -> None:
    text = _page("docs/targets.md")
    for target in TARGETS:
        assert f"| `{target}` |" in text
    said = [re.sub(r"<\w+>", "*", path) for path in re.findall(r"`([\w-]+/[^` ]+)`", text.split("\n\n")[1])]
    for file in [*EXAMPLES, *sorted((ROOT / "specs").glob("*.monitorspec.yaml"))]:
        plan = compile_file(file).plan
        assert plan is not None
        for artifact in emit(plan):
            assert any((tmp_path / artifact.path).match(pattern) for pattern in said), artifact.path


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_compiles_in_each_environment_without_a_finding(file: Path) -> None:
    for name in ["", *environments(file)]:
        compiled = compile_file(file, name)
        assert compiled.diagnostics == []
        assert compiled.plan is not None


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_alerts_of_an_example_are_proven(file: Path, tmp_path: Path) -> None:
    plan = compile_file(file).plan
    assert plan is not None
    tests = []
    for artifact in emit(plan, ("prometheus", "promtest")):
        out = tmp_path / artifact.path
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(artifact.text, encoding="utf-8")
        if artifact.path.endswith(".test.yml"):
            tests.append(out)
    done = tools.prove_rules(tests)
    assert done.code == 0, done.output
    text = "".join(test.read_text(encoding="utf-8") for test in tests)
    fired = set(re.findall(r"alertname: (\S+)\n\s+exp_alerts:\n", text))
    assert {a.name for a in plan.alerts if not a.on_cloudwatch} - fired == set()


@pytest.mark.usefixtures("promtool")
def test_the_tests_of_the_examples_pass() -> None:
    """Those that they write and those that follow from them: of rules, of alarms, and of who is told."""
    result = CliRunner().invoke(group, ["test", str(ROOT / "docs" / "examples"), "--jobs", "2"])
    assert result.exit_code == 0, result.output


def test_the_list_of_codes_is_complete() -> None:
    pages = _page("docs/lint.md").partition("## All codes")[2] + _page("docs/review.md")
    listed = re.findall(r"^\| `(\w+/[\w-]+)` \| (.+) \|$", pages, re.M)
    known = {code: title.removesuffix(".").replace("|", "\\|") for code, title in codes().items()}
    assert dict(listed) == known, "the lists of codes are not up to date: run `make docs`"
