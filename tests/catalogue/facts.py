"""What AWS itself says about the metrics that the catalogue describes, as a table.

In: a folder with two packages of AWS (both Apache-2.0):

    pip download --no-deps awslabs.cloudwatch-mcp-server==0.3.1     (metric_metadata.json: units, statistics, recommended alarms)
    npm pack @aws-cdk/aws-service-spec@0.1.216                      (db.json.gz: dimension sets)

Out: aws-metrics.tsv beside this file. `python tests/catalogue/facts.py FOLDER` writes it, the tests only read it.
"""

from __future__ import annotations

import gzip
import json
import sys
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).parent / "aws-metrics.tsv"
COLUMNS = "namespace metric unit statistics dimension-sets alarm-dimension-sets alarm-limits".split()


class Fact(NamedTuple):
    """`limits`: the recommended alarms with a fixed limit, as `Average > 80`."""

    namespace: str
    metric: str
    unit: str
    statistics: str
    dimension_sets: tuple[frozenset[str], ...]
    alarm_sets: tuple[frozenset[str], ...]
    limits: tuple[str, ...]


def facts() -> list[Fact]:
    """Every row of the table."""
    out = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            namespace, metric, unit, statistics, sets, alarm_sets, limits = line.split("\t")
            texts = tuple(filter(None, limits.split("; ")))
            out.append(Fact(namespace, metric, unit, statistics, _sets(sets), _sets(alarm_sets), texts))
    return out


def _sets(text: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(filter(None, one.split("+"))) for one in text.split("; ")) if text != "-" else ()


def main(folder: Path, namespaces: set[str]) -> None:
    """Write the table for `namespaces`."""
    rows: dict[tuple[str, str], dict[str, Any]] = defaultdict(
        lambda: {"unit": "", "stats": "", "sets": set(), "alarms": set(), "limits": []}
    )
    _metadata(next(folder.glob("awslabs_cloudwatch_mcp_server-*.whl")), rows)
    _dimensions(next(folder.glob("aws-cdk-aws-service-spec-*.tgz")), rows)
    lines = ["# Made by facts.py from AWS' own packages; see there.", "# " + "\t".join(COLUMNS)]
    for (namespace, metric), row in sorted(rows.items()):
        if namespace in namespaces:
            cells = [namespace, metric, row["unit"], row["stats"], _text(row["sets"]), _text(row["alarms"])]
            lines.append("\t".join([*cells, "; ".join(row["limits"])]))
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _metadata(wheel: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("metric_metadata.json"))
        data = json.loads(archive.read(name))
    for item in data:
        row = rows[item["metricId"]["namespace"], item["metricId"]["metricName"]]
        row["unit"] = item.get("unitInfo") or ""
        row["stats"] = item.get("recommendedStatistics") or ""
        for alarm in item.get("alarmRecommendations", ()):
            row["alarms"].add(tuple(sorted(dimension["name"] for dimension in alarm.get("dimensions", ()))))
            limit = alarm["threshold"].get("staticValue")
            if limit is not None:
                op = {"GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<="}
                text = f"{alarm['statistic']} {op[alarm['comparisonOperator'].removesuffix('Threshold')]} {limit:g}"
                row["limits"] = list(dict.fromkeys([*row["limits"], text]))


def _dimensions(package: Path, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/db.json.gz")
        assert member is not None
        schema = json.loads(gzip.decompress(member.read()))["schema"]
    metrics = {metric["$id"]: metric for metric in schema["metric"]["entities"]}
    sets = {one["$id"]: one for one in schema["dimensionSet"]["entities"]}
    for id, used in schema["usesDimensionSet"]["forward"].items():
        row = rows[metrics[id]["namespace"], metrics[id]["name"]]
        row["sets"] |= {tuple(sorted(d["name"] for d in sets[link["$id"]]["dimensions"])) for link in used}


def _text(sets: set[tuple[str, ...]]) -> str:
    return "; ".join("+".join(names) for names in sorted(sets)) if sets else "-"


if __name__ == "__main__":
    from monitorspec import catalogue

    main(Path(sys.argv[1]), set(catalogue.described()))
