"""What the client of all vendor adapters says after a request, against sockets that misbehave."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.errors import (
    NotSubmitted,
    OutcomeUnknown,
    ProviderBusy,
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)
from workers.providers.remote.client import Client, Reply, origin, refusal, retry_after

HEADERS = {"Authorization": "Key secret"}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@dataclass
class Server:
    """A listening socket: each connection is spoken to as the test wants."""

    url: str = ""
    connections: int = 0
    requests: list[tuple[int, str]] = field(default_factory=list)

    def read(self, connection: socket.socket) -> str:
        """Read one whole request; returns its method, or nothing if the caller hung up."""
        text = b""
        while b"\r\n\r\n" not in text:
            more = connection.recv(65_536)
            if not more:
                return ""
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(
                b"content-length:")), 0)  # fmt: skip
        while len(body) < length:
            body += connection.recv(65_536)
        method = head.split(b" ")[0].decode()
        self.requests.append((connection.fileno(), method))
        return method


Speak = Callable[[Server, socket.socket], None]


@contextmanager
def listening(speak: Speak, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Accept connections, and speak to each in a thread of its own."""
    scheme = "https" if tls else "http"
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(32) as threads:
        server = Server(url=f"{scheme}://127.0.0.1:{door.getsockname()[1]}")

        def converse(connection: socket.socket) -> None:
            connection.settimeout(20)
            with contextlib.suppress(OSError), connection:
                if tls is None:
                    speak(server, connection)
                else:
                    with tls.wrap_socket(connection, server_side=True) as secure:
                        speak(server, secure)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = door.accept()
                    server.connections += 1
                    threads.submit(converse, connection)

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield server
        finally:
            door.shutdown(socket.SHUT_RDWR)
            acceptor.join()


def answering(*answers: bytes) -> Speak:
    """Answer each request of a connection in turn, then close it."""

    def speak(server: Server, connection: socket.socket) -> None:
        for answer in answers:
            if not server.read(connection):
                return
            connection.sendall(answer)

    return speak


def dripping(beginning: bytes) -> Speak:
    """Begin an answer, and send a byte of it now and then for ever."""

    def speak(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(beginning)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return speak


def silent(server: Server, connection: socket.socket) -> None:
    """Read a request, and never answer."""
    server.read(connection)
    connection.recv(1)


def reset(_: Server, connection: socket.socket) -> None:
    """Reset the connection as soon as something comes in."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ask(client: Client, method: str, url: str) -> Reply:
    """Send one request."""
    if method == "POST":
        return client.post(url, headers=HEADERS, document={"prompt": "a fox"})
    return (client.put if method == "PUT" else client.get)(url, headers=HEADERS)


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(max_bytes=100_000)
    yield made
    made.close()


@pytest.fixture
def impatient() -> Iterator[Client]:
    """A client that does not wait long: only for servers that never answer."""
    made = Client(read_seconds=0.3, deadline_seconds=0.6)
    yield made
    made.close()


LOST = {"POST": OutcomeUnknown, "GET": ProviderUnavailable, "PUT": ProviderUnavailable}
each_method = pytest.mark.parametrize("method", list(LOST))


@each_method
def test_a_refused_connection_means_that_nothing_was_sent(client: Client, method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

    with pytest.raises(NotSubmitted):
        ask(client, method, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["nowhere.invalid", "x" * 70 + ".example"])
def test_a_name_that_leads_nowhere_means_that_nothing_was_sent(client: Client, host: str) -> None:
    with pytest.raises(NotSubmitted):
        ask(client, "POST", f"http://{host}/")


@pytest.mark.parametrize("url", ["http://[::1/", "ftp://127.0.0.1/", "http:///path"])
def test_an_address_that_is_none_means_that_nothing_was_sent(client: Client, url: str) -> None:
    with pytest.raises(NotSubmitted):
        ask(client, "POST", url)


def test_a_connection_that_is_never_accepted_means_that_nothing_was_sent() -> None:
    client = Client(connect_seconds=0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door:
        address = door.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)

        with pytest.raises(NotSubmitted):
            ask(client, "POST", f"http://127.0.0.1:{address[1]}/")

        for one in waiting:
            one.close()


def test_a_server_that_speaks_no_tls_is_sent_nothing(client: Client) -> None:
    with (
        listening(lambda _, connection: connection.sendall(b"220 hello\r\n")) as server,
        pytest.raises(NotSubmitted),
    ):
        ask(client, "POST", server.url.replace("http:", "https:"))


@each_method
def test_an_answer_that_never_comes_is_lost(client: Client, method: str) -> None:
    with listening(answering(b"")) as server, pytest.raises(LOST[method]) as caught:
        ask(client, method, server.url)

    assert not isinstance(caught.value, NotSubmitted)
    assert [one for _, one in server.requests] == [method]
    assert "secret" not in str(caught.value)


@each_method
def test_a_connection_that_is_reset_is_not_taken_for_one_that_was_refused(
    client: Client, method: str
) -> None:
    with listening(reset) as server, pytest.raises(LOST[method]) as caught:
        ask(client, method, server.url)

    assert not isinstance(caught.value, NotSubmitted)
    assert server.connections == 1


@each_method
def test_silence_ends_at_the_read_timeout(impatient: Client, method: str) -> None:
    started = time.monotonic()

    with listening(silent) as server, pytest.raises(LOST[method]) as caught:
        ask(impatient, method, server.url)

    assert not isinstance(caught.value, NotSubmitted)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_drips_for_ever_ends_at_the_deadline(
    impatient: Client, beginning: bytes
) -> None:
    started = time.monotonic()

    with listening(dripping(beginning)) as server:
        with pytest.raises(OutcomeUnknown):
            ask(impatient, "POST", server.url)
        with pytest.raises(ProviderUnavailable):
            ask(impatient, "GET", server.url)

    assert time.monotonic() - started < 15


@each_method
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 abc\r\n\r\n",
        b"SSH-2.0-nonsense\r\n",
        b"\x00\xff\x00\xff" * 100,
        b"\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http_is_lost(
    client: Client, method: str, answer: bytes
) -> None:
    with listening(answering(answer)) as server, pytest.raises(LOST[method]):
        ask(client, method, server.url).document()


@each_method
@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"", b"[]", b"null", b"[" * 50_000])
def test_a_success_without_a_json_object_is_lost(client: Client, method: str, body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with listening(answering(answer)) as server:
        reply = ask(client, method, server.url)

    with pytest.raises(LOST[method]):
        reply.document()


@pytest.mark.parametrize("announced", [b"Content-Length: 200000\r\n", b""])
@pytest.mark.parametrize(
    ("method", "error"), [("POST", OutcomeUnknown), ("GET", ProviderMisbehaved)]
)
def test_a_huge_answer_is_refused(
    client: Client, announced: bytes, method: str, error: type[ServiceError]
) -> None:
    huge = b"HTTP/1.1 200 OK\r\n" + announced + b"\r\n" + b"x" * 200_000

    with listening(answering(huge)) as server, pytest.raises(error):
        ask(client, method, server.url)


def test_a_refusal_is_one_even_if_its_text_breaks_off(client: Client) -> None:
    broken = b"HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 50\r\n\r\nno"

    with listening(answering(broken)) as server:
        error = refusal(ask(client, "POST", server.url))

    assert isinstance(error, ProviderBusy)
    assert error.retry_after == 7


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(client: Client, status: int) -> None:
    with listening(answering(OK)) as elsewhere:
        there = f"HTTP/1.1 {status} There\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with listening(answering(there.encode())) as server:
            posted, read = (ask(client, method, server.url) for method in ("POST", "GET"))

    assert isinstance(refusal(posted), OutcomeUnknown)
    assert isinstance(refusal(read), ProviderMisbehaved)
    assert elsewhere.connections == 0


def test_a_post_after_an_idle_connection_was_closed_arrives_once(client: Client) -> None:
    answers = answering(OK)

    with listening(answers) as server:
        for method in ("GET", "POST", "GET", "POST"):
            assert ask(client, method, server.url).is_success

        assert [one for _, one in server.requests] == ["GET", "POST", "GET", "POST"]


def test_a_post_never_goes_out_on_a_connection_that_was_kept(client: Client) -> None:
    lives: list[list[str]] = []

    def keep(server: Server, connection: socket.socket) -> None:
        life: list[str] = []
        lives.append(life)
        while method := server.read(connection):
            life.append(method)
            connection.sendall(OK)

    with listening(keep) as server:
        for method in ("GET", "POST", "POST", "PUT", "GET"):
            assert ask(client, method, server.url).is_success
        client.close()

    assert lives == [["GET", "PUT", "GET"], ["POST"], ["POST"]]


def test_many_threads_share_one_client(client: Client) -> None:
    with listening(answering(*[OK] * 50)) as server, ThreadPoolExecutor(8) as threads:
        replies = threads.map(
            lambda n: ask(client, "PUT" if n % 2 else "POST", server.url), range(40)
        )

        assert [reply.status for reply in replies] == [200] * 40
        assert len(server.requests) == 40
        client.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    host = x509.DNSName("localhost")
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_trusts_is_shown_no_key(
    client: Client, tls: ssl.SSLContext
) -> None:
    with listening(answering(OK), tls) as server:
        with pytest.raises(NotSubmitted):
            ask(client, "POST", server.url.replace("127.0.0.1", "localhost"))

        assert server.requests == []


def test_over_tls_the_same_is_known(
    certificate: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trusting = Client(read_seconds=0.3, deadline_seconds=0.6)

    with listening(answering(OK, OK), tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert [ask(trusting, method, url).status for method in LOST] == [200] * 3
        trusting.close()
    with listening(answering(b""), tls) as server, pytest.raises(OutcomeUnknown):
        ask(trusting, "POST", server.url.replace("127.0.0.1", "localhost"))
    with listening(dripping(OK[:40]), tls) as server, pytest.raises(OutcomeUnknown):
        ask(trusting, "POST", server.url.replace("127.0.0.1", "localhost"))


def reply(method: str, status: int, **headers: str) -> Reply:
    """Return an answer without a body."""
    return Reply(method, status, headers, b"")


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("POST", 401, ProviderMisconfigured),
        ("POST", 402, ProviderMisconfigured),
        ("GET", 403, ProviderMisconfigured),
        ("POST", 404, ProviderRefused),
        ("POST", 408, OutcomeUnknown),
        ("GET", 408, ProviderUnavailable),
        ("POST", 422, ProviderRefused),
        ("POST", 429, ProviderBusy),
        ("GET", 429, ProviderBusy),
        ("POST", 500, OutcomeUnknown),
        ("POST", 504, OutcomeUnknown),
        ("GET", 500, ProviderUnavailable),
        ("PUT", 503, ProviderUnavailable),
    ],
)
def test_every_status_stands_for_one_error(
    method: str, status: int, error: type[ServiceError]
) -> None:
    assert type(refusal(reply(method, status), says="why")) is error


def test_a_ticket_that_is_unknown_there_is_a_lost_job() -> None:
    assert type(refusal(reply("GET", 404), is_ticket=True)) is ProviderLostJob


def test_a_success_is_no_error() -> None:
    assert [refusal(reply("POST", status)) for status in (200, 201, 202, 204)] == [None] * 4


def test_a_busy_server_says_when_to_come_back() -> None:
    error = refusal(Reply("GET", 503, {"Retry-After": "12"}, b""))

    assert isinstance(error, ProviderUnavailable)
    assert error.retry_after == 12


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("1.5", 1.5),
        ("0", 0),
        ("999999", 600),
        ("Sat, 21 Nov 2026 12:01:00 GMT", 60),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2027 12:00:00 GMT", 600),
        ("soon", None),
        ("-5", None),
        ("1e999", 600),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_reason(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://queue.fal.run/a/b", ("https", "queue.fal.run", 443)),
        ("HTTPS://QUEUE.fal.run:443", ("https", "queue.fal.run", 443)),
        ("https://queue.fal.run@evil.example/", ("https", "evil.example", 443)),
        ("https://queue.fal.run.evil.example/", ("https", "queue.fal.run.evil.example", 443)),
        ("http://queue.fal.run/", ("http", "queue.fal.run", 80)),
        ("//queue.fal.run/", None),
        ("file:///etc/passwd", None),
        ("https://[::1/", None),
        ("", None),
    ],
)
def test_an_origin_is_read_as_the_client_reads_it(
    url: str, found: tuple[str, str, int] | None
) -> None:
    assert origin(url) == found
