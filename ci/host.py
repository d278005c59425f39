#!/usr/bin/env python3
"""What a pipeline asks of the service that hosts the repository: the commit to compare with, one comment, code scanning.

    host.py base         prints the commit that a change is compared with, and fetches it where it is not here (GitHub)
    host.py read FILE    writes the comment, as it is now, to FILE; an empty file where there is none
    host.py write FILE   makes the comment of a change, or edits it in place
    host.py scan FILE    hands a SARIF report to code scanning (GitHub)

In: the environment of a job of GitHub Actions or GitLab CI. Out: exit code 0, also where the service refuses: pipelines of forks
have tokens that may only read, and what could not be said there is in the job's own report. What was refused is told in the log.
2 is misuse. Only the standard library is used; redirects are not followed, because they would carry the token elsewhere.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

MARKER = "<!-- monitorspec diff -->"
NOTHING = "### Monitoring: no changes"
"""The second line of a review without changes."""
_PAGE = 100
_PAGES = 100
_TIMEOUT = 30.0
_PAUSES = (1.0, 4.0)
"""Seconds before a request is tried again that can be repeated without harm."""
_TOO_LONG = (400, 413, 422)
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TICKED = re.compile(r"^\s*- \[[xX]\] <!-- acknowledge:")


class Refused(Exception):
    """The service did not do it; `status` is HTTP's, 0 where it did not answer."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{said} ({status})" if status else said)
        self.status = status


class Comment(NamedTuple):
    """A comment that is there."""

    id: int
    body: str


class Host(Protocol):
    """Where the comment is."""

    def find(self) -> Comment | None:
        """The comment of this program. Raises Refused."""

    def create(self, body: str) -> None:
        """Make it. Raises Refused."""

    def edit(self, id_: int, body: str) -> None:
        """Put another text in its place. Raises Refused."""

    def tell(self, text: str) -> None:
        """A line in the job's log that people see."""

    @property
    def why_not(self) -> str:
        """What a token has to be allowed, for whoever reads that it is not."""

    @property
    def job(self) -> str:
        """The address of this job."""


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _call(method: str, url: str, headers: Mapping[str, str], data: Mapping[str, Any] | None = None) -> Any:
    """What the service answers, as plain data. Raises Refused."""
    body = None if data is None else json.dumps(data).encode()
    sent = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "monitorspec", **headers}
    request = Request(url, body, sent, method=method)
    for pause in (*_PAUSES, None) if method != "POST" else (None,):
        try:
            with build_opener(_NoRedirect).open(request, timeout=_TIMEOUT) as answer:
                return json.load(answer)
        except HTTPError as error:
            if pause is None or not (error.code == 429 or error.code >= 500):
                raise Refused(error.code, _reason(error)) from None
        except (URLError, TimeoutError, ConnectionError) as error:
            if pause is None:
                raise Refused(0, f"no answer: {getattr(error, 'reason', error)}") from None
        except ValueError:
            raise Refused(0, "the answer is not JSON") from None
        time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _reason(error: HTTPError) -> str:
    try:
        said = json.load(error)
    except (ValueError, OSError):
        return str(error.reason)
    text = said.get("message") or said.get("error") if isinstance(said, dict) else None
    return str(text or error.reason)


def _escaped(text: str) -> str:
    """A text that ends its workflow command at its end."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


class GitHub:
    """A pull request on GitHub; https://docs.github.com/rest/issues/comments."""

    why_not = "the job needs `permissions: {contents: read, pull-requests: write}`"

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.event: dict[str, Any] = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        self.repository = f"{env.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{env['GITHUB_REPOSITORY']}"
        self.headers = {
            "Authorization": f"Bearer {env.get('GITHUB_TOKEN', '')}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if self.pull and self._from_fork:
            self.why_not = "a pull request from a fork may only read"

    @property
    def pull(self) -> dict[str, Any] | None:
        """The pull request of the event."""
        return self.event.get("pull_request")

    @property
    def job(self) -> str:
        server, run = self.env.get("GITHUB_SERVER_URL", "https://github.com"), self.env.get("GITHUB_RUN_ID", "")
        return f"{server}/{self.env['GITHUB_REPOSITORY']}/actions/runs/{run}"

    @property
    def _from_fork(self) -> bool:
        # The repository is null once a fork is deleted.
        head = (self.pull or {}).get("head", {}).get("repo") or {}
        return head.get("full_name") != self.env["GITHUB_REPOSITORY"]

    def find(self) -> Comment | None:
        """The first comment with the marker that is ours to believe: whoever opens a pull request can write one as well, with
        every box ticked. That of a member cannot be told from ours, but a member may tick boxes."""
        for found in _pages(f"{self._comments}?", self.headers):
            trusted = found.get("author_association") in ("OWNER", "MEMBER", "COLLABORATOR")
            if _marked(found) and (trusted or (found.get("user") or {}).get("type") == "Bot"):
                return Comment(found["id"], found["body"])
        return None

    @property
    def _comments(self) -> str:
        assert self.pull
        return f"{self.repository}/issues/{int(self.pull['number'])}/comments"

    def create(self, body: str) -> None:
        _call("POST", self._comments, self.headers, {"body": body})

    def edit(self, id_: int, body: str) -> None:
        _call("PATCH", f"{self.repository}/issues/comments/{id_}", self.headers, {"body": body})

    def tell(self, text: str) -> None:
        print(f"::{'notice' if self.pull and self._from_fork else 'warning'} title=monitorspec::{_escaped(text)}")

    def scan(self, file: str) -> None:
        """Hand over a SARIF report; https://docs.github.com/rest/code-scanning. Raises Refused."""
        sarif = base64.b64encode(gzip.compress(Path(file).read_bytes(), mtime=0)).decode()
        data = {"commit_sha": self.env["GITHUB_SHA"], "ref": self.env["GITHUB_REF"], "sarif": sarif}
        _call("POST", f"{self.repository}/code-scanning/sarifs", self.headers, {**data, "tool_name": "monitorspec"})

    def base(self) -> str:
        """The commit that the event's change is compared with; "" where there is none."""
        if self.pull:
            parents = _parents()
            # What is checked out is what merging would make: its first parent is all that this does not change, while the
            # base of the event may be older.
            if len(parents) == 2 and parents[1] == self.pull["head"]["sha"]:
                return _fetched(parents[0], history=False)
            return _fetched(self.pull["base"]["sha"], history=True)
        if "merge_group" in self.event:
            return _fetched(self.event["merge_group"]["base_sha"], history=False)
        before = self.event.get("before") or ""
        return _fetched(before, history=False) if before.strip("0") else ""


class GitLab:
    """A merge request on GitLab; https://docs.gitlab.com/api/notes."""

    why_not = (
        "MONITORSPEC_TOKEN has to be a project access token with the scope `api`, in a variable that this pipeline gets"
    )

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.api = env["CI_API_V4_URL"]
        project = int(env["CI_MERGE_REQUEST_PROJECT_ID"])
        self.notes = f"{self.api}/projects/{project}/merge_requests/{int(env['CI_MERGE_REQUEST_IID'])}/notes"
        self.headers = {"PRIVATE-TOKEN": env["MONITORSPEC_TOKEN"]}

    @property
    def job(self) -> str:
        return self.env.get("CI_JOB_URL", "")

    def find(self) -> Comment | None:
        """The first note with the marker that the token's own user wrote."""
        mine = _call("GET", f"{self.api}/user", self.headers)["id"]
        for found in _pages(f"{self.notes}?sort=asc&order_by=created_at&", self.headers):
            if _marked(found) and found["author"]["id"] == mine:
                return Comment(found["id"], found["body"])
        return None

    def create(self, body: str) -> None:
        _call("POST", self.notes, self.headers, {"body": body})

    def edit(self, id_: int, body: str) -> None:
        _call("PUT", f"{self.notes}/{id_}", self.headers, {"body": body})

    def tell(self, text: str) -> None:
        print(f"monitorspec: {text}")


def _pages(url: str, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for page in range(1, _PAGES + 1):
        found = _call("GET", f"{url}per_page={_PAGE}&page={page}", headers)
        yield from found
        if len(found) < _PAGE:
            return


def _marked(found: Mapping[str, Any]) -> bool:
    return str(found.get("body") or "").lstrip().startswith(MARKER)


# ---- git


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


def _parents() -> list[str]:
    """The parents of HEAD, also where the history is cut off before them."""
    head = _git("cat-file", "commit", "HEAD").stdout.partition("\n\n")[0]
    return [line[7:] for line in head.split("\n") if line.startswith("parent ")]


def _fetched(commit: str, history: bool) -> str:
    """The commit, which is here from now on; with `history`, so is what HEAD and it have in common."""
    if not _SHA.fullmatch(commit):
        raise Refused(0, f"`{commit[:80]}` is not the name of a commit")
    cut = _git("rev-parse", "--is-shallow-repository").stdout.strip() == "true"
    if history and cut:
        _git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--unshallow", "origin")
    if _git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        depth = () if history else ("--depth=1",)
        done = _git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *depth, "origin", commit)
        if done.returncode:
            said = done.stderr.strip().split("\n")[-1]
            raise Refused(0, f"commit {commit[:12]} cannot be fetched (check out with `fetch-depth: 0`): {said}")
    return commit


# ---- commands


def read(host: Host | None, file: str) -> None:
    """Write the comment's text to a file; an empty one where there is none."""
    body = ""
    try:
        found = host.find() if host else None
        body = found.body if found else ""
    except Refused as error:
        assert host
        host.tell(f"the comment cannot be read, so nothing in it counts as acknowledged: {error}; {host.why_not}")
    Path(file).write_text(body, encoding="utf-8", newline="")


def write(host: Host, file: str) -> None:
    """Make the comment or edit it; none is made to say that nothing changed."""
    body = Path(file).read_text(encoding="utf-8")
    try:
        old = host.find()
        if old is None and NOTHING in body.split("\n")[:2]:
            return
        try:
            _put(host, old, body)
        except Refused as error:
            if error.status not in _TOO_LONG:
                raise
            _put(host, old, _short(body, host.job))
    except Refused as error:
        host.tell(f"no comment was written, the review is in the job's own report: {error}; {host.why_not}")


def _put(host: Host, old: Comment | None, body: str) -> None:
    if old is None:
        host.create(body)
    elif old.body.replace("\r\n", "\n").rstrip() != body.rstrip():
        host.edit(old.id, body)


def _short(body: str, job: str) -> str:
    """A comment that fits everywhere: how many changes there are, and the boxes that are ticked, which would be lost."""
    lines = body.split("\n")
    kept = [line for line in lines if _TICKED.match(line)][:100]
    return "\n".join([*lines[:2], "", f"Too long for a comment: [the whole review]({job}).", "", *kept]) + "\n"


def _host(env: Mapping[str, str]) -> Host | None:
    """The service, None where this job is of no change that could be commented, or has no token."""
    if env.get("GITHUB_ACTIONS") == "true":
        github = GitHub(env)
        return github if github.pull else None
    if env.get("GITLAB_CI") == "true":
        if not env.get("CI_MERGE_REQUEST_IID"):
            return None
        if not env.get("MONITORSPEC_TOKEN"):
            print("monitorspec: no MONITORSPEC_TOKEN, so no note: the review is in the job's artifacts")
            return None
        return GitLab(env)
    print("host.py: this is no job of GitHub Actions or GitLab CI", file=sys.stderr)
    sys.exit(2)


def main(arguments: list[str], env: Mapping[str, str]) -> int:
    """Do one command."""
    match arguments:
        case ["read", file]:
            read(_host(env), file)
        case ["write", file]:
            host = _host(env)
            if host:
                write(host, file)
        case ["base"]:
            try:
                print(GitHub(env).base())
            except Refused as error:
                print(f"::error title=monitorspec::{_escaped(str(error))}", file=sys.stderr)
                return 2
        case ["scan", file]:
            github = GitHub(env)
            try:
                github.scan(file)
            except Refused as error:
                github.tell(f"code scanning did not take the report: {error}; it needs `security-events: write`")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
