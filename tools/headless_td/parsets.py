"""All parameters of one operator: built-in ones made on first use, custom ones by page. Thread: main only."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from headless_td.errors import tdError
from headless_td.parameters import Parameter, ParameterGroup
from headless_td.parspecs import SequenceSpec

if TYPE_CHECKING:
    from headless_td.nodes import Node

_CUSTOM_NAME = re.compile(r"[A-Z][a-z0-9]*")


class CustomPage:
    """One custom page: its name and its parameter groups in order."""

    __slots__ = ("groups", "name", "owner")

    def __init__(self, owner: "Node", name: str) -> None:
        self.owner = owner
        self.name = name
        self.groups: list[ParameterGroup] = []

    def ordered(self) -> list[ParameterGroup]:
        """The groups by their `order`."""
        return sorted(self.groups, key=lambda group: group.pars[0].order)


class Sequence:
    """A built-in sequence of one operator."""

    __slots__ = ("blocks", "owner", "spec")

    def __init__(self, owner: "Node", spec: SequenceSpec) -> None:
        self.owner = owner
        self.spec = spec
        self.blocks = spec.start_blocks

    def names(self) -> Iterator[str]:
        """The names of all fields of all blocks."""
        return (f"{self.spec.name}{i}{field.name}" for i in range(self.blocks) for field in self.spec.fields)


class ParSets:
    """The parameters of one operator by name."""

    __slots__ = ("_made", "_owner", "custom_pages", "sequences")

    def __init__(self, owner: "Node") -> None:
        self._owner = owner
        self._made: dict[str, Parameter] = {}
        self.custom_pages: list[CustomPage] = []
        self.sequences = {spec.name: Sequence(owner, spec) for spec in owner.type.pars.sequences}

    def find(self, name: str) -> Parameter | None:
        """The parameter of that exact name, or None."""
        par = self._made.get(name)
        return par if par is not None else self._make(name)

    def _make(self, name: str) -> Parameter | None:
        spec = self._owner.type.spec(name)
        if spec is not None:
            return self._made.setdefault(name, Parameter.built_in(self._owner, spec))
        for sequence in self.sequences.values():
            match = re.fullmatch(rf"{sequence.spec.name}(0|[1-9]\d*)([a-z]+)", name)
            if match and int(match[1]) < sequence.blocks:
                for field in sequence.spec.fields:
                    if field.name == match[2]:
                        return self._made.setdefault(name, Parameter.built_in(self._owner, field, name))
        return None

    def made(self) -> Iterator[Parameter]:
        """The parameters that exist as objects: all custom ones and the built-in ones ever used."""
        return iter(self._made.values())

    def built_in(self) -> Iterator[Parameter]:
        """All built-in parameters, in the order of their pages."""
        names = [spec.name for spec in self._owner.type.pars.pars]
        for sequence in self.sequences.values():
            names.extend(sequence.names())
        return (par for par in map(self.find, names) if par is not None)

    def custom(self) -> Iterator[Parameter]:
        """All custom parameters, page by page."""
        return (par for page in self.custom_pages for group in page.ordered() for par in group.pars)

    def all(self) -> Iterator[Parameter]:
        """Built-in parameters, then custom ones."""
        yield from self.built_in()
        yield from self.custom()

    def set_blocks(self, sequence: Sequence, number: int) -> None:
        """Grow or cut a sequence."""
        for name in list(sequence.names()):
            if int(re.findall(r"\d+", name)[0]) >= number:
                self._made.pop(name, None)
        sequence.blocks = max(1, int(number))

    # -- custom parameters ------------------------------------------------------------------------------------

    def page(self, name: str) -> CustomPage | None:
        """The first custom page of that name."""
        return next((page for page in self.custom_pages if page.name == name), None)

    def add(
        self, page: CustomPage, name: str, label: str, style: str, suffixes: tuple[str, ...], replace: bool
    ) -> ParameterGroup:
        """A custom parameter group; tdError for an illegal or (without `replace`) a taken name."""
        if not _CUSTOM_NAME.fullmatch(name):
            raise tdError(
                f"{self._owner.path}: {name!r} is no custom parameter name; it must be one capital letter followed by "
                "lower-case letters and digits."
            )
        if any(par.name == name + suffix for suffix in suffixes for par in self.custom()):
            if not replace:
                raise tdError(f"{self._owner.path}: a parameter named {name!r} exists already.")
            return self._again(page, name, label, style, suffixes)
        pars = [
            Parameter(self._owner, name + suffix, style, custom=True, page=page.name, label=label or name)
            for suffix in suffixes
        ]
        group = ParameterGroup(name, label or name, pars)
        for par in pars:
            par.group = group
            par.order = float(len(page.groups))
            self._made[par.name] = par
        page.groups.append(group)
        self._owner.host.network.touch()
        return group

    def _again(self, page: CustomPage, name: str, label: str, style: str, suffixes: tuple[str, ...]) -> ParameterGroup:
        """Fresh attributes for an existing group."""
        old = {par.name: par for par in self.custom() if par.group.name == name}
        self.remove(name)
        group = self.add(page, name, label, style, suffixes, replace=False)
        kept = self._owner.host.unknowns.replaced_value == "kept"
        for par in group.pars:
            before = old.get(par.name)
            if kept and before is not None and before.style == style:
                par.const, par.mode, par.expr, par.bind_expr = (
                    before.const,
                    before.mode,
                    before.expr,
                    before.bind_expr,
                )
        return group

    def move(self, group: ParameterGroup, page_name: str) -> None:
        """Put a custom parameter group at the end of another page."""
        target = self.page(page_name)
        if target is None:
            raise tdError(f"{self._owner.path} has no custom page {page_name!r}.")
        for page in self.custom_pages:
            if group in page.groups and page is not target:
                page.groups.remove(group)
                target.groups.append(group)
        for par in group.pars:
            par.page = page_name

    def remove(self, group_name: str) -> None:
        """Take a custom parameter group away."""
        for page in self.custom_pages:
            for group in [group for group in page.groups if group.name == group_name]:
                page.groups.remove(group)
                for par in group.pars:
                    self._made.pop(par.name, None)
        self._owner.host.network.touch()
