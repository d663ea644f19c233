"""Writes whose arrival can be proved: what was accepted, and what the server must hold then.

Each document of the kind *counted* gets updates that add one to `n`, append their number to `order`, and set a field of
their own. So on the server one sees which of them arrived, whether one counted twice, and in which order. Documents of
the kind *replaced* get full sets; the newest accepted one must be there.
"""

import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import layout

sys.path[:0] = [str(path) for path in layout.source_paths() if str(path) not in sys.path]

import tdg_core_firestore_codec  # noqa: E402
import tdg_core_firestore_settings  # noqa: E402
import tdg_gateway_firestore  # noqa: E402

COLLECTION = "crash"

#: Documents that get writes at the same time.
DOCUMENTS = 5


class Writer:
    """Makes random writes through a component and notes what was tried and what was accepted.

    Args:
        comp: The component.
        name: Begins the names of its documents.
        note: Told `try <document> <number>` before each call and `ok <document> <number>` when it has returned.
        seed: Of the random choices.
    """

    def __init__(self, comp: Any, name: str, note: Callable[[str], None], seed: int) -> None:
        self._comp = comp
        self._name = name
        self._note = note
        self._random = random.Random(seed)
        self._number = 0
        self._begun: set[str] = set()

    def write(self) -> None:
        """One call, of a random kind."""
        kind = self._random.choice(("count", "count", "replace", "batch"))
        documents = [f"{self._name}-{self._random.randrange(DOCUMENTS)}" for _ in range(3)]
        if kind == "replace":
            self._call([f"{self._name}-replaced"], self._replace)
        elif kind == "count":
            self._call(documents[:1], self._count)
        else:
            self._call(list(dict.fromkeys(documents)), self._batch)

    def _call(self, documents: list[str], call: Callable[[list[str]], Any]) -> None:
        self._number += 1
        for document in documents:
            self._note(f"try {document} {self._number}")
        call(documents)
        for document in documents:
            self._note(f"ok {document} {self._number}")

    def _replace(self, documents: list[str]) -> None:
        self._comp.PushDoc(COLLECTION, documents[0], {"number": self._number})

    def _count(self, documents: list[str]) -> None:
        self._comp.MergeDoc(COLLECTION, documents[0], self._counting())

    def _batch(self, documents: list[str]) -> None:
        operations = [
            {"collection": COLLECTION, "doc_id": document, "op_type": "set_merge", "payload": self._counting()}
            for document in documents
        ]
        self._comp.PushBatch(operations, atomic=True)

    def _counting(self) -> dict[str, Any]:
        return {
            "n": {"__type": "increment", "value": 1},
            "order": {"__type": "array_union", "value": [self._number]},
            f"f{self._number}": True,
        }


class Server:
    """The database, past the component."""

    def __init__(self, host: str, database: str) -> None:
        settings = tdg_core_firestore_settings.FirestoreSettings(component="proof", emulator_host=host, target=database)
        self._gateway = tdg_gateway_firestore.open_gateway(settings)

    def get(self, documents: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Payloads of those documents that exist."""
        names = list(documents)
        found = self._gateway.get_documents([f"{COLLECTION}/{name}" for name in names])
        return {
            name: tdg_core_firestore_codec.payload_of(document.payload)
            for name, document in zip(names, found, strict=True)
            if document is not None
        }

    def close(self) -> None:
        """Ends the connection."""
        self._gateway.close()


def problems(notes: Iterable[str], server: Server) -> list[str]:
    """What the server holds otherwise than it was accepted; nothing when all is well.

    A call that was tried and did not return (the process was killed in it) may have been accepted or not.
    """
    tried: dict[str, list[int]] = {}
    accepted: dict[str, list[int]] = {}
    for note in notes:
        word, document, number = note.split()
        (tried if word == "try" else accepted).setdefault(document, []).append(int(number))
    found = server.get(tried)
    wrong = []
    for document, numbers in tried.items():
        payload = found.get(document, {})
        due = accepted.get(document, [])
        if document.endswith("-replaced"):
            wrong += _problems_of_replaced(document, numbers, due, payload)
        else:
            wrong += _problems_of_counted(document, numbers, due, payload)
    return wrong


def _problems_of_replaced(document: str, tried: list[int], accepted: list[int], payload: dict[str, Any]) -> list[str]:
    number = payload.get("number", 0)
    newest = max(accepted, default=0)
    if number == newest or (number > newest and number in tried):
        return []
    return [f"{document} holds set {number}, the newest accepted one is {newest}"]


def _problems_of_counted(document: str, tried: list[int], accepted: list[int], payload: dict[str, Any]) -> list[str]:
    arrived = sorted(int(name[1:]) for name in payload if name[0] == "f")
    order = payload.get("order", [])
    wrong = []
    if lost := set(accepted) - set(arrived):
        wrong.append(f"{document} lost {sorted(lost)}")
    if unknown := set(arrived) - set(tried):
        wrong.append(f"{document} got {sorted(unknown)}, which nobody wrote")
    if payload.get("n", 0) != len(arrived):
        wrong.append(f"{document} counted {payload.get('n')} of {len(arrived)} updates")
    if order != arrived:
        wrong.append(f"{document} got its updates in the order {order}")
    return wrong


def open_component(host: Any, tox: Path, emulator_host: str, database: str, **parameters: Any) -> Any:
    """The component in a host, set to that database."""
    comp = host.load_tox(tox / "firestore.tox.dir")
    values = {"Databaseid": database, "Collections": COLLECTION, "Backoffmax": 0.2, "Circuittimeout": 0.2, **parameters}
    for name, value in values.items():
        setattr(comp.par, name, value)
    host.frame(2)
    comp.par.Emulatorhost = emulator_host
    return comp
