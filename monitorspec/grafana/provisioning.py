"""Grafana's provisioning files: where dashboards are found, and the data sources.

In: the plan. Out: plain data for YAML.

Grafana replaces `$NAME` and `${NAME}` in these files by the environment of its process. Names and uids are
written so that it does not; the address and the raw options of a data source are left to it, because that is how a secret gets
there.
"""

from __future__ import annotations

from typing import Any

from monitorspec import names
from monitorspec.grafana.queries import PLUGINS
from monitorspec.plan import Datasource, Plan

Json = dict[str, Any]

# Below Grafana's own data folder, a folder per system; the packages and the container image look there by custom.
FOLDER = "/var/lib/grafana/dashboards"


def literal(text: str) -> str:
    """Text that Grafana takes as it is: a doubled dollar is one."""
    return text.replace("$", "$$")


def dashboards(plan: Plan) -> Json:
    """The provider that reads the dashboards from files."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": names.uid("monitorspec", plan.system),
                "orgId": 1,
                "folder": literal(plan.title or plan.system),
                "folderUid": names.uid(plan.system),
                "type": "file",
                "disableDeletion": False,
                "editable": False,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": f"{FOLDER}/{names.slug(plan.system)}", "foldersFromFilesStructure": False},
            }
        ],
    }


def datasources(plan: Plan) -> Json:
    """The declared data sources."""
    return {"apiVersion": 1, "datasources": [_datasource(d) for d in plan.datasources]}


def _datasource(d: Datasource) -> Json:
    options = {**_defaults(d), **d.options}
    out: Json = {
        "name": literal(d.name),
        "type": PLUGINS[d.type],
        "uid": literal(d.uid),
        "access": "proxy",
        "orgId": 1,
        "isDefault": d.default,
        "editable": False,
    }
    if d.url:
        out["url"] = d.url
    if options:
        out["jsonData"] = options
    return out


def _defaults(d: Datasource) -> Json:
    if d.type == "prometheus":
        # A dashboard's queries outgrow what some proxies take in an address.
        return {"httpMethod": "POST"}
    if d.type in ("cloudwatch", "xray"):
        return {"authType": "default"} | ({"defaultRegion": literal(d.region)} if d.region else {})
    if d.type == "alertmanager":
        return {"implementation": "prometheus"}
    return {}
