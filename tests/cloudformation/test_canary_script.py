"""The script of a canary, run by Node.js against a server on this machine; Synthetics itself is stood in for."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitorspec.cloudformation.kinds import resources
from monitorspec.compiler import plan_of

SYNTHETICS = """\
exports.getCanaryUserAgentString = () => 'CloudWatchSynthetics/test';
exports.executeStep = async (name, run, config) => {
  for (const key of ['screenshotOnStepStart', 'screenshotOnStepSuccess', 'screenshotOnStepFailure']) {
    if (config[key] !== false) throw new Error('a picture of no page is taken: ' + key);
  }
  try {
    await run();
    console.log(JSON.stringify({ step: name, passed: true }));
  } catch (error) {
    console.log(JSON.stringify({ step: name, passed: false, error: error.message }));
    throw error;
  }
};
"""
RUN = """\
require('./index').handler().then(
  () => console.log(JSON.stringify({ run: true })),
  (error) => console.log(JSON.stringify({ run: false, error: error.message })),
);
"""


class Answers(BaseHTTPRequestHandler):
    """/<status>/<text> answers so, /slow not for a while, /stalled begins to; what was asked is kept."""

    asked: list[tuple[str, str, dict[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        _, status, text = self.path.partition("?")[0].split("/", 2)
        if status == "slow":
            time.sleep(3)
        self.send_response(200 if not status.isdigit() else int(status))
        self.send_header("Location", "/200/elsewhere")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        if status == "stalled":
            self.wfile.flush()
            time.sleep(3)
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_POST = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test's output is the script's."""


class Server(NamedTuple):
    address: str
    asked: list[tuple[str, str, dict[str, str]]]


@pytest.fixture
def server() -> Iterator[Server]:
    asked: list[tuple[str, str, dict[str, str]]] = []
    handler = type("Handler", (Answers,), {"asked": asked})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Server(f"127.0.0.1:{running.server_port}", asked)
    running.shutdown()
    running.server_close()
    thread.join()


def canary(**keys: Any) -> dict[str, Any]:
    """The properties of a canary that has these keys in the spec."""
    spec = {
        "version": 1,
        "system": "shop",
        "owner": "web",
        "services": {"api": {"thresholds": {"up": {"absent": "up", "severity": "critical"}}}},
        "aws": {
            "parameters": {name: {} for name in ("Server", "Role", "Word")},
            "canaries": {"health": {"artifacts": "s3://runs", "role": "${Role}", **keys}},
        },
    }
    plan, found = plan_of(json.dumps(spec))
    assert [d.message for d in found if d.level == "error"] == []
    assert plan is not None
    (made,) = (r.properties for r in resources(plan) if r.type == "AWS::Synthetics::Canary")
    return made


class Ran(NamedTuple):
    passed: bool
    error: str
    steps: dict[str, str]
    """Step → what went wrong in it, or ""."""


def run(node: Path, folder: Path, made: dict[str, Any], parameters: dict[str, str]) -> Ran:
    """Run a canary as Lambda would, with these values of the stack's parameters."""
    module = folder / "node_modules" / "@aws" / "synthetics-puppeteer" / "index.js"
    module.parent.mkdir(parents=True)
    module.write_text(SYNTHETICS)
    (folder / "index.js").write_text(made["Code"]["Script"])
    (folder / "run.js").write_text(RUN)
    given = {name: parameters[ref["Ref"]] for name, ref in made["RunConfig"].get("EnvironmentVariables", {}).items()}
    done = subprocess.run(
        [node, "run.js"], cwd=folder, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    *steps, end = (json.loads(line) for line in done.stdout.splitlines())
    return Ran(end["run"], end.get("error", ""), {s["step"]: s.get("error", "") for s in steps})


def test_all_is_well(node: Path, server: Server, tmp_path: Path) -> None:
    made = canary(urls=["http://${Server}/200/fine", "http://${Server}/204/"])
    assert run(node, tmp_path, made, {"Server": server.address}) == (True, "", {"200-fine": "", "204": ""})
    assert [(method, path) for method, path, _ in server.asked] == [("GET", "/200/fine"), ("GET", "/204/")]
    assert {headers["user-agent"] for _, _, headers in server.asked} == {"CloudWatchSynthetics/test"}


def test_a_wrong_status_fails_its_step_and_the_others_still_run(node: Path, server: Server, tmp_path: Path) -> None:
    made = canary(urls=["http://${Server}/503/down", "http://${Server}/200/fine"])
    ran = run(node, tmp_path, made, {"Server": server.address})
    assert ran == (False, "503-down: status 503", {"503-down": "status 503", "200-fine": ""})


@pytest.mark.parametrize(("code", "well"), [(200, True), (204, True), (299, True), (300, False), (404, True)])
def test_ranges_of_status_codes_have_their_ends(
    node: Path, server: Server, tmp_path: Path, code: int, well: bool
) -> None:
    made = canary(urls=f"http://${{Server}}/{code}/", status=["200-299", "404"])
    assert run(node, tmp_path, made, {"Server": server.address}).passed is well


def test_redirects_are_answers(node: Path, server: Server, tmp_path: Path) -> None:
    ran = run(node, tmp_path, canary(urls="http://${Server}/302/x"), {"Server": server.address})
    assert not ran.passed
    assert len(server.asked) == 1


@pytest.mark.parametrize(("text", "well"), [("fine", True), ("ine-and-d", True), ("bad", False)])
def test_the_text_has_to_be_there(node: Path, server: Server, tmp_path: Path, text: str, well: bool) -> None:
    made = canary(urls="http://${Server}/200/fine-and-dandy", contains=text)
    ran = run(node, tmp_path, made, {"Server": server.address})
    assert ran.passed is well
    assert list(ran.steps.values()) == ["" if well else "the answer does not hold the text"]


def test_a_text_may_be_a_parameter(node: Path, server: Server, tmp_path: Path) -> None:
    made = canary(urls="http://${Server}/200/blue", contains="${Word}")
    assert run(node, tmp_path, made, {"Server": server.address, "Word": "blue"}).passed


@pytest.mark.parametrize("path", ["slow", "stalled"])
def test_an_answer_that_comes_too_late(node: Path, server: Server, tmp_path: Path, path: str) -> None:
    # The least that an address is given is a second, whatever the time-out of the run.
    made = canary(urls=[f"http://${{Server}}/{path}/x", "http://${Server}/200/fine"], timeout="3s")
    begun = time.monotonic()
    ran = run(node, tmp_path, made, {"Server": server.address})
    assert ran.steps == {f"{path}-x": "no answer within 1000 ms", "200-fine": ""}
    assert time.monotonic() - begun < 2.9


def test_nobody_is_there(node: Path, server: Server, tmp_path: Path) -> None:
    ran = run(node, tmp_path, canary(urls="http://127.0.0.1:1/x"), {"Server": server.address})
    assert not ran.passed
    assert "ECONNREFUSED" in ran.steps["x"]


def test_method_and_headers(node: Path, server: Server, tmp_path: Path) -> None:
    made = canary(
        urls="http://${Server}/200/fine?deep=yes",
        method="POST",
        headers={"Accept": "text/plain", "User-Agent": "${Word}"},
    )
    assert run(node, tmp_path, made, {"Server": server.address, "Word": "us"}).passed
    ((method, path, headers),) = server.asked
    assert (method, path) == ("POST", "/200/fine?deep=yes")
    assert (headers["accept"], headers["user-agent"], headers["content-length"]) == ("text/plain", "us", "0")


@pytest.mark.parametrize(
    "evil", ['"}]; process.exit(7); //', "${process.exit(7)}", "`+process.exit(7)+`", "\\", "\u2028", "é"]
)
def test_what_stands_in_the_spec_or_a_parameter_is_never_run(
    node: Path, server: Server, tmp_path: Path, evil: str
) -> None:
    text = evil.replace("${", "${!")
    made = canary(
        urls="http://${Server}/200/fine", contains=text, headers={"X-Word": "${Word}"}, description=f"A\n{text}"
    )
    ran = run(node, tmp_path, made, {"Server": server.address, "Word": evil.encode("ascii", "replace").decode()})
    assert ran.steps == {"200-fine": "the answer does not hold the text"}
    assert "${" not in made["Code"]["Script"]


def test_steps_have_names_of_their_own() -> None:
    made = canary(urls=["https://a.example.com/", "https://b.example.com", "https://a.example.com/x/y?z=1"])
    script = made["Code"]["Script"]
    assert [json.loads(line.strip(" ,"))["step"] for line in script.splitlines() if line.startswith("  {")] == [
        "root-1",
        "root-2",
        "x-y",
    ]


@pytest.mark.parametrize(
    ("every", "rate"), [("1m", "1 minute"), ("5m", "5 minutes"), ("1h", "1 hour"), ("30m", "30 minutes")]
)
def test_schedule(every: str, rate: str) -> None:
    made = canary(urls="https://a.example.com", every=every, timeout="15s")
    assert made["Schedule"] == {"Expression": f"rate({rate})"}


def test_the_module_is_the_runtime_versions_own() -> None:
    old = canary(urls="https://a.example.com", runtime="syn-nodejs-puppeteer-10.0")
    assert 'require("Synthetics")' in old["Code"]["Script"]
    assert old["RuntimeVersion"] == "syn-nodejs-puppeteer-10.0"
