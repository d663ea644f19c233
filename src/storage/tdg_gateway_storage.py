"""One bucket of Google Cloud Storage: every call there is, in plain values.

Thread: worker only.

The JSON API (https://cloud.google.com/storage/docs/json_api/v1) over `tdg_gateway_http`. Every change carries the
generation it replaces, so whoever calls may repeat it; nothing is repeated here. An object is described by the dict
that `tdg_core_objects.described` makes.
"""

import contextlib
import json
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_core_objects
import tdg_core_storage_paths
import tdg_core_storage_settings
import tdg_gateway_app
import tdg_gateway_errors
import tdg_gateway_http
import tdg_gateway_signing

CloudError = tdg_core_errors.CloudError
Body = tdg_gateway_http.Body
Token = tdg_gateway_http.Token
Info = dict[str, Any]

#: What is imported here, in `tdg_gateway_app` and in `tdg_gateway_signing`.
PACKAGES = (
    "firebase_admin",
    "firebase_admin.credentials",
    "google.auth.transport.requests",
    "google.cloud.storage",
    "google.oauth2.service_account",
    "google_crc32c",
    "requests.utils",
)

#: Objects in one page of a listing.
PAGE = 1000

#: What is asked about an object; the rest of the resource is several times as long.
_FIELDS = (
    "name,bucket,generation,metageneration,size,contentType,contentEncoding,cacheControl,updated,timeCreated,md5Hash,"
    "crc32c,metadata"
)

#: What tells whether an object is the one that was seen before.
_COMPARED = "name,size,generation,crc32c,md5Hash,updated,contentEncoding"

#: What the component does in a bucket, and what is lost without.
_PERMISSIONS = {
    "storage.objects.get": "downloads and metadata",
    "storage.objects.create": "uploads",
    "storage.objects.delete": "deleting and replacing files",
    "storage.objects.list": "listings and sync",
}


@dataclass(frozen=True)
class Page:
    """A part of a listing: objects, names of folders, and the token of the next page (empty after the last)."""

    files: list[Info]
    prefixes: list[str]
    next: str


class _Free:
    """For calls that nobody ends."""

    cancelled = False

    def closing(self, _close: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Download:
    """The content of an object, as it is stored, on its way.

    Attributes:
        generation: Of the object, 0 if the server does not say.
        size: Bytes of the whole stored object, -1 if the server does not say.
        crc32c: Of the whole stored object; empty if the server does not say.
        encoding: `gzip` when the stored bytes are compressed, else empty.
        start: Where this stream begins.
    """

    def __init__(self, response: tdg_gateway_http.Response, start: int) -> None:
        headers = response.headers
        self._response = response
        self.generation = int(headers.get("X-Goog-Generation") or 0)
        self.crc32c = tdg_core_objects.crc32c_header(headers.get("X-Goog-Hash") or "")
        stored = headers.get("X-Goog-Stored-Content-Encoding") or headers.get("Content-Encoding") or ""
        self.encoding = "gzip" if stored == "gzip" else ""
        whole = (headers.get("Content-Range") or "").rpartition("/")[2] or headers.get("Content-Length") or ""
        self.size = int(whole) if whole.isdigit() else -1
        partial = response.status == 206
        self.start = start if partial else 0

    def read(self, most: int) -> bytes:
        """The next bytes; empty at the end, also when the stream breaks off early.

        Raises:
            CloudError: `network`, `deadline` or `cancelled`.
        """
        return self._response.read(most)

    def leave(self) -> None:
        """Nothing more is read: the server need not send the rest."""
        self._response.leave()


class StorageGateway:
    """A bucket that has answered.

    Attributes:
        project_id: The project of the credentials.
        target: The bucket's name.
        warnings: Sentences for the log, about what will not work.
        extend_crc32c: `(crc, data) -> crc`, Google's compiled one; gives the processor free meanwhile.
    """

    def __init__(
        self,
        http: tdg_gateway_http.Http,
        app: tdg_gateway_app.App,
        bucket: str,
        extend_crc32c: Callable[[int, bytes], int],
        sign: tdg_gateway_signing.Sign,
    ) -> None:
        self.project_id = app.project_id
        self.target = bucket
        self.warnings: list[str] = []
        self.extend_crc32c = extend_crc32c
        self._http = http
        self._app = app
        self._sign = sign
        quoted = urllib.parse.quote(bucket, safe="")
        self._objects = f"/storage/v1/b/{quoted}/o"
        self._bucket = f"/storage/v1/b/{quoted}"
        self._uploads = f"/upload/storage/v1/b/{quoted}/o"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._http.closed

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""
        self._http.close()
        self._app.close()

    # Objects -----------------------------------------------------------------------------------------------------

    def stat(self, name: str, token: Token) -> Info | None:
        """The description of an object; None if there is none.

        Raises:
            CloudError: Anything but `not_found`.
        """
        try:
            target = f"{self._object(name)}?{_query(fields=_FIELDS)}"
            answer = self._http.json("GET", target, f"read the description of {self._said(name)}", token)
        except CloudError as error:
            if error.code == "not_found":
                return None
            raise
        return self._described(answer)

    def page(self, prefix: str, delimiter: str, page: str, token: Token) -> Page:
        """A page of the objects whose names begin with `prefix`; the first one for an empty `page`.

        Raises:
            CloudError: Also when a listing breaks off: a part of a listing is never taken for the whole.
        """
        answer = self._list(_FIELDS, prefix, delimiter, page, token)
        files = [self._described(item) for item in answer.get("items", ())]
        return Page(files, list(answer.get("prefixes", ())), str(answer.get("nextPageToken", "")))

    def scan(self, prefix: str, page: str, token: Token) -> Page:
        """As `page` without folders, and of each object no more than a sync compares: half the bytes to read.

        Raises:
            CloudError: As `page`.
        """
        answer = self._list(_COMPARED, prefix, "", page, token)
        files = [tdg_core_objects.compared(item) for item in answer.get("items", ())]
        return Page(files, [], str(answer.get("nextPageToken", "")))

    def _list(self, fields: str, prefix: str, delimiter: str, page: str, token: Token) -> dict[str, Any]:
        query = _query(
            prefix=prefix,
            delimiter=delimiter,
            pageToken=page,
            maxResults=PAGE,
            fields=f"nextPageToken,prefixes,items({fields})",
        )
        return self._http.json("GET", f"{self._objects}?{query}", f"list {self._said(prefix + '*')}", token)

    def delete(self, name: str, generation: int, token: Token) -> None:
        """Deletes that generation of an object.

        Raises:
            CloudError: `not_found`; `precondition` if it has another generation.
        """
        target = f"{self._object(name)}?{_query(ifGenerationMatch=generation)}"
        self._http.json("DELETE", target, f"delete {self._said(name)}", token)

    def copy(self, source: str, source_generation: int, name: str, replaces: int, token: Token) -> Info:
        """Copies an object inside the bucket; no content passes through here. Large ones take several calls.

        Raises:
            CloudError: `not_found` for the source; `precondition` if either side has another generation.
        """
        target = f"{self._object(source)}/rewriteTo{self._object(name).removeprefix('/storage/v1')}"
        rewrite = ""
        while True:
            query = _query(ifSourceGenerationMatch=source_generation, ifGenerationMatch=replaces, rewriteToken=rewrite)
            doing = f"copy {self._said(source)} to {self._said(name)}"
            answer = self._http.json("POST", f"{target}?{query}", doing, token)
            if answer.get("done", True):
                return self._described(answer["resource"])
            rewrite = str(answer["rewriteToken"])

    # Uploads -----------------------------------------------------------------------------------------------------

    def body(self, length: int, blocks: Callable[[], Iterable[bytes]]) -> Body:
        """Content for `insert` and `send`: its length, and a function that gives its blocks, each time anew."""
        return Body(length, blocks)

    def insert(
        self, name: str, meta: Mapping[str, Any], content: Body, replaces: int, token: Token, *, public: bool = False
    ) -> Info:
        """Uploads a small object in one request; the server checks `meta["crc32c"]`.

        Args:
            meta: Fields of the object resource, as `tdg_core_objects.resource` makes them.
            replaces: The generation that this replaces, 0 for none.
            public: Whether anyone may read it.

        Raises:
            CloudError: `precondition` if it has another generation; `checksum` if the content came in damaged;
                `invalid` if it cannot be made public.
        """
        boundary = uuid.uuid4().hex
        resource = json.dumps({**meta, "name": name}, ensure_ascii=False)
        head = (
            f"--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n{resource}\r\n"
            f"--{boundary}\r\ncontent-type: {meta.get('contentType') or 'application/octet-stream'}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def blocks() -> Iterable[bytes]:
            waiting = head
            for block in content.blocks():
                # The head and a short content leave in one packet.
                yield waiting + block if waiting else block
                waiting = b""
            yield waiting + tail

        query = self._upload_query("multipart", name, replaces, public)
        with _upload_errors(name):
            answer = self._http.json(
                "POST",
                f"{self._uploads}?{query}",
                f"upload {self._said(name)}",
                token,
                headers={"Content-Type": f"multipart/related; boundary={boundary}"},
                body=Body(len(head) + content.length + len(tail), blocks),
            )
        return self._described(answer)

    def begin(
        self, name: str, meta: Mapping[str, Any], size: int, replaces: int, token: Token, *, public: bool = False
    ) -> str:
        """Begins an upload in parts: the address of its session, which lives for a week and needs no credentials.

        Raises:
            CloudError: `precondition` if the object has another generation.
        """
        query = self._upload_query("resumable", name, replaces, public)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Type": str(meta.get("contentType") or "application/octet-stream"),
            "X-Upload-Content-Length": str(size),
        }
        body = Body.of(json.dumps({**meta, "name": name}, ensure_ascii=False).encode())
        doing = f"begin the upload of {self._said(name)}"
        with (
            _upload_errors(name),
            self._http.call("POST", f"{self._uploads}?{query}", doing, token, headers=headers, body=body) as response,
        ):
            session = response.headers.get("Location") or ""
        if not session:
            raise CloudError("internal", f"Cannot {doing}: the server named no session.")
        return session

    def offset(self, session: str, name: str, size: int, token: Token) -> int | Info:
        """How many bytes a session holds, or the object's description if it is finished.

        Raises:
            CloudError: `not_found` when the session has expired.
        """
        return self._put(session, name, f"bytes */{size}", None, {}, token)

    def send(
        self, session: str, name: str, part: Body, start: int, size: int, token: Token, crc32c: str = ""
    ) -> int | Info:
        """Sends a part of a session; all but the last have a length that 256 KiB divides.

        Args:
            crc32c: Of the whole content; goes with the last part, the server checks it.

        Returns:
            How many bytes the server holds now, or the object's description after the last part.

        Raises:
            CloudError: As `offset`; `precondition` if the object has another generation than when it began; `checksum`.
        """
        content = f"bytes {start}-{start + part.length - 1}/{size}" if part.length else f"bytes */{size}"
        headers = {"X-Goog-Hash": f"crc32c={crc32c}"} if crc32c else {}
        with _upload_errors(name):
            return self._put(session, name, content, part, headers, token)

    def _upload_query(self, kind: str, name: str, replaces: int, public: bool) -> str:
        access = "publicRead" if public else ""
        return _query(uploadType=kind, name=name, ifGenerationMatch=replaces, predefinedAcl=access, fields=_FIELDS)

    def _put(
        self, session: str, name: str, content: str, body: Body | None, headers: Mapping[str, str], token: Token
    ) -> int | Info:
        doing = f"upload {self._said(name)}"
        good = frozenset({200, 201, 308})
        complete = {"Content-Range": content, **headers}
        with self._http.call("PUT", session, doing, token, headers=complete, body=body, good=good) as response:
            if response.status != 308:
                return self._described(response.json())
            held = (response.headers.get("Range") or "").rpartition("-")[2]
            return int(held) + 1 if held.isdigit() else 0

    # Downloads ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def read(self, name: str, generation: int, start: int, end: int, token: Token) -> Iterator[Download]:
        """Opens the stored content of an object.

        Args:
            generation: The one that is meant; 0 for the present one.
            start, end: The bytes [start, end); 0 and -1 for all.

        Raises:
            CloudError: `not_found`, also when that generation is gone.
        """
        query = _query(alt="media", generation=generation or "")
        headers = {"Accept-Encoding": "gzip"}  # stored gzip comes as it is: only that can be checked against its CRC32C
        if start or end >= 0:
            headers["Range"] = f"bytes={start}-{end - 1}" if end >= 0 else f"bytes={start}-"
        doing = f"download {self._said(name)}"
        with self._http.call("GET", f"{self._object(name)}?{query}", doing, token, headers=headers) as response:
            yield Download(response, start)

    # Addresses ---------------------------------------------------------------------------------------------------

    def public_url(self, name: str) -> str:
        """Where a public object can be read."""
        return tdg_core_storage_paths.public_url(self._http.base, self.target, name)

    def signed_url(self, name: str, method: str, expires_s: float, content_type: str) -> str:
        """An address that lets anyone read (GET) or upload (PUT) the object for that many seconds.

        Raises:
            CloudError: `credentials` when these cannot sign.
        """
        return self._sign(self.target, name, method, expires_s, content_type)

    # Opening -----------------------------------------------------------------------------------------------------

    def prove(self, emulated: bool) -> None:
        """Reaches the bucket and finds out what may be done there.

        Raises:
            CloudError: `config` if there is no such bucket; `permission` if nothing is allowed in it.
        """
        try:
            if emulated:
                self.page_probe()
                return
            query = _query(permissions=tuple(_PERMISSIONS))
            doing = f"reach the bucket {self.target}"
            answer = self._http.json("GET", f"{self._bucket}/iam/testPermissions?{query}", doing, _Free())
        except CloudError as error:
            if error.code == "permission":
                raise self._forbidden(error.message) from error
            if error.code != "not_found":
                raise
            raise CloudError(
                "config",
                f"There is no bucket {self.target}. Enter the name shown in the Firebase console under Storage into "
                "*Bucket Name* (older projects have one that ends in .appspot.com).",
            ) from error
        granted = set(answer.get("permissions", ()))
        missing = [what for permission, what in _PERMISSIONS.items() if permission not in granted]
        if not granted:
            raise self._forbidden("")
        if missing:
            self.warnings.append(f"The account lacks a role in {self.target}; these will fail: {', '.join(missing)}.")

    def _forbidden(self, details: str) -> CloudError:
        what = f"the bucket {self.target}"
        return tdg_gateway_errors.forbidden(details, what, "Storage Object Admin", self.project_id)

    def page_probe(self) -> None:
        """The cheapest call that any emulator answers."""
        query = _query(maxResults=1, fields="items(name)")
        self._http.json("GET", f"{self._objects}?{query}", f"reach the bucket {self.target}", _Free())

    def _object(self, name: str) -> str:
        return f"{self._objects}/{urllib.parse.quote(name, safe='')}"

    def _said(self, name: str) -> str:
        return f"{name} in the bucket {self.target}"

    def _described(self, resource: Mapping[str, Any]) -> Info:
        info = tdg_core_objects.described(resource)
        info["public_url"] = self.public_url(info["name"])
        return info


def open_gateway(settings: tdg_core_storage_settings.StorageSettings) -> StorageGateway:
    """Connects to the bucket of the settings and proves it by a round trip.

    Raises:
        CloudError: `packages`, `config`, `credentials`, `permission`, or why it could not be reached.
    """
    google = _packages()
    app = tdg_gateway_app.open_app(settings)
    try:
        bucket = settings.target or tdg_core_storage_settings.default_bucket(app.project_id)
        base = f"http://{settings.emulator_host}" if settings.emulator_host else tdg_core_storage_paths.GOOGLE
        http = tdg_gateway_http.Http(base, _authorizer(app), google.roots)
        sign = tdg_gateway_signing.signer(settings, app, base)
        gateway = StorageGateway(http, app, bucket, google.extend_crc32c, sign)
        if not google.crc32c_compiled:
            gateway.warnings.append("google-crc32c has no compiled part here: checking large files will be slow.")
    except BaseException:
        app.close()
        raise
    try:
        gateway.prove(bool(settings.emulator_host))
    except BaseException:
        gateway.close()
        raise
    return gateway


@dataclass(frozen=True)
class _Google:
    """What is used of Google's packages."""

    extend_crc32c: Callable[[int, bytes], int]
    crc32c_compiled: bool
    roots: str


def _packages() -> _Google:
    """The only place where this file imports Google's packages."""
    try:
        import google_crc32c
        import requests.utils
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return _Google(
        extend_crc32c=google_crc32c.extend,
        crc32c_compiled=google_crc32c.implementation == "c",
        roots=requests.utils.DEFAULT_CA_BUNDLE_PATH,
    )


def _authorizer(app: tdg_gateway_app.App) -> Callable[[dict[str, str], bool], None]:
    """Adds a valid access token to a request; one thread fetches it, the others wait."""
    lock = threading.Lock()

    def authorize(headers: dict[str, str], renew: bool) -> None:
        with lock:
            if renew or not app.credentials.valid:
                app.fetch_token()
            app.credentials.apply(headers)

    return authorize


@contextlib.contextmanager
def _upload_errors(name: str) -> Iterator[None]:
    """Tells apart what the server answers with one status to an upload."""
    try:
        yield
    except CloudError as error:
        text = error.message.lower()
        if "uniform bucket-level access" in text or "public access prevention" in text:
            raise CloudError(
                "invalid",
                f"{name} cannot be made public by itself: the bucket decides access as a whole. Turn Make Public off "
                "and grant allUsers the role Storage Object Viewer on the bucket, or use GetSignedUrl.",
            ) from error
        if error.code == "invalid" and ("crc32c" in text or "md5" in text or "hash" in text):
            raise CloudError("checksum", f"{name} arrived damaged (checksum differs) and was not stored.") from error
        raise


def _query(**values: Any) -> str:
    """A query string; what is empty (not 0) is left out."""
    return urllib.parse.urlencode({key: value for key, value in values.items() if value not in {"", None}}, doseq=True)
