"""Lint takes anything: real specs with parts lost, doubled, swapped or replaced by nonsense never make it raise."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from monitorspec import source
from monitorspec.cli import group
from monitorspec.compiler import compile_text
from monitorspec.report import FORMATS

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.monitorspec.yaml"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in SPECS}
DATA = {name: source.parse(text, name).data for name, text in TEXTS.items()}
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, "", " ", "5m", "80%", "{{", "${x}", "a\nb", "\u00e9\U0001f600", "%", "-", "*", "null",
    "sum(rate(x[5m]))", "x{", "[", "/etc/passwd", "../..", [], [None], [[]], [1, "a"], ["a", "a"], {}, {"a": None}, {"": 1},
    {"a": {"b": {"c": []}}}, {"expr": 1}, "x" * 5000,
]  # fmt: skip


def _paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    out = [here] if here else []
    for key, value in children:
        out += _paths(value, (*here, key))
    return out


PATHS = {name: _paths(data) for name, data in DATA.items()}


def _mutated(name: str, changes: list[tuple[int, str, int]]) -> Any:
    data = copy.deepcopy(DATA[name])
    for where, how, which in changes:
        *parents, last = PATHS[name][where % len(PATHS[name])]
        node = data
        try:
            for part in parents:
                node = node[part]
            if how == "delete":
                del node[last]
            elif how == "replace":
                node[last] = copy.deepcopy(ODD[which % len(ODD)])
            elif how == "rename":
                node[str(ODD[which % len(ODD)])[:200]] = node.pop(last)
            elif how == "double":
                node[f"{last}2" if isinstance(node, dict) else last] = copy.deepcopy(node[last])
            else:
                # Another part of the same spec, in the wrong place.
                other: Any = DATA[name]
                for part in PATHS[name][which % len(PATHS[name])]:
                    other = other[part]
                node[last] = copy.deepcopy(other)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change has taken the place away
    return data


def _lint(text: str, name: str, environment: str = "") -> None:
    compiled = compile_text(text, f"specs/{name}", environment)
    for format_ in ("text", "json", "github"):
        assert isinstance(FORMATS[format_](compiled.diagnostics, compiled.texts), str)
    assert (compiled.plan is None) == any(d.level == "error" for d in compiled.diagnostics)
    for d in compiled.diagnostics:
        assert d.position.line >= 1
        assert d.message
        assert "Traceback" not in d.message


NAMES = st.sampled_from(sorted(TEXTS))
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from(["delete", "replace", "rename", "double", "move"]),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=4,
)


@given(NAMES, CHANGES)
def test_changed_nodes(name: str, changes: list[tuple[int, str, int]]) -> None:
    _lint(json.dumps(_mutated(name, changes), indent=1), name)


@given(NAMES, st.floats(0, 1))
@settings(max_examples=60)
def test_truncated_text(name: str, share: float) -> None:
    text = TEXTS[name]
    _lint(text[: int(len(text) * share)], name)


@given(
    NAMES,
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 3),
            st.one_of(st.sampled_from(list("{}[]:,'\"#&*!|>%@`-\t\n\0 ")), st.text(max_size=3)),
        ),
        min_size=1,
        max_size=3,
    ),
)
@settings(max_examples=100)
def test_changed_text(name: str, edits: list[tuple[float, int, str]]) -> None:
    text = TEXTS[name]
    for share, lost, added in edits:
        at = int(len(text) * share)
        text = text[:at] + added + text[at + lost :]
    _lint(text, name)


@pytest.mark.parametrize("odd", ODD, ids=[json.dumps(odd)[:20] for odd in ODD])
def test_odd_value_at_every_key_of_the_top(odd: Any) -> None:
    """What stands at one place is tried at all of them, where a random choice may come late."""
    from monitorspec.spec.record import key_of
    from monitorspec.spec.root import Spec

    sound = {"version": 1, "system": "shop", "owner": "payments"}
    sound |= {"services": {"api": {"thresholds": {"cpu": {"expr": "cpu_ratio", "above": {"critical": "95%"}}}}}}
    for field in Spec.__annotations__:
        _lint(json.dumps({**sound, key_of(field): odd}), "datavault.monitorspec.yaml")
        _lint(json.dumps({**sound, key_of(field): {"a": odd}}), "datavault.monitorspec.yaml")
        _lint(json.dumps({**sound, "environments": {"staging": {key_of(field): odd}}}), "x.yaml", "staging")


def test_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound specs end with 0; broken ones with 1 and findings, never with an exception."""
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        for part, code in ((text, 0), (text[: len(text) // 2] + "\n  - {", 1)):
            Path(name).write_text(part, encoding="utf-8")
            result = CliRunner().invoke(group, ["lint", name])
            assert result.exit_code == code, result.output
            assert result.exception is None or isinstance(result.exception, SystemExit)
