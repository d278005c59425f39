"""The comment of a review as people see it: rendered as GitHub renders it, and looked at in a browser.

Markdown becomes HTML by GitHub's own renderer (cmark-gfm); headless Chromium lays it out and says what is to be seen and where.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from monitorspec.diff import TITLES
from monitorspec.report.review.markdown import render as comment
from monitorspec.review import Review
from tests.report.review.test_review_formats import EVIL, hostile, html, many, sample

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# What GitHub's style sheet does to lists, code and quotes, as far as it moves things about.
_STYLE = """
body {max-width: 760px; margin: 16px auto; font: 14px/1.5 sans-serif; overflow-wrap: break-word}
code {font: 85% monospace; background: #eee; padding: .2em .4em; border-radius: 6px; white-space: break-spaces}
pre {background: #f6f8fa; padding: 12px; overflow: auto} pre code {background: none; padding: 0; white-space: pre}
ul {padding-left: 2em} li:has(> input) {list-style-type: none} li > input {margin: 0 .2em .25em -1.4em}
"""
# Says what is there, as text of the page.
_LOOK = """
addEventListener('load', () => {
  const seen = e => e.checkVisibility() && e.getBoundingClientRect().height > 0
  const all = query => [...document.querySelectorAll(query)]
  const facts = {
    boxes: all('input').map(e => ({
      checked: e.checked, seen: seen(e), below: e.nextElementSibling?.localName == 'p',
      beside: e.closest('li').innerText.trim().split('\\n')[0],
    })),
    sections: all('body > p > strong:only-child').map(e => [e.innerText, e.getBoundingClientRect().top]),
    folded: all('details').map(e => ({open: e.open, title: e.querySelector('summary').innerText})),
    unfolded: all('details li').filter(seen).length,
    tags: [...new Set(all('body *').map(e => e.localName))].sort(),
    text: document.body.innerText,
    fences: all('pre').map(e => e.innerText.split('\\n').filter(Boolean)),
    wide: document.documentElement.scrollWidth > innerWidth,
    titles: document.title,
  }
  document.documentElement.setAttribute('data-facts', JSON.stringify(facts))
})
"""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        # `make test` installs it where it can.
        pytest.skip("chromium is not on PATH")
    return found


def look(chromium: str, text: str, folder: Path) -> dict[str, Any]:
    """What a browser sees of a comment; a picture of it is in `folder`/comment.png."""
    page = folder / "comment.html"
    page.write_text(
        f"<!doctype html><html><head><meta charset=utf-8><title>comment</title><style>{_STYLE}</style>"
        f"<script>{_LOOK}</script></head><body>{html(text)}</body></html>",
        encoding="utf-8",
    )
    picture = folder / "comment.png"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [chromium, *options, profile, "--window-size=900,1800", f"--screenshot={picture}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'data-facts="([^"]*)"', done.stdout)
    assert found, done.stdout[:500]
    facts: dict[str, Any] = json.loads(unescape(found[1]))
    facts["picture"] = picture
    return facts


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.chdir(tmp_path)
    return sample(tmp_path)


def test_what_a_reviewer_sees(chromium: str, found: Review, tmp_path: Path) -> None:
    facts = look(chromium, comment(found), tmp_path)
    # Who gets paged comes first; what nobody is woken by is folded away.
    titles = [title for title, _ in facts["sections"]]
    order = [title for title in TITLES.values() if title in titles]
    assert titles == order
    assert titles[:2] == ["Who gets paged", "What is noticed"]
    tops = [top for _, top in facts["sections"]]
    assert tops == sorted(tops)
    assert tops[0] < 200
    cosmetic, deploy = facts["folded"]
    assert not cosmetic["open"]
    assert not deploy["open"]
    assert facts["unfolded"] == 0
    assert re.fullmatch(r"\d+ cosmetic changes", cosmetic["title"])
    assert deploy["title"] == "On deploy"
    # Every risky line has a box, and what somebody acknowledged is ticked.
    assert all(box["seen"] and not box["below"] for box in facts["boxes"])
    ticked = [box["beside"] for box in facts["boxes"] if box["checked"]]
    assert len(ticked) == 1
    assert "api.disk.warning: NARROWER" in ticked[0]
    assert "acknowledged: /tmp is emptied at night" in ticked[0]
    open_ = [box["beside"] for box in facts["boxes"] if not box["checked"]]
    assert any("api.disk.critical: no longer pages anyone, paged oncall" in line for line in open_)
    lines = {(t.change.code, t.change.sign, t.change.text, t.only) for t in found.told if t.level == "risky"}
    assert len(facts["boxes"]) == len(lines)
    # A change of an expression is shown as both of its sides.
    assert [
        '- sum(rate(http_requests_total{job="shop"}[5m]))',
        '+ sum(rate(http_requests_total{job="shop"}[10m]))',
    ] in facts["fences"]
    assert "acknowledge:" not in facts["text"]
    assert "<" not in facts["text"]
    assert not facts["wide"]
    assert facts["picture"].stat().st_size > 10_000


def test_what_a_browser_makes_of_hostile_texts(chromium: str, tmp_path: Path) -> None:
    facts = look(chromium, comment(hostile(" ".join(EVIL))), tmp_path)
    assert not {"script", "a", "img", "h1", "h2", "table", "ol", "b", "i", "del"} & set(facts["tags"])
    assert "<script>alert(1)</script>" in facts["text"]
    assert [fold["open"] for fold in facts["folded"]] == [False, False]
    assert [box["checked"] for box in facts["boxes"]] == [True, False]
    assert facts["titles"] == "comment"


def test_a_comment_that_was_cut_says_so_where_it_is_seen(chromium: str, tmp_path: Path) -> None:
    facts = look(chromium, comment(many(2000)), tmp_path)
    assert "Cut here: about" in facts["text"]
    assert facts["text"].rstrip().endswith("or by monitorspec diff.")
    assert escape("**") not in facts["text"]
