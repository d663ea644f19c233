"""Part one: whether each component came out as its description says."""

import ast
import functools
import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

from in_td.components import promoted_methods, release_of
from in_td.described import DESCRIPTION_PATH, Point, description_of, looks, parts
from in_td.room import attempt
from in_td.rows import FAIL, PASS, Results, describe_error
from in_td.steps import Job

DESCRIBED = "described"
TEMPLATE = "callbacks_template"

#: Tables that the component fills while it runs: only their heading is described.
_HEADING = ".rows"


def described_jobs(results: Results, name: str, comp: Any) -> Iterator[Job]:
    """The jobs for one component."""
    for title, check in (
        ("texts", _texts),
        ("parts", _parts),
        ("extensions", _reachable),
        ("callbacks", _template),
        ("errors", _errors),
    ):
        yield Job(DESCRIBED, f"{name}: {title}", functools.partial(check, results, name, comp))


def _texts(results: Results, name: str, comp: Any) -> Iterator[None]:
    """Every text is the one of the release that the self-test belongs to."""
    release = release_of(name)
    if not release:
        results.add(
            DESCRIBED, f"{name}: texts", FAIL, f"This self-test was built without the component {name}; build it."
        )
        return
    description = description_of(comp) or {}
    version = description.get("version", "none")
    if version != release["version"]:
        sentence = f"{name} is version {version}, this self-test is of {release['version']}; use two of one release."
        results.add(DESCRIBED, f"{name}: version", FAIL, sentence, expected=release["version"], found=version)
        return
    wrong = []
    for path, wanted in release["texts"].items():
        dat = comp.op(path)
        if dat is not None and fingerprint(dat.text) != wanted:
            wrong.append(path)
            what = "description" if path == DESCRIPTION_PATH else f"text of {path}"
            sentence = f"The {what} in {name} is not that of version {version}; put a fresh copy of the component in."
            results.add(DESCRIBED, f"{name}: {path}", FAIL, sentence, expected=wanted, found=fingerprint(dat.text))
        yield
    if not wrong:
        count = len(release["texts"])
        results.add(DESCRIBED, f"{name}: texts", PASS, f"All {count} texts of {name} are those of version {version}.")


def fingerprint(text: str) -> str:
    """A short name of a text; line ends and the end of the text do not matter."""
    return hashlib.sha256(text.replace("\r\n", "\n").rstrip("\n").encode()).hexdigest()[:16]


def _parts(results: Results, name: str, comp: Any) -> Iterator[None]:
    """Every operator, annotation and parameter, a row each; and a row for each point that differs."""
    description = description_of(comp)
    if description is None:
        sentence = f"{DESCRIPTION_PATH} in {name} is missing or cannot be read; put a fresh copy of the component in."
        results.add(DESCRIBED, f"{name}: description", FAIL, sentence)
        return
    fresh = (("the node", functools.partial(looks, comp, description)),)
    for thing, part in itertools.chain(parts(comp, description), fresh):
        found: list[Point] = []
        error = attempt(lambda found=found, part=part: found.extend(map(_of_running, part())))  # type: ignore[misc]
        wrong = [point for point in found if not point.holds]
        for point in wrong:
            sentence = f"{name}: {point.sentence}"
            results.add(DESCRIBED, f"{name}: {point.what}", FAIL, sentence, expected=point.wanted, found=point.found)
        if error is not None:
            sentence = f"{name}: {thing} could not be compared: {describe_error(error)}."
            results.add(DESCRIBED, f"{name}: {thing}", FAIL, sentence)
        elif not wrong:
            sentence = f"{name}: {thing} is as described in {len(found)} points."
            results.add(DESCRIBED, f"{name}: {thing}", PASS, sentence)
        yield


def _of_running(point: Point) -> Point:
    if point.what.endswith(_HEADING):
        return Point(point.what, point.found[:1], point.wanted[:1])
    return point


def _reachable(results: Results, name: str, comp: Any) -> Iterator[None]:
    """The extensions exist, each is found by its name, and the methods of the first one are the component's own."""
    description = description_of(comp) or {"extensions": []}
    wanted = [one["name"] for one in description["extensions"]]
    found = [type(one).__name__ for one in comp.extensions]
    if found[: len(wanted)] != wanted:
        sentence = f"{name} has the extensions {found}, not {wanted}; the textport says why one could not be made."
        results.add(DESCRIBED, f"{name}: extensions", FAIL, sentence, expected=wanted, found=found)
    for one in wanted:
        error = attempt(lambda one=one: getattr(comp.ext, one))  # type: ignore[misc]
        if error is not None:
            sentence = f"The extension {one} of {name} is not reached by {name}.ext.{one}: {describe_error(error)}."
            results.add(DESCRIBED, f"{name}: ext.{one}", FAIL, sentence)
    methods = promoted_methods(comp)
    missing = [method for method in methods if not callable(getattr(comp, method, None))]
    if missing or not methods:
        sentence = f"{name} does not promote {', '.join(missing) or 'any method'}: its first extension is not promoted."
        results.add(DESCRIBED, f"{name}: promoted", FAIL, sentence, expected=methods, found=[])
    else:
        results.add(DESCRIBED, f"{name}: promoted", PASS, f"{name} promotes its {len(methods)} methods.", found=methods)
    yield


def stubs_of(comp: Any) -> dict[str, int]:
    """The callbacks that a component knows: how many arguments each takes, by name."""
    dat = comp.op(TEMPLATE)
    tree = ast.parse(dat.text if dat is not None else "")
    return {node.name: len(node.args.args) for node in tree.body if isinstance(node, ast.FunctionDef)}


def _template(results: Results, name: str, comp: Any) -> Iterator[None]:
    """The template of the callbacks can be run and has a text for each of them."""
    try:
        stubs = stubs_of(comp)
        tree = ast.parse(comp.op(TEMPLATE).text)
        silent = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node)]
    except (AttributeError, SyntaxError) as error:
        results.add(
            DESCRIBED, f"{name}: callbacks", FAIL, f"{TEMPLATE} of {name} cannot be read: {describe_error(error)}."
        )
        return
    if silent or not stubs:
        sentence = f"{TEMPLATE} of {name} does not explain {', '.join(silent) or 'any callback'}."
        results.add(DESCRIBED, f"{name}: callbacks", FAIL, sentence)
    else:
        results.add(
            DESCRIBED, f"{name}: callbacks", PASS, f"{name} explains its {len(stubs)} callbacks.", found=list(stubs)
        )
    yield


def _errors(results: Results, name: str, comp: Any) -> Iterator[None]:
    """No error on any node."""
    errors = comp.errors(recurse=True)
    if errors:
        results.add(DESCRIBED, f"{name}: errors", FAIL, f"{name} shows errors: {errors}", found=errors)
    else:
        results.add(DESCRIBED, f"{name}: errors", PASS, f"{name} shows no error on any operator.")
    yield
