"""Intrinsic functions of CloudFormation, resolved without deploying anything.

In: templates as mappings, parameter values. Out: resources with finished properties. What nobody knows before the deployment
stays a symbol: a parameter without a value is its own name, a resource its logical id (an alarm: its name), an import that
no given stack exports the export's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from monitorspec.alarmstate.errors import ReferenceFault

METRIC, COMPOSITE, MUTE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::AlarmMuteRule"
# Attributes that are another spelling of what `Ref` gives.
_SAME = {"AWS::SNS::Topic": "TopicArn"}
_variable = re.compile(r"\$\{(!?)([^}]*)\}").sub
_NOTHING = object()
DEPTH = 100


class Stack(NamedTuple):
    """A template as it would be deployed."""

    template: Mapping[str, Any]
    parameters: Mapping[str, Any] = {}
    region: str = "us-east-1"
    name: str = "stack"
    account: str = "123456789012"


class Resource(NamedTuple):
    """An alarm or mute rule of a stack, with finished properties; `name` as AWS knows it."""

    stack: int
    """Number of its stack, from 0 on."""
    id: str
    type: str
    name: str
    properties: Mapping[str, Any]


def resources_of(stacks: Sequence[Stack], only: Collection[str] = ()) -> Iterator[Resource]:
    """The alarms and mute rules of all stacks, or those with the logical ids `only`; ReferenceFault for what leads nowhere."""
    exports: dict[str, Callable[[], Any]] = {}
    resolvers = [Resolver(stack, exports) for stack in stacks]
    for resolver in resolvers:
        exports.update(resolver.exports())
    for number, resolver in enumerate(resolvers):
        for id, kind in resolver.alarms(only):
            yield Resource(number, id, kind, resolver.reference(id, id), resolver.properties(id))


class Resolver:
    """One stack's references. `exports`: what other stacks export, by name."""

    def __init__(self, stack: Stack, exports: Mapping[str, Callable[[], Any]]) -> None:
        self.stack = stack
        self._exports = exports
        self._parts = {
            part: _mapping(stack.template.get(part) or {}, part)
            for part in ("Parameters", "Conditions", "Mappings", "Resources", "Outputs")
        }
        unknown = next((name for name in stack.parameters if name not in self._parts["Parameters"]), None)
        if unknown is not None:
            raise ReferenceFault(f"the template has no parameter {unknown}")
        self._open: list[str] = []

    def alarms(self, only: Collection[str] = ()) -> Iterator[tuple[str, str]]:
        """(logical id, type) of the alarms and mute rules that are made, or of `only` some."""
        resources = self._parts["Resources"]
        for id in (id for id in only if id in resources) if only else resources:
            resource = resources[id]
            kind = _mapping(resource, id).get("Type")
            if kind not in (METRIC, COMPOSITE, MUTE):
                continue
            condition = resource.get("Condition")
            if condition is None or self._condition(str(condition), id):
                yield id, str(kind)

    def properties(self, id: str) -> Mapping[str, Any]:
        """The finished properties of a resource."""
        given = _mapping(self._parts["Resources"][id], id).get("Properties") or {}
        return _mapping(self.value(given, f"Resources.{id}.Properties"), id)

    def exports(self) -> dict[str, Callable[[], Any]]:
        """What the stack exports, computed when it is asked for."""
        out: dict[str, Callable[[], Any]] = {}
        for id, output in self._parts["Outputs"].items():
            export = _mapping(output, id).get("Export")
            if isinstance(export, Mapping) and "Name" in export:
                where = f"Outputs.{id}"
                name = str(self.value(export["Name"], where))
                out[name] = lambda output=output, where=where: self.value(output.get("Value"), where)  # type: ignore[misc]
        return out

    def value(self, given: Any, where: str) -> Any:
        """A part of the template without intrinsic functions; `where` it stands."""
        found = self._value(given, where)
        return None if found is _NOTHING else found

    def _value(self, given: Any, where: str) -> Any:
        if where.count(".") > DEPTH:
            raise ReferenceFault(f"{where[:80]}… is nested more than {DEPTH} deep")
        if isinstance(given, list | tuple):
            items = [self._value(item, f"{where}.{n}") for n, item in enumerate(given)]
            return [item for item in items if item is not _NOTHING]
        if not isinstance(given, Mapping):
            return given
        if len(given) == 1:
            ((key, argument),) = given.items()
            if key == "Ref":
                return self.reference(str(argument), where)
            function = _FUNCTIONS.get(str(key))
            if function:
                return function(self, argument, f"{where}.{key}")
            if str(key).startswith("Fn::"):
                raise ReferenceFault(f"{where}: {key} cannot be resolved here")
        pairs = [(key, self._value(inner, f"{where}.{key}")) for key, inner in given.items()]
        return {key: inner for key, inner in pairs if inner is not _NOTHING}

    # ---- names

    def reference(self, name: str, where: str) -> Any:
        """What `Ref` gives."""
        if name.startswith("AWS::"):
            return self._pseudo(name, where)
        if name in self._parts["Parameters"]:
            return self._parameter(name)
        if name in self._parts["Resources"]:
            resource = _mapping(self._parts["Resources"][name], name)
            properties = resource.get("Properties")
            key = {METRIC: "AlarmName", COMPOSITE: "AlarmName", MUTE: "Name"}.get(str(resource.get("Type")), "")
            if isinstance(properties, Mapping) and properties.get(key) is not None:
                return self._guarded(name, lambda: self.value(properties[key], f"Resources.{name}.Properties.{key}"))
            return name
        return self._fail(where, f"{name} is neither a parameter nor a resource")

    def _parameter(self, name: str) -> Any:
        declared = _mapping(self._parts["Parameters"][name], name)
        value = self.stack.parameters.get(name, declared.get("Default"))
        if value is None:
            value = name
        if "List" in str(declared.get("Type")) and isinstance(value, str):
            return [part.strip() for part in value.split(",")]
        return value

    def _pseudo(self, name: str, where: str) -> Any:
        stack = self.stack
        known = {
            "AWS::Region": stack.region,
            "AWS::AccountId": stack.account,
            "AWS::Partition": "aws-cn" if stack.region.startswith("cn-") else "aws",
            "AWS::URLSuffix": "amazonaws.com.cn" if stack.region.startswith("cn-") else "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": f"arn:aws:cloudformation:{stack.region}:{stack.account}:stack/{stack.name}/0",
            "AWS::NotificationARNs": [],
            "AWS::NoValue": _NOTHING,
        }
        if name not in known:
            self._fail(where, f"there is no pseudo parameter {name}")
        return known[name]

    def attribute(self, id: str, name: str, where: str) -> Any:
        """What `Fn::GetAtt` gives: the ARN of an alarm, else a symbol."""
        if id not in self._parts["Resources"]:
            self._fail(where, f"{id} is no resource")
        kind = str(_mapping(self._parts["Resources"][id], id).get("Type"))
        if kind in (METRIC, COMPOSITE) and name == "Arn":
            partition = self._pseudo("AWS::Partition", where)
            called = self.reference(id, where)
            return f"arn:{partition}:cloudwatch:{self.stack.region}:{self.stack.account}:alarm:{called}"
        return id if _SAME.get(kind) == name else f"{id}.{name}"

    # ---- functions

    def _get_att(self, given: Any, where: str) -> Any:
        parts = given.split(".", 1) if isinstance(given, str) else given
        if not isinstance(parts, list | tuple) or len(parts) != 2:
            self._fail(where, "it wants a resource and an attribute")
        return self.attribute(str(parts[0]), str(self._value(parts[1], where)), where)

    def _sub(self, given: Any, where: str) -> Any:
        text, own = given if isinstance(given, list | tuple) and len(given) == 2 else (given, {})
        if not isinstance(text, str) or not isinstance(own, Mapping):
            self._fail(where, "it wants a text, or a text and a mapping")

        def put(found: re.Match[str]) -> str:
            name = found[2].strip()
            if found[1]:
                return f"${{{found[2]}}}"
            if name in own:
                value = self._value(own[name], f"{where}.{name}")
            elif "." in name:
                id, _, attribute = name.partition(".")
                value = self.attribute(id, attribute, where)
            else:
                value = self.reference(name, where)
            if isinstance(value, Mapping | list) or value is _NOTHING:
                self._fail(where, f"${{{name}}} is no text")
            return str(value)

        return _variable(put, text)

    def _join(self, given: Any, where: str) -> Any:
        mark, items = self._pair(given, where)
        if not isinstance(mark, str) or not isinstance(items, list):
            self._fail(where, "it wants a text and a list")
        return mark.join(map(str, items))

    def _split(self, given: Any, where: str) -> Any:
        mark, text = self._pair(given, where)
        if not isinstance(mark, str) or not isinstance(text, str) or not mark:
            self._fail(where, "it wants two texts")
        return text.split(mark)

    def _select(self, given: Any, where: str) -> Any:
        at, items = self._pair(given, where)
        if not str(at).isdigit() or not isinstance(items, list) or int(at) >= len(items):
            self._fail(where, f"there is no item {at}")
        return items[int(at)]

    def _pair(self, given: Any, where: str) -> tuple[Any, Any]:
        if not isinstance(given, list | tuple) or len(given) != 2:
            self._fail(where, "it wants two values")
        return self._value(given[0], where), self._value(given[1], where)

    def _find(self, given: Any, where: str) -> Any:
        if not isinstance(given, list | tuple) or len(given) not in (3, 4):
            self._fail(where, "it wants the names of a map and two keys")
        names = [str(self._value(name, where)) for name in given[:3]]
        found: Any = self._parts["Mappings"]
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None and len(given) == 4 and isinstance(given[3], Mapping) and "DefaultValue" in given[3]:
            return self._value(given[3]["DefaultValue"], where)
        if found is None:
            self._fail(where, f"there is no {' → '.join(names)} in Mappings")
        return found

    def _import(self, given: Any, where: str) -> Any:
        name = str(self._value(given, where))
        exported = self._exports.get(name)
        return self._guarded(f"export {name}", exported) if exported else name

    def _choose(self, given: Any, where: str) -> Any:
        if not isinstance(given, list | tuple) or len(given) != 3:
            self._fail(where, "it wants a condition and two values")
        return self._value(given[1 if self._condition(str(given[0]), where) else 2], where)

    # ---- conditions

    def _condition(self, name: str, where: str) -> bool:
        if name not in self._parts["Conditions"]:
            self._fail(where, f"there is no condition {name}")
        given = self._parts["Conditions"][name]
        return bool(self._guarded(f"condition {name}", lambda: self._truth(given, f"Conditions.{name}")))

    def _truth(self, given: Any, where: str) -> bool:
        if isinstance(given, Mapping) and len(given) == 1:
            ((key, argument),) = given.items()
            if key == "Condition":
                return self._condition(str(argument), where)
            parts = argument if isinstance(argument, list | tuple) else [argument]
            if key == "Fn::Equals":
                left, right = self._pair(argument, where)
                return str(left) == str(right)
            if key in ("Fn::And", "Fn::Or", "Fn::Not"):
                found = [self._truth(part, where) for part in parts]
                return all(found) if key == "Fn::And" else any(found) if key == "Fn::Or" else not found[0]
        return self._fail(where, "it is no condition")

    def _guarded(self, name: str, made: Callable[[], Any]) -> Any:
        """`made()`, unless it needs itself."""
        if name in self._open:
            raise ReferenceFault(f"{name} refers to itself: {' → '.join([*self._open, name])}")
        self._open.append(name)
        try:
            return made()
        finally:
            self._open.pop()

    def _fail(self, where: str, what: str) -> NoReturn:
        raise ReferenceFault(f"{where}: {what}")


_FUNCTIONS: dict[str, Callable[[Resolver, Any, str], Any]] = {
    "Fn::FindInMap": Resolver._find,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::If": Resolver._choose,
    "Fn::ImportValue": Resolver._import,
    "Fn::Join": Resolver._join,
    "Fn::Select": Resolver._select,
    "Fn::Split": Resolver._split,
    "Fn::Sub": Resolver._sub,
}


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ReferenceFault(f"{where} is no mapping")
    return given
