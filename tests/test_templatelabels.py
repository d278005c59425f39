"""Which labels templates read: in rules and in messages, through variables, blocks and calls."""

from __future__ import annotations

import pytest

from monitorspec.templatelabels import message_reads, rule_reads

IN_RULES = [
    ("{{ $labels.pod }}", "pod"),
    ("{{.Labels.pod}}", "pod"),
    ("{{ $.Labels.pod | title }}", "pod"),
    ('{{ index $labels "pod" }}', "pod"),
    ('{{ (index .Labels "pod") | toUpper }}', "pod"),
    ("{{ with $labels }}{{ .pod }}{{ end }}{{ .Labels.node }}", "pod node"),
    ("{{ $mine := $labels }}{{ $mine.pod }}", "pod"),
    ('{{ printf "%s %s" $labels.a .Labels.b }} {{ $labels.c }}', "a b c"),
    ('{{ if eq $labels.env "prod" }}x{{ end }}', "env"),
    ("{{- $labels.pod -}}", "pod"),
    # What is asked for first may be missing.
    ("{{ with $labels.pod }}{{ . }}{{ $labels.pod }}{{ else }}{{ $labels.node }}{{ end }}", "node"),
    ("{{ if and $labels.a (not .Labels.b) }}{{ $labels.a }}{{ end }}", ""),
    ('{{ or $labels.a $labels.b "none" }}', ""),
    ('{{ if index $labels "a" }}{{ $labels.a }}{{ end }}', ""),
    # Other things have labels too.
    ('{{ range query "up" }}{{ .Labels.instance }}{{ end }}', ""),
    ('{{ with query "up" }}{{ . | first | label "job" }}{{ $labels.pod }}{{ end }}', "pod"),
    ("{{ range $name, $value := $labels }}{{ $name }}{{ end }}", ""),
    ("{{ $externalLabels.cluster }} {{ $value }}", ""),
    ("{{/* $labels.pod */}} labels of $labels.pod", ""),
    ('{{ define "x" }}{{ .Labels.a }}{{ end }}{{ .Labels.b }}', "b"),
    ("{{ $labels.pod", ""),
]
IN_MESSAGES = [
    ("{{ .CommonLabels.pod }} {{ .GroupLabels.node }}", "CommonLabels.pod GroupLabels.node"),
    ("{{ range .Alerts }}{{ .Labels.pod }}{{ end }}", "labels.pod"),
    ("{{ range .Alerts.Firing }}{{ .Labels.pod }}{{ $.CommonLabels.a }}{{ end }}", "labels.pod CommonLabels.a"),
    ("{{ range $n, $alert := .Alerts.Resolved }}{{ $alert.Labels.pod }}{{ end }}", "labels.pod"),
    ("{{ (index .Alerts 0).Labels.pod }}", "labels.pod"),
    ('{{ .CommonLabels.SortedPairs.Values | join " " }}{{ range .CommonLabels.SortedPairs }}{{ .Name }}{{ end }}', ""),
    ("{{ with .CommonLabels.pod }}{{ . }}{{ end }}", ""),
    ("{{ .CommonAnnotations.summary }} {{ .Labels.pod }}", ""),
]


@pytest.mark.parametrize(("template", "labels"), IN_RULES, ids=[template for template, _ in IN_RULES])
def test_in_a_rule(template: str, labels: str) -> None:
    found = rule_reads(template)
    assert [read.label for read in found] == labels.split()
    assert all(template[read.offset :].startswith(read.label) for read in found)


@pytest.mark.parametrize(("template", "labels"), IN_MESSAGES, ids=[template for template, _ in IN_MESSAGES])
def test_in_a_message(template: str, labels: str) -> None:
    found = message_reads(template)
    assert [f"{read.of}.{read.label}" for read in found] == labels.split()
    assert all(template[read.offset :].startswith(read.label) for read in found)
