"""What an annotateCOMP comes with. Thread: main only.

Source: API sheet 10.1 (docs.derivative.ca/Annotate_COMP); a script-made one is not utility until told so.
"""

from typing import TYPE_CHECKING

from headless_td.parsets import CustomPage

if TYPE_CHECKING:
    from headless_td.nodes import Node

_FLOATS = {
    "Titleheight": 30.0,
    "Bodyfontsize": 10.0,
    "Backcolorr": 0.5,
    "Backcolorg": 0.5,
    "Backcolorb": 0.5,
    "Backcoloralpha": 0.2,
    "Opacity": 1.0,
}


def furnish(node: "Node") -> None:
    """Give a new annotate its parameters and size."""
    node.size = (400, 300)
    page = CustomPage(node, "Annotate")
    node.pars.custom_pages.append(page)
    mode = node.pars.add(page, "Mode", "Mode", "Menu", ("",), replace=True).pars[0]
    mode.menu_names = ["annotate", "comment", "networkbox"]
    mode.menu_labels = ["Annotate", "Comment", "Network Box"]
    for name in ("Titletext", "Bodytext"):
        node.pars.add(page, name, name, "Str", ("",), replace=True)
    for name, value in _FLOATS.items():
        par = node.pars.add(page, name, name, "Float", ("",), replace=True).pars[0]
        par.default = par.const = value
