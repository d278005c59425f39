"""Packing panels into a grid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitorspec.grafana.panels import SIZES
from monitorspec.layout import COLUMNS, Box, lines, pack
from monitorspec.plan import Panel


def panel(type_: str = "timeseries", width: int | None = None, height: int | None = None) -> Panel:
    return Panel("x", type_, "", "none", (), "", (), False, None, None, None, width, height, {}, ())


def test_nothing_takes_no_lines() -> None:
    assert pack([], 7, SIZES) == ([], 7)


def test_stats_stand_side_by_side_above_the_graphs() -> None:
    boxes, below = pack([panel("stat")] * 4 + [panel()] * 2, 1, SIZES)
    assert boxes == [
        Box(0, 1, 6, 4),
        Box(6, 1, 6, 4),
        Box(12, 1, 6, 4),
        Box(18, 1, 6, 4),
        Box(0, 5, 12, 8),
        Box(12, 5, 12, 8),
    ]
    assert below == 13


def test_a_lone_panel_fills_what_a_sized_one_left() -> None:
    boxes, below = pack([panel("stat", width=8, height=3), panel()], 0, SIZES)
    assert boxes == [Box(0, 0, 8, 3), Box(8, 0, 16, 8)]
    assert below == 8


def test_a_sized_panel_that_does_not_fit_starts_a_line() -> None:
    boxes, _ = pack([panel(width=20, height=9), panel(width=5)], 0, SIZES)
    assert boxes[1] == Box(0, 9, 5, 8)


def test_sizes_outside_the_grid_are_cut_to_it() -> None:
    assert pack([panel(width=99, height=0)], 0, SIZES)[0] == [Box(0, 0, 24, 8)]


def test_small_panels_of_several_types_share_a_line_and_are_as_high() -> None:
    boxes, below = pack([panel("stat"), panel("gauge"), panel("stat", height=3), panel()], 0, SIZES)
    assert boxes == [Box(0, 0, 8, 6), Box(8, 0, 8, 6), Box(16, 0, 8, 3), Box(0, 6, 24, 8)]
    assert below == 14


def test_graphs_of_one_size_share_a_line() -> None:
    boxes, _ = pack([panel("timeseries"), panel("heatmap")], 0, SIZES)
    assert boxes == [Box(0, 0, 12, 8), Box(12, 0, 12, 8)]


@given(st.integers(1, 60), st.integers(1, 8))
def test_widths_fill_every_line(count: int, most: int) -> None:
    made = lines(count, most)
    assert sum(map(len, made)) == count
    assert {sum(line) for line in made} == {COLUMNS}
    assert len(made) == -(-count // most)
    assert max(map(len, made)) - min(map(len, made)) <= 1


SIZED = st.builds(
    panel,
    st.sampled_from(sorted(SIZES)),
    st.none() | st.integers(1, 24),
    st.none() | st.integers(1, 20),
)


@given(st.lists(SIZED, max_size=25), st.integers(0, 50))
def test_panels_never_overlap_nor_leave_the_grid(panels: list[Panel], top: int) -> None:
    boxes, below = pack(panels, top, SIZES)
    taken: set[tuple[int, int]] = set()
    for box in boxes:
        cells = {(x, y) for x in range(box.x, box.x + box.w) for y in range(box.y, box.y + box.h)}
        assert not cells & taken
        taken |= cells
        assert box.x >= 0
        assert box.x + box.w <= COLUMNS
        assert top <= box.y
        assert box.y + box.h <= below
