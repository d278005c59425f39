"""Spec into plan: defaults, inheritance and references, resolved here and only here.

In: a valid `Spec`, the places of its values, a reader for the Markdown files that it names. Out: `Plan` and diagnostics
(with an error among them the plan is not to be emitted).
"""

from __future__ import annotations

from collections.abc import Sequence

from monitorspec import plan
from monitorspec import receivers as receiver_kinds
from monitorspec.diagnostics import Diagnostic
from monitorspec.resolve.aws import stack
from monitorspec.resolve.aws.automations import told as told_of_automations
from monitorspec.resolve.composites import linked
from monitorspec.resolve.context import DEFAULT_SEVERITIES, Context, checked_labels, checked_name, sorted_labels
from monitorspec.resolve.mustpage import must_page
from monitorspec.resolve.notes import Notes
from monitorspec.resolve.policy import policy
from monitorspec.resolve.references import parameter_names
from monitorspec.resolve.routes import routing
from monitorspec.resolve.runbooks import ReadFile, runbooks
from monitorspec.resolve.services import records, services
from monitorspec.resolve.views import dashboards, datasources
from monitorspec.resolve.windows import windows
from monitorspec.spec.root import Spec
from monitorspec.spec.validate import Places

INTERVAL = 30_000
SLO_WINDOW = 30 * 86_400_000
# Debian 12's, the oldest that outputs have to hold on.
OLDEST = plan.Versions(prometheus=(2, 42), alertmanager=(0, 25))


def resolve(
    spec: Spec, places: Places, read: ReadFile, targets: Sequence[str], environment: str = ""
) -> tuple[plan.Plan, list[Diagnostic]]:
    """The plan of a spec; `targets` are the names of those to be made."""
    notes = Notes(places)
    context = _context(spec, notes, targets)
    checked_name(notes, spec.system, ("system",), "system")
    made = linked(context, services(context))
    made, pages = runbooks(context, made, read)
    alerts = [alert for service in made for alert in service.alerts]
    aws = stack(context, environment, made)
    known_windows = windows(context)
    told = routing(context, alerts, known_windows)
    server = spec.alertmanager
    for problem in receiver_kinds.check_global(
        (server.global_ if server else None) or {}, context.versions.alertmanager
    ):
        notes.add(problem.code, ("alertmanager", "global", *problem.path), problem.message, help=problem.help)
    result = plan.Plan(
        system=spec.system,
        title=spec.title or spec.system,
        description=spec.description or "",
        owner=spec.owner,
        environment=environment,
        labels=context.labels,
        targets=context.targets,
        versions=context.versions,
        links=_links(spec),
        severities=context.severities,
        services=tuple(made),
        records=tuple(records(context, spec.records, {}, f"{spec.system}.records", context.interval, ("records",))),
        receivers=told.receivers,
        root=told.root,
        windows=tuple(known_windows.values()),
        mutes=told.mutes,
        inhibits=told.inhibits,
        dashboards=tuple(dashboards(context, made, aws.log_groups, environment)),
        datasources=tuple(datasources(context)),
        runbooks=told_of_automations(pages, alerts, aws.automations),
        prometheus=_prometheus(context),
        alertmanager_global=(server.global_ if server else None) or {},
        alertmanager_templates=tuple((server.templates if server else None) or ()),
        stack=aws,
        agents=_agents(context),
        scenarios=_scenarios(context, alerts, told.receivers),
        policy=policy(context),
        must_page=tuple(must_page(context, alerts)),
    )
    if not made and not result.records and not result.agents:
        notes.add(
            "spec/empty",
            ("services",),
            "the spec has no services",
            key=True,
            help=("such as `services: {api: {thresholds: {…}}}`",),
        )
    return result, notes.diagnostics


def _agents(context: Context) -> tuple[plan.Agent, ...]:
    if not context.spec.agents:
        return ()
    # Few specs have agents: the others do not wait for what checks them.
    from monitorspec.resolve.agents import agents

    return tuple(agents(context))


def _scenarios(
    context: Context, alerts: Sequence[plan.Alert], receivers: Sequence[plan.Receiver]
) -> tuple[plan.Scenario, ...]:
    if not context.spec.tests:
        return ()
    from monitorspec.resolve.scenarios import scenarios

    return tuple(scenarios(context, alerts, receivers))


def _context(spec: Spec, notes: Notes, targets: Sequence[str]) -> Context:
    defaults, wanted = spec.defaults, spec.targets
    only = wanted.only if wanted else None
    versions = plan.Versions(
        prometheus=(wanted.prometheus if wanted else None) or OLDEST.prometheus,
        alertmanager=(wanted.alertmanager if wanted else None) or OLDEST.alertmanager,
    )
    for name in ("prometheus", "alertmanager"):
        have, oldest = getattr(versions, name), getattr(OLDEST, name)
        if have < oldest:
            notes.add(
                "targets/version",
                ("targets", name),
                f"{name.capitalize()} {have[0]}.{have[1]} is older than {oldest[0]}.{oldest[1]}, "
                "the oldest that outputs are made for",
            )
    return Context(
        notes=notes,
        spec=spec,
        severities=_severities(spec, notes),
        versions=versions,
        interval=(defaults.interval if defaults else None) or INTERVAL,
        hold=(defaults.for_ if defaults else None) or 0,
        slo_window=(defaults.slo_window if defaults else None) or SLO_WINDOW,
        labels=sorted_labels(checked_labels(notes, spec.labels, ("labels",)), {"system": spec.system}),
        targets=tuple(name for name in targets if only is None or name in only),
        parameters=parameter_names(spec),
    )


def _severities(spec: Spec, notes: Notes) -> tuple[plan.Severity, ...]:
    given = {name: item for name, item in (spec.severities or {}).items() if item is not None}
    if not given:
        if spec.severities is not None:
            notes.add(
                "severities/empty",
                ("severities",),
                "`severities` declares none",
                key=True,
                help=("leave it out for critical, warning and info",),
            )
        return DEFAULT_SEVERITIES
    for name in given:
        checked_name(notes, name, ("severities", name), "severity")
    return tuple(
        plan.Severity(name, rank, item.page, item.description or "") for rank, (name, item) in enumerate(given.items())
    )


def _links(spec: Spec) -> plan.Links:
    links = spec.links
    if links is None:
        return plan.Links("", "", "", "")
    return plan.Links(*((getattr(links, name) or "").rstrip("/") for name in plan.Links._fields))


def _prometheus(context: Context) -> plan.PrometheusServer | None:
    spec = context.spec.prometheus
    if spec is None:
        return None
    return plan.PrometheusServer(
        scrape_interval=spec.scrape_interval,
        evaluation_interval=spec.evaluation_interval,
        external_labels=dict(spec.external_labels or {}),
        alertmanagers=tuple(spec.alertmanagers or ()),
        scrape=tuple(
            plan.ScrapeJob(
                name=name,
                targets=tuple(job.targets),
                metrics_path=job.metrics_path or "/metrics",
                interval=job.interval,
                scheme=job.scheme or "http",
                labels=dict(job.labels or {}),
            )
            for name, job in (spec.scrape or {}).items()
        ),
        retention=spec.retention,
    )
