"""Outputs on disk: only changes are written, only our own files are removed, and no path leads elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import output
from monitorspec.artifact import Artifact
from monitorspec.output import OutputError, Written, check, write

META = {"prometheus": "2.42", "alertmanager": "0.25"}
A, B, C = Artifact("prometheus/a.yml", "a: 1\n"), Artifact("runbooks/x/b.md", "# b\n"), Artifact("c.json", "{}\n")


def _tree(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}


def _stamps(root: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()}


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A, B], META)
    before = _stamps(tmp_path)
    assert write(tmp_path, "shop", [B, A], META) == Written((), (), (), (A.path, B.path), ())
    assert _stamps(tmp_path) == before


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "shop/runbooks/x").mkdir(parents=True)
    (tmp_path / "shop/runbooks/x/notes.md").write_text("mine")
    (tmp_path / "shop/README.md").write_text("mine too")
    write(tmp_path, "shop", [A, B], META)
    write(tmp_path, "shop", [C], META)
    assert set(_tree(tmp_path / "shop")) == {"runbooks/x/notes.md", "README.md", "c.json", "manifest.json"}


def test_a_first_build_creates_all(tmp_path: Path) -> None:
    assert write(tmp_path / "new" / "root", "shop", [A, B], META) == Written((A.path, B.path), (), (), (), ())
    tree = _tree(tmp_path / "new" / "root" / "shop")
    manifest = json.loads(tree.pop("manifest.json"))
    assert tree == {A.path: A.text, B.path: B.text}
    assert manifest["targets"] == META
    assert manifest["files"] == {a.path: hashlib.sha256(a.text.encode()).hexdigest() for a in (A, B)}


def test_the_manifest_depends_on_nothing_but_its_input(tmp_path: Path) -> None:
    write(tmp_path / "1", "shop", [A, B], META)
    write(tmp_path / "2", "shop", [C], {})
    write(tmp_path / "2", "shop", [B, A], dict(reversed(META.items())))
    assert _tree(tmp_path / "1") == _tree(tmp_path / "2")


def test_what_is_no_longer_produced_goes_with_its_empty_folders(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A, B], META)
    changed = Artifact(A.path, "a: 2\n")
    assert write(tmp_path, "shop", [changed, C], META) == Written((C.path,), (A.path,), (B.path,), (), ())
    assert set(_tree(tmp_path / "shop")) == {A.path, C.path, "manifest.json"}
    assert not (tmp_path / "shop/runbooks").exists()


def test_an_edit_by_hand_is_replaced_and_reported(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A, B], META)
    (tmp_path / "shop" / A.path).write_text("a: 1 # tuned at night\n")
    (tmp_path / "shop" / B.path).write_text("")
    assert write(tmp_path, "shop", [A], META) == Written((), (A.path,), (B.path,), (), (A.path, B.path))
    assert (tmp_path / "shop" / A.path).read_text() == A.text


def test_a_file_in_the_way_that_was_not_ours_is_reported(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "c.json").write_text("precious")
    assert write(tmp_path, "shop", [C], META).edited == ("c.json",)


def test_a_file_may_become_a_folder_and_back(tmp_path: Path) -> None:
    file, inside = Artifact("x", "1\n"), Artifact("x/y/z", "2\n")
    for artifacts in ([file], [inside], [file]):
        write(tmp_path, "shop", artifacts, META)
        assert not check(tmp_path, "shop", artifacts, META)


def test_check_says_what_a_build_would_do_and_does_nothing(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A, B], META)
    assert not check(tmp_path, "shop", [A, B], META)
    before = _stamps(tmp_path)
    stale = check(tmp_path, "shop", [Artifact(A.path, "a: 2\n"), C], META)
    assert _stamps(tmp_path) == before
    assert (stale.missing, stale.surplus) == ((C.path,), (B.path,))
    assert [d.path for d in stale.different] == ["manifest.json", A.path]
    assert stale.different[1].diff().splitlines()[2:] == ["@@ -1 +1 @@", "-a: 1", "+a: 2"]
    assert "more lines" in stale.different[0].diff(lines=3)


def test_check_of_nothing_finds_all_missing(tmp_path: Path) -> None:
    assert check(tmp_path / "none", "shop", [A], META).missing == ("manifest.json", A.path)
    assert not (tmp_path / "none").exists()


def test_other_target_versions_are_drift(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A], META)
    assert [d.path for d in check(tmp_path, "shop", [A], {**META, "prometheus": "3.5"}).different] == ["manifest.json"]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "./a",
        "",
        "a\\b",
        "a\0b",
        "C:/x",
        "a\nb",
        "manifest.json",
        "Manifest.JSON",
    ],
)
def test_no_path_leads_elsewhere(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputError):
        write(tmp_path / "root", "shop", [Artifact(path, "x\n")], META)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("system", ["", "..", "a/b", "/abs", "a\\b", "."])
def test_a_system_is_one_folder_below_the_root(tmp_path: Path, system: str) -> None:
    with pytest.raises(OutputError, match="folder"):
        write(tmp_path / "root", system, [A], META)


@pytest.mark.parametrize(
    "pair", [("a/b.md", "a/B.md"), ("A/x", "a/y/../x"), ("é", "e\u0301"), ("a", "A/b"), ("a", "a")]
)
def test_two_outputs_are_never_one_file_on_another_system(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(OutputError):
        write(tmp_path, "shop", [Artifact(path, "x\n") for path in pair], META)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=12) | st.lists(st.sampled_from(["..", ".", "a", "", "\\", "~"]), max_size=5).map("/".join))
def test_a_path_that_is_accepted_stays_below_the_root(path: str) -> None:
    try:
        output._contents("shop", [Artifact(path, "")])
    except OutputError:
        return
    assert os.path.normpath(os.path.join("/folder/shop", path)).startswith("/folder/shop/")


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.yml").write_text("precious")
    (tmp_path / "root/shop").mkdir(parents=True)
    (tmp_path / "root/shop/prometheus").symlink_to(outside)
    (tmp_path / "root/other").symlink_to(outside)
    for system in ("shop", "other"):
        with pytest.raises(OutputError, match="symbolic link"):
            write(tmp_path / "root", system, [A], META)
        with pytest.raises(OutputError, match="symbolic link"):
            check(tmp_path / "root", system, [A], META)
    assert _tree(outside) == {"a.yml": "precious"}


def test_a_file_that_is_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(C.text)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/c.json").symlink_to(outside)
    assert [d.path for d in check(tmp_path, "shop", [C], META).different] == ["c.json"]
    assert write(tmp_path, "shop", [C], META).updated == ("c.json",)
    assert not (tmp_path / "shop/c.json").is_symlink()
    assert outside.read_text() == C.text


def test_a_forged_manifest_removes_nothing_outside(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    digest = hashlib.sha256(b"precious").hexdigest()
    write(tmp_path / "root", "shop", [A], META)
    (tmp_path / "root/shop/link").symlink_to(tmp_path)
    for path in ("../../victim", str(victim)):
        (tmp_path / "root/shop/manifest.json").write_text(json.dumps({"files": {path: digest}}, indent=2))
        write(tmp_path / "root", "shop", [A], META)
    (tmp_path / "root/shop/manifest.json").write_text(json.dumps({"files": {"link/victim": digest}}, indent=2))
    with pytest.raises(OutputError, match="symbolic link"):
        write(tmp_path / "root", "shop", [A], META)
    assert victim.read_text() == "precious"


def test_a_manifest_with_a_merge_conflict_still_tells_what_is_ours(tmp_path: Path) -> None:
    write(tmp_path, "shop", [A, B], META)
    manifest = tmp_path / "shop/manifest.json"
    manifest.write_text(
        manifest.read_text().replace('    "prom', '<<<<<<< ours\n    "prom', 1) + "=======\n>>>>>>> theirs\n"
    )
    assert write(tmp_path, "shop", [A], META).removed == (B.path,)
    assert not check(tmp_path, "shop", [A], META)


@pytest.mark.parametrize("fails_at", range(6))
def test_a_build_that_ends_half_way_is_repaired_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    write(tmp_path, "shop", [A, B], META)
    real, calls = os.replace, 0

    def full(source: str, target: str) -> None:
        nonlocal calls
        if calls == fails_at:
            raise OSError(28, "No space left on device", source, None, target)
        calls += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    new = [Artifact(A.path, "a: 2\n"), C, Artifact("d/e.md", "e\n")]
    if fails_at < 5:
        with pytest.raises(OutputError, match="No space left on device"):
            write(tmp_path, "shop", new, META)
    else:
        write(tmp_path, "shop", new, META)
    assert not [path for path in _tree(tmp_path) if path.endswith(".tmp")]
    monkeypatch.setattr(os, "replace", real)
    # Not even a file that only the failed build wanted stays behind.
    last = [Artifact(A.path, "a: 3\n")]
    write(tmp_path, "shop", last, META)
    assert set(_tree(tmp_path / "shop")) == {A.path, "manifest.json"}
    assert not check(tmp_path, "shop", last, META)


def test_a_folder_where_a_file_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop/c.json").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"c\.json"):
        write(tmp_path, "shop", [C], META)


def test_four_thousand_unchanged_files_are_a_blink(tmp_path: Path) -> None:
    artifacts = [Artifact(f"runbooks/s{i // 8}/r{i}.md", f"# {i}\n" + "x" * 16_000 + "\n") for i in range(4_000)]
    write(tmp_path, "shop", artifacts, META)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert len(write(tmp_path, "shop", artifacts, META).unchanged) == 4_000
        times.append(time.perf_counter() - start)
    assert min(times) < 1.5  # about 0.15 s alone on a small machine; the rest is room for what else runs there
