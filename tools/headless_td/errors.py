"""Exceptions of the stand-in: TouchDesigner's own, and those that tell a test what went wrong.

Thread: any.
"""


class tdError(Exception):
    """TouchDesigner's general error."""


class tdAttributeError(AttributeError):
    """An operator, parameter or finder has no member of that name (it is no `tdError`: see SOURCES.md)."""


class ThreadConflictError(Exception):
    """A TouchDesigner object was touched off the main thread. Recorded by the host even if swallowed."""


class UnexpectedQuestionError(AssertionError):
    """A dialog was opened for which the run has no scripted answer. Recorded by the host even if swallowed."""


class HostFailedError(AssertionError):
    """Raised when a host is closed: conflicts, errors in callbacks or questions that nobody expected."""


class HostClosedError(RuntimeError):
    """An object of a host was used after that host was closed, or no host is open."""
