"""Tells the component that a collection's table was edited; what was done to it, it finds out by itself.

Thread: main only.

This text is in a DAT beside the tables of the user's collections, which may be called like any module: so it imports
nothing.
"""


# Types would need an import.
def onTableChange(dat, prevDAT=None, info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, N803
    """The table was edited, by hand, by a script or by the component itself."""
    comp = dat.parent(2)
    if comp is not None and comp.extensionsReady and comp.extensions and comp.extensions[0] is not None:
        comp.extensions[0].onTableEdited(dat, info)
