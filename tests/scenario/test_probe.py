"""What promtool prints, read back: of 2.42, of 3.x, and of labels that hold anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec import tools
from monitorspec.scenario.probe import Group, Question, answers, said, text

OLD = r"""  FAILED:
    expr: "ALERTS or label_replace(vector(0), \"monitorspec_probe\", \"7\", \"\", \"\")", time: 5m,
        exp: nil
        got: {__name__="ALERTS", alertname="Cpu", alertstate="firing", odd="a\"b\\n, c} 1"} 1E+00, {monitorspec_probe="7"} 0E+00
"""
NEW = r"""  FAILED:
    name: some test,
    expr: "ALERTS or label_replace(vector(0), \"monitorspec_probe\", \"7\", \"\", \"\")", time: 5m,
        exp: nil
        got: ALERTS{alertname="Cpu", alertstate="firing", "odd"="a\"b\\n, c} 1"} 1E+00, {monitorspec_probe="7"} 0E+00
"""


@pytest.mark.parametrize("output", [OLD, NEW])
def test_an_answer_is_read_in_every_spelling(output: str) -> None:
    ((number, samples),) = answers(output).items()
    assert number == 7
    (sample,) = samples
    labels = {"__name__": "ALERTS", "alertname": "Cpu", "alertstate": "firing", "odd": 'a"b\\n, c} 1'}
    assert sample == (labels, 1.0)


def test_other_failures_are_no_answers() -> None:
    assert answers(OLD.replace("monitorspec_probe", "other")) == {}
    assert said("    rule: Cpu, time: 1m0s, err: many-to-many matching\n") == [
        "rule: Cpu, time: 1m0s, err: many-to-many matching"
    ]


@pytest.mark.usefixtures("promtool")
def test_labels_come_back_as_they_went_in(tmp_path: Path) -> None:
    odd = 'é "q" \\ \n\t {x="y"}, 5'
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{record: copied, expr: level}]}]\n", encoding="utf-8")
    series = 'level{odd="é \\"q\\" \\\\ \\n\\t {x=\\"y\\"}, 5"}'
    group = Group(
        "one", 60_000, ((series, "0+1x5"),), (Question(3, 120_000, "copied"), Question(4, 120_000, "nothing"))
    )
    (tmp_path / "t.yml").write_text(text(["r.yml"], ["g"], 60_000, [group]), encoding="utf-8")
    done = tools.run("promtool", ["test", "rules", str(tmp_path / "t.yml")])
    assert done.code == 1
    assert answers(done.output) == {3: [({"__name__": "copied", "odd": odd}, 2.0)], 4: []}
