"""What Kubernetes' API server takes for names, labels, images and other short texts.

In: a text. Out: "" when it is taken, else what it has to be, in words. The rules are those of k8s.io/apimachinery
(`pkg/util/validation`) and k8s.io/kubernetes (`pkg/apis/core/validation`), of the oldest version that outputs hold on, 1.25.
"""

from __future__ import annotations

import re

from monitorspec.plan import AgentToleration

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*")
_KEY = re.compile(r"[-._A-Za-z0-9]+")
_PORT_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_CAPABILITY = re.compile(r"[A-Z][A-Z0-9_]*")
_TAINT = re.compile(r"(\*|[^=:*]*)(?:=([^:]*))?(?::(\w*))?")
_FIELD = re.compile(
    r"metadata\.(?:name|namespace|uid)|metadata\.(?:labels|annotations)\['([^']+)'\]"
    r"|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIP|podIP|podIPs)"
)
# The grammar of references, github.com/distribution/reference.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_IMAGE = re.compile(
    rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
# The volume of an agent's files; no mount can have its name.
FILES_VOLUME = "config-files"
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.labels['<key>']",
    "metadata.annotations['<key>']",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.podIP",
    "status.podIPs",
)


def label(name: str) -> str:
    """The name of a namespace, volume or container: a DNS label (RFC 1123)."""
    fits = len(name) <= 63 and _LABEL.fullmatch(name)
    return "" if fits else "lower-case letters, digits and `-`, no `-` at either end, at most 63"


def service(name: str) -> str:
    """The name of a Service: a DNS label that begins with a letter (RFC 1035)."""
    fits = label(name) == "" and name[0].isalpha()
    return "" if fits else "lower-case letters, digits and `-`, a letter first, no `-` at the end, at most 63"


def subdomain(name: str) -> str:
    """The name of a Secret, service account or priority class: DNS labels with dots between."""
    fits = len(name) <= 253 and _SUBDOMAIN.fullmatch(name)
    return "" if fits else "lower-case letters, digits, `-` and `.`, a letter or digit at both ends, at most 253"


def label_key(key: str) -> str:
    """The key of a label, annotation or taint: `name` or `domain/name`."""
    prefix, slash, name = key.rpartition("/")
    fits = len(name) <= 63 and _QUALIFIED.fullmatch(name) and (not slash or subdomain(prefix) == "")
    return "" if fits else "letters, digits, `-`, `_` and `.`, at most 63, with `domain/` before them if wanted"


def label_value(value: str) -> str:
    """The value of a label."""
    fits = value == "" or (len(value) <= 63 and _QUALIFIED.fullmatch(value))
    return "" if fits else "letters, digits, `-`, `_` and `.`, a letter or digit at both ends, at most 63"


def variable(name: str) -> str:
    """The name of an environment variable."""
    fits = _VARIABLE.fullmatch(name) and name not in (".", "..") and not name.startswith("..")
    return "" if fits else "letters, digits, `_`, `-` and `.`, no digit first"


def config_key(key: str) -> str:
    """A key of a ConfigMap or Secret."""
    fits = len(key) <= 253 and _KEY.fullmatch(key) and key != "." and not key.startswith("..")
    return "" if fits else "letters, digits, `-`, `_` and `.`, at most 253"


def port_name(name: str) -> str:
    """The name of a port (IANA service name, RFC 6335)."""
    fits = len(name) <= 15 and _PORT_NAME.fullmatch(name) and any(c.isalpha() for c in name)
    return "" if fits else "lower-case letters, digits and single `-`, a letter among them, at most 15"


def port_number(number: int) -> str:
    """The number of a port."""
    return "" if 1 <= number <= 65535 else "from 1 to 65535"


def user_id(number: int) -> str:
    """The id of a user or group on Linux."""
    return "" if 0 <= number <= 2147483647 else "from 0 to 2147483647"


def capability(name: str) -> str:
    """The name of a Linux capability."""
    fits = _CAPABILITY.fullmatch(name) and not name.startswith("CAP_")
    return "" if fits else "capital letters and `_`, without `CAP_` before them, or `ALL`"


def field(path: str) -> str:
    """The path of a field of the pod that an environment variable can hold."""
    found = _FIELD.fullmatch(path)
    fits = found is not None and (found[1] is None or label_key(found[1]) == "")
    return "" if fits else f"one of {', '.join(FIELDS)}"


def image(reference: str) -> str:
    """The reference of an image."""
    fits = len(reference) <= 255 and _IMAGE.fullmatch(reference)
    return "" if fits else "such as `registry.example/name:version`"


def pinned(reference: str) -> bool:
    """Whether the reference of an image always means the same image, as far as its publisher keeps to it."""
    found = _IMAGE.fullmatch(reference)
    return found is not None and (found["digest"] is not None or found["tag"] not in (None, "latest"))


def absolute(path: str) -> str:
    """A path on the node or in a container."""
    fits = path.startswith("/") and ":" not in path and ".." not in path.split("/")
    return "" if fits else "a path from `/` on, without `:` and `..`"


def toleration(text: str) -> AgentToleration | None:
    """What `key=value:Effect` tolerates, or None for a text that says nothing Kubernetes knows."""
    found = _TAINT.fullmatch(text)
    if found is None or (found[3] is not None and found[3] not in EFFECTS):
        return None
    key, value, effect = found[1], found[2], found[3] or ""
    if key == "*":
        return AgentToleration("", None, effect) if value is None else None
    if label_key(key) or (value is not None and label_value(value)):
        return None
    return AgentToleration(key, value, effect)
