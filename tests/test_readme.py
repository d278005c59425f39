"""README.md: its first spec, and the picture of what comes out of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from monitorspec.compiler import compile_file, compile_text, emit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def first_spec() -> str:
    found = re.search(r"<!-- file: specs/checkout\.monitorspec\.yaml -->\n```yaml\n(.*?)^```$", README, re.S | re.M)
    assert found
    return found[1]


def test_the_first_spec_compiles_without_a_finding(first_spec: str) -> None:
    compiled = compile_text(first_spec, "specs/checkout.monitorspec.yaml")
    assert compiled.diagnostics == []
    assert compiled.plan is not None
    assert len(compiled.plan.alerts) == 10  # as the text says


def test_the_picture_shows_what_really_comes_out(first_spec: str) -> None:
    plan = compile_text(first_spec, "specs/checkout.monitorspec.yaml").plan
    alarms = compile_file(ROOT / "docs/examples/cloudwatch.monitorspec.yaml").plan
    assert plan is not None
    assert alarms is not None
    files = {"spec": first_spec, **{a.path: a.text for made in (alarms, plan) for a in emit(made)}}
    shown = [
        (text.get("data-file"), text.text or "")
        for text in ElementTree.parse(ROOT / "docs/picture.svg").iter(f"{SVG}text")
        if text.get("data-file")
    ]
    assert {name.split("/")[0] for name, _ in shown if name} == {
        "spec",
        "prometheus",
        "alertmanager",
        "grafana",
        "cloudwatch",
        "runbooks",
    }
    for name, line in shown:
        assert name in files
        lines = files[name].splitlines()
        cut = line.removesuffix(" …").strip()
        assert any(cut in real for real in lines), (name, line)


def test_the_two_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("build", "test"):
        assert f"\nmake {target} " in README
        assert re.search(rf"^{target}:", makefile, re.M)
