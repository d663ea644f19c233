"""The generated pages of a component: its parameters, and its methods, callbacks and tables."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import docs_messages
import docs_reference
import enable_rule
import layout
from component_model import Component, Page, Parameter
from docs_blocks import Block, Code, Heading, Items, Paragraph, Picture, Table, code, plain, prose
from docs_reference import Docstring, Function, Methods

#: What a style is called, for people who do not know TouchDesigner's names.
_KINDS = {
    "Str": "text",
    "Int": "whole number",
    "Float": "number",
    "Toggle": "on or off",
    "Menu": "menu",
    "Pulse": "button",
    "File": "file",
    "Folder": "folder",
    "DAT": "DAT",
    "OP": "operator",
}


# Parameters ---------------------------------------------------------------------------------------------------------


def parameters(component: Component, pictures: bool = True) -> list[Block]:
    """Every parameter: first one table to look names up in, then page by page with its help."""
    blocks: list[Block] = [
        Heading(1, f"Parameters of {component.name}"),
        Paragraph(
            f"Scripts reach a parameter by its name: `op.{component.shortcut}.par.{component.parameters[0].name}`. "
            "In TouchDesigner, hold Alt over a label to see its help."
        ),
    ]
    for page in component.pages:
        blocks += [Heading(2, page.name, f"page-{page.name.lower()}")]
        if pictures:
            alt = f"Page {page.name} of a fresh {component.name} component"
            blocks += [Picture(page_picture(component, page), alt)]
        blocks += [_parameter_table(page)]
        for parameter in page.parameters:
            blocks += _parameter(parameter, component)
    return blocks


def page_picture(component: Component, page: Page) -> str:
    """Path of the picture of a parameter page."""
    return f"{component.name}/page-{page.name.lower()}.svg"


def network_picture(component: Component) -> str:
    """Path of the picture of a component's network."""
    return f"{component.name}/network.svg"


def _parameter_table(page: Page) -> Table:
    rows = (
        (plain(one.label), code(one.name), one.style, _value(one), _range(one) or _menu(one)) for one in page.parameters
    )
    return Table(("Label", "Name", "Style", "Default", "Range or menu"), tuple(rows))


def _value(parameter: Parameter) -> str:
    if parameter.style == "Toggle":
        return "on" if parameter.default else "off"
    if parameter.default is None:
        return ""
    return code(str(parameter.default)) if parameter.default != "" else "empty"


def _range(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"{low:g} or more"
    return "" if high is None else f"up to {high:g}"


def _menu(parameter: Parameter) -> str:
    return ", ".join(code(name) for name, _ in parameter.menu)


def _parameter(parameter: Parameter, component: Component) -> Iterator[Block]:
    yield Heading(3, plain(parameter.label), parameter.name.lower())
    labels = {one.name: plain(one.label) for one in component.parameters}
    facts = [code(parameter.name), _KINDS[parameter.style]]
    if parameter.read_only:
        facts.append("read-only")
    elif parameter.default is not None:
        facts.append(f"default {_value(parameter)}")
    facts += filter(None, [_range(parameter)])
    if parameter.enable:
        facts.append(f"can be used while {enable_rule.words(parameter.enable, labels)}")
    yield Paragraph(" · ".join(facts))
    yield Paragraph(plain(parameter.help))
    if parameter.menu:
        yield Items(tuple(f"{code(name)}: {plain(label)}" for name, label in parameter.menu))


# Methods, callbacks, tables -----------------------------------------------------------------------------------------


def interface(component: Component, root: Path = layout.ROOT) -> list[Block]:
    """What a script calls, what calls a script, and what can be read."""
    main, *others = docs_reference.methods(component, root)
    blocks: list[Block] = [
        Heading(1, f"Methods, callbacks and tables of {component.name}"),
        Paragraph(
            f"Methods are called on the component, `{main.owner}.{main.own[0].call}`, on TouchDesigner's main thread. "
            "They return at once; what became of it comes to the callbacks and stands in the tables."
        ),
        Heading(2, "Methods", "methods"),
        *_functions(main.own),
        Heading(2, "Methods of both components", "methods-of-both-components"),
        *_functions(main.shared),
        Heading(2, "Callbacks", "callbacks"),
        Paragraph(
            "Functions of the DAT that *Callbacks DAT* points to; *Create* on the Callbacks page makes one with a stub "
            "of each. They run on the main thread. A missing one is not called; an error in one is logged and stops "
            "nothing."
        ),
        *_functions(docs_reference.callbacks(component, root)),
        Heading(2, "Tables", "tables"),
        Paragraph("Operators inside the component, for reading: select them, wire them on, ask them by name."),
        *_tables(component),
    ]
    for methods in others:
        blocks += _extension(methods)
    return blocks


def _functions(functions: Iterable[Function]) -> Iterator[Block]:
    for function in functions:
        yield Heading(3, function.name, function.name.lower())
        yield Code(function.call)
        yield from _docstring(function.doc, function)


def _docstring(doc: Docstring, function: Function | None = None) -> Iterator[Block]:
    for paragraph in doc.paragraphs:
        yield Paragraph(prose(paragraph))
    if doc.arguments and function is not None:
        yield Items(tuple(_argument(name, text, function) for name, text in doc.arguments))
    if doc.returns:
        yield Paragraph(f"Returns: {prose(doc.returns)}")


def _argument(name: str, text: str, function: Function) -> str:
    kind = function.types.get(name, "").replace("Any", "...").removesuffix(" | None")
    return f"{code(name)}" + (f" ({code(kind)})" if kind else "") + f": {prose(text)}"


def _tables(component: Component) -> Iterator[Block]:
    for operator in docs_reference.data_operators(component):
        yield Heading(3, plain(operator.name), f"table-{operator.name}")
        yield Paragraph(plain(operator.comment))
        if operator.rows:
            yield Paragraph("Columns: " + ", ".join(code(column) for column in operator.rows[0]) + ".")


def _extension(methods: Methods) -> Iterator[Block]:
    if methods.own:
        name = methods.owner.rpartition(".")[2]
        yield Heading(2, name, name.lower())
        yield Paragraph(f"Reached as {code(methods.owner)}.")
        yield from _docstring(methods.doc)
        yield Table(
            ("Method", "What it does"),
            tuple((code(one.call), prose(" ".join(one.doc.paragraphs))) for one in methods.own),
        )


# Messages -----------------------------------------------------------------------------------------------------------


def messages(topics: Iterable[docs_messages.Topic]) -> list[Block]:
    """Every sentence that a component can say, for the search."""
    blocks: list[Block] = [
        Heading(1, "Every message"),
        Paragraph(
            "All that the components say in `last_error`, in the log, in callbacks and on their nodes, part by part. "
            "Enter the words of a message into the search. What differs from case to case stands in angle brackets."
        ),
    ]
    shown = ""
    for topic in topics:
        if topic.component != shown:
            shown = topic.component
            blocks.append(Heading(2, "Both components" if shown == layout.COMMON else f"The {shown} component", shown))
        blocks += [Heading(3, prose(topic.title.rstrip("."))), Items(tuple(plain(one) for one in topic.messages))]
    return blocks
