"""A map to search, point at and zoom in a notebook, without the network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from analysis.figures.figure import Figure
from analysis.figures.markup import notebook_style
from analysis.i18n import _

_STYLE = (
    "<style>.explore .chosen path{stroke:#000;stroke-width:2.5px}.explore output{font-weight:600;margin-left:1em}"
    ".explore svg{touch-action:none;cursor:grab}</style>"
)


@dataclass(frozen=True)
class InteractiveMap:
    """A map of :func:`analysis.explore.maps.map_column` with a search field, a reading and zoom.

    Attributes
    ----------
    figure : Figure
        The map as it is drawn; ``figure.save`` keeps it.
    """

    figure: Figure

    def _repr_html_(self) -> str:
        """The map with its controls; the script is in the output itself."""
        script = (resources.files("analysis.explore") / "interactive.js").read_text(encoding="utf-8")
        controls = (
            f'<p><label>{_("Search")} <input type="search"></label> '
            '<button class="in" type="button" aria-label="{}">+</button> '
            '<button class="out" type="button" aria-label="{}">−</button> '
            '<button class="all" type="button">{}</button> <output></output></p>'
        ).format(_("Zoom in"), _("Zoom out"), _("Whole map"))
        shown = f"{notebook_style()}{_STYLE}{controls}{self.figure.html()}"
        return f'<div class="explore">{shown}<script>{script}</script></div>'
