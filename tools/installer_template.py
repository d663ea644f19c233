"""Makes the components of td-gcp in TouchDesigner. This file needs nothing but itself.

1. Drag this file into a network: a Text DAT appears.
2. Right-click the DAT and choose Run Script.

Both components appear beside the DAT. Where they are there already, they are brought to the version of this file; their
parameter values stay.

To keep them as files of their own, type into the textport, with the path of your DAT and a folder of your choice:

    op('/project1/install').module.save('C:/components')

Written by tools/build.py of td-gcp; what is to be changed is changed there.
"""

from typing import Any

import td

#: Put into every DAT by TouchDesigner: this DAT.
me: Any

MODULES = "local/modules"
#: The module that makes the components; those it imports have names that begin like its own.
ASSEMBLER = "tdg_td_assembler"

# <data>
DESCRIPTIONS: dict[str, str] = {}
TEXTS: dict[str, dict[str, str]] = {}
SOURCES: dict[str, str] = {}
# </data>


def install(parent: Any = None) -> list[Any]:
    """Make the components, or bring those that are there to this version.

    Args:
        parent: The COMP to make them in; the one that holds this DAT if not given.

    Returns:
        The components.
    """
    dat = _dat()
    made = []
    for number, name in enumerate(DESCRIPTIONS, 1):
        comp = _make(parent or dat.parent(), name)
        if (comp.nodeX, comp.nodeY) == (0, 0):
            comp.nodeX, comp.nodeY = dat.nodeX + 200 * number, dat.nodeY
        made.append(comp)
    return made


def save(folder: str) -> list[str]:
    """Save fresh copies of the components as `.tox` files; those in the network stay as they are.

    Args:
        folder: Where to; made if it is missing. A relative one is below the project folder.

    Returns:
        The paths of the files.
    """
    paths = []
    for name in DESCRIPTIONS:
        holder = getattr(td.op, name, None)
        room = _dat().parent().create(td.baseCOMP, "saving")
        try:
            room.allowCooking = False  # what is saved has never run
            comp = _make(room, name)
            comp.par.opshortcut = name
            paths.append(comp.save(f"{folder}/{name}.tox", createFolders=True))
        finally:
            room.destroy()
        if holder is not None and not holder.par.opshortcut.eval():
            holder.par.opshortcut = name  # the copy took it away
    return paths


def _make(parent: Any, name: str) -> Any:
    comp = parent.op(name) or parent.create(td.baseCOMP, name)
    assembler = f"{MODULES}/{ASSEMBLER}"
    if comp.OPType != "baseCOMP" or (comp.children and comp.op(assembler) is None):
        raise RuntimeError(f"{comp.path} is something of your own. Rename it, then run this script again.")
    texts = {path: SOURCES[source] for path, source in TEXTS[name].items()}
    # The assembler comes first: it makes everything else.
    _ensure(comp, "local", td.baseCOMP)
    _ensure(comp, MODULES, td.baseCOMP)
    for path, text in texts.items():
        if path.startswith(assembler):
            dat = _ensure(comp, path, td.textDAT)
            if dat.text != text:
                dat.text = text
    comp.op(assembler).module.install(comp, DESCRIPTIONS[name], texts)
    return comp


def _ensure(comp: Any, path: str, kind: Any) -> Any:
    parent, _, name = path.rpartition("/")
    return comp.op(path) or (comp.op(parent) if parent else comp).create(kind, name)


def _dat() -> Any:
    if "me" not in globals():
        raise RuntimeError("Put this script into a Text DAT and run it there: it makes the components beside that DAT.")
    return me  # noqa: F821 - annotated above, put there by TouchDesigner


if "install" in globals():
    install()
else:
    # Run in a way that keeps the functions of this script from seeing each other; as a module it is whole.
    me.module.install()  # noqa: F821
