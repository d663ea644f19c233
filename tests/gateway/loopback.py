"""Servers on loopback that stand where Google's token server, a proxy or a sign-in page would."""

import datetime
import http.server
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import tdg_gateway_app
from tdg_core_errors import CloudError
from tdg_core_settings import Settings

PRIVATE_KEY = rsa.generate_private_key(65537, 2048)
PEM = PRIVATE_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def key_info(token_uri: str) -> dict[str, Any]:
    """A service account's key whose tokens come from that address."""
    return {
        "type": "service_account",
        "project_id": "museum",
        "private_key_id": "1",
        "private_key": PEM,
        "client_email": "show@museum.iam.gserviceaccount.com",
        "token_uri": token_uri,
    }


def key_file(folder: Path, token_uri: str) -> str:
    path = folder / "key.json"
    path.write_text(json.dumps(key_info(token_uri)))
    return str(path)


class Answer:
    """What a server says to everyone, and what it was asked."""

    def __init__(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = headers or {}
        self.asked: list[str] = []


@contextmanager
def server(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that gives that answer; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer.asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response_only(answer.status)
            for name, value in ({"Date": self.date_time_string()} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_CONNECT = do_POST

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that does not like the certificate is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as running:
        if context is not None:
            running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running.server_address[1]
        finally:
            running.shutdown()
            thread.join()


def certificate(folder: Path, *, name: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
    """A server's side with a certificate for that name, valid between those days from now; `cert.pem` in the folder."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    host: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        host = x509.IPAddress(ipaddress.ip_address(name))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(PRIVATE_KEY.public_key())
        .serial_number(1)
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(PRIVATE_KEY, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_text(PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def token_error(folder: Path, token_uri: str) -> CloudError:
    """Why no token can be had for a key whose tokens come from that address."""
    app = tdg_gateway_app.open_app(Settings(component="storage", private_key_file=key_file(folder, token_uri)))
    try:
        app.fetch_token()
    except CloudError as error:
        return error
    finally:
        app.close()
    raise AssertionError("there was a token")


def rpc_details(target: str, credentials: grpc.ChannelCredentials | None = None) -> str:
    """What gRPC says of a call to a server that cannot answer it."""
    options = [("grpc.enable_http_proxy", 0)]
    if credentials is None:
        channel = grpc.insecure_channel(target, options)
    else:
        channel = grpc.secure_channel(target, credentials, options)
    with channel:
        try:
            channel.unary_unary("/google.firestore.v1.Firestore/Commit")(b"", timeout=10)
        except grpc.RpcError as error:
            return str(error.details())
    raise AssertionError("there was an answer")
