"""No secret of a spec reaches its own error messages, in any format."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitorspec.cli import group
from monitorspec.report import FORMATS

SPEC = """\
version: 1
system: shop
owner: payments
services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}}}}
receivers:
  chat: {slack: {chanel: '#x', api_url: 'https://hooks.slack.com/services/T0/B0/s3cr3t'}}
  pager: {pagerduty: {routing_key: s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t00}}
  hook:
    webhook:
      url: http://user:s3cr3t@example.com/x
      http_config: {authorization: {credentials: "s3cr3t \\u0041"}}
routes: {default: {notify: [chat, pager, hook]}}
"""


@pytest.mark.parametrize("format_", list(FORMATS))
def test_secrets_are_blotted_out(format_: str, tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(SPEC)
    done = CliRunner().invoke(group, ["lint", str(spec), "--format", format_])
    assert done.exit_code == 1
    assert done.output.count("receivers/literal-secret") >= 4
    assert "s3cr3t" not in done.output
    # What stands beside a secret is still shown.
    assert "chanel" in done.output


def test_a_diff_of_fixes_shows_no_secret(tmp_path: Path) -> None:
    spec = tmp_path / "shop.monitorspec.yaml"
    spec.write_text(SPEC)
    done = CliRunner().invoke(group, ["lint", str(spec), "--diff"])
    assert done.exit_code == 1
    assert "+  chat: {slack: {channel: '#x'" in done.output
    assert "s3cr3t" not in done.output
