"""The generated pages and the help page show what the components are: nothing missing, nothing that is not there."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import component_model
import docs_help
import docs_hook
import docs_messages
import docs_reference
import layout
from component_model import Component
from headless_td import Host

PAGES = [layout.ROOT / "README.md", *sorted(layout.DOCS.rglob("*.md"))]
FIRED = re.compile(r"\bon[A-Z]\w+")

component = pytest.mark.parametrize("name", component_model.names())


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return dict(docs_hook.generated())


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with Host(tmp_path_factory.mktemp("project")) as opened:
        for name in component_model.names():
            opened.load_tox(layout.TOX / f"{name}.tox.dir").par.Autoconnect = False
        opened.frame(3)
        yield opened


def comp(host: Host, name: str) -> Any:
    return host.op(f"/project1/{name}")


def promoted(host: Host, name: str) -> dict[str, Any]:
    """The methods that a running component promotes."""
    extension = comp(host, name).extensions[0]
    names = [one for one in dir(type(extension)) if one[0].isupper() and callable(getattr(type(extension), one))]
    return {one: getattr(extension, one) for one in names}


def documented(name: str) -> dict[str, docs_reference.Function]:
    main = docs_reference.methods(component_model.load(name))[0]
    return {function.name: function for function in (*main.own, *main.shared)}


@component
def test_every_parameter_of_the_running_component_is_on_its_page(
    host: Host, generated: dict[str, str], name: str
) -> None:
    page = generated[f"{name}/parameters.md"]
    for par in comp(host, name).customPars:
        assert f"\n### {par.label.replace('[', chr(92) + '[')} {{ #{par.name.lower()} }}\n" in page, par.name
        assert f"| `{par.name}` | {par.style} |" in page
    assert len(re.findall(r"^### ", page, re.MULTILINE)) == len(comp(host, name).customPars)


@component
def test_every_promoted_method_is_documented_with_the_arguments_it_has(host: Host, name: str) -> None:
    methods = promoted(host, name)
    assert documented(name).keys() == methods.keys()
    for method, function in documented(name).items():
        signature = inspect.signature(methods[method])
        written = [
            one if value.default is inspect.Parameter.empty else f"{one}={value.default!r}"
            for one, value in signature.parameters.items()
        ]
        assert list(function.arguments) == written, method
        assert function.doc.paragraphs, f"{method} says nothing"
        assert {argument for argument, _ in function.doc.arguments} <= signature.parameters.keys(), method


@component
def test_every_documented_method_is_on_the_page(generated: dict[str, str], name: str) -> None:
    page = generated[f"{name}/methods.md"]
    functions = [*documented(name).values(), *docs_reference.callbacks(component_model.load(name))]
    for function in functions:
        assert f"### {function.name} {{ #{function.name.lower()} }}\n\n```python\n{function.call}\n```" in page


@component
def test_callbacks_are_those_that_the_source_calls(name: str) -> None:
    """None is called that the template lacks, and none stands there that is never called."""
    called: set[str] = set()
    for folder in (layout.COMMON, name):
        for path in (layout.SRC / folder).glob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
            called |= {text for text in texts if isinstance(text, str) and FIRED.fullmatch(text)}
    called -= {"onParValueChange", "onParPulse", "onTableEdited"}  # extensions, not callbacks
    stubs = {function.name for function in docs_reference.callbacks(component_model.load(name))}
    assert stubs == called


@component
def test_every_callback_explains_each_of_its_arguments(name: str) -> None:
    for function in docs_reference.callbacks(component_model.load(name)):
        assert [argument for argument, _ in function.doc.arguments] == list(function.arguments), function.name


@component
def test_every_table_is_on_the_page_with_its_columns(host: Host, generated: dict[str, str], name: str) -> None:
    page = generated[f"{name}/methods.md"]
    tables = [one for one in comp(host, name).findChildren(depth=1) if one.OPType in ("tableDAT", "fifoDAT")]
    assert tables
    for table in tables:
        assert f"{{ #table-{table.name} }}" in page
    for operator in docs_reference.data_operators(component_model.load(name)):
        if operator.rows:
            assert [cell.val for cell in comp(host, name).op(operator.path).row(0)] == list(operator.rows[0])
            assert ", ".join(f"`{column}`" for column in operator.rows[0]) in page


@component
def test_picture_of_the_network_shows_every_operator_and_group(generated: dict[str, str], name: str) -> None:
    described = component_model.load(name)
    picture = generated[f"{name}/network.svg"]
    for operator in described.operators:
        assert (f">{operator.name}<" in picture) == (not operator.parent), operator.path
    for group in described.groups:
        assert f">{group.title}<" in picture


@component
def test_picture_of_each_page_shows_every_parameter_in_its_order(generated: dict[str, str], name: str) -> None:
    for page in component_model.load(name).pages:
        picture = generated[f"{name}/page-{page.name.lower()}.svg"]
        places = [picture.index(f">{parameter.label}</text>") for parameter in page.parameters]
        assert places == sorted(places)


def calls(text: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of components' methods in the examples of a page: component and call."""
    for block in re.findall(r"^ *```python[^\n]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(textwrap.dedent(block))):
            owner = ast.unparse(node.func).split(".") if isinstance(node, ast.Call) else []
            if len(owner) == 3 and owner[0] in ("op", "parent") and isinstance(node, ast.Call):
                yield owner[1], node


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(layout.ROOT).as_posix())
def test_examples_call_methods_that_exist_with_arguments_they_take(host: Host, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for shortcut, call in calls(text):
        method = promoted(host, shortcut)[ast.unparse(call.func).rpartition(".")[2]]
        keywords = {one.arg: None for one in call.keywords if one.arg}
        inspect.signature(method).bind(*(None for _ in call.args), **keywords)
    for shortcut, word in re.findall(r"`op\.(storage|firestore)\.(\w+)\(", text):
        assert word in {*promoted(host, shortcut), "op"}, word
    for shortcut, word in re.findall(r"op\.(storage|firestore)\.par\.(\w+)", text):
        assert comp(host, shortcut).par[word] is not None, word


def test_every_error_of_the_source_is_among_the_messages() -> None:
    """Whatever is raised with a text of its own can be found; checked apart from how the page collects its texts."""
    known = "\n".join(message for topic in docs_messages.topics() for message in topic.messages)
    missing = []
    for folder in layout.source_paths():
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("CloudError") and len(node.args) > 1:
                    missing += [part for part in fixed_parts(node.args[1]) if " ".join(part.split()) not in known]
    assert missing == []


def fixed_parts(text: ast.expr) -> list[str]:
    """What is the same in every case, where it is long enough to be searched for."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    texts = (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return [part for part in texts if len(part.split()) > 3]


@component
def test_help_page_holds_every_parameter_method_and_callback_and_the_credits(name: str) -> None:
    described: Component = component_model.load(name)
    page = docs_help.page(described)
    assert page.isascii()
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {parameter.name.lower() for parameter in described.parameters} <= anchors
    assert {method.lower() for method in documented(name)} <= anchors
    assert {function.name.lower() for function in docs_reference.callbacks(described)} <= anchors
    assert "firebase-admin" in page
    assert f"{name} {described.release.version}" in page
    assert re.findall(r'(?:src|href)="(?!#)|url\(|@import', page) == [], "it must load nothing"
