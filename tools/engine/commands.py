"""The commands: each takes the options and gives the exit code, 0 when all is done and 1 when something is not."""

import argparse
import contextlib
import dataclasses
import datetime
import functools
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_jobs
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_requests
import tdg_core_storage_settings
import tdg_disk_files
import tdg_gateway_firestore
import tdg_gateway_storage
import tdg_work_firestore
import tdg_work_storage
from engine import CommandError
from engine.project import STEMS, Home, homes
from engine.twin import Stop, Twin, run, say

CloudError = tdg_core_errors.CloudError
Changed = tdg_core_storage_messages.Changed
FirestoreSettings = tdg_core_firestore_settings.FirestoreSettings
StorageSettings = tdg_core_storage_settings.StorageSettings

#: Seconds between two lines about progress, and between two looks at what still waits.
_PROGRESS_S = 5.0
_LOOK_S = 0.1


# Looking --------------------------------------------------------------------------------------------------------------


def status(options: argparse.Namespace, _stop: Stop) -> int:
    """One line per component that has files here."""
    found = _all_homes(options)
    for home in found:
        facts = {
            "component": home.component,
            "home": home.stem,
            "owner": home.owner,
            "in_use": home.in_use,
            "waiting": len(home.waiting()),
            "dead": len(home.dead()),
        }
        if options.json:
            print(json.dumps(facts))
        else:
            dead = f", {facts['dead']} dead letters" if facts["dead"] else ""
            use = "in use now" if facts["in_use"] else "not in use"
            print(f"{home.component} {home.stem} ({home.owner or 'of no component yet'}): {use}, ", end="")
            print(f"{facts['waiting']} waiting{dead}")
    return 0


def queue(options: argparse.Namespace, _stop: Stop) -> int:
    """What was accepted and has not ended, a line each; dead letters last."""
    for home in _all_homes(options):
        for item in [*home.waiting(), *home.dead()]:
            if options.json:
                print(json.dumps({"component": home.component, "home": home.stem, **item.as_dict()}))
            else:
                print("  ".join(filter(None, (home.stem, item.since, item.kind, item.what, item.note))))
    return 0


def _all_homes(options: argparse.Namespace) -> list[Home]:
    found = homes(options.cache)
    if not found:
        say("engine", f"no component has ever kept anything in {options.cache}.")
    return found


# Sending what waits ---------------------------------------------------------------------------------------------------


def flush(options: argparse.Namespace, stop: Stop) -> int:
    """Sends what waits and ends when nothing does."""
    chosen = [Home(options.cache, stem) for stem in options.home or STEMS.values()]
    chosen = [home for home in chosen if options.component in {None, home.component}]
    for other in homes(options.cache):
        if not options.home and other.stem not in STEMS.values() and (count := len(other.waiting())):
            say("engine", f"{count} wait in {other.stem} ({other.owner}), too; send them with --home {other.stem}.")
    failed = [home for home in chosen if not _flushed(home, options, stop)]
    return 1 if failed else 0


def _flushed(home: Home, options: argparse.Namespace, stop: Stop) -> bool:
    """Whether nothing waits any more and nothing has failed."""
    waiting, dead = len(home.waiting()), len(home.dead())
    if not waiting:
        say(home.component, f"nothing waits in {home.stem}.")
        return True
    say(home.component, f"{waiting} wait in {home.stem}.")
    transfers = _Transfers()
    with _twin(home, options, transfers.hear) as twin:
        twin.connect()
        if home.component == "firestore":
            twin.submit(tdg_core_firestore_messages.FlushQueue())
        done = run([twin], _Seldom(lambda: not home.waiting()), stop)
    left, died = len(home.waiting()), len(home.dead()) - dead
    if died:
        say(home.component, f"{died} writes were refused for good; `queue` shows them and why.")
    if left:
        say(home.component, f"{left} still wait and are kept.")
    elif done:
        say(home.component, "everything is sent.")
    return not left and not died and not transfers.failed


class _Seldom:
    """A question that reads files, asked ten times a second only."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._next = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _LOOK_S
        return self._ask()


# Files ----------------------------------------------------------------------------------------------------------------


def upload(options: argparse.Namespace, stop: Stop) -> int:
    """Uploads files."""
    requests = _requests(_storage_settings(options, ""))
    prefix = tdg_core_storage_paths.folder(options.to)
    files = [path.absolute() for path in options.files]
    for path in files:
        if not path.is_file():
            what = "is a folder; use sync" if path.is_dir() else "does not exist"
            raise CommandError(f"{path} {what}. Nothing was uploaded.")
    asked = []
    for path in files:
        given = requests.upload_options(None, options.content_type, None, options.cache_control)
        transfer = requests.upload(str(path), f"/{prefix}{path.name}", given)
        found = tdg_disk_files.fingerprint(str(path))
        asked.append(dataclasses.replace(transfer, size=-1 if found is None else found.size))
    return _carried_out(asked, options, stop)


def sync(options: argparse.Namespace, stop: Stop) -> int:
    """Syncs a folder with a prefix of the bucket."""
    if not options.folder.is_dir():
        raise CommandError(f"{options.folder} is no folder.")
    given = {"local_path": str(options.folder.absolute()), "local_path_chosen": True, "remote_path": options.to}
    requests = _requests(dataclasses.replace(_storage_settings(options, ""), **given))
    asked = requests.sync(
        options.direction,
        options.delete_remote,
        options.delete_local,
        options.include,
        options.exclude,
        force=options.force,
        dry=options.dry_run,
    )
    return _carried_out([asked], options, stop, **given)


def _carried_out(
    asked: list[tdg_core_storage_messages.Transfer], options: argparse.Namespace, stop: Stop, **settings: Any
) -> int:
    """Accepts transfers and waits for their ends."""
    transfers = _Transfers({transfer.id for transfer in asked})
    home = _home("storage", options)
    with _twin(home, options, transfers.hear, **settings) as twin:
        twin.connect()  # first: what cannot be sent because nothing says where to is not accepted
        for transfer in asked:
            twin.accept(transfer)
        run([twin], lambda: not transfers.open, stop)
    if transfers.open:
        say("storage", f"{len(transfers.open)} have not ended and are kept; `flush` goes on with them.")
    return 1 if transfers.open or transfers.failed else 0


class _Transfers:
    """What becomes of transfers, told as it happens.

    Args:
        open_: Ids of those that are waited for.
    """

    def __init__(self, open_: Iterable[str] = ()) -> None:
        self.open = set(open_)
        self.failed = 0
        self._next_line = time.monotonic() + _PROGRESS_S

    def hear(self, event: Any) -> None:
        """Takes an event of the storage engine."""
        if event.kind == tdg_core_storage_messages.Changed.kind:
            self._changed(event)

    def _changed(self, event: Changed) -> None:
        if event.status not in tdg_core_jobs.ENDED:
            if event.bytes_done and time.monotonic() > self._next_line:
                self._next_line = time.monotonic() + _PROGRESS_S
                total = f" of {event.size:,}" if event.size > 0 else ""
                say("storage", f"{event.type} {event.remote_path}: {event.bytes_done:,}{total} bytes")
            return
        self.open.discard(event.id)
        if event.status != tdg_core_jobs.COMPLETE:
            self.failed += 1
        where = " -> ".join(filter(None, (event.local_path, event.remote_path or "/")))
        print(f"{event.status} {event.type} {where}{f': {event.error}' if event.error else ''}", flush=True)
        if event.type == tdg_core_storage_messages.SYNC:
            _show_sync(event.result)


def _show_sync(result: dict[str, Any]) -> None:
    """What a sync has done or would do, a line of JSON each."""
    for name in ("plan", "uploaded", "downloaded", "deleted", "errors"):
        if found := result.get(name):
            print(json.dumps({name: found}, ensure_ascii=False), flush=True)


# Watching -------------------------------------------------------------------------------------------------------------


def watch(options: argparse.Namespace, stop: Stop) -> int:
    """Uploads what comes into a folder, and prints what changes in collections, until it is stopped."""
    if not options.folder and not options.collection:
        raise CommandError("There is nothing to watch: give --folder DIR, --collection PATH, or both.")
    with contextlib.ExitStack() as stack:
        twins = []
        if options.folder:
            if not options.folder.is_dir():
                raise CommandError(f"{options.folder} is no folder.")
            folder = {"local_path": str(options.folder.absolute()), "local_path_chosen": True}
            more = {**folder, "remote_path": options.to, "watch_folder": True}
            twins.append(stack.enter_context(_twin(_home("storage", options), options, _Transfers().hear, **more)))
        if options.collection:
            specs = [tdg_core_firestore_watch_spec.collection(path) for path in options.collection]
            twin = stack.enter_context(_twin(_home("firestore", options), options, _print_changes))
            for spec in specs:
                twin.submit(tdg_core_firestore_inbound.Watch(spec.collection, spec.as_plain(), []))
            twins.append(twin)
        for twin in twins:
            twin.connect()
        run(twins, lambda: False, stop, patient=True)
    return 0


def _print_changes(event: Any) -> None:
    """Documents as lines of JSON."""
    if event.kind == tdg_core_firestore_inbound.DocumentsChanged.kind:
        for given in event.changes:
            change = tdg_core_firestore_inbound.Change(*given)
            data = None if change.payload is None else json.loads(change.payload)
            facts = {"collection": event.name, "doc_id": change.doc_id, "change": change.change_type, "data": data}
            print(json.dumps(facts, ensure_ascii=False), flush=True)
    elif event.kind == tdg_core_firestore_inbound.ListenerState.kind:
        say("firestore", f"{event.name}: {event.state}{f' ({event.reason})' if event.reason else ''}")


# Parts ----------------------------------------------------------------------------------------------------------------


def _home(component: str, options: argparse.Namespace) -> Home:
    """The component's files: those that were named, or the usual ones."""
    named = [Home(options.cache, stem) for stem in options.home or ()]
    return next((home for home in named if home.component == component), Home(options.cache, STEMS[component]))


def _twin(home: Home, options: argparse.Namespace, hear: Callable[[Any], None], **settings: Any) -> Twin:
    store_file = str(home.file(".db"))
    if home.component == "storage":
        serve = functools.partial(tdg_work_storage.serve, open_gateway=tdg_gateway_storage.open_gateway)
        made = dataclasses.replace(_storage_settings(options, store_file), **settings)
        return Twin(home, serve, made, hear)
    return Twin(
        home,
        functools.partial(tdg_work_firestore.serve, open_gateway=tdg_gateway_firestore.open_gateway),
        FirestoreSettings(
            component="engine",
            private_key_file=_key(options),
            emulator_host=options.firestore_emulator,
            use_adc=options.adc,
            target=options.database,
            store_file=store_file,
            session=str(uuid.uuid4()),
        ),
        hear,
    )


def _storage_settings(options: argparse.Namespace, store_file: str) -> StorageSettings:
    return StorageSettings(
        component="engine",
        private_key_file=_key(options),
        emulator_host=options.storage_emulator,
        use_adc=options.adc,
        target=options.bucket,
        store_file=store_file,
        local_path=str(options.project),
        make_public=options.public,
        max_concurrent=options.streams,
        cache_folder=str(options.cache),
    )


def _key(options: argparse.Namespace) -> str:
    return "" if options.key is None else str(Path(options.key).absolute())


def _requests(settings: StorageSettings) -> tdg_core_storage_requests.Requests:
    return tdg_core_storage_requests.Requests(settings, os.name == "nt", _stamp)


def _stamp() -> tuple[str, str]:
    return str(uuid.uuid4()), datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


COMMANDS: dict[str, Callable[[argparse.Namespace, Stop], int]] = {
    "status": status,
    "queue": queue,
    "flush": flush,
    "sync": sync,
    "upload": upload,
    "watch": watch,
}
