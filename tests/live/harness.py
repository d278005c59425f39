"""A Prometheus, an Alertmanager and the ends of both, on free loopback ports: for tests that see alerts arrive.

In: configurations and rules. Out: running servers (context managers, ended on leaving), a feeder whose metrics a test
changes as it runs, and a sink that records which receiver was notified of what.
"""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from monitorspec import tools, yamltext

HOST = "127.0.0.1"
START = 15.0  # seconds that a server may take to get ready


class Notification(NamedTuple):
    """One alert in one notification that a receiver got."""

    receiver: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]


class Server(NamedTuple):
    """A running server: its address, and the file that it logs to."""

    url: str
    log: Path

    def get(self, path: str) -> Any:
        """The JSON that the server answers for `path`."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)


def wait_for(predicate: Callable[[], Any], timeout: float, step: float = 0.05) -> Any:
    """The first true value of `predicate`, or its last value once `timeout` seconds are over."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(step)


class Feeder:
    """An exporter: `/metrics` answers with `text`, which a test replaces at any time."""

    def __init__(self) -> None:
        self.text = ""
        self.address = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Serve the metrics of this moment."""
        body = self.text.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain; version=0.0.4")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Sink:
    """A webhook for every receiver: records what is posted to `/<receiver>`."""

    def __init__(self) -> None:
        self.address = ""
        self._seen: list[Notification] = []
        self._lock = threading.Lock()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Record the alerts of one notification."""
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        receiver = urllib.parse.unquote(handler.path.removeprefix("/"))
        found = [Notification(receiver, a["status"], a["labels"], a["annotations"]) for a in body["alerts"]]
        with self._lock:
            self._seen += found
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def seen(self, receiver: str | None = None, status: str = "firing", **labels: str) -> list[Notification]:
        """What arrived so far with that status and those labels, for one receiver or for all, in order of arrival."""
        with self._lock:
            return [
                n
                for n in self._seen
                if receiver in (None, n.receiver) and n.status == status and labels.items() <= n.labels.items()
            ]

    def receivers(self) -> set[str]:
        """Every receiver that was notified of anything."""
        with self._lock:
            return {n.receiver for n in self._seen}


class _Server(ThreadingHTTPServer):
    """Takes many connections at once: one that found no room would be tried again only after seconds."""

    request_queue_size = 1024
    daemon_threads = True


@contextlib.contextmanager
def serving(service: Feeder | Sink) -> Iterator[None]:
    """Answer GET and POST with `service` on a free port, which becomes its `address`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.answer(self)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = _Server((HOST, 0), Handler)
    service.address = f"{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def prometheus(folder: Path, rule_files: list[Path], feeder: Feeder, alertmanager: Server) -> Iterator[Server]:
    """A Prometheus that scrapes `feeder` each second, and evaluates each second what names no interval of its own."""
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in rule_files],
        "scrape_configs": [
            {"job_name": "feeder", "honor_labels": True, "static_configs": [{"targets": [feeder.address]}]}
        ],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [alertmanager.url.removeprefix("http://")]}]}],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(yamltext.dump(config), encoding="utf-8")
    arguments = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with _running(folder, "prometheus", arguments) as server:
        yield server


@contextlib.contextmanager
def alertmanager(folder: Path, config: dict[str, Any]) -> Iterator[Server]:
    """An Alertmanager of its own, without a cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(yamltext.dump(config), encoding="utf-8")
    arguments = [f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}"]
    with _running(folder, "alertmanager", [*arguments, "--cluster.listen-address="]) as server:
        yield server


def redirect(config: dict[str, Any], sink: Sink) -> dict[str, Any]:
    """`config` with one webhook to `sink` in place of every receiver's integrations, and with all waits at a second.

    A receiver without any integration stays silent, as it is meant to be.
    """
    receivers = []
    for receiver in config["receivers"]:
        url = f"http://{sink.address}/{urllib.parse.quote(receiver['name'], safe='')}"
        integrations = any(value for key, value in receiver.items() if key != "name")
        hook = {"webhook_configs": [{"url": url, "send_resolved": True}]} if integrations else {}
        receivers.append({"name": receiver["name"], **hook})
    kept = {key: value for key, value in config.items() if key not in ("global", "templates")}
    return {**kept, "global": {"resolve_timeout": "5m"}, "route": _hastened(config["route"]), "receivers": receivers}


def _hastened(route: dict[str, Any]) -> dict[str, Any]:
    """A route and its children with waits of a second; how often an alert is repeated stays."""
    routes = [_hastened(child) for child in route.get("routes", [])]
    return {**route, "group_wait": "1s", "group_interval": "1s", **({"routes": routes} if routes else {})}


@contextlib.contextmanager
def _running(folder: Path, tool: str, arguments: list[str]) -> Iterator[Server]:
    """Start `tool` on a free port and wait until it is ready; end it on leaving. Raises ToolFailed with its log."""
    program = tools.find(tool)
    log = folder / f"{tool}.log"
    with log.open("wb") as stream:
        for attempt in range(3):  # someone else may take the port between its choice and its use
            port = _free_port()
            command = [str(program), *arguments, f"--web.listen-address={HOST}:{port}"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=folder)
            server = Server(f"http://{HOST}:{port}", log)
            started = functools.partial(_started, process, server)
            try:
                if wait_for(started, START) and process.poll() is None:
                    yield server
                    return
                if attempt == 2 or process.poll() is None or b"address already in use" not in log.read_bytes():
                    raise tools.ToolFailed(f"{tool} did not start:\n{log.read_text()[-2000:]}")
            finally:
                _stop(process)


def _started(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Whether there is nothing left to wait for: the server is ready, or gone."""
    return process.poll() is not None or _ready(server)


def _ready(server: Server) -> bool:
    try:
        with urllib.request.urlopen(server.url + "/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
