"""A private copy of a component's modules, for what runs off the main thread.

Thread: any.

TouchDesigner clears the globals of a DAT's module when the DAT is edited or goes away, also under a thread that runs
in it; the next name it looks up is gone. And it looks for modules among operators, which no thread may touch. So
threads run in modules made from the same texts, in a namespace of their own, that nobody clears or imports.
"""

import builtins
import functools
import threading
import time
import types
from collections.abc import Callable, Mapping
from typing import Any

import tdg_bridge_slot

#: So many versions of the modules are kept for those who have the same.
_KEPT = 4

#: A thread that was just started holds the interpreter while the main thread still waits for it to begin.
_COURTESY_S = 0.005


class Modules:
    """Modules made from texts when they are first asked for.

    What they import is looked for among the texts first, then where Python finds it.

    Args:
        sources: Text per module name.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        #: What was given; not to be changed.
        self.sources = dict(sources)
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._builtins = {**vars(builtins), "__import__": self._import}
        # Bound here: this module's own globals may be cleared, too.
        self._find = builtins.__import__
        self._module_type = types.ModuleType
        self._function_type = types.FunctionType
        self._partial = functools.partial
        self._codes: dict[str, tuple[str, types.CodeType]] = tdg_bridge_slot.slot("code")

    def module(self, name: str) -> Any:
        """The private module of that name.

        Raises:
            KeyError: There is no text for it.
        """
        with self._lock:
            made = self._made.get(name)
            if made is None:
                made = self._made[name] = self._module_type(name)
                made.__dict__["__builtins__"] = self._builtins
                try:
                    exec(self._code(name), made.__dict__)  # noqa: S102  our own text
                except BaseException:
                    del self._made[name]
                    raise
            return made

    def own(self, value: Any) -> Any:
        """The private counterpart of a function, of a `functools.partial`, or of settings; anything else as it is."""
        if isinstance(value, self._partial):
            keywords = {name: self.own(argument) for name, argument in value.keywords.items()}
            return self._partial(self.own(value.func), *map(self.own, value.args), **keywords)
        if isinstance(value, self._function_type):
            module = self._name_of(value)
            return getattr(self.module(module), value.__name__) if module in self.sources else value
        module = self._name_of(type(value))
        if module in self.sources and hasattr(value, "as_plain"):
            return getattr(self.module(module), type(value).__name__).from_plain(value.as_plain())
        return value

    def _name_of(self, thing: Any) -> str:
        """The module something was made in; TouchDesigner may name a DAT's module by its path."""
        return str(getattr(thing, "__module__", "")).rpartition("/")[2]

    def _import(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self.module(name) if name in self.sources else self._find(name, *args, **kwargs)

    def _code(self, name: str) -> types.CodeType:
        """Compiled once in this process for every text: an extension that is made anew brings the same texts."""
        text = self.sources[name]
        known = self._codes.get(name)
        if known is None or known[0] != text:
            known = self._codes[name] = (text, compile(text, f"{name}.py", "exec", dont_inherit=True))
        return known[1]


def of(sources: Mapping[str, str]) -> Modules:
    """The private modules of these texts, the same for all components that have them; main thread only.

    So an extension that is made anew goes on with the modules of before, and two copies of a component share theirs.
    """
    kept: list[Modules] = tdg_bridge_slot.slot("private modules").setdefault("kept", [])
    for known in kept:
        if known.sources == sources:
            return known
    kept[: -_KEPT + 1] = []
    kept.append(Modules(sources))
    return kept[-1]


def call(
    modules: Modules,
    name: str,
    function: str,
    *args: Any,
    # Bound here, as above.
    pause: Callable[[float], None] = time.sleep,
    courtesy_s: float = _COURTESY_S,
) -> Any:
    """Calls a function of a private module; made in the calling thread, as compiling takes its time. Worker only."""
    pause(courtesy_s)
    return getattr(modules.module(name), function)(*args)


class Serve:
    """An engine's entry point that runs in private modules (`tdg_bridge_thread.Serve`).

    Args:
        modules: These modules.
        serve: A function, or a partial of one, of the modules that TouchDesigner made.
    """

    def __init__(self, modules: Modules, serve: Callable[..., None]) -> None:
        self._modules = modules
        self._serve = serve

    def __call__(self, inbox: Any, outbox: Any) -> None:
        self._modules.own(self._serve)(inbox, outbox)
