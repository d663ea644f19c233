"""The connection to one Firestore database: plain values in and out, every error a `CloudError`.

Thread: worker only.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tdg_core_errors
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_codec_time
import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_firestore_watch_events
import tdg_core_settings
import tdg_gateway_app
import tdg_gateway_firestore_api
import tdg_gateway_firestore_errors
import tdg_gateway_firestore_listen
import tdg_gateway_firestore_values
import tdg_gateway_firestore_write

CloudError = tdg_core_errors.CloudError
Filters = tdg_core_firestore_filters.Filters
events = tdg_core_firestore_watch_events
names = tdg_core_firestore_names

#: Contract A4: SDK values -> payload values and back.
serialize_value = tdg_core_firestore_codec_sdk.serialize_value
deserialize_value = tdg_gateway_firestore_values.deserialize_value

#: What is imported in `tdg_gateway_firestore_api` and in `tdg_gateway_app`.
PACKAGES = (
    "firebase_admin",
    "firebase_admin.credentials",
    "google.api_core.datetime_helpers",
    "google.auth.transport.grpc",
    "google.auth.transport.requests",
    "google.cloud.firestore",
    "google.cloud.firestore_v1.types",
    "google.cloud.firestore_v1.vector",
    "grpc",
)

_HOST = "firestore.googleapis.com"
_SERVICE = "/google.firestore.v1.Firestore/"

#: Seconds that a call may take at most.
CONNECT_S = 15.0
COMMIT_S = 60.0
READ_S = 60.0

#: Documents in one page of a listing; the server gives no more at a time.
PAGE = 300

#: Documents of a page after which decoding rests, and for how many seconds: after about a millisecond of work, so that
#: the main thread never waits long for the interpreter's lock.
_REST = 25
_REST_S = 0.0005

#: A document that nobody writes: reading it proves that database, credentials and permission are right.
_PROBE = "tdg_probe/none"

# A dead peer is noticed after 38 s at most. Google's frontends allow a ping every 30 s and close connections that send
# more (https://github.com/googleapis/java-bigtable/pull/528). The pool of subchannels is the channel's own, so a new
# connection does not wait out the backoff of the last one. https://grpc.github.io/grpc/core/group__grpc__arg__keys.html
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 8_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
)


class CommitResult(NamedTuple):
    """What became of one write: the document's update time, as `_version` shows it.

    A write that changed nothing has the time of the last change; a delete that of its commit.
    """

    update_time: str


class Document(NamedTuple):
    """A document as read: path below the database, payload text, version text."""

    path: str
    payload: str
    version: str


class Page(NamedTuple):
    """Part of a collection; the next one is asked for with `token`, empty after the last."""

    documents: list[events.DocumentChange]
    token: str


class Gateway:
    """A connected database. Every method may be called from any worker thread, several at once.

    Raises:
        CloudError: From every method; codes as in `tdg_core_errors`. After `close` it is `unavailable`.
    """

    def __init__(self, settings: tdg_core_settings.Settings) -> None:
        self._api = tdg_gateway_firestore_api.load()
        self._app = tdg_gateway_app.open_app(settings)
        self.project_id = self._app.project_id
        #: The database id.
        self.target = settings.target or names.DEFAULT_DATABASE
        self.database = names.database_name(self.project_id, self.target)
        self.root = names.documents_root(self.database)
        self._emulated = bool(settings.emulator_host)
        self._errors = tdg_gateway_firestore_errors.Errors(
            settings.emulator_host or _HOST, self.project_id, self.target
        )
        self._metadata = [("google-cloud-resource-prefix", self.database)]
        self._metadata.append(("x-goog-request-params", f"project_id={self.project_id}&database_id={self.target}"))
        if self._emulated:
            self._metadata.append(("authorization", "Bearer owner"))
        self._channel = self._open_channel(settings.emulator_host)
        call = self._channel.unary_unary
        self._commit = self._method(call, "Commit")
        self._list_ids = self._method(call, "ListCollectionIds")
        self._list_documents = self._method(call, "ListDocuments")
        self._batch_get = self._method(self._channel.unary_stream, "BatchGetDocuments")
        self._listen = self._method(self._channel.stream_stream, "Listen")

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""
        self._channel.close()
        self._app.close()

    def check(self, timeout_s: float = CONNECT_S) -> None:
        """One round trip that needs database, credentials and permission."""
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.append(self.root + _PROBE)
        self._call(self._all(self._batch_get), request, timeout_s, f"reaching {self.target} of {self.project_id}")

    def refresh_credentials(self) -> None:
        """Fetches a new token now; calls made from here on use it."""
        self._app.fetch_token()

    def commit(self, writes: Sequence[Mapping[str, Any]]) -> list[CommitResult]:
        """Carries out all writes in order, or none.

        Args:
            writes: At most 500 dicts with
                `collection`, `doc_id`: where; any legal collection path and id.
                `op`: `set`, `set_merge`, `update` or `delete` (`tdg_core_firestore_codec_write` says what they mean).
                `data`: the payload, as a dict or as JSON text; none for `delete`.
                `precondition` (optional): `{"exists": bool}` or `{"update_time": "<version text>"}`. An `update`
                demands that the document exists even without one.

        Returns:
            One result per write, in order.

        Raises:
            CloudError: `invalid` names document and field if a payload cannot be sent; then nothing was sent. After
                `unavailable`, `deadline`, `internal` and `unknown` the writes may have been carried out all the same.
        """
        request = self._request("CommitRequest", database=self.database)
        for write in writes:
            tdg_gateway_firestore_write.fill_write(request.writes.add(), write, self.root)
        count = len(writes)
        one = f"writing {writes[0]['collection']}/{writes[0]['doc_id']}" if count else "writing nothing"
        response = self._call(self._commit, request, COMMIT_S, one if count < 2 else f"writing {count} documents")
        return [
            CommitResult(_version(result.update_time if result.HasField("update_time") else response.commit_time))
            for result in response.write_results
        ]

    def get_documents(self, paths: Sequence[str], filters: Filters | None = None) -> list[Document | None]:
        """Reads documents as they are now.

        Args:
            paths: Such as `users/u1`.
            filters: Which fields the payloads show; None for all.

        Returns:
            One per path, in order; None for one that does not exist.
        """
        for path in paths:
            problem = names.problem_of_document(path)
            if problem:
                raise CloudError("invalid", f"Cannot read: {problem}.")
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.extend(self.root + path for path in dict.fromkeys(paths))
        what = paths[0] if len(paths) == 1 else f"{len(paths)} documents"
        found: dict[str, Document] = {}
        for response in self._call(self._all(self._batch_get), request, READ_S, f"reading {what}"):
            if response.WhichOneof("result") == "found":
                document = response.found
                path = document.name.removeprefix(self.root)
                payload = events.payload_text(document.fields, self.root, filters or Filters())
                found[path] = Document(path, payload, _version(document.update_time))
        return [found.get(path) for path in paths]

    def list_collections(self, parent: str = "") -> list[str]:
        """Paths of the collections at the top or, with a document path, directly below that document; sorted."""
        found: list[str] = []
        request = self._request("ListCollectionIdsRequest", parent=(self.root + parent).rstrip("/"), page_size=PAGE)
        while True:
            response = self._call(self._list_ids, request, READ_S, "listing collections")
            found.extend(response.collection_ids)
            request.page_token = response.next_page_token
            if not request.page_token:
                return sorted(f"{parent}/{name}" if parent else name for name in found)

    def now(self) -> int:
        """The server's time in nanoseconds since 1970: a `read_time` from which `listen` tells every change."""
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.append(self.root + _PROBE)
        responses = self._call(self._all(self._batch_get), request, READ_S, "asking for the time")
        return max((events.nanos_of(response.read_time) for response in responses), default=0)

    def list_page(self, collection: str, token: str, filters: Filters) -> Page:
        """The next documents of a collection, in order of their ids.

        Pages cost a thirtieth of the same documents on a Listen stream, where each is a message of its own.
        """
        parent, _, collection_id = collection.rpartition("/")
        request = self._request(
            "ListDocumentsRequest",
            parent=(self.root + parent).rstrip("/"),
            collection_id=collection_id,
            page_size=PAGE,
            page_token=token,
        )
        response = self._call(self._list_documents, request, READ_S, f"reading {collection}")
        documents = []
        for count, document in enumerate(response.documents, 1):
            documents.append(events.document_change(document, self.root, filters))
            if not count % _REST:
                time.sleep(_REST_S)
        return Page(documents, response.next_page_token)

    def listen(self, filters: Filters) -> tdg_gateway_firestore_listen.ListenStream:
        """A new Listen stream; it is opened when its batches are first asked for."""
        return tdg_gateway_firestore_listen.ListenStream(
            lambda requests: self._listen(requests, metadata=self._metadata),
            self._api.messages["ListenRequest"],
            self.database,
            self.root,
            filters,
            self._api.grpc.RpcError,
            self._errors,
        )

    # -----------------------------------------------------------------------------------------------------------------

    def _open_channel(self, emulator_host: str) -> Any:
        grpc = self._api.grpc
        if self._emulated:
            return grpc.insecure_channel(emulator_host, options=[*_OPTIONS, ("grpc.enable_http_proxy", 0)])
        plugin = self._api.auth_plugin(self._app.credentials, self._api.auth_request(), default_host=_HOST)
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(self._app.grpc_roots()), grpc.metadata_call_credentials(plugin)
        )
        return grpc.secure_channel(f"{_HOST}:443", credentials, options=_OPTIONS)

    def _method(self, kind: Callable[..., Any], name: str) -> Any:
        request = self._api.messages[f"{name}Request"]
        response = self._api.messages[f"{name}Response"]
        return kind(
            _SERVICE + name,
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )

    def _request(self, name: str, **fields: Any) -> Any:
        try:
            return self._api.messages[name](**fields)
        except UnicodeError:
            raise CloudError("invalid", "A name holds half a character (a lone surrogate); remove it.") from None

    def _all(self, method: Any) -> Callable[..., list[Any]]:
        """A call that answers in a stream as one that answers with a list."""

        def collected(request: Any, **arguments: Any) -> list[Any]:
            responses: Iterator[Any] = method(request, **arguments)
            return list(responses)

        return collected

    def _call(self, method: Callable[..., Any], request: Any, timeout_s: float, action: str) -> Any:
        try:
            return method(request, timeout=timeout_s, metadata=self._metadata)
        except self._api.grpc.RpcError as error:
            raise self._errors.of_rpc(error, action) from None
        except ValueError:  # the channel is closed
            raise self._errors.of("unavailable", "", action) from None


def open_gateway(settings: tdg_core_settings.Settings) -> Gateway:
    """Connects, and proves it by a round trip.

    Raises:
        CloudError: `packages`, `config` or `credentials` if a person must act; else what the server or network said.
    """
    gateway = Gateway(settings)
    try:
        gateway.refresh_credentials()
        gateway.check()
    except CloudError as error:
        gateway.close()
        if error.code == "not_found":
            raise CloudError(
                "config",
                f"Project {gateway.project_id} has no Firestore database {gateway.target}: create it in the console, "
                "or correct *Database ID*.",
            ) from None
        raise
    return gateway


def _version(timestamp: Any) -> str:
    return tdg_core_firestore_codec_time.text_of(timestamp.seconds, timestamp.nanos)
