"""The benchmark: `make bench`, or `python -m benchmarks.bench --help`.

In: how many services. Out: a table of what a build and a lint take beside the floor: what the same machine takes at the
same time to do no more than read the YAML and write about as much; and one of what tests take. Every measurement is a
process of its own; the kinds alternate, and medians are told.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

if __package__ in (None, ""):
    # Run as a file: the project is not importable yet.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import ROOT, Cost, cost, medians
from benchmarks.workload import alarms, spec

PYTHON = sys.executable
SYSTEM = "bench"
REAL = "specs/datavault.monitorspec.yaml"
# What every start of a program of this kind pays that validates with pydantic as usual.
IMPORTS = "import click, pydantic"


class Counts(NamedTuple):
    """What stands in an output folder."""

    rules: int
    files: int
    bytes: int


class Row(NamedTuple):
    """What one kind of run took; `floor`: the row that it is compared with, "" for a floor itself."""

    kind: str
    cost: Cost
    floor: str


class Measured(NamedTuple):
    """All runs on one spec."""

    services: int
    rows: list[Row]
    made: Counts
    floor: Counts

    def ratio(self, kind: str, of: Literal["wall", "cpu"] = "wall") -> float:
        """The time of a kind of run, in those of its floor; processor time is the fairer one on a busy machine."""
        costs = {row.kind: row for row in self.rows}
        mine, floor = costs[kind].cost, costs[costs[kind].floor].cost
        return mine.wall / floor.wall if of == "wall" else mine.cpu / floor.cpu


def measure(services: int, runs: int, scratch: Path) -> Measured:
    """Builds and lints of a spec with so many services, below `scratch`."""
    text, changed = scratch / f"{services}.monitorspec.yaml", scratch / "changed" / f"{services}.monitorspec.yaml"
    changed.parent.mkdir(exist_ok=True)
    text.write_text(spec(services), encoding="utf-8")
    changed.write_text(spec(services, changed=services // 2), encoding="utf-8")
    out, floor = scratch / "out", scratch / "floor"
    build = [PYTHON, "-m", "monitorspec", "build", "-o", str(out)]
    costs: dict[str, list[Cost]] = {}
    for _ in range(runs):
        for folder in (out, floor):
            shutil.rmtree(folder, ignore_errors=True)
        for kind, command in (
            ("floor", [PYTHON, "-m", "benchmarks.floor", str(text), str(floor)]),
            ("full build", [*build, str(text)]),
            ("nothing changed", [*build, str(text)]),
            ("one service changed", [*build, str(changed)]),
            ("lint", [PYTHON, "-m", "monitorspec", "lint", str(text)]),
            ("diff of one service", [PYTHON, "-m", "monitorspec", "diff", str(text), str(changed)]),
        ):
            costs.setdefault(kind, []).append(cost(command))
    rows = [Row(kind, medians(found), "" if kind == "floor" else "floor") for kind, found in costs.items()]
    made = Measured(services, rows, counts(out / SYSTEM), counts(floor))
    shutil.rmtree(out)
    shutil.rmtree(floor)
    return made


def measure_alarms(count: int, runs: int, scratch: Path) -> Measured:
    """Builds of the templates of so many alarms, below `scratch`, beside a floor that writes as many from a text."""
    text = scratch / f"{count}-alarms.monitorspec.yaml"
    text.write_text(alarms(count), encoding="utf-8")
    out, floor = scratch / "out", scratch / "floor"
    commands = {
        "alarm floor": [PYTHON, "-m", "benchmarks.floor", str(text), str(floor), "alarms"],
        "alarms": [PYTHON, "-m", "monitorspec", "build", "--target", "cloudwatch", "-o", str(out), str(text)],
        "lint of alarms": [PYTHON, "-m", "monitorspec", "lint", str(text)],
    }
    costs: dict[str, list[Cost]] = {kind: [] for kind in commands}
    for _ in range(runs):
        for folder in (out, floor):
            shutil.rmtree(folder, ignore_errors=True)
        for kind, command in commands.items():
            costs[kind].append(cost(command))
    rows = [Row(k, medians(found), "" if k == "alarm floor" else "alarm floor") for k, found in costs.items()]
    made = Measured(count, rows, counts(out / SYSTEM), counts(floor))
    shutil.rmtree(out)
    shutil.rmtree(floor)
    return made


class Tested(NamedTuple):
    """What `monitorspec test` took of a spec with so many services and as many tests of its own."""

    services: int
    cost: Cost

    @property
    def processors(self) -> float:
        """How many processors were busy on average."""
        return self.cost.cpu / self.cost.wall


def measure_tests(services: int, runs: int, scratch: Path) -> Tested:
    """Tests of a spec with so many services, below `scratch`."""
    text = scratch / f"{services}-tested.monitorspec.yaml"
    text.write_text(spec(services, tested=True), encoding="utf-8")
    command = [PYTHON, "-m", "monitorspec", "test", str(text)]
    return Tested(services, medians([cost(command) for _ in range(runs)]))


def tests_table(tested: Sequence[Tested]) -> str:
    """What the tests took, each size beside the one before: services and time grow alike where the time is linear."""
    head = f"{'services':>8}  {'test':<20} {'wall s':>8} {'cpu s':>8} {'busy':>6} {'ms each':>8}"
    head += f" {'services':>9} {'wall':>7} {'cpu':>7}"
    out = ["", head, "-" * len(head)]
    for n, one in enumerate(tested):
        row = f"{one.services:>8,}  {'all tests':<20} {one.cost.wall:>8.2f} {one.cost.cpu:>8.2f} {one.processors:>6.2f}"
        row += f" {1000 * one.cost.wall / one.services:>8.0f}"
        if n:
            before = tested[n - 1]
            row += f" {one.services / before.services:>8.1f}x {one.cost.wall / before.cost.wall:>6.1f}x"
            row += f" {one.cost.cpu / before.cost.cpu:>6.1f}x"
        out.append(row)
    return "\n".join(out) + "\n"


def cold(runs: int) -> Measured:
    """Lint of a real spec, beside the import of two packages."""
    commands = {IMPORTS: [PYTHON, "-c", IMPORTS], "lint": [PYTHON, "-m", "monitorspec", "lint", REAL]}
    costs: dict[str, list[Cost]] = {kind: [] for kind in commands}
    for _ in range(runs):
        for kind, command in commands.items():
            costs[kind].append(cost(command))
    rows = [Row(kind, medians(found), "" if kind == IMPORTS else IMPORTS) for kind, found in costs.items()]
    return Measured(1, rows, Counts(0, 0, 0), Counts(0, 0, 0))


def warm_up(scratch: Path) -> None:
    """Compile all modules and fill the cache of the validator."""
    text = scratch / "warm.monitorspec.yaml"
    # Fewer services have not all of the teams that the routes name.
    text.write_text(spec(4), encoding="utf-8")
    cost([PYTHON, "-m", "monitorspec", "build", "-o", str(scratch / "warm"), str(text)])
    cost([PYTHON, "-m", "benchmarks.floor", str(text), str(scratch / "warm" / "floor")])


def counts(folder: Path) -> Counts:
    """Rules, files and bytes below a folder."""
    rule = re.compile(rb"^ +- (?:alert|record): ", re.MULTILINE)
    rules = files = size = 0
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            files, size = files + 1, size + len(content)
            rules += len(rule.findall(content)) if path.name.endswith("rules.yml") else 0
    return Counts(rules, files, size)


def table(measured: Sequence[Measured], real: Measured) -> str:
    """What was measured, for people."""
    head = (
        f"{'services':>8}  {'run':<20} {'wall s':>8} {'cpu s':>8} {'MiB':>6} {'wall':>7} {'cpu':>7} "
        f"{'rules':>8} {'files':>7} {'MB':>7}"
    )
    out = [head, "-" * len(head)]
    for one in measured:
        for row in one.rows:
            made = one.made if row.kind in ("full build", "alarms") else None if row.floor else one.floor
            out.append(
                f"{one.services:>8,}  {row.kind:<20} {_numbers(row.cost)} {_ratio(one, row)}"
                + (f" {made.rules:>8,} {made.files:>7,} {made.bytes / 1e6:>7.1f}" if made else "")
            )
    out += ["", f"lint of {REAL}"]
    out += [f"{'':>8}  {row.kind:<20} {_numbers(row.cost)} {_ratio(real, row)}".rstrip() for row in real.rows]
    return "\n".join(out) + "\n\nthe last two: in the times of the floor, or of the bare imports\n"


def _numbers(found: Cost) -> str:
    return f"{found.wall:>8.3f} {found.cpu:>8.3f} {found.memory:>6.0f}"


def _ratio(one: Measured, row: Row) -> str:
    return f"{one.ratio(row.kind):>6.1f}x {one.ratio(row.kind, 'cpu'):>6.1f}x" if row.floor else f"{'':>15}"


def _stages(spec_file: Path, out: Path, runs: int) -> str:
    code = "import json, sys; from pathlib import Path; from benchmarks.stages import stages; "
    code += "print(json.dumps(stages(Path(sys.argv[1]), Path(sys.argv[2]))))"
    found: list[list[tuple[str, float]]] = []
    for _ in range(runs):
        shutil.rmtree(out, ignore_errors=True)
        found.append(json.loads(cost([PYTHON, "-c", code, str(spec_file), str(out)]).said))
    names = [name for name, _ in found[0]]
    times = [sorted(seconds for _, seconds in stage)[runs // 2] for stage in zip(*found, strict=True)]
    whole = sum(times)
    rows = [f"{name:<14} {1000 * time:>8.0f} ms {time / whole:>6.0%}" for name, time in zip(names, times, strict=True)]
    return "\n".join([*rows, f"{'all':<14} {1000 * whole:>8.0f} ms  in one process"])


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.bench", description="What builds and lints take.")
    parser.add_argument("--services", default="10,100,1000", help="sizes of the spec (default: %(default)s)")
    parser.add_argument(
        "--tests", default="25,50,100", help="sizes of the spec that is tested; empty for none (%(default)s)"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each kind, of which the median counts")
    parser.add_argument("--stages", action="store_true", help="instead: the time of each stage, at the largest size")
    parser.add_argument("--profile", action="store_true", help="instead: the slowest functions, at the largest size")
    parser.add_argument("--rows", type=int, default=40, help="functions that --profile shows")
    options = parser.parse_args()
    sizes = [int(text) for text in options.services.split(",") if text]
    memory = Path("/dev/shm")
    root = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="monitorspec-bench-", dir=root) as folder:
        scratch = Path(folder)
        os.chdir(ROOT)
        warm_up(scratch)
        if options.stages or options.profile:
            text = scratch / "spec.monitorspec.yaml"
            text.write_text(spec(max(sizes)), encoding="utf-8")
            if options.profile:
                from benchmarks.stages import profile

                profile(text, scratch / "out", options.rows)
            else:
                print(_stages(text, scratch / "out", options.runs))
            return
        if sizes:
            measured = [measure(size, options.runs, scratch) for size in sizes]
            measured.append(measure_alarms(1_000, options.runs, scratch))
            print(table(measured, cold(max(options.runs, 11))), end="")
        # A hundred services take promtool minutes.
        tested = [
            measure_tests(int(text), max(options.runs // 5, 1), scratch) for text in options.tests.split(",") if text
        ]
        if tested:
            print(tests_table(tested), end="")


if __name__ == "__main__":
    main()
