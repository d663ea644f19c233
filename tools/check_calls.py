"""What runs on which thread: names that only the main thread may use, and functions handed to threads."""

import ast
from collections.abc import Iterator

import layout
from check_source import FunctionNode, Row, Source, Tree, bound_names, dotted, free_names, parameters, stated_threads


def check(tree: Tree) -> Iterator[Row]:
    """All rules about threads and calls."""
    for source in tree.sources:
        if source.room is None:
            continue
        if source.room.touchdesigner:
            yield from _handed_to_threads(source)
            yield from _blocking_calls(source)
        if not source.room.touchdesigner or layout.ANY in stated_threads(source):
            yield from _main_thread_names(source, source.tree, f"{source.module} may run on a worker")
        if source.room is layout.CORE:
            yield from _impure_calls(source)


def _main_thread_names(source: Source, part: ast.AST, why: str) -> Iterator[Row]:
    """Uses, within a part of the module, of what belongs to the main thread."""
    injected = {id(name) for name in free_names(source.tree) if name.id in layout.MAIN_THREAD_NAMES}
    imported = set(_names_from_touchdesigner(source.tree))
    for node in ast.walk(part):
        if isinstance(node, ast.Name) and (id(node) in injected or node.id in imported):
            yield source.row(
                node,
                "thread-name",
                f"Uses {node.id}, and {why}, where TouchDesigner must not be touched; "
                "take plain values and put an event on the bridge (a log line for print and debug).",
            )
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and node.attr in layout.TEXTPORT_STREAMS and dotted(node.value) == "sys":
            yield source.row(
                node,
                "thread-name",
                f"Uses sys.{node.attr}, TouchDesigner's textport, and {why}; put a log event on the bridge.",
            )


def _names_from_touchdesigner(tree: ast.Module) -> Iterator[str]:
    """`td` itself and what the module takes from it."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (item.asname or item.name for item in node.names if item.name in layout.TOUCHDESIGNER_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in layout.TOUCHDESIGNER_MODULES:
            yield from (item.asname or item.name for item in node.names)


def _impure_calls(source: Source) -> Iterator[Row]:
    """Builtins and methods of core modules that reach the disk or the clock."""
    for name in free_names(source.tree):
        if name.id in layout.IMPURE_BUILTINS:
            yield source.row(name, "core-pure", f"core calls {name.id}(); do that in work and pass the result.")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and tuple(dotted(node.func).split(".")[-2:]) in layout.CLOCK_CALLS:
            yield source.row(
                node, "core-pure", f"core reads the clock with {dotted(node.func)}(); take the time as an argument."
            )


def _blocking_calls(source: Source) -> Iterator[Row]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and tuple(dotted(node.func).split(".")) in layout.BLOCKING_CALLS:
            yield source.row(
                node,
                "main-thread-waits",
                f"{dotted(node.func)}() holds the picture up; look at a deadline once a frame, or do it in work.",
            )


# ---------------------------------------------------------------------------------------------------------------
# Functions handed to threads
# ---------------------------------------------------------------------------------------------------------------


def _handed_to_threads(source: Source) -> Iterator[Row]:
    """Calls that start a thread: the function is of module level, its arguments plain, its body off limits."""
    module_names = bound_names(source.tree)
    module_functions = {
        node.name: node for node in source.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    workers: dict[str, FunctionNode] = {}
    for scope, call in _calls_with_scopes(source.tree):
        starter = _starter(call)
        target = _argument(call, *starter) if starter else None
        if target is None:
            continue
        yield from _target(source, target, scope, module_names)
        yield from _arguments(source, call)
        if isinstance(target, ast.Name) and target.id in module_functions:
            workers[target.id] = module_functions[target.id]
    for name, function in _reached(workers, module_functions).items():
        yield from _main_thread_names(source, function, f"{name}() runs on a worker")


def _target(source: Source, target: ast.expr, scope: list[set[str]], module_names: set[str]) -> Iterator[Row]:
    """`scope`: what each function around the call binds; a parameter is checked where its value is handed over."""
    made_here = any(isinstance(target, ast.Name) and target.id in names for names in scope)
    if isinstance(target, ast.Name) and not made_here:
        return
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in module_names:
        return
    if isinstance(target, ast.Call) and _last_name(target.func) == "partial" and target.args:
        yield from _target(source, target.args[0], scope, module_names)
        yield from _arguments(source, target)
        return
    what = dotted(target) or ("a lambda" if isinstance(target, ast.Lambda) else "a function made on the spot")
    yield source.row(
        target,
        "thread-target",
        f"Hands {what} to a thread, which carries the extension and its ownerComp along; "
        "hand over a function of module level or of a work module, with plain arguments.",
    )


def _arguments(source: Source, call: ast.Call) -> Iterator[Row]:
    """Operators and extensions among what the thread gets: `self` as a whole, or anything's `ownerComp`."""
    given = [*call.args, *(keyword.value for keyword in call.keywords if not (keyword.arg or "").endswith("Hook"))]
    parents = {id(child): node for value in given for node in ast.walk(value) for child in ast.iter_child_nodes(node)}
    for value in given:
        for node in ast.walk(value):
            whole_self = (
                isinstance(node, ast.Name)
                and node.id == "self"
                and not isinstance(parents.get(id(node)), ast.Attribute)
            )
            owner = isinstance(node, ast.Attribute) and node.attr == "ownerComp"
            if whole_self or owner:
                yield source.row(
                    node,
                    "thread-argument",
                    f"Gives {dotted(node)} to a thread; pass the plain values it needs, read on the main thread.",
                )


def _calls_with_scopes(tree: ast.Module) -> Iterator[tuple[list[set[str]], ast.Call]]:
    """Every call, with the names that the functions around it make themselves (not their parameters)."""

    def visit(node: ast.AST, scope: list[set[str]]) -> Iterator[tuple[list[set[str]], ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield scope, child
            inner = scope
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = [*scope, bound_names(child) - parameters(child)]
            yield from visit(child, inner)

    yield from visit(tree, [])


def _reached(start: dict[str, FunctionNode], functions: dict[str, FunctionNode]) -> dict[str, FunctionNode]:
    """The module's functions that these ones use, themselves included."""
    reached: dict[str, FunctionNode] = {}
    waiting = dict(start)
    while waiting:
        name, function = waiting.popitem()
        reached[name] = function
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        waiting.update({other: functions[other] for other in used & functions.keys() - reached.keys()})
    return reached


def _starter(call: ast.Call) -> tuple[str, int] | None:
    """Where this call takes the function for a thread; None if it starts none."""
    name = _last_name(call.func)
    full = f"{_last_name(call.func.value)}.{name}" if isinstance(call.func, ast.Attribute) else name
    return layout.THREAD_STARTERS.get(full) or layout.THREAD_STARTERS.get(name)


def _argument(call: ast.Call, keyword: str, position: int) -> ast.expr | None:
    for given in call.keywords:
        if given.arg == keyword:
            return given.value
    return call.args[position] if len(call.args) > position else None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
