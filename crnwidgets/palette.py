"""One colour a species, the same in the editor, the plot and the graph."""

__all__ = ["color"]

# Hues of the Okabe-Ito palette, which people with colour-vision deficiencies can tell apart, darkened or lightened
# until each has a contrast of 3:1 on JupyterLab's white and on its near-black.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#c2649c", "#b07a00", "#7f7f7f", "#2591cf", "#8a63d2")


def color(index: int) -> str:
    """The colour of the species at this place in `Network.species`, as "#rrggbb"; the palette repeats after eight."""
    return _COLORS[index % len(_COLORS)]
