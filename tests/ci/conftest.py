"""What the tests of CI share: a service that answers as GitHub's and GitLab's REST APIs do, and repositories."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parent.parent.parent
BOT = {"login": "github-actions[bot]", "type": "Bot"}
LIMIT = 65_536


class Service:
    """Comments of one pull request, and who may do what. `calls` are the requests, as (method, path)."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.reports: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.read_only = False
        self.unreadable = False
        self.broken = 0
        """Answers to come that are 502."""
        self.redirect = ""
        self.limit = LIMIT
        self.url = ""

    def add(self, body: str, **fields: Any) -> dict[str, Any]:
        """A comment that is there already."""
        comment = {
            "id": 1000 + len(self.comments),
            "body": body,
            "user": BOT,
            "author": {"id": 7},
            "author_association": "NONE",
            **fields,
        }
        self.comments.append(comment)
        return comment

    def answer(self, method: str, target: str, data: dict[str, Any] | None) -> tuple[int, Any]:
        url = urlsplit(target)
        self.calls.append((method, url.path))
        if self.broken:
            self.broken -= 1
            return 502, {"message": "Bad Gateway"}
        gitlab = url.path.startswith("/api/v4/")
        if method == "GET" and url.path == "/api/v4/user":
            return 200, {"id": 7}
        lists = r"/api/v4/projects/5/merge_requests/12/notes" if gitlab else r"/repos/acme/shop/issues/12/comments"
        one = lists + r"/(\d+)" if gitlab else r"/repos/acme/shop/issues/comments/(\d+)"
        if method == "GET" and url.path == lists:
            if self.unreadable:
                return 403, {"message": "Resource not accessible by integration"}
            query = {key: int(value[0]) for key, value in parse_qs(url.query).items() if value[0].isdigit()}
            size, page = query.get("per_page", 30), query.get("page", 1)
            return 200, self.comments[(page - 1) * size : page * size]
        if self.read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "POST" and url.path == "/repos/acme/shop/code-scanning/sarifs":
            assert data
            self.reports.append(data)
            return 202, {"id": "1"}
        body = (data or {}).get("body", "")
        if len(body) > self.limit:
            return 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}
        if method == "POST" and url.path == lists:
            return 201, self.add(body)
        found = re.fullmatch(one, url.path)
        if found and method == ("PUT" if gitlab else "PATCH"):
            for comment in self.comments:
                if comment["id"] == int(found[1]):
                    comment["body"] = body
                    return 200, comment
        return 404, {"message": "Not Found"}


@pytest.fixture
def service() -> Iterator[Service]:
    """The service, listening at `url`."""
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size)) if size else None
            state.headers.append(dict(self.headers))
            if state.redirect:
                self.send_response(301)
                self.send_header("Location", state.redirect)
                self.end_headers()
                return
            code, answer = state.answer(self.command, self.path, data)
            text = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = _serve

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    identity = ("-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "init.defaultBranch=main")
    command = ["git", "-C", str(folder), *identity, "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SPEC = """\
version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      queue: {expr: queue_size, unit: count, above: {warning: 100, critical: 500}, for: 5m}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/alertmanager/key}}
  chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}
routes:
  critical: {notify: [oncall, chat]}
  default: {notify: [chat]}
"""
UNPAGED = SPEC.replace("notify: [oncall, chat]", "notify: [chat]")
BROKEN = SPEC.replace("notify: [chat]}", "notify: [chta]}")


class Project:
    """A repository `acme/shop` with a pull request 12, as the service merges it, and a checkout of that."""

    def __init__(self, folder: Path, change: str, depth: int = 1) -> None:
        self.origin = folder / "origin"
        self.checkout = folder / "checkout"
        spec = self.origin / "specs" / "shop.monitorspec.yaml"
        spec.parent.mkdir(parents=True)
        git(self.origin, "init", "-q")
        git(self.origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        spec.write_text(SPEC, encoding="utf-8")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", "Monitor the shop")
        self.fork_point = git(self.origin, "rev-parse", "HEAD")
        git(self.origin, "switch", "-q", "-c", "change")
        spec.write_text(change, encoding="utf-8")
        git(self.origin, "commit", "-q", "--allow-empty", "-am", "Change it")
        self.head = git(self.origin, "rev-parse", "HEAD")
        git(self.origin, "switch", "-q", "main")
        # Others go on meanwhile: what they did is no change of this pull request.
        other = spec.with_name("other.monitorspec.yaml")
        other.write_text(SPEC.replace("system: shop", "system: other"), encoding="utf-8")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", "Monitor something else")
        self.base = git(self.origin, "rev-parse", "HEAD")
        git(self.origin, "merge", "-q", "--no-ff", "-m", "Merge", "change")
        self.merge = git(self.origin, "rev-parse", "HEAD")
        git(self.origin, "update-ref", "refs/pull/12/merge", self.merge)
        git(self.origin, "update-ref", "refs/pull/12/head", self.head)
        git(self.origin, "reset", "-q", "--hard", self.base)
        self.check_out("refs/pull/12/merge", depth)

    def check_out(self, ref: str, depth: int = 0) -> None:
        """What the service's own action does; all of the history without a depth."""
        subprocess.run(["rm", "-rf", str(self.checkout)], check=True)
        self.checkout.mkdir()
        git(self.checkout, "init", "-q")
        git(self.checkout, "remote", "add", "origin", f"file://{self.origin}")
        cut = (f"--depth={depth}",) if depth else ()
        git(self.checkout, "fetch", "-q", "--no-tags", *cut, "origin", f"+{ref}:refs/remotes/pull/12/merge")
        git(self.checkout, "checkout", "-q", "--detach", "refs/remotes/pull/12/merge")

    def event(self, **fields: Any) -> dict[str, Any]:
        """The event of the pull request; its base is as old as the branch, as the service often has it."""
        repository = {"full_name": "acme/shop"}
        pull = {
            "number": 12,
            "title": "$(touch hacked) `touch hacked`",
            "head": {"sha": self.head, "ref": "change", "repo": repository},
            "base": {"sha": self.fork_point, "ref": "main", "repo": repository},
        }
        return {"action": "synchronize", "pull_request": {**pull, **fields}, "repository": repository}
