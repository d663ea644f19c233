"""The Par, ParGroup and collection classes that scripts see. Thread: main only.

Source: API sheet 2.1 to 2.5. A Par stands for its value in arithmetic, comparison and text, but has no methods
of that value: `comp.par.Host.strip()` and `round(comp.par.X)` fail here as in TouchDesigner.
"""

import math
import operator
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any, cast

from headless_td import threads
from headless_td.errors import tdAttributeError, tdError
from headless_td.parameters import Parameter, ParameterGroup, ParMode
from headless_td.parsets import Sequence


def _plain(value: Any) -> Any:
    return value.eval() if isinstance(value, Par) else value


def _binary(function: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[["Par", Any], Any]:
    def method(self: "Par", other: Any) -> Any:
        mine, theirs = self.eval(), _plain(other)
        return function(theirs, mine) if swapped else function(mine, theirs)

    return method


def _field(name: str, doc: str, *, custom_only: bool = False, kind: Callable[[Any], Any] | None = None) -> Any:
    """A property that shows a field of the parameter's state."""

    def get(self: "Par") -> Any:
        value = getattr(state(self), name)
        return list(value) if isinstance(value, list) else value

    def put(self: "Par", value: Any) -> None:
        par = state(self)
        if custom_only and not par.custom:
            raise tdError(f"{par.owner.path}: {name} of the built-in parameter {par.name} cannot be set.")
        setattr(par, name, kind(value) if kind is not None else value)

    return property(get, put, doc=doc)


def _read(function: Callable[[Any], Any], doc: str) -> Any:
    return property(lambda self: function(state(self)), doc=doc)


class Par:
    """One parameter."""

    __slots__ = ("_p",)

    def __init__(self, par: Parameter) -> None:
        object.__setattr__(self, "_p", par)

    def __getattribute__(self, name: str) -> Any:
        owner = _slot(self).owner
        if get_ident() != threads.main_ident or not owner.alive:
            owner.check()
        return _get(self, name)

    def __getattr__(self, name: str) -> Any:
        raise tdAttributeError(f"'td.Par' object has no attribute '{name}' (parameter {state(self).name})")

    def __setattr__(self, name: str, value: Any) -> None:
        state(self)
        if not isinstance(getattr(Par, name, None), property):
            raise tdAttributeError(f"'td.Par' object has no attribute '{name}'")
        object.__setattr__(self, name, value)

    # -- value ------------------------------------------------------------------------------------------------

    def eval(self) -> Any:
        """The working value in any mode."""
        return state(self).eval()

    def evalExpression(self) -> Any:
        """The value of the expression text, whatever the mode."""
        return state(self).evaluate(state(self).expr)

    def evalNorm(self) -> float:
        """The value on the slider, 0 to 1."""
        par = state(self)
        span = par.norm_max - par.norm_min
        return (par.eval() - par.norm_min) / span if span else 0.0

    def evalOPs(self) -> list[Any]:
        """The operators the parameter names."""
        par = state(self)
        value = par.eval()
        if par.kind != "op":
            return []
        return [] if value is None else (value if isinstance(value, list) else [value])

    def evalFile(self) -> Any:
        """The value as a `tdu.FileInfo`."""
        host = state(self).owner.host
        return host.tdu.FileInfo(self.eval())

    @property
    def val(self) -> Any:
        """The constant, whatever the mode."""
        par = state(self)
        return par.const if par.kind in {"op", "python"} else par.present(par.const)

    @val.setter
    def val(self, value: Any) -> None:
        state(self).assign(_plain(value))

    @property
    def expr(self) -> str:
        """Expression text; assigning it sets expression mode."""
        return state(self).expr

    @expr.setter
    def expr(self, text: str) -> None:
        state(self).assign_expression(text)

    @property
    def bindExpr(self) -> str:
        """Bind text; assigning it sets bind mode."""
        return state(self).bind_expr

    @bindExpr.setter
    def bindExpr(self, text: str) -> None:
        state(self).assign_bind(text)

    @property
    def mode(self) -> ParMode:
        """Where the value comes from."""
        return state(self).mode

    @mode.setter
    def mode(self, mode: ParMode) -> None:
        if not isinstance(mode, ParMode):
            raise tdError(f"A mode is a member of ParMode, not {mode!r}.")
        state(self).assign_mode(mode)

    @property
    def default(self) -> Any:
        """The value that reset() gives."""
        return state(self).default

    @default.setter
    def default(self, value: Any) -> None:
        par = state(self)
        if not par.custom:
            raise tdError(f"{par.owner.path}: the default of the built-in parameter {par.name} cannot be set.")
        if par.kind == "menu":
            names = par.names()
            par.default = names[value] if isinstance(value, int) and value < len(names) else str(value)
        else:
            par.default = par.convert(value)

    @property
    def isDefault(self) -> bool:
        """Whether value and mode are the default ones."""
        par = state(self)
        return par.mode is par.default_mode and par.const == par.convert_default()

    def reset(self) -> bool:
        """Back to the default."""
        state(self).reset()
        return True

    def pulse(self, value: Any = 1, frames: int = 0, seconds: float = 0) -> None:
        """Fire a pulse parameter; for others: set, cook, restore."""
        par = state(self)
        if par.kind == "pulse":
            par.owner.host.events.pulsed(par)
            return
        before = par.const
        par.assign(value)
        host = par.owner.host
        delay = frames or round(seconds * host.fps)
        if delay:
            host.runs.schedule(lambda: par.assign(before), (), node=par.owner, delay_frames=delay)
        else:
            par.assign(before)

    def isSamePar(self, other: "Par") -> bool:
        """Whether both are the same parameter of the same operator."""
        return isinstance(other, Par) and state(other) is state(self)

    def destroy(self) -> None:
        """Remove a custom parameter."""
        par = state(self)
        if not par.custom:
            raise tdError(f"{par.owner.path}: the built-in parameter {par.name} cannot be destroyed.")
        par.owner.pars.remove(par.group.name)

    # -- attributes -------------------------------------------------------------------------------------------

    name = _read(lambda par: par.name, "Parameter name.")
    tupletName = _read(lambda par: par.group.name, "Name of the group.")
    vecIndex = _read(lambda par: par.group.pars.index(par), "Position in the group.")
    style = _read(lambda par: par.style, "Style, such as 'Float'.")
    owner = _read(lambda par: par.owner.op(), "The operator.")
    parGroup = _read(lambda par: ParGroup(par.group), "The group.")
    valid = _read(lambda par: par.owner.alive and par.owner.pars.find(par.name) is par, "Whether it exists.")
    isCustom = _read(lambda par: par.custom, "Whether a custom parameter.")
    isPulse = _read(lambda par: par.style == "Pulse", "Whether a pulse.")
    isMomentary = _read(lambda par: par.style == "Momentary", "Whether momentary.")
    isToggle = _read(lambda par: par.kind == "toggle", "Whether a toggle.")
    isMenu = _read(lambda par: par.style in {"Menu", "StrMenu"}, "Whether it has a menu.")
    isOP = _read(lambda par: par.kind == "op", "Whether it names operators.")
    isString = _read(lambda par: par.kind == "str", "Whether its value is text.")
    isNumber = _read(lambda par: par.kind in {"float", "int"}, "Whether its value is a number.")
    isFloat = _read(lambda par: par.kind == "float", "Whether a float.")
    isInt = _read(lambda par: par.kind == "int", "Whether an int.")

    label = _field("label", "Shown name.", custom_only=True, kind=str)
    order = _field("order", "Position on the page.", custom_only=True, kind=float)
    min = _field("min", "Lower limit.", custom_only=True)
    max = _field("max", "Upper limit.", custom_only=True)
    clampMin = _field("clamp_min", "Whether min is enforced.", custom_only=True, kind=bool)
    clampMax = _field("clamp_max", "Whether max is enforced.", custom_only=True, kind=bool)
    normMin = _field("norm_min", "Left end of the slider.", custom_only=True)
    normMax = _field("norm_max", "Right end of the slider.", custom_only=True)
    defaultExpr = _field("default_expr", "Expression that reset() gives.", custom_only=True, kind=str)
    defaultMode = _field("default_mode", "Mode that reset() gives.", custom_only=True)
    enableExpr = _field("enable_expr", "Expression for enable.", kind=str)
    readOnly = _field("read_only", "Blocks the user's edits.", kind=bool)
    help = _field("help", "Text shown on Alt + hover.", custom_only=True, kind=str)
    startSection = _field("section", "Line above.", custom_only=True, kind=bool)
    password = _field("password", "Shown as asterisks.", custom_only=True, kind=bool)
    menuSource = _field("menu_source", "Expression giving the menu.", custom_only=True, kind=str)

    @property
    def enable(self) -> bool:
        """Whether the user can edit it (greyed out otherwise)."""
        return state(self).is_enabled()

    @enable.setter
    def enable(self, value: bool) -> None:
        par = state(self)
        old, par.enabled = par.enabled, bool(value)
        if old != par.enabled:
            par.owner.host.events.parameter_note(par, "enable", par.enabled, old)

    @property
    def page(self) -> Any:
        """The page the parameter is on."""
        par = state(self)
        return par.owner.host.page_object(par.owner, par.page)

    @page.setter
    def page(self, page: Any) -> None:
        par = state(self)
        if not par.custom:
            raise tdError(f"{par.owner.path}: the page of the built-in parameter {par.name} cannot be set.")
        par.owner.pars.move(par.group, str(page))

    @property
    def menuNames(self) -> list[str] | None:
        """Menu entries; None for parameters without a menu."""
        par = state(self)
        return list(par.names()) if par.style in {"Menu", "StrMenu"} else None

    @menuNames.setter
    def menuNames(self, names: list[str]) -> None:
        self._menu("menu_names", names)

    @property
    def menuLabels(self) -> list[str] | None:
        """Shown menu entries."""
        par = state(self)
        return list(par.menu_labels or par.names()) if par.style in {"Menu", "StrMenu"} else None

    @menuLabels.setter
    def menuLabels(self, labels: list[str]) -> None:
        self._menu("menu_labels", labels)

    def _menu(self, field: str, entries: list[str]) -> None:
        par = state(self)
        if not par.custom or par.style not in {"Menu", "StrMenu"}:
            raise tdError(f"{par.owner.path}: parameter {par.name} takes no menu.")
        setattr(par, field, [str(entry) for entry in entries])

    @property
    def menuIndex(self) -> int | None:
        """Index of the value in the menu."""
        par = state(self)
        if par.style == "Menu":
            return cast("int", par.const)
        if par.style != "StrMenu":
            return None
        names = par.names()
        if par.eval() in names:
            return names.index(par.eval())
        return None if par.owner.host.unknowns.foreign_menu_index == "none" else 0

    @menuIndex.setter
    def menuIndex(self, index: int) -> None:
        par = state(self)
        par.assign(int(index) if par.style == "Menu" else par.names()[index])

    # -- standing for the value -------------------------------------------------------------------------------

    def __str__(self) -> str:
        return str(self.eval())

    def __repr__(self) -> str:
        return f"type:Par name:{state(self).name} owner:{state(self).owner.path}"

    def __format__(self, spec: str) -> str:
        return format(self.eval(), spec)

    def __bool__(self) -> bool:
        return bool(self.eval())

    def __int__(self) -> int:
        return int(self.eval())

    def __float__(self) -> float:
        return float(self.eval())

    def __hash__(self) -> int:
        return hash((state(self).owner.id, state(self).name))

    def __eq__(self, other: object) -> bool:
        return bool(self.eval() == _plain(other))

    def __ne__(self, other: object) -> bool:
        return bool(self.eval() != _plain(other))

    def __neg__(self) -> Any:
        return -self.eval()

    def __abs__(self) -> Any:
        return abs(self.eval())

    __lt__ = _binary(operator.lt)
    __le__ = _binary(operator.le)
    __gt__ = _binary(operator.gt)
    __ge__ = _binary(operator.ge)
    __add__ = _binary(operator.add)
    __radd__ = _binary(operator.add, swapped=True)
    __sub__ = _binary(operator.sub)
    __rsub__ = _binary(operator.sub, swapped=True)
    __mul__ = _binary(operator.mul)
    __rmul__ = _binary(operator.mul, swapped=True)
    __truediv__ = _binary(operator.truediv)
    __rtruediv__ = _binary(operator.truediv, swapped=True)
    __floordiv__ = _binary(operator.floordiv)
    __rfloordiv__ = _binary(operator.floordiv, swapped=True)
    __mod__ = _binary(operator.mod)
    __rmod__ = _binary(operator.mod, swapped=True)
    __pow__ = _binary(math.pow)


_slot = Par.__dict__["_p"].__get__
_get = object.__getattribute__


def state(par: Par) -> Parameter:
    """The parameter behind a Par; a method fetched on the main thread may be called on another one."""
    behind: Parameter = _slot(par)
    behind.owner.check()
    return behind


class ParGroup:
    """Parameters that belong together, as tuples (API sheet 2.5)."""

    __slots__ = ("_group",)

    def __init__(self, group: ParameterGroup) -> None:
        object.__setattr__(self, "_group", group)

    def __getattr__(self, name: str) -> Any:
        raise tdAttributeError(f"'td.ParGroup' object has no attribute '{name}' (group {self._group.name})")

    def _pars(self) -> list[Parameter]:
        pars: list[Parameter] = self._group.pars
        pars[0].owner.check()
        return pars

    def __getitem__(self, index: int) -> Par:
        return Par(self._pars()[index])

    def __len__(self) -> int:
        return len(self._pars())

    def __iter__(self) -> Iterator[Par]:
        return iter([Par(par) for par in self._pars()])

    def eval(self) -> tuple[Any, ...]:
        """The values."""
        return tuple(par.eval() for par in self._pars())

    def destroy(self) -> None:
        """Remove the group."""
        Par(self._pars()[0]).destroy()

    def __setattr__(self, name: str, value: Any) -> None:
        pars = self._pars()
        if name in _PER_PAR:
            values = value if isinstance(value, list | tuple) else [value] * len(pars)
            for par, item in zip(pars, values, strict=True):
                setattr(Par(par), name, item)
        elif name in _SHARED:
            setattr(Par(pars[0]), name, value)
            if name == "label":
                self._group.label = value
        else:
            raise tdAttributeError(f"'td.ParGroup' object has no attribute '{name}'")


def _per_par(name: str) -> Any:
    return property(lambda self: tuple(getattr(par, name) for par in self))


def _shared(name: str) -> Any:
    return property(lambda self: getattr(self[0], name))


_PER_PAR = (
    *("val", "expr", "bindExpr", "mode", "enable", "readOnly", "default", "defaultExpr", "defaultMode"),
    *("min", "max", "normMin", "normMax", "clampMin", "clampMax", "password"),
)
_SHARED = ("label", "order", "help", "startSection", "menuNames", "menuLabels", "menuSource", "enableExpr")
for _name in _PER_PAR:
    setattr(ParGroup, _name, _per_par(_name))
for _name in (*_SHARED, "page", "style", "isCustom", "owner", "isPulse", "isMenu", "isToggle", "isOP"):
    setattr(ParGroup, _name, _shared(_name))
ParGroup.name = property(lambda self: self._group.name)  # type: ignore[attr-defined]


class ParCollection:
    """`comp.par`."""

    __slots__ = ("_node",)

    def __init__(self, node: Any) -> None:
        object.__setattr__(self, "_node", node)

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return _get(self, name)
        node = _get(self, "_node")
        node.check()
        par = node.pars.find(name)
        if par is None:
            raise tdAttributeError(f"'td.ParCollection' object has no attribute '{name}' ({node.path})")
        return Par(par)

    def __setattr__(self, name: str, value: Any) -> None:
        node = _get(self, "_node")
        node.check()
        par = node.pars.find(name)
        if par is None:
            raise tdAttributeError(f"'td.ParCollection' object has no attribute '{name}' ({node.path})")
        par.assign(_plain(value))

    def __getitem__(self, name: str) -> Par | None:
        self._node.check()
        par = self._node.pars.find(name)
        return None if par is None else Par(par)

    def __iter__(self) -> Iterator[Par]:
        self._node.check()
        return (Par(par) for par in list(self._node.pars.all()))


class ParGroupCollection:
    """`comp.parGroup`."""

    __slots__ = ("_node",)

    def __init__(self, node: Any) -> None:
        object.__setattr__(self, "_node", node)

    def _find(self, name: str) -> ParGroup | None:
        self._node.check()
        for par in self._node.pars.custom():
            if par.group.name == name:
                return ParGroup(par.group)
        par = self._node.pars.find(name)
        return None if par is None else ParGroup(par.group)

    def __getattr__(self, name: str) -> ParGroup:
        group = self._find(name)
        if group is None:
            raise tdAttributeError(f"'td.ParGroupCollection' object has no attribute '{name}' ({self._node.path})")
        return group

    def __getitem__(self, name: str) -> ParGroup | None:
        return self._find(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__getattr__(name).val = value


class SequenceObject:
    """One sequence, `comp.seq.ext`."""

    __slots__ = ("_sequence",)

    def __init__(self, sequence: Sequence) -> None:
        self._sequence = sequence

    @property
    def name(self) -> str:
        """Name of the sequence."""
        return self._sequence.spec.name

    @property
    def numBlocks(self) -> int:
        """Number of blocks; assigning grows or cuts."""
        self._sequence.owner.check()
        return self._sequence.blocks

    @numBlocks.setter
    def numBlocks(self, number: int) -> None:
        self._sequence.owner.check()
        self._sequence.owner.pars.set_blocks(self._sequence, number)
        self._sequence.owner.host.events.built_in_changed(self._sequence.owner, f"{self.name}0")


class SequenceCollection:
    """`comp.seq`."""

    __slots__ = ("_node",)

    def __init__(self, node: Any) -> None:
        self._node = node

    def __getattr__(self, name: str) -> SequenceObject:
        found = self[name]
        if found is None:
            raise tdAttributeError(f"'td.SequenceCollection' object has no attribute '{name}'")
        return found

    def __getitem__(self, name: str) -> SequenceObject | None:
        self._node.check()
        sequence = self._node.pars.sequences.get(name)
        return None if sequence is None else SequenceObject(sequence)

    def __iter__(self) -> Iterator[SequenceObject]:
        self._node.check()
        return (SequenceObject(sequence) for sequence in self._node.pars.sequences.values())
