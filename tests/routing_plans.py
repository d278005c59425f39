"""Small plans for tests of routing, without a spec around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitorspec.matching import matches
from monitorspec.plan import (
    Inhibit,
    Links,
    Matcher,
    Mute,
    Plan,
    Receiver,
    Route,
    Severity,
    Span,
    Stack,
    Target,
    Versions,
    Window,
    WindowPart,
)

SEVERITIES = (Severity("critical", 0, True, ""), Severity("warning", 1, False, ""), Severity("info", 2, False, ""))
ALWAYS = Window("always", (WindowPart((), (Span(0, 1440),), (), (), "UTC"),), ())
NEVER = Window("never", (WindowPart((), (Span(0, 1),), (Span(31, 31),), (Span(2, 2),), "UTC"),), ())


def eq(label: str, value: str) -> Matcher:
    return Matcher(label, "=", value)


def target(
    receiver: str, after: int = 0, repeat: int | None = None, active: Sequence[str] = (), muted: Sequence[str] = ()
) -> Target:
    return Target(receiver, after, repeat, tuple(active), tuple(muted))


def route(
    name: str,
    matchers: Sequence[Matcher] = (),
    targets: Sequence[Target | str] = (),
    routes: Sequence[Route] = (),
    *,
    continue_: bool = False,
    group_by: tuple[str, ...] | None = None,
    group_wait: int | None = None,
) -> Route:
    told = tuple(target(t) if isinstance(t, str) else t for t in targets)
    return Route(name, tuple(matchers), told, group_by, group_wait, None, None, continue_, tuple(routes), ())


def plan(
    root: Route,
    *,
    mutes: Iterable[Mute] = (),
    windows: Iterable[Window] = (ALWAYS, NEVER),
    inhibits: Iterable[Inhibit] = (),
    receivers: Iterable[Receiver] | None = None,
    severities: tuple[Severity, ...] = SEVERITIES,
    global_: dict[str, object] | None = None,
) -> Plan:
    """A plan with this tree; its receivers are those that the tree names unless told."""
    if receivers is None:
        receivers = [Receiver(name, (), (), ()) for name in sorted(_named(root))]
    return Plan(
        system="shop", title="Shop", description="", owner="team", environment="", labels={}, targets=("alertmanager",),
        versions=Versions((2, 42), (0, 25)), links=Links("", "", "", ""), severities=severities, services=(),
        records=(), receivers=tuple(receivers), root=root, windows=tuple(windows), mutes=tuple(mutes),
        inhibits=tuple(inhibits), dashboards=(), datasources=(), runbooks=(), prometheus=None,
        alertmanager_global=global_ or {}, alertmanager_templates=(), stack=Stack(), agents=(),
    )  # fmt: skip


def _named(node: Route) -> set[str]:
    return {t.receiver for t in node.targets}.union(*(_named(r) for r in node.routes))


def intended(node: Route, labels: dict[str, str], inherited: Sequence[Target] = ()) -> list[Target]:
    """Who is told by the spec's rules, word by word, without windows and mutes: another way than that of `routetree`."""
    own = node.targets or tuple(inherited)
    out: list[Target] = []
    for finer in node.routes:
        if matches(finer.matchers, labels):
            out += intended(finer, labels, own)
            if not finer.continue_:
                return out
    return [*out, *own]
