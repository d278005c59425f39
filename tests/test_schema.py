"""The JSON Schema: what editors and CI check specs with, held against what monitorspec itself says of the same specs."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from monitorspec import source
from monitorspec.spec import schema as spec_schema
from monitorspec.spec.schema import json_schema
from monitorspec.spec.validate import validate

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "schemas" / "monitorspec.schema.json"
SPECS = sorted([*(ROOT / "specs").glob("*.monitorspec.yaml"), *(ROOT / "docs" / "examples").glob("*.monitorspec.yaml")])
SCHEMA = json.loads(COMMITTED.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BROAD = """
version: 1
system: shop
owner: web
labels: {team: web}
targets: {prometheus: "2.45", only: [prometheus, grafana]}
severities: {critical: {page: true}, warning: {}}
services:
  api:
    selector: {job: api}
    metrics: {requests_total: {type: counter, unit: count, labels: [code], buckets: [0.1, 1]}}
    slos:
      availability:
        objective: 99.9%
        window: 28d
        ratio: {bad: 'requests_total{code="500"}', total: requests_total}
        min_traffic: 1/s
        alerts: {page-fast: {burn_rate: 10, long_window: 2h, short_window: 10m}, ticket-slow: null}
    thresholds:
      cpu: {expr: cpu_ratio, unit: ratio, above: {critical: 90%, warning: 0.8}, for: 10m, inclusive: true}
      queue: {expr: queue_size, above: {warning: 100}, forecast: {window: 1h, within: 4h}}
      lag:
        cloudwatch: {namespace: AWS/Kinesis, metric: Lag, stat: Maximum, period: 1m, dimensions: {StreamName: x}}
        above: {warning: 60}
        datapoints: 3 of 5
        missing: ok
    rules: {raw: {rules: [{alert: X, expr: up == 0, labels: {severity: critical}}]}}
    runbooks: {cpu: {impact: Slow., steps: [Look.], queries: {top: {shell: top}}}}
receivers: {chat: {slack: {channel: '#x'}}}
routes:
  default: {notify: chat, group_by: [alertname]}
  critical: {notify: [chat], escalate: [{after: 15m, to: [chat]}], continue: false}
windows: {nights: {days: mon-fri, hours: 22:00-06:00, tz: Europe/Berlin}}
mute: {patching: {match: {service: api}, during: nights}}
dashboards:
  main:
    refresh: 1m
    rows: {Top: {panels: {CPU: {threshold: api.cpu, width: 12}}, collapsed: true}}
agents:
  datadog-agent:
    image: example/agent:1
    pull_secrets: registry
    command: [agent, run]
    env: {SITE: example.com}
    secrets: {API_KEY: {name: keys, key: api}}
    ports: {traces: {port: 8126, protocol: TCP, host_port: 8126}}
    service: true
    mounts: {proc: {host: /proc, path: /host/proc, writable: false}}
    resources: {requests: {cpu: 1, memory: 128Mi}, limits: {cpu: 1.5}}
    liveness: {port: traces, path: /, scheme: HTTP, period: 10s, failures: 3}
    readiness: {port: 8126}
    security: {user: 0, privileged: false, drop: ALL, add: [SYS_TIME], seccomp: RuntimeDefault}
    account: {create: true, annotations: {role: x}}
    permissions: {pods: {groups: [''], resources: pods, verbs: [get, list]}}
    tolerations: ['*']
    max_unavailable: 10%
    replicas: 2
environments: {staging: {services: {api: {slos: {availability: {objective: 99%}}, thresholds: {cpu: null}}}}}
"""


def _data(text: str) -> Any:
    loaded = source.parse(text, "spec.yaml")
    assert loaded.diagnostics == ()
    return loaded.data


def _accepted_by_us(data: Any) -> bool:
    """Whether our own validation finds nothing; environments are validated when they are laid over the spec."""
    return not validate(data, source.Positions.none("spec.yaml")).diagnostics


def _accepted_by_schema(data: Any) -> bool:
    return bool(VALIDATOR.is_valid(data))


# ---- the schema itself


def test_the_committed_schema_is_the_one_that_is_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "monitorspec", "schema"], capture_output=True, cwd=ROOT, timeout=60, check=True
    )
    assert COMMITTED.read_bytes() == printed.stdout, "run `make schema` and commit the result"


def test_it_is_valid_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def _properties(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, part in node.get("properties", {}).items():
            yield f"{where}.{name}", part
        for key, part in node.items():
            inner = part.items() if key in ("properties", "$defs") else [("", part)]
            for name, child in inner:
                yield from _properties(child, f"{where}.{name or key}")
    elif isinstance(node, list):
        for n, child in enumerate(node):
            yield from _properties(child, f"{where}[{n}]")


def test_every_property_has_a_description() -> None:
    found = dict(_properties(SCHEMA))
    assert len(found) > 300
    assert [where for where, part in found.items() if not part.get("description", "").endswith((".", "`"))] == []


def test_no_reference_leads_nowhere() -> None:
    text = json.dumps(SCHEMA)
    used = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert used == set(SCHEMA["$defs"])


# ---- the schema and our own validation


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.name)
def test_specs_and_examples_hold(file: Path) -> None:
    data = source.load(file, file.name).data
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


def test_both_accept_a_broad_spec() -> None:
    data = _data(BROAD)
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []
    assert _accepted_by_us(data)


def _paths(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        yield (*path, key)
        yield from _paths(child, (*path, key))


def _changed(data: Any, path: tuple[str | int, ...], change: str) -> Any:
    out = copy.deepcopy(data)
    node = out
    for part in path[:-1]:
        node = node[part]
    key = path[-1]
    if change == "removed":
        del node[key]
    elif change == "renamed":
        if isinstance(node, dict):
            node[f"{key}z"] = node.pop(key)
    else:
        node[key] = {"a number": 12, "a text": "some text", "a boolean": True, "a list": [1], "a mapping": {"q": 1}}[
            change
        ]
    return out


CHANGES = ("removed", "renamed", "a number", "a text", "a boolean", "a list", "a mapping")
# Quantities are parsed by us and no pattern in the schema, which is looser here: a text without any number is let through.
QUANTITIES = {"above", "below", "burn_rate", "recover"}
# Python's True equals 1, for pydantic's literals too.
LOOSER = {("version", "a boolean")}


def test_both_agree_on_specs_with_one_thing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    built = spec_schema.validator()
    monkeypatch.setattr("monitorspec.spec.validate.validator", lambda: built)  # once for all
    data = _data(BROAD)
    data.pop("environments")
    tried = refused = 0
    different = []
    for path in _paths(data):
        for change in CHANGES:
            wrong = _changed(data, path, change)
            ours, theirs = _accepted_by_us(wrong), _accepted_by_schema(wrong)
            tried += 1
            refused += not ours
            name = ".".join(map(str, path))
            known = (name, change) in LOOSER if ours else change == "a text" and QUANTITIES & set(name.split("."))
            if ours != theirs and not known:
                different.append((name, change, "we accept" if ours else "the schema accepts"))
    assert different == []
    assert tried > 500
    assert refused > 300


def test_an_environment_may_leave_out_and_delete_anything_but_not_misspell_it() -> None:
    data = _data(BROAD)
    staging = data["environments"]["staging"]
    assert _accepted_by_schema(data)
    staging["services"]["api"]["slos"]["availability"] = {"window": None}
    staging["routes"] = {"critical": None, "warning": {"notify": "chat"}}
    staging["datasources"] = {"prometheus": {"url": "http://staging", "default": None}}
    assert _accepted_by_schema(data)
    wrong: dict[str, Any]
    for wrong in (
        {"servces": {}},
        {"services": {"api": {"threshold": {}}}},
        {"services": {"api": {"slos": {"availability": {"objektive": "99%"}}}}},
        {"services": {"api": {"slos": {"availability": {"objective": 12}}}}},
        {"routes": {"critical": {"escalate": [{"to": "chat"}]}}},  # a list replaces, so its items are whole
        {"environments": {}},
    ):
        data["environments"]["staging"] = wrong
        assert not _accepted_by_schema(data), wrong


def test_what_an_extended_spec_may_give_is_only_asked_of_one_that_extends_none() -> None:
    assert not _accepted_by_schema({"version": 1, "system": "shop"})
    assert _accepted_by_schema({"version": 1, "system": "shop", "extends": "org.yaml"})


def test_keys_for_anchors_are_accepted_everywhere() -> None:
    data = _data(BROAD)
    data["x-common"] = {"anything": [1]}
    data["services"]["api"]["thresholds"]["cpu"]["x-note"] = 1
    assert _accepted_by_schema(data)
    assert _accepted_by_us(data)


# ---- the kept core schema


WRONG = {
    "version": 2,
    "system": "s",
    "owner": 12,
    "services": {"api": {"slos": {"a": {"objective": "99"}}, "thresholds": {"t": {"for": "x", "abov": {}}}}},
}


def _messages() -> list[tuple[Any, ...]]:
    found = validate(WRONG, source.Positions.none("spec.yaml")).diagnostics
    return [(d.code, d.message, d.help) for d in found]


def test_the_kept_schema_validates_as_a_fresh_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "cache" / "schema.x.json"
    monkeypatch.setattr(spec_schema, "_cache_file", lambda _: kept)
    fresh = _messages()
    assert len(fresh) == 5
    assert kept.is_file()

    def never() -> Any:
        raise AssertionError("built although a kept one was there")

    with monkeypatch.context() as patched:
        patched.setattr(spec_schema, "_core_schema", never)
        assert _messages() == fresh
        assert _accepted_by_us(_data(BROAD))


def test_what_was_made_from_older_models_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "schema.x.json"
    monkeypatch.setattr(spec_schema, "_cache_file", lambda _: kept)
    # As if a checkout had changed the models' files after this process read them.
    monkeypatch.setattr(
        spec_schema, "_READ", min(f.stat().st_ctime_ns for f in Path(spec_schema.__file__).parent.glob("*.py"))
    )
    assert len(_messages()) == 5
    assert not kept.exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"type": "no such"}', b'{"$class": "os:system"}']
)
def test_a_spoilt_kept_schema_is_built_anew(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "schema.x.json"
    monkeypatch.setattr(spec_schema, "_cache_file", lambda _: kept)
    fresh = _messages()
    whole = kept.read_bytes()
    kept.write_bytes(content)
    assert _messages() == fresh
    assert kept.read_bytes() == whole


def test_a_schema_that_cannot_be_kept_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr(spec_schema, "_cache_file", lambda _: in_the_way / "schema.x.json")
    assert len(_messages()) == 5
    assert in_the_way.read_text(encoding="utf-8") == "not a folder"


def test_a_read_only_folder_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(spec_schema, "_cache_file", lambda _: tmp_path / "schema.x.json")
    # The superuser may write everywhere, so the file system alone would not refuse it.
    monkeypatch.setattr(Path, "write_text", refused)
    assert len(_messages()) == 5
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_made_of_the_models_and_nothing_else() -> None:
    assert json_schema() == SCHEMA
