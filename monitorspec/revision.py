"""The files of a git commit, beside the working tree: read from the repository's own store, no network, no checkout.

In: a folder within a repository and the name of a commit. Out: a folder that holds what specs are made of (YAML and Markdown) as
it was then. Neither the index nor the working tree nor any ref is touched.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# What a spec may read: itself, what it extends, and the pages of runbooks.
_SUFFIXES = (b".yaml", b".yml", b".md", b".markdown", b".txt", b"monitorspec.toml")
_TIMEOUT = 120.0
_PLAIN = (b"100644", b"100755")


class RevisionError(Exception):
    """Why a commit's files cannot be had, in one sentence."""


def toplevel(folder: Path) -> Path:
    """The root of the repository that a folder is in. Raises RevisionError."""
    out = _git(folder, "rev-parse", "--show-toplevel")
    return Path(out.decode("utf-8", "surrogateescape").rstrip("\n"))


def commit_of(folder: Path, ref: str) -> str:
    """The full name of the commit that a ref stands for. Raises RevisionError."""
    try:
        # What begins with a hyphen would be an option.
        return (
            _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
        )
    except RevisionError as error:
        if str(error):
            raise
        raise RevisionError(
            f"there is no commit `{ref}` here; fetch it first: `git fetch origin {_bare(ref)}`"
        ) from None


def merge_base(folder: Path, ref: str) -> str:
    """The newest commit that a ref and HEAD have in common, or the ref's own where they have none. Raises RevisionError."""
    commit = commit_of(folder, ref)
    try:
        return _git(folder, "merge-base", commit, "HEAD").decode().split("\n")[0]
    except RevisionError:
        return commit


def unpack(folder: Path, commit: str, into: Path) -> None:
    """Write the files of a commit that specs may read to `into`, at their paths. Raises RevisionError."""
    found = list(_listed(_git(folder, "ls-tree", "-r", "-z", "--full-tree", commit)))
    # A name of another kind than these cannot be told apart from an option or a way out, and no git makes one.
    blobs = [(name, path) for name, path in found if ".." not in path.split("/") and not path.startswith("/")]
    request = b"".join(name + b"\n" for name, _ in blobs)
    answer = _git(folder, "cat-file", "--batch", given=request)
    at = 0
    for _, path in blobs:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[2])
        file = into / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer[end + 1 : end + 1 + size])
        at = end + size + 2
    # Files may be named from anywhere in the project: its root is here.
    (into / ".git").mkdir(exist_ok=True)


def _listed(tree: bytes) -> Iterator[tuple[bytes, str]]:
    for entry in tree.split(b"\0"):
        head, _, path = entry.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        if mode in _PLAIN and path.endswith(_SUFFIXES):
            yield rest.split(b" ")[1], path.decode("utf-8", "surrogateescape")


def _git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """What git prints. It reads no configuration that could run anything."""
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError:
        raise RevisionError("git is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"git did not end within {_TIMEOUT:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise RevisionError(re.sub(r"^(fatal|error): ", "", said))
    return done.stdout


def _bare(ref: str) -> str:
    """A branch's name without its remote's."""
    return ref.removeprefix("refs/remotes/").removeprefix("origin/")
