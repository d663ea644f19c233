"""Whatever users do on both sides, and wherever a sync is killed, nothing is lost and two sides end up alike."""

import contextlib
import dataclasses
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sync_model
import tdg_core_storage_plan as planner
import tdg_core_storage_plan_data as data

PATHS = ("a", "b", "d/a", "d/b", "a/b", "x.tar.gz")
SIDES = ("local", "remote")

paths = st.sampled_from(PATHS)
sides = st.sampled_from(SIDES)
#: Empty, shared by chance, and (None) never seen before.
contents = st.sampled_from(["", "same", None, None])

edits = st.one_of(
    st.tuples(st.just("write"), sides, paths, contents),
    st.tuples(st.just("delete"), sides, paths),
    st.tuples(st.just("rename"), sides, paths, paths),
    st.tuples(st.just("both"), paths, contents),
)
options = st.builds(
    data.Options,
    direction=st.sampled_from(data.DIRECTIONS),
    delete_remote=st.sampled_from([True, True, False]),
    delete_local=st.sampled_from([True, True, False]),
    conflict_mode=st.sampled_from(["newest", "keepboth", "local", "remote"]),
    max_delete=st.sampled_from([0, 50, 100, 100]),
    force=st.booleans(),
)
#: A sync: its options, before which step it is killed, and what users do between which steps.
syncs = st.tuples(
    st.just("sync"), options, st.none() | st.integers(0, 12), st.dictionaries(st.integers(0, 12), edits, max_size=2)
)
#: Both sides hold the same, agreed; then one name is deleted on one side and written on the other.
crossed = st.builds(
    lambda path, side, other, wanted: [
        ("both", path, None), ("both", other, None), ("sync", wanted, None, {}),
        ("delete", side, path), ("write", SIDES[side == SIDES[0]], path, None),
    ],
    paths, sides, paths, options,
)  # fmt: skip
histories = st.builds(list.__add__, st.just([]) | crossed, st.lists(st.one_of(edits, edits, syncs), max_size=12))

fresh = itertools.count()


def edit(world: sync_model.World, step: tuple) -> None:
    kind, *rest = step
    if kind == "both":
        path, content = rest
        content = f"new-{next(fresh)}" if content is None else content
        for side in SIDES:
            world.write(side, path, content)
    elif kind == "write":
        side, path, content = rest
        world.write(side, path, f"new-{next(fresh)}" if content is None else content)
    else:
        getattr(world, kind)(*rest)


def sync(
    world: sync_model.World, wanted: data.Options, kill_at: int | None = None, during: dict[int, tuple] | None = None
) -> data.Plan:
    """One sync; nothing that existed is lost by it."""
    before = world.contents()
    plan = world.plan(wanted)
    steps = itertools.count()

    def between() -> None:
        nonlocal before
        step = next(steps)
        if during and step in during:
            edit(world, during[step])
            before |= world.contents()
        if step == kill_at:
            raise sync_model.KilledError

    with contextlib.suppress(sync_model.KilledError):
        world.execute(plan, between)
    lost = {
        (path, content)
        for path, content in before
        if content and content not in world.somewhere() and (path, content) not in world.gone_on_purpose
    }
    assert not lost, f"{lost} lost by {plan}"
    return plan


def run(history: list[tuple]) -> sync_model.World:
    world = sync_model.World()
    for step in history:
        if step[0] == "sync":
            sync(world, *step[1:])
        else:
            edit(world, step)
    return world


usual = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@usual
@given(histories)
def test_no_history_loses_content(history: list[tuple]) -> None:
    """Edits on both sides, syncs with any options, killed between any two steps, with edits in between."""
    run(history)


@usual
@given(histories, options)
def test_a_second_sync_finds_nothing_to_do(history: list[tuple], wanted: data.Options) -> None:
    """After one undisturbed sync the same sync has no step left to take, whatever came before.

    Unless deletions were refused: what was uploaded meanwhile may make them a smaller share.
    """
    world = run(history)
    first = sync(world, wanted)
    if first.refusals:
        sync(world, wanted)
    second = sync(world, wanted)
    assert second.actions == (), f"after {first}"
    assert second.agreements == {}
    assert second.forgotten == ()


@usual
@given(histories, options.map(lambda o: dataclasses.replace(o, direction=data.BOTH, max_delete=100, force=True)))
def test_a_sync_in_both_directions_makes_both_sides_alike(history: list[tuple], wanted: data.Options) -> None:
    """Except for what the plan says it leaves alone."""
    world = run(history)
    sync(world, wanted)
    left = {skip.path for skip in sync(world, wanted).skipped}
    local = {path: entry.content for path, entry in world.local.items() if path not in left}
    remote = {path: entry.content for path, entry in world.remote.items() if path not in left}
    assert local == remote


@usual
@given(histories, options)
def test_one_direction_never_touches_its_source(history: list[tuple], wanted: data.Options) -> None:
    """An upload changes nothing on the disk, a download nothing in the bucket."""
    world = run(history)
    before = dict(world.local), dict(world.remote)
    sync(world, wanted)
    if wanted.direction == data.UP:
        assert world.local == before[0]
    if wanted.direction == data.DOWN:
        assert world.remote == before[1]


@usual
@given(histories, options)
def test_refused_deletions_delete_nothing(history: list[tuple], wanted: data.Options) -> None:
    """Where a plan refuses, every name that was on a side is still there, except for renames."""
    world = run(history)
    plan = world.plan(wanted)
    if plan.refusals:
        assert not plan.of(data.DELETE_LOCAL)
        assert all(action.needs for action in plan.of(data.DELETE_REMOTE))


@usual
@given(histories, options)
def test_an_incomplete_look_deletes_nothing(history: list[tuple], wanted: data.Options) -> None:
    """A folder that could not be read to the end, or a listing that broke off, is no reason to delete anything."""
    world = run(history)
    files = {path: sync_model.local_file(entry, True) for path, entry in world.local.items()}
    objects = {name: sync_model.remote_file(entry) for name, entry in world.remote.items()}
    for seen in range(len(files) + 1):
        tree = data.LocalTree(dict(list(files.items())[:seen]), complete=False)
        plan = planner.make_plan(tree, data.RemoteTree(objects), world.agreed, wanted)
        assert not plan.of(data.DELETE_REMOTE)
    for seen in range(len(objects) + 1):
        cut = data.RemoteTree(dict(list(objects.items())[:seen]), complete=False)
        plan = planner.make_plan(data.LocalTree(files), cut, world.agreed, wanted)
        assert not plan.of(data.DELETE_LOCAL)
        assert all(action.name in cut.files or action.needs for action in plan.of(data.UPLOAD))
