"""Artifacts on disk: the only module that writes outputs.

In: a root folder, a system's name, its artifacts and the target versions they were made for. Out: what was created,
updated, removed or left alone, or (`check`) what a build would change; all as data, nothing is printed.

A manifest beside the outputs lists the files that are ours. Nothing else is ever removed, and no path leads out of the
root, through a symbolic link or otherwise.
"""

from __future__ import annotations

import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from monitorspec import __version__
from monitorspec.artifact import Artifact
from monitorspec.artifact import OutputError as OutputError

MANIFEST = "manifest.json"

_TEMPORARY = ".monitorspec-{}.tmp"
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_strange = re.compile(r"[\x00-\x1f\x7f\\\"]").search
_entry = re.compile(r'^\s*"([^"\\]+)": "([0-9a-f]{64})",?$', re.MULTILINE)


class Written(NamedTuple):
    """What `write` did, each path relative to the system's folder and sorted; `edited` is among updated or removed.

    `edited` are files whose content on disk was not what we had written there: someone's edits, now replaced.
    """

    created: tuple[str, ...]
    updated: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]


class Different(NamedTuple):
    """A file that a build would change."""

    path: str
    on_disk: str
    expected: str

    def diff(self, lines: int = 20) -> str:
        """A unified diff from disk to what a build writes, cut after `lines` lines."""
        import difflib

        pair = self.on_disk.splitlines(), self.expected.splitlines()
        found = list(difflib.unified_diff(*pair, f"on disk/{self.path}", f"expected/{self.path}", n=1, lineterm=""))
        rest = [f"… {len(found) - lines} more lines"] if len(found) > lines else []
        return "\n".join(found[:lines] + rest)


class Stale(NamedTuple):
    """What `check` found: files that a build would create, change and remove. True if there is any."""

    missing: tuple[str, ...]
    different: tuple[Different, ...]
    surplus: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.different or self.surplus)


def write(root: Path, system: str, artifacts: Sequence[Artifact], meta: Mapping[str, str]) -> Written:
    """Bring `root/system/` to hold exactly `artifacts` of ours; `meta` is target → version. Raises OutputError."""
    contents = _contents(system, artifacts)
    folder = os.path.join(root, system)
    try:
        return _write(str(root), system, folder, contents, meta)
    except OSError as error:
        where = error.filename2 or error.filename or folder
        raise OutputError(f"{where}: cannot be written: {error.strerror or error}") from error


def check(root: Path, system: str, artifacts: Sequence[Artifact], meta: Mapping[str, str]) -> Stale:
    """What `write` would change, without writing. Raises OutputError."""
    contents = _contents(system, artifacts)
    folder = os.path.join(root, system)
    try:
        _no_links(str(root), [system, *(f"{system}/{path}" for path in contents)])
        owned = _owned(folder)
        contents[MANIFEST] = _manifest(_hashes(contents), system, meta)
        missing, different = [], []
        for path, content in sorted(contents.items()):
            found = _read(os.path.join(folder, path), len(content))
            if found is None:
                missing.append(path)
            elif found != content:
                found = _read(os.path.join(folder, path)) or b""
                different.append(Different(path, found.decode("utf-8", "replace"), content.decode()))
        surplus = [path for path in owned if path not in contents and os.path.lexists(os.path.join(folder, path))]
        return Stale(tuple(missing), tuple(different), tuple(sorted(surplus)))
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be read: {error.strerror or error}") from error


def owned(root: Path, system: str) -> list[str]:
    """The paths in `root/system/` that we wrote last time, by its manifest."""
    return sorted(_owned(os.path.join(root, system)))


def _write(root: str, system: str, folder: str, contents: dict[str, bytes], meta: Mapping[str, str]) -> Written:
    _no_links(root, [system, *(f"{system}/{path}" for path in contents)])
    owned = _owned(folder)
    hashes = _hashes(contents)
    edited: list[str] = []

    # First what goes: a file may stand where a folder is to be, or differ from a new name by case only.
    removed = []
    for path in sorted(owned.keys() - contents.keys()):
        _no_links(root, [f"{system}/{path}"])
        target = os.path.join(folder, path)
        found = _read(target)
        if found is not None:
            if sha256(found).hexdigest() != owned[path]:
                edited.append(path)
            os.unlink(target)
            removed.append(path)
            _prune(folder, path)

    old: dict[str, bytes | None] = {}
    for path, content in contents.items():
        old[path] = found = _read(os.path.join(folder, path), len(content))
        if found is not None and found != content:
            whole = _read(os.path.join(folder, path)) or b""
            if sha256(whole).hexdigest() != owned.get(path):
                edited.append(path)

    # New files are ours before they exist: should this run end half-way, the next one may still remove them.
    if any(old[path] is None and path not in owned for path in contents):
        early = {path: owned.get(path, hashes[path]) for path in contents}
        _replace(folder, MANIFEST, _manifest(early, system, meta))
    created: list[str] = []
    updated: list[str] = []
    unchanged: list[str] = []
    for path, content in sorted(contents.items()):
        if old[path] == content:
            unchanged.append(path)
            continue
        _replace(folder, path, content)
        (created if old[path] is None else updated).append(path)
    manifest = _manifest(hashes, system, meta)
    if _read(os.path.join(folder, MANIFEST)) != manifest:
        _replace(folder, MANIFEST, manifest)
    return Written(tuple(created), tuple(updated), tuple(removed), tuple(unchanged), tuple(sorted(edited)))


def _contents(system: str, artifacts: Sequence[Artifact]) -> dict[str, bytes]:
    """Path → bytes. Raises OutputError for a path that leads elsewhere, or two that are one on some file system."""
    if _problem(system) or "/" in system:
        raise OutputError(f"{system!r} cannot be a system's folder: {_problem(system) or 'it contains a slash'}")
    contents: dict[str, bytes] = {}
    taken = {MANIFEST: MANIFEST}
    folders: dict[str, str] = {}
    for path, text in artifacts:
        problem = _problem(path)
        if problem:
            raise OutputError(f"{path!r} cannot be an output's path: {problem}")
        folded = _folded(path)
        if folded in taken:
            raise OutputError(f"two outputs would be one file where case does not count: {taken[folded]} and {path}")
        taken[folded] = path
        while "/" in folded:
            folded = folded.rpartition("/")[0]
            folders.setdefault(folded, path)
        try:
            path.encode()
            contents[path] = text.encode()
        except UnicodeEncodeError as error:
            raise OutputError(f"{path!a}: half a surrogate pair at character {error.start} is no text") from error
    for folded in taken.keys() & folders.keys():
        raise OutputError(f"{taken[folded]} cannot be a file and a folder at once: see {folders[folded]}")
    return contents


def _problem(path: str) -> str:
    """Why `path` is not a plain relative path, or nothing."""
    if not path:
        return "it is empty"
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        return "it is absolute"
    if _strange(path):
        return "it contains a backslash, a double quote or a control character"
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        return "it contains an empty, '.' or '..' component"
    return ""


def _folded(path: str) -> str:
    """Alike for paths that a file system which ignores case and composition takes for one."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def _no_links(root: str, paths: Iterable[str]) -> None:
    """Raise OutputError if a folder below `root` on the way to one of `paths` is a symbolic link or no folder."""
    seen = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in seen:
            seen.add(folder)
            full = os.path.join(root, folder)
            try:
                if stat.S_ISLNK(os.lstat(full).st_mode):
                    raise OutputError(f"{full}: is a symbolic link; outputs are written to real folders only")
            except (FileNotFoundError, NotADirectoryError):
                pass
            folder = folder.rpartition("/")[0]


def _owned(folder: str) -> dict[str, str]:
    """Path → hash of what the manifest calls ours; what is no plain path is not. Merge conflicts are read through."""
    found = _read(os.path.join(folder, MANIFEST))
    if found is None:
        return {}
    pairs: Iterable[tuple[object, object]] = _entry.findall(found.decode("utf-8", "replace"))
    return {
        path: digest
        for path, digest in pairs
        if isinstance(path, str) and isinstance(digest, str) and not _problem(path) and path != MANIFEST
    }


def _manifest(hashes: Mapping[str, str], system: str, meta: Mapping[str, str]) -> bytes:
    """The manifest's bytes: a file a line, so that a diff and a merge stay readable."""
    data = {"files": dict(hashes), "monitorspec": __version__, "system": system, "targets": dict(meta)}
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _hashes(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {path: sha256(content).hexdigest() for path, content in contents.items()}


def _read(path: str, expected: int | None = None) -> bytes | None:
    """The file's bytes; None if there is none. With `expected`, one byte more than that is enough to tell them apart.

    A symbolic link is not followed: it counts as a file with other content, and is replaced.
    """
    try:
        handle = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        if os.path.islink(path):
            return os.fsencode(os.readlink(path)) + b"\0"
        raise
    try:
        if expected is not None:
            return os.read(handle, expected + 1)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read()
    except OSError as error:
        error.filename = error.filename or path  # reading by handle does not name the file
        raise
    finally:
        os.close(handle)


def _replace(folder: str, path: str, content: bytes) -> None:
    """Write a file beside `path` and rename it over: a reader sees the old or the new one, never half of it."""
    target = os.path.join(folder, path)
    parent = os.path.dirname(target)
    temporary = os.path.join(parent, _TEMPORARY.format(os.getpid()))
    try:
        handle = os.open(temporary, _CREATE, 0o666)
    except FileNotFoundError:
        os.makedirs(parent, exist_ok=True)
        handle = os.open(temporary, _CREATE, 0o666)
    try:
        with os.fdopen(handle, "wb", buffering=0) as stream:
            rest = memoryview(content)
            while rest:
                rest = rest[stream.write(rest) :]
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _prune(folder: str, path: str) -> None:
    """Remove the folders that the removal of `path` left empty, up to the system's own."""
    while "/" in path:
        path = path.rpartition("/")[0]
        try:
            os.rmdir(os.path.join(folder, path))
        except OSError:
            return
