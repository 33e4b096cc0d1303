"""One colour a species, the same in the editor, the plot and the graph."""

__all__ = ["color"]

# Found by search: the contrast with JupyterLab's white and with its near-black is at least 3:1, and any two differ
# clearly, also for people without red or green cones (tests/test_palette.py has the measure).
_COLORS = ("#1e78b4", "#ff5a00", "#b42d69", "#0096a5", "#5a3cff", "#b48769", "#d2002d", "#3c5ad2")


def color(index: int) -> str:
    """The colour of the species at this place in `Network.species`, as "#rrggbb"; the palette repeats after eight."""
    return _COLORS[index % len(_COLORS)]
