"""`monitorspec explain`: what a diagnostic's code means; what there is to know of an SLO or an alert of a spec.

In: a code, or a spec with the kind and name of what is asked for. Out: its page or sheet on stdout; without a name, a list.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from monitorspec.cli.common import FINDINGS, env_option, find_specs, plain_format_option, show, table
from monitorspec.explain import codes, page
from monitorspec.plan import Alert, Slo
from monitorspec.sheets import Sheet

VERSION = 1
KINDS = ("slo", "alert")


@click.command("explain")
@click.argument("what", nargs=-1, metavar="[CODE | SPEC [slo|alert [NAME]]]")
@env_option
@plain_format_option("How the explanation is printed.")
def command(what: tuple[str, ...], environment: str, format_: str) -> None:
    """Explain a diagnostic's code, an SLO or an alert.

    With a CODE, such as `routes/nobody`: what it means, why it matters, what to do. With a SPEC, `slo` and the SLO's name, such
    as `api.availability`: its error budget, its burn-rate tiers, and how fast they notice an outage. With `alert` and the
    alert's name, such as `api.cpu.critical`: when it fires, on what, and who is told. Without a code or name, a list.
    """
    if not what or what[0] in codes():
        if environment:
            raise click.UsageError("`--env` needs a SPEC")
        if len(what) > 1:
            raise click.UsageError(f"`{what[0]}` is a code and takes nothing behind it, not `{what[1]}`")
        text, data = _code(what[0]) if what else _codes()
    else:
        spec, kind, name = (*what, "", "")[:3]
        path = _spec(spec, len(what) > 1)
        if kind and kind not in KINDS:
            raise click.UsageError(f"`{kind}` is neither `slo` nor `alert`{_meant(kind, KINDS)}")
        if len(what) > 3:
            raise click.UsageError(f"one name at a time: `{what[3]}` is too many")
        text, data = _of_spec(path, environment, kind, name)
    if format_ == "json":
        import orjson

        text = orjson.dumps({"version": VERSION, **data}, option=orjson.OPT_INDENT_2).decode()
    click.echo(text)


# ---- codes


def _codes() -> tuple[str, dict[str, Any]]:
    known = codes()
    width = max(map(len, known))
    return "\n".join(f"{name:<{width}}  {title}" for name, title in known.items()), {"codes": known}


def _code(code: str) -> tuple[str, dict[str, Any]]:
    text = page(code)
    return text, {"code": code, "page": text}


# ---- specs


def _spec(name: str, more: bool) -> Path:
    """The file that is meant. What is no file was meant as a code, unless there is more behind it."""
    if name in KINDS and more and not Path(name).exists():
        raise click.UsageError(f"name the spec first: `monitorspec explain SPEC {name} …`")
    if Path(name).exists() or more or name.endswith((".yaml", ".yml")):
        found = find_specs([name])
        if len(found) > 1:
            raise click.UsageError(f"`{name}` has {len(found)} specs: name one, such as `{found[0]}`")
        return found[0]
    known = codes()
    near = get_close_matches(name, known, 3, 0.4)
    hint = f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else "`monitorspec explain` lists all of them"
    raise click.UsageError(f"no code `{name}`: {hint}")


def _of_spec(path: Path, environment: str, kind: str, name: str) -> tuple[str, dict[str, Any]]:
    from monitorspec.compiler import compile_file

    compiled = compile_file(path, environment)
    plan = compiled.plan
    if plan is None:
        show([d for d in compiled.diagnostics if d.level == "error"], compiled.texts, "text")
        sys.exit(FINDINGS)
    slos = {f"{slo.service}.{slo.key}": slo for service in plan.services for slo in service.slos}
    alerts = {alert.id: alert for alert in plan.alerts}
    system = {"system": plan.system, "environment": plan.environment}
    if not name:
        kinds = [kind] if kind else list(KINDS)
        data = {f"{k}s": list(slos if k == "slo" else alerts) for k in kinds}
        blocks = [block for k in kinds for block in (_slos(slos) if k == "slo" else _alerts(alerts))]
        return "\n\n".join(blocks) or f"no {' and no '.join(kinds)} in {path}", system | data
    # Loaded here: a code's page needs none of it.
    from monitorspec.sheets import alert as alert_sheet
    from monitorspec.sheets import slo as slo_sheet

    if kind == "slo":
        slo = slos[_known(name, slos, f"SLO in {path}")]
        return _text(slo_sheet.sheet(plan, slo)), system | slo_sheet.fields(plan, slo)
    alert = alerts[_known(name, alerts, f"alert in {path}")]
    return _text(alert_sheet.sheet(plan, alert)), system | alert_sheet.fields(plan, alert)


def _known(name: str, known: Mapping[str, Any], what: str) -> str:
    """The name, where there is one; what stands nearest to it else, names of which it is a part first."""
    if name in known:
        return name
    longer = [full for full in known if f".{name}." in f".{full}."]
    raise click.UsageError(f"no {what} is called `{name}`{_meant(name, known, longer)}")


def _meant(name: str, known: Iterable[str], first: Iterable[str] = ()) -> str:
    names = list(known)
    near = list(dict.fromkeys([*first, *get_close_matches(name, names, 3)]))[:3]
    if near:
        return f"; did you mean {' or '.join(f'`{n}`' for n in near)}?"
    return f"; there is {', '.join(names[:10])}{' …' if len(names) > 10 else ''}" if names else "; there is none"


def _slos(slos: Mapping[str, Slo]) -> Iterator[str]:
    from monitorspec.sheets.slo import promise

    if slos:
        rows = [(name, promise(slo), slo.title) for name, slo in slos.items()]
        yield "\n".join(table([("SLO", "Objective", "Title"), *rows], "<<<"))


def _alerts(alerts: Mapping[str, Alert]) -> Iterator[str]:
    from monitorspec.phrases import condition_text

    if alerts:
        rows = [(alert.id, alert.severity, condition_text(alert)) for alert in alerts.values()]
        yield "\n".join(table([("Alert", "Severity", "Fires when"), *rows], "<<<"))


def _text(sheet: Sheet) -> str:
    width = max(len(name) for name, _ in sheet.facts)
    indent = "\n" + " " * (width + 2)
    blocks = [sheet.title, "\n".join(f"{name:<{width}}  {said.replace(chr(10), indent)}" for name, said in sheet.facts)]
    for part in sheet.tables:
        blocks += [part.title] if part.title else []
        blocks.append("\n".join(table(part.rows, part.sides)))
        blocks += [part.remark] if part.remark else []
    return "\n\n".join(blocks)
