"""Go templates: our verdict against promtool's, and Alertmanager's own functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec import tools
from monitorspec.gotemplate import ALERTMANAGER, PROMETHEUS, PROMETHEUS_VARIABLES, problem
from monitorspec.yamltext import dump

GOOD = [
    "no template at all: }} {",
    "{{ $labels.pod }} is {{ $value | humanize }}",
    '{{ if eq $labels.severity "critical" }}a{{ else if eq 1 2 }}b{{ else }}c{{ end }}',
    '{{ range $i, $x := query "up" }}{{ $i }}{{ $x.Value }}{{ end }}',
    '{{ range query "up" }}{{ .Value }}{{ if gt .Value 1.0 }}{{ break }}{{ end }}{{ end }}',
    '{{ with printf "up{a=%q}" $labels.x | query }}{{ . | first | value }}{{ end }}',
    "{{- /* a comment }} with braces */ -}} x",
    '{{ "{{" }} {{ `}}` }} {{ "a\\"b" }}',
    "{{ $x := 1 }}{{ $x }}{{ $x = 2 }}",
    '{{ (index $labels "a") }}',
    '{{ reReplaceAll "a(.*)" "b$1" $labels.x | toUpper }}',
    '{{ printf "%.2f" $value }}',
    "{{ -1 }}{{ 'a' }}{{ true }}",
    "{{ . }}",
    "{{ .Labels.a }}{{ .Value }}{{ .ExternalLabels }}",
    "{{ $externalURL }}{{ externalURL }}",
    '{{ define "x" }}y{{ end }}{{ template "x" . }}',
    "{{ humanizeDuration (len $labels) }}",
    "{{if $value}}x{{end}}",
    "{{ $value|humanize }}",
]
BAD = [
    "{{ if }}",
    "{{ evil }}",
    "{{ $x }}",
    "{{ if $value }}",
    "{{ end }}",
    "{{ | humanize }}",
    "{{ (len $labels }}",
    "{{ $labels.x",
    "{{ $labels.x } }",
    "{{ else }}",
    "{{ if 1 }}{{ else }}{{ else }}{{ end }}",
    "{{ humanizePercent $value }}",
    "{{ }}",
    "{{ range $x }}{{ end }}",
    "{{ $value ) }}",
    "{{ template x }}",
    "{{ break }}",
    "{{ if 1 }}{{ $y := 2 }}{{ end }}{{ $y }}",
    '{{ "unclosed }}',
    "{{ $value & 1 }}",
    "{{ end 1 }}",
]


@pytest.mark.usefixtures("promtool")
def test_the_verdict_is_promtool_s(tmp_path: Path) -> None:
    files = []
    for n, template in enumerate(GOOD + BAD):
        rule = {"alert": "A", "expr": "up", "annotations": {"x": template}}
        files.append(tmp_path / f"{n}.rules.yml")
        files[-1].write_text(dump({"groups": [{"name": "g", "rules": [rule]}]}), encoding="utf-8")
    checked = tools.run("promtool", ["check", "rules", *map(str, files)])
    accepted = [f"/{n}.rules.yml: " not in checked.output for n in range(len(files))]
    assert checked.code != 0
    ours = [problem(template, PROMETHEUS, PROMETHEUS_VARIABLES) == "" for template in GOOD + BAD]
    assert ours == accepted == [True] * len(GOOD) + [False] * len(BAD)


def test_alertmanager_has_functions_of_its_own() -> None:
    assert problem('{{ .CommonLabels.SortedPairs.Values | join "," }}', ALERTMANAGER) == ""
    assert "join" in problem('{{ join "," .X }}', PROMETHEUS)
    assert "$labels" in problem("{{ $labels.x }}", ALERTMANAGER)
    assert "`toUpper`" in problem("{{ toUper .X }}", ALERTMANAGER)


def test_a_pipe_to_nothing_is_refused_though_go_takes_it() -> None:
    assert problem("{{ $value | }}", PROMETHEUS, PROMETHEUS_VARIABLES) != ""
