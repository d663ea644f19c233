"""The engine alone: `python3 tools/dev.py engine PROJECT COMMAND ...`.

What a project's components have accepted is in files of its cache folder; the same engines that TouchDesigner runs take
it from there. So what a machine was left with can be looked at and sent without TouchDesigner, and a server without it
can upload, sync and watch.
"""


class CommandError(Exception):
    """The command cannot be carried out; the text says why and what to do, for people."""
