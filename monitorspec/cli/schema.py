"""`monitorspec schema`: the JSON Schema of specs, for editors.

In: nothing. Out: the schema on stdout.
"""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs.

    Editors with a YAML language server read it from the first line of a spec:
    `# yaml-language-server: $schema=../schemas/monitorspec.schema.json`.
    """
    from monitorspec.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
