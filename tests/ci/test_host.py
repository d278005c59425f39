"""ci/host.py: the commit to compare with, and one comment, against a service that answers as GitHub and GitLab do."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ci import host
from monitorspec.report.review import markdown
from monitorspec.review import Review
from tests.ci.conftest import LIMIT, SPEC, UNPAGED, Project, Service, git

BODY = f"{host.MARKER}\n### Monitoring: 1 changed; 1 risky\n\n- [ ] <!-- acknowledge:11d9ff405b02 -->✏️ `api` pages nobody\n"
TICKED = BODY.replace("[ ]", "[x]")
NOTHING = f"{host.MARKER}\n{host.NOTHING}\n"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_PAUSES", (0.0, 0.0))


@pytest.fixture
def event() -> dict[str, Any]:
    return {"pull_request": {"number": 12, "head": {"repo": {"full_name": "acme/shop"}}}}


@pytest.fixture
def github(service: Service, tmp_path: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": service.url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "99",
        "GITHUB_TOKEN": "secret-token",
        "GITHUB_SHA": "a" * 40,
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
    }


@pytest.fixture
def gitlab(service: Service) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{service.url}/api/v4",
        "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_JOB_URL": "https://gitlab.example/jobs/1",
        "MONITORSPEC_TOKEN": "secret-token",
    }


@pytest.fixture(params=["github", "gitlab"])
def env(request: pytest.FixtureRequest, event: dict[str, Any], tmp_path: Path) -> dict[str, str]:
    """The environment of a job of either service."""
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
    found: dict[str, str] = request.getfixturevalue(request.param)
    return found


def _write(env: dict[str, str], tmp_path: Path, body: str) -> None:
    file = tmp_path / "comment.md"
    file.write_text(body, encoding="utf-8")
    assert host.main(["write", str(file)], env) == 0


def _read(env: dict[str, str], tmp_path: Path) -> str:
    file = tmp_path / "old.md"
    assert host.main(["read", str(file)], env) == 0
    return file.read_bytes().decode("utf-8")


def _event(tmp_path: Path, event: dict[str, Any]) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")


def test_the_marker_and_the_words_for_nothing_are_those_of_the_review() -> None:
    assert markdown.render(Review("", "", (), (), {})).split("\n")[:2] == [host.MARKER, host.NOTHING]
    assert markdown.LIMIT == LIMIT


def test_a_comment_is_made_once_and_edited_in_place(env: dict[str, str], service: Service, tmp_path: Path) -> None:
    service.add("Looks good to me", user={"type": "User"})
    _write(env, tmp_path, BODY)
    _write(env, tmp_path, BODY.replace("1 changed", "2 changed"))
    assert [comment["body"] for comment in service.comments] == [
        "Looks good to me",
        BODY.replace("1 changed", "2 changed"),
    ]
    assert _read(env, tmp_path) == BODY.replace("1 changed", "2 changed")


def test_the_comment_is_found_on_a_later_page(env: dict[str, str], service: Service, tmp_path: Path) -> None:
    for n in range(230):
        service.add(f"Comment {n}")
    old = service.add(TICKED)
    service.add("The last one")
    assert _read(env, tmp_path) == TICKED
    _write(env, tmp_path, BODY)
    assert old["body"] == BODY
    assert len(service.comments) == 232


def test_the_same_text_is_not_written_again(env: dict[str, str], service: Service, tmp_path: Path) -> None:
    service.add(BODY.replace("\n", "\r\n").rstrip())  # as browsers send it, and as services trim it
    _write(env, tmp_path, BODY)
    assert {method for method, _ in service.calls} == {"GET"}


def test_nothing_is_no_reason_for_a_comment_but_for_an_edit(
    env: dict[str, str], service: Service, tmp_path: Path
) -> None:
    _write(env, tmp_path, NOTHING)
    assert service.comments == []
    old = service.add(BODY)
    _write(env, tmp_path, NOTHING)
    assert old["body"] == NOTHING


@pytest.mark.parametrize(
    ("user", "association", "believed"),
    [
        ("Bot", "NONE", True),
        ("User", "NONE", False),
        ("User", "CONTRIBUTOR", False),
        ("User", "FIRST_TIME_CONTRIBUTOR", False),
        ("User", "MEMBER", True),
    ],
)
def test_boxes_that_a_stranger_ticked_do_not_count(
    user: str,
    association: str,
    believed: bool,
    github: dict[str, str],
    service: Service,
    event: dict[str, Any],
    tmp_path: Path,
) -> None:
    _event(tmp_path, event)
    service.add(TICKED, user={"type": user}, author_association=association)
    assert _read(github, tmp_path) == (TICKED if believed else "")
    service.add(BODY)
    assert _read(github, tmp_path) == (TICKED if believed else BODY)


def test_a_note_of_somebody_else_does_not_count_on_gitlab(
    gitlab: dict[str, str], service: Service, tmp_path: Path
) -> None:
    service.add(TICKED, author={"id": 8})
    assert _read(gitlab, tmp_path) == ""
    _write(gitlab, tmp_path, BODY)
    assert [comment["body"] for comment in service.comments] == [TICKED, BODY]


def test_a_marker_that_somebody_quotes_is_no_comment_of_ours(
    env: dict[str, str], service: Service, tmp_path: Path
) -> None:
    service.add(f"> {host.MARKER}\n> text\n\nWhat is this?")
    assert _read(env, tmp_path) == ""


def test_a_token_that_may_only_read_fails_nothing(
    env: dict[str, str], service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.add(TICKED)
    service.read_only = True
    _write(env, tmp_path, BODY)
    assert service.comments[0]["body"] == TICKED
    said = capsys.readouterr().out
    assert "no comment was written" in said
    assert "Resource not accessible by integration (403)" in said
    assert "secret-token" not in said
    assert _read(env, tmp_path) == TICKED


@pytest.mark.parametrize("repository", [{"full_name": "stranger/shop"}, None])
def test_a_fork_gets_a_notice_and_no_warning(
    repository: Any,
    github: dict[str, str],
    service: Service,
    event: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    event["pull_request"]["head"]["repo"] = repository
    _event(tmp_path, event)
    service.read_only = True
    _write(github, tmp_path, BODY)
    assert re.fullmatch(r"::notice title=monitorspec::.*fork may only read\n", capsys.readouterr().out)


def test_a_comment_that_cannot_be_read_acknowledges_nothing(
    env: dict[str, str], service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.add(TICKED)
    service.unreadable = True
    assert _read(env, tmp_path) == ""
    assert "nothing in it counts as acknowledged" in capsys.readouterr().out


def test_a_comment_that_is_too_long_is_shortened_and_keeps_its_ticks(
    env: dict[str, str], service: Service, tmp_path: Path
) -> None:
    service.limit = 400
    old = service.add(BODY)
    _write(env, tmp_path, TICKED + "- [ ] <!-- acknowledge:0123456789ab -->other\n" * 50)
    lines = old["body"].split("\n")
    assert lines[:2] == TICKED.split("\n")[:2]
    assert "Too long for a comment: [the whole review](http" in old["body"]
    assert [line for line in lines if line.startswith("- ")] == TICKED.split("\n")[3:4]


def test_an_answer_that_fails_is_asked_for_again(env: dict[str, str], service: Service, tmp_path: Path) -> None:
    service.add(TICKED)
    service.broken = 2
    assert _read(env, tmp_path) == TICKED


def test_making_a_comment_is_not_tried_again(
    env: dict[str, str],
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = Service.answer

    def fail_to_post(self: Service, method: str, target: str, data: dict[str, Any] | None) -> tuple[int, Any]:
        found = answer(self, method, target, data)
        return (502, {}) if method == "POST" else found

    monkeypatch.setattr(Service, "answer", fail_to_post)
    _write(env, tmp_path, BODY)
    assert [method for method, _ in service.calls].count("POST") == 1
    assert len(service.comments) == 1
    assert "(502)" in capsys.readouterr().out


def test_a_service_that_does_not_answer_fails_nothing(
    env: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = {**env, "GITHUB_API_URL": "http://127.0.0.1:9", "CI_API_V4_URL": "http://127.0.0.1:9"}
    _write(closed, tmp_path, BODY)
    assert "no answer" in capsys.readouterr().out


def test_the_token_does_not_follow_a_redirect(
    env: dict[str, str], service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.redirect = f"{service.url}/elsewhere"
    _write(env, tmp_path, BODY)
    assert len(service.headers) == 1
    assert "(301)" in capsys.readouterr().out


def test_the_token_is_sent_as_each_service_wants_it(
    github: dict[str, str], gitlab: dict[str, str], service: Service, event: dict[str, Any], tmp_path: Path
) -> None:
    _event(tmp_path, event)
    _read(github, tmp_path)
    _read(gitlab, tmp_path)
    assert service.headers[0]["Authorization"] == "Bearer secret-token"
    assert [{k.lower(): v for k, v in headers.items()}.get("private-token") for headers in service.headers[1:]] == [
        "secret-token"
    ] * 2


def test_without_a_change_there_is_nothing_to_comment(
    github: dict[str, str], gitlab: dict[str, str], service: Service, tmp_path: Path
) -> None:
    _event(tmp_path, {"before": "0" * 40})
    del gitlab["CI_MERGE_REQUEST_IID"]
    for env in (github, gitlab):
        assert _read(env, tmp_path) == ""
        _write(env, tmp_path, BODY)
    assert service.calls == []


def test_without_a_token_a_merge_request_gets_no_note(
    gitlab: dict[str, str], service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del gitlab["MONITORSPEC_TOKEN"]
    _write(gitlab, tmp_path, BODY)
    assert service.calls == []
    assert "no MONITORSPEC_TOKEN" in capsys.readouterr().out


def test_a_report_reaches_code_scanning(
    github: dict[str, str], service: Service, event: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _event(tmp_path, event)
    (tmp_path / "found.sarif").write_text('{"version": "2.1.0"}', encoding="utf-8")
    assert host.main(["scan", str(tmp_path / "found.sarif")], github) == 0
    (report,) = service.reports
    assert (report["commit_sha"], report["ref"]) == ("a" * 40, "refs/pull/12/merge")
    assert gzip.decompress(base64.b64decode(report["sarif"])) == b'{"version": "2.1.0"}'
    service.read_only = True
    assert host.main(["scan", str(tmp_path / "found.sarif")], github) == 0
    assert "`security-events: write`" in capsys.readouterr().out


def test_misuse_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.main(["reed"], {}) == 2
    with pytest.raises(SystemExit, match="2"):
        host.main(["read", str(tmp_path / "old.md")], {})
    assert "no job of GitHub Actions or GitLab CI" in capsys.readouterr().err


# ---- the commit to compare with


def _base(
    project: Project, github: dict[str, str], event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    file = Path(github["GITHUB_EVENT_PATH"])
    file.write_text(json.dumps(event), encoding="utf-8")
    monkeypatch.chdir(project.checkout)
    said: list[str] = []
    monkeypatch.setattr("builtins.print", lambda text, **_: said.append(text))
    return host.main(["base"], github), "\n".join(said)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_merge_is_compared_with_what_it_is_merged_into(
    depth: int, github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, UNPAGED, depth)
    assert _base(project, github, project.event(), monkeypatch) == (0, project.base)
    assert git(project.checkout, "cat-file", "-t", project.base) == "commit"


def test_a_head_without_its_history_gets_it(
    github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, UNPAGED)
    project.check_out("refs/pull/12/head", depth=1)
    event = project.event(base={"sha": project.base})
    assert _base(project, github, event, monkeypatch) == (0, project.base)
    assert git(project.checkout, "merge-base", "HEAD", project.base) == project.fork_point


def test_a_push_is_compared_with_what_was_there_before(
    github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, UNPAGED)
    assert _base(project, github, {"before": project.fork_point}, monkeypatch) == (0, project.fork_point)
    assert _base(project, github, {"before": "0" * 40}, monkeypatch) == (0, "")
    assert _base(project, github, {"schedule": "* * * * *"}, monkeypatch) == (0, "")
    assert _base(project, github, {"merge_group": {"base_sha": project.base}}, monkeypatch) == (0, project.base)


def test_what_is_no_commit_reaches_no_command(
    github: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, SPEC)
    code, said = _base(project, github, {"before": "--upload-pack=touch hacked"}, monkeypatch)
    assert code == 2
    assert "is not the name of a commit" in said
    code, said = _base(project, github, {"before": "1" * 40}, monkeypatch)
    assert code == 2
    assert "fetch-depth: 0" in said
    assert not (project.checkout / "hacked").exists()
