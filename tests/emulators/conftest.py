"""Clients for the suites of the emulators."""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from emulators import FirestoreEmulator, StorageEmulator


@pytest.fixture
def client(storage_emulator: StorageEmulator) -> Iterator[storage.Client]:
    """Google's client at the emulator."""
    options = {"api_endpoint": storage_emulator.url}
    client = storage.Client(project="test", credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()


@pytest.fixture
def gcs(client: storage.Client, bucket: str) -> storage.Bucket:
    """A new bucket, as Google's client shows it."""
    return client.bucket(bucket)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Raw HTTP."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def channel(firestore_emulator: FirestoreEmulator) -> Iterator[grpc.Channel]:
    """A gRPC channel to the emulator."""
    with grpc.insecure_channel(firestore_emulator.host) as channel:
        yield channel


@pytest.fixture
def api(channel: grpc.Channel) -> FirestoreClient:
    """Google's generated client."""
    return FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))


@pytest.fixture
def database(firestore_project: str) -> str:
    """The resource name of an empty database."""
    return f"projects/{firestore_project}/databases/(default)"


@pytest.fixture
def connect(
    firestore_emulator: FirestoreEmulator, firestore_project: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., firestore.Client]]:
    """Makes clients as users have them, for the test's project unless another is named."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    clients: list[firestore.Client] = []

    def connect(project: str = firestore_project, database: str = "(default)") -> firestore.Client:
        clients.append(firestore.Client(project=project, credentials=AnonymousCredentials(), database=database))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def db(connect: Callable[..., firestore.Client]) -> firestore.Client:
    """A client as users have it."""
    return connect()


class ListenStream:
    """One Listen stream; every wait ends after a few seconds."""

    def __init__(self, channel: grpc.Channel, database: str) -> None:
        self.database = database
        self._requests: queue.SimpleQueue[types.ListenRequest | None] = queue.SimpleQueue()
        method = channel.stream_stream(
            "/google.firestore.v1.Firestore/Listen",
            request_serializer=types.ListenRequest.serialize,
            response_deserializer=types.ListenResponse.deserialize,
        )
        self.call = method(iter(self._requests.get, None), timeout=20)

    def add(self, target_id: int, target: types.Target.QueryTarget | list[str] | str, **more: Any) -> None:
        """Asks for a query, for documents (names) or for a collection (its id)."""
        parent = f"{self.database}/documents"
        if isinstance(target, str):
            selector = types.StructuredQuery.CollectionSelector(collection_id=target)
            target = types.Target.QueryTarget(parent=parent, structured_query=types.StructuredQuery(from_=[selector]))
        kind = (
            {"query": target}
            if isinstance(target, types.Target.QueryTarget)
            else {"documents": types.Target.DocumentsTarget(documents=target)}
        )
        self.send(add_target=types.Target(target_id=target_id, **kind, **more))

    def send(self, **request: Any) -> None:
        self._requests.put(types.ListenRequest(database=self.database, **request))

    def next(self) -> types.ListenResponse:
        response: types.ListenResponse = next(self.call)
        return response

    def until(self, kind: str, target_ids: list[int]) -> list[types.ListenResponse]:
        """All responses up to and with a target change of a kind for these targets."""
        seen = []
        while True:
            seen.append(self.next())
            change = seen[-1].target_change
            if "target_change" in seen[-1] and (change.target_change_type.name, list(change.target_ids)) == (
                kind,
                target_ids,
            ):
                return seen

    def snapshot(self) -> tuple[list[str], bytes]:
        """What comes up to the next global snapshot, in short words, and its resume token."""
        seen = self.until("NO_CHANGE", [])
        return [text for text in map(self.brief, seen) if text], seen[-1].target_change.resume_token

    @staticmethod
    def brief(response: types.ListenResponse) -> str:
        """'+a 1' changed in target 1, '-a 1' deleted, '~a 1' no longer matching, 'ADD 1', '=3 1' filter."""

        def ids(numbers: Any) -> str:
            return " ".join(str(number) for number in numbers)

        match response._pb.WhichOneof("response_type"):
            case "document_change":
                change = response.document_change
                left = f" left {ids(change.removed_target_ids)}" if change.removed_target_ids else ""
                return f"+{change.document.name.rpartition('/')[2]} {ids(change.target_ids)}{left}"
            case "document_delete":
                delete = response.document_delete
                return f"-{delete.document.rpartition('/')[2]} {ids(delete.removed_target_ids)}"
            case "document_remove":
                remove = response.document_remove
                return f"~{remove.document.rpartition('/')[2]} {ids(remove.removed_target_ids)}"
            case "filter":
                return f"={response.filter.count} {response.filter.target_id}"
            case _:
                change = response.target_change
                kind = change.target_change_type.name
                return "" if kind == "NO_CHANGE" else f"{kind} {ids(change.target_ids)}"

    def close(self) -> None:
        self._requests.put(None)
        self.call.cancel()


@pytest.fixture
def listen(channel: grpc.Channel, database: str) -> Iterator[Callable[[], ListenStream]]:
    """Opens Listen streams."""
    streams: list[ListenStream] = []

    def open_stream() -> ListenStream:
        streams.append(ListenStream(channel, database))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()
