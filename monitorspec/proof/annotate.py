"""What Prometheus makes of an alert's labels and annotations, for the part of Go's templates that alerts usually hold.

In: a template, the labels of the series, the value. Out: the text, or None where the template holds more than this part:
`$labels.x`, `$value`, and the formatting functions of Prometheus and `printf`, called or piped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

_ACTION = re.compile(r"\{\{(?P<left>- )?\s*(?P<body>.*?)\s*(?P<right> -)?\}\}", re.DOTALL)
_LABEL = re.compile(r"\$labels\.([A-Za-z_][A-Za-z0-9_]*)|\.Labels\.([A-Za-z_][A-Za-z0-9_]*)")
_PRINTF = re.compile(r'printf\s+"((?:[^"\\%]|%%)*%\.?\d*[fgeds](?:[^"\\%]|%%)*)"')
Value = float | str


def render(template: str, labels: Mapping[str, str], value: Decimal | None) -> str | None:
    """The text, or None where it cannot be known."""
    if "{{" not in template:
        return template
    out, end, trim = [], 0, False
    for match in _ACTION.finditer(template):
        text = template[end : match.start()]
        text = text.lstrip() if trim else text
        out.append(text.rstrip() if match["left"] else text)
        made = _pipeline(match["body"], labels, value)
        if made is None:
            return None
        out.append(made if isinstance(made, str) else go_float(made))
        end, trim = match.end(), bool(match["right"])
    rest = template[end:]
    if "{{" in rest:
        return None
    return "".join(out) + (rest.lstrip() if trim else rest)


def _pipeline(body: str, labels: Mapping[str, str], value: Decimal | None) -> Value | None:
    first, *stages = (part.strip() for part in _split(body))
    current = _term(first, labels, value)
    for stage in stages:
        if current is None:
            return None
        current = _call(stage, current)
    return current


def _split(body: str) -> list[str]:
    """At `|` outside strings."""
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^|"])+', body) or [""]


def _term(text: str, labels: Mapping[str, str], value: Decimal | None) -> Value | None:
    if text in ("$value", ".Value"):
        return None if value is None else float(value)
    label = _LABEL.fullmatch(text)
    if label:
        return labels.get(label[1] or label[2], "")
    literal = re.fullmatch(r'"([^"\\]*)"', text)
    if literal:
        return literal[1]
    call, _, argument = text.rpartition(" ")
    if call and (argument in ("$value", ".Value") or _LABEL.fullmatch(argument)):
        inner = _term(argument, labels, value)
        return None if inner is None else _call(call.strip(), inner)
    return None


def _call(name: str, argument: Value) -> Value | None:
    text = _TEXT.get(name)
    if text and isinstance(argument, str):
        return text(argument)
    number = _NUMBER.get(name)
    if number and isinstance(argument, float) and math.isfinite(argument):
        return number(argument)
    form = _PRINTF.fullmatch(name)
    if form:
        letter = re.search(r"(?<!%)%\.?\d*([fgeds])", form[1])
        if letter and ((letter[1] == "s") == isinstance(argument, str)) and letter[1] in "fges" and "%g" not in form[1]:
            return form[1] % argument
    return None


def go_float(value: float) -> str:
    """A number as Go prints it by itself: the fewest digits, an exponent from 1e6 on and below 1e-4."""
    text = repr(value)
    if not math.isfinite(value):
        return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}[text]
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)
    size = len(digits) + exponent - 1
    if value and not -4 <= size < 6:
        mantissa = "".join(map(str, digits))
        mantissa = mantissa[0] + (f".{mantissa[1:]}" if len(mantissa) > 1 else "")
        return f"{'-' if sign else ''}{mantissa}e{'-' if size < 0 else '+'}{abs(size):02d}"
    return format(Decimal(text).normalize(), "f")


def _humanize(value: float) -> str:
    if value == 0:
        return f"{value:.4g}"
    if abs(value) >= 1:
        prefix = ""
        for prefix_, _ in zip("kMGTPEZY", range(8), strict=True):
            if abs(value) < 1000:
                break
            prefix, value = prefix_, value / 1000
        return f"{value:.4g}{prefix}"
    prefix = ""
    for prefix_ in "mμnpfazy":
        if abs(value) >= 1:
            break
        prefix, value = prefix_, value * 1000
    return f"{value:.4g}{prefix}"


def _humanize1024(value: float) -> str:
    if abs(value) <= 1:
        return f"{value:.4g}"
    prefix = ""
    for prefix_ in ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"):
        if abs(value) < 1024:
            break
        prefix, value = prefix_, value / 1024
    return f"{value:.4g}{prefix}"


def _humanize_percentage(value: float) -> str:
    return f"{value * 100:.4g}%"


def _humanize_duration(value: float) -> str | None:
    if abs(value) >= 2**63:
        # More seconds than Go's integers hold.
        return None
    if value == 0:
        return "0s"
    if abs(value) < 1:
        prefix = ""
        for prefix_ in "mμnpfazy":
            if abs(value) >= 1:
                break
            prefix, value = prefix_, value * 1000
        return f"{value:.4g}{prefix}s"
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole = int(value)
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{value:.4g}s"


_NUMBER: Mapping[str, Callable[[float], str | None]] = {
    "humanize": _humanize,
    "humanize1024": _humanize1024,
    "humanizePercentage": _humanize_percentage,
    "humanizeDuration": _humanize_duration,
}
_TEXT: Mapping[str, Callable[[str], str]] = {"toUpper": str.upper, "toLower": str.lower}
