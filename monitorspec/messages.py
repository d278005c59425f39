"""What receivers are told where the spec does not say: Go templates for each kind of integration.

In: an integration's kind, the plan's severities. Out: fields with their templates. They say what is wrong, how it is
described, and where its runbook and its dashboard are, by the annotations of the alert rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitorspec.plan import Severity

# "[FIRING:2] ApiCpu (api)"; an alert name only where the group has one.
TITLE = (
    '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] '
    "{{ with .CommonLabels.alertname }}{{ . }}{{ else }}{{ .Alerts | len }} alerts{{ end }}"
    "{{ with .CommonLabels.service }} ({{ . }}){{ end }}"
)
SUMMARY = (
    "{{ with .CommonAnnotations.summary }}{{ . }}{{ else }}{{ with .CommonLabels.alertname }}{{ . }}: {{ end }}"
    "{{ .Alerts.Firing | len }} firing{{ with .CommonLabels.service }} in {{ . }}{{ end }}{{ end }}"
)


# What may stand in a link: nothing that could end it and begin another.
_ADDRESS = "`^https?://[^<>|()\\s]+$`"


def _body(bold: str, escape: str, link: str) -> str:
    """One paragraph an alert. `escape`: a pipe after each text; `link`: markup of an address and a word, or ""."""
    state = f"{{{{ if eq .Status `resolved` }}}}resolved{{{{ else }}}}{{{{ .Labels.severity{escape} }}}}{{{{ end }}}}"
    summary = f"{{{{ with .Annotations.summary }}}}{{{{ .{escape} }}}}"
    alertname = f"{{{{ else }}}}{{{{ .Labels.alertname{escape} }}}}{{{{ end }}}}"
    description = f"{{{{ with .Annotations.description }}}}\n{{{{ .{escape} }}}}{{{{ end }}}}"
    runbook = _address("runbook_url", "Runbook", escape, link)
    dashboard = _address("dashboard_url", "Dashboard", escape, link)
    text = f"{bold}{state}{bold} {summary}{alertname}{description}{runbook}{dashboard}"
    return f"{{{{ range .Alerts }}}}{text}\n\n{{{{ end }}}}"


def _address(annotation: str, word: str, escape: str, link: str) -> str:
    """A link, or the text of what is no address (runbooks may have a path only)."""
    text = f"{word}: {{{{ .{escape} }}}}"
    if link:
        text = f"{{{{ if match {_ADDRESS} . }}}}{link.format(word)}{{{{ else }}}}{text}{{{{ end }}}}"
    return f"{{{{ with .Annotations.{annotation} }}}}\n{text}{{{{ end }}}}"


PLAIN = _body("", "", "")
# In Slack `<` begins a link or a call of the whole channel (its "escaping text"): a label's value must do neither.
SLACK = _body("*", " | reReplaceAll `<` `&lt;`", "<{{{{ . }}}}|{}>")
MARKDOWN = _body("**", "", "[{}]({{{{ . }}}})")

_FIELDS: dict[str, dict[str, str]] = {
    "pagerduty": {"description": SUMMARY},
    "slack": {"title": TITLE, "text": SLACK, "fallback": TITLE},
    "opsgenie": {"message": SUMMARY, "description": PLAIN},
    "sns": {"subject": TITLE, "message": PLAIN},
    "victorops": {"entity_display_name": SUMMARY, "state_message": PLAIN},
    "pushover": {"title": TITLE, "message": PLAIN},
    "wechat": {"message": PLAIN},
    "telegram": {"message": TITLE + "\n" + PLAIN},
    "discord": {"title": TITLE, "message": MARKDOWN},
    "webex": {"message": TITLE + "\n\n" + MARKDOWN},
    "msteams": {"title": TITLE, "text": MARKDOWN},
    "msteamsv2": {"title": TITLE, "text": MARKDOWN},
    "jira": {"summary": SUMMARY, "description": PLAIN},
    "rocketchat": {"title": TITLE, "text": MARKDOWN},
    "mattermost": {"text": TITLE + "\n\n" + MARKDOWN},
}
_DETAILS = {
    "description": "{{ .CommonAnnotations.description }}",
    "runbook": "{{ .CommonAnnotations.runbook_url }}",
    "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
    "service": "{{ .CommonLabels.service }}",
}
_PAGERDUTY = ("critical", "error", "warning", "info")
_OPSGENIE = {"critical": "P1", "error": "P2", "warning": "P3", "info": "P5"}


def defaults(kind: str, severities: Sequence[Severity]) -> dict[str, object]:
    """Fields of an integration that the spec may leave out."""
    fields: dict[str, object] = dict(_FIELDS.get(kind, {}))
    if kind == "pagerduty":
        fields["severity"] = _by_severity(severities, lambda level: level, "error")
        fields["details"] = dict(_DETAILS)
    elif kind == "opsgenie":
        fields["priority"] = _by_severity(severities, _OPSGENIE.__getitem__, "P3")
    elif kind == "pushover":
        # Emergency messages are repeated until somebody confirms them: for what is meant to page only.
        paging = "".join(f" {_quoted(s.name)}" for s in severities if s.page)
        urgent = (
            f'{{{{ if and (eq .Status "firing") (eq .CommonLabels.severity{paging}) }}}}2{{{{ else }}}}0{{{{ end }}}}'
        )
        fields["priority"] = urgent if paging else "0"
    elif kind == "email":
        fields["headers"] = {"Subject": TITLE}
    return fields


def _by_severity(severities: Sequence[Severity], word: Callable[[str], str], otherwise: str) -> str:
    """A template that turns the severity of the alerts into another scale's."""
    out = ""
    for severity in severities:
        test = f"eq .CommonLabels.severity {_quoted(severity.name)}"
        out += f"{{{{ {'else ' if out else ''}if {test} }}}}{word(_level(severity, severities))}"
    return f"{out}{{{{ else }}}}{otherwise}{{{{ end }}}}" if out else otherwise


def _level(severity: Severity, severities: Sequence[Severity]) -> str:
    """PagerDuty's word for a severity: its own name where that is one, else by its place in the list."""
    if severity.name in _PAGERDUTY:
        return severity.name
    if severity.rank == 0:
        return "critical"
    if severity.page:
        return "error"
    return "info" if severity.rank == len(severities) - 1 > 1 else "warning"


def _quoted(text: str) -> str:
    """A string of Go's templates."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
