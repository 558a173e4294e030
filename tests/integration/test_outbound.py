"""The guarded door to addresses of callers, against receivers of every kind."""

import contextlib
import gzip
import ipaddress
import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.declaring import Network
from shared.errors import AddressRefused
from shared.outbound import Answer, Outbound, ReceiverUnreachable

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
TIMEOUT = 0.5
# What no call may take, however slow this machine is: a bound, never a measurement.
PATIENCE = 5


class Receiver:
    """A socket that answers each connection as it is told to, byte for byte."""

    def __init__(self, answer: Callable[["Receiver", socket.socket], None]) -> None:
        self.requests: list[bytes] = []
        self.is_over = threading.Event()
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def connected(self) -> int:
        """How many connections it had."""
        return len(self._connections)

    def close(self) -> None:
        """Stop; answers that have no end hear of it through ``is_over``."""
        self.is_over.set()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listening.close()

    def read_request(self, connection: socket.socket) -> None:
        """Read one request with its body, and keep it."""
        request = b""
        while b"\r\n\r\n" not in request:
            request += self._receive(connection)
        head, _, body = request.partition(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        while len(body) < length:
            body += self._receive(connection)
        self.requests.append(head + b"\r\n\r\n" + body)

    def drip(self, connection: socket.socket, piece: bytes) -> None:
        """Send a piece again and again, each well within the time-out."""
        while not self.is_over.wait(TIMEOUT / 10):
            connection.sendall(piece)

    def flood(self, connection: socket.socket, piece: bytes) -> None:
        """Send a piece again and again, as fast as it is taken."""
        while not self.is_over.is_set():
            connection.sendall(piece)

    def _receive(self, connection: socket.socket) -> bytes:
        received = connection.recv(65_536)
        if not received:
            raise ConnectionError("The caller went away.")
        return received

    def _accept(self) -> None:
        while not self.is_over.is_set():
            if select.select([self._listening], [], [], 0.02)[0]:
                connection, _ = self._listening.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE)
            self._answer(self, connection)


Listen = Callable[..., Receiver]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts receivers, and stops them in the end."""
    started: list[Receiver] = []

    def start(answer: Callable[[Receiver, socket.socket], None]) -> Receiver:
        started.append(Receiver(answer))
        return started[-1]

    yield start
    for one in started:
        one.close()


def say(head: str, body: bytes = b"") -> Callable[[Receiver, socket.socket], None]:
    """Return an answer that reads the request, says this, and closes."""

    def answer(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        connection.sendall(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)

    return answer


OK = say("200 OK\r\nContent-Length: 2\r\nX-Note: fine", b"ok")


def post(
    url: str,
    *,
    allow: list[Network] = LOOPBACK,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    outbound: Outbound | None = None,
) -> Answer:
    """Post from another thread, so that a call without end is a failure and not a standstill."""
    outbound = outbound or Outbound(allow=allow, timeout_seconds=TIMEOUT)
    executor = ThreadPoolExecutor(1)
    try:
        return executor.submit(outbound.post, url, body=body, headers=headers or {}).result(
            PATIENCE
        )
    finally:
        executor.shutdown(wait=False)


def test_a_receiver_that_may_be_reached_gets_it_and_its_answer_comes_back(listen: Listen) -> None:
    receiver = listen(OK)

    answer = post(receiver.url, body="Grüße".encode(), headers={"webhook-id": "evt_1"})

    assert (answer.status, answer.headers["x-note"], answer.excerpt) == (200, "fine", "ok")
    [request] = receiver.requests
    assert request.startswith(b"POST /hook HTTP/1.1\r\n")
    assert b"\r\nwebhook-id: evt_1\r\n" in request
    assert request.endswith("\r\n\r\nGrüße".encode())


@pytest.mark.parametrize("status", [204, 400, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer_and_is_not_asked_again(listen: Listen, status: int) -> None:
    receiver = listen(say(f"{status} Whatever\r\nContent-Length: 0\r\nRetry-After: 0"))

    assert post(receiver.url).status == status
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:{port}/", id="loopback"),
        pytest.param("http://127.1.2.3:{port}/", id="another loopback"),
        pytest.param("https://127.0.0.1:{port}/", id="with TLS"),
        pytest.param("http://localhost:{port}/", id="a name of it"),
        pytest.param("http://LOCALHOST:{port}/", id="a name in capitals"),
        pytest.param("http://user:word@127.0.0.1:{port}/", id="behind a user"),
        pytest.param("http://2130706433:{port}/", id="as one number"),
        pytest.param("http://0x7f000001:{port}/", id="as a hexadecimal number"),
        pytest.param("http://0177.0.0.1:{port}/", id="in octal"),
        pytest.param("http://127.1:{port}/", id="shortened"),
        pytest.param("http://0.0.0.0:{port}/", id="as any address"),
        pytest.param("http://[::1]:{port}/", id="IPv6"),
        pytest.param("http://[::ffff:127.0.0.1]:{port}/", id="IPv4 in IPv6"),
        pytest.param("http://[::ffff:7f00:1]:{port}/", id="IPv4 in IPv6, in hexadecimal"),
    ],
)
def test_a_receiver_on_loopback_is_refused_and_hears_nothing(listen: Listen, url: str) -> None:
    receiver = listen(OK)

    with pytest.raises(AddressRefused, match="may not be reached"):
        post(url.format(port=receiver.port), allow=[])

    assert receiver.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/", "http://[fd00::1]/"],
)
def test_a_private_address_is_refused_though_loopback_is_allowed(url: str) -> None:
    with pytest.raises(AddressRefused):
        post(url)


def test_a_name_that_stands_for_a_private_address_is_refused(listen: Listen) -> None:
    receiver = listen(OK)

    with pytest.raises(AddressRefused, match="localhost is at "):
        post(f"http://localhost:{receiver.port}/", allow=[ipaddress.ip_network("10.0.0.0/8")])

    assert receiver.requests == []


def test_a_name_is_reached_where_its_addresses_are_allowed(listen: Listen) -> None:
    receiver = listen(OK)

    assert post(f"http://localhost:{receiver.port}/hook").status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(listen: Listen, status: int) -> None:
    other = listen(OK)
    receiver = listen(say(f"{status} Moved\r\nLocation: {other.url}\r\nContent-Length: 0"))

    answer = post(receiver.url)

    assert (answer.status, answer.headers["Location"]) == (status, other.url)
    assert other.requests == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1:1/", id="nobody listens"),
        pytest.param("http://nowhere.invalid/", id="no such name"),
        pytest.param("http://" + "x" * 64 + ".example/", id="a name that cannot be"),
        pytest.param("ftp://127.0.0.1/", id="not HTTP"),
        pytest.param("http://[::1/", id="no address at all"),
    ],
)
def test_where_nobody_can_be_reached_that_is_said(url: str) -> None:
    with pytest.raises(ReceiverUnreachable):
        post(url)


def hang(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    receiver.is_over.wait(PATIENCE)


def hang_unread(receiver: Receiver, _: socket.socket) -> None:
    receiver.is_over.wait(PATIENCE)


def hang_after_the_status(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    receiver.is_over.wait(PATIENCE)


@pytest.mark.parametrize(
    ("answer", "scheme"),
    [
        pytest.param(hang, "http", id="after the request"),
        pytest.param(hang_unread, "http", id="before the request"),
        pytest.param(hang_unread, "https", id="before the handshake"),
        pytest.param(hang_after_the_status, "http", id="after the status"),
    ],
)
def test_a_receiver_that_hangs_is_given_up(
    listen: Listen, answer: Callable[[Receiver, socket.socket], None], scheme: str
) -> None:
    receiver = listen(answer)

    with pytest.raises(ReceiverUnreachable):
        post(receiver.url.replace("http", scheme, 1), body=b"x" * 10_000_000)


def drip_the_status(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 ")
    receiver.drip(connection, b"O")


def drip_a_header(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    receiver.drip(connection, b"x")


def drip_headers(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    receiver.drip(connection, b"X-More: x\r\n")


def drip_continues(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    receiver.drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n")


def drip_a_body(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    receiver.drip(connection, b"x")


def drip_chunks(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    receiver.drip(connection, b"1\r\nx\r\n")


def flood_continues(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    receiver.flood(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@pytest.mark.parametrize(
    "answer", [drip_the_status, drip_a_header, drip_headers, drip_continues, flood_continues]
)
def test_a_receiver_that_never_comes_to_its_answer_is_given_up(
    listen: Listen, answer: Callable[[Receiver, socket.socket], None]
) -> None:
    receiver = listen(answer)

    with pytest.raises(ReceiverUnreachable):
        post(receiver.url)


def say_once_then_drip(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    drip_the_status(receiver, connection)


def test_a_kept_connection_is_given_up_like_a_new_one(listen: Listen) -> None:
    receiver = listen(say_once_then_drip)
    outbound = Outbound(allow=LOOPBACK, timeout_seconds=TIMEOUT)
    assert post(receiver.url, outbound=outbound).excerpt == "ok"

    with pytest.raises(ReceiverUnreachable):
        post(receiver.url, outbound=outbound)

    assert len(receiver.requests) == 2
    assert receiver.connected == 1


@pytest.mark.parametrize("answer", [drip_a_body, drip_chunks])
def test_a_receiver_whose_answer_drips_does_not_hold_us(
    listen: Listen, answer: Callable[[Receiver, socket.socket], None]
) -> None:
    receiver = listen(answer)

    # Whether the status that came counts as an answer is not the point here.
    with contextlib.suppress(ReceiverUnreachable):
        assert post(receiver.url).status == 200


def flood_a_body(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    receiver.flood(connection, b"x" * 65_536)


def flood_chunks(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    receiver.flood(connection, b"10000\r\n" + b"x" * 65_536 + b"\r\n")


def flood_without_a_length(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    receiver.flood(connection, b"x" * 65_536)


@pytest.mark.parametrize("answer", [flood_a_body, flood_chunks, flood_without_a_length])
def test_of_an_endless_answer_only_the_beginning_is_kept(
    listen: Listen, answer: Callable[[Receiver, socket.socket], None]
) -> None:
    receiver = listen(answer)

    answered = post(receiver.url)

    assert answered.status == 200
    assert answered.excerpt == "x" * 2048


def test_a_packed_answer_is_not_unpacked(listen: Listen) -> None:
    bomb = gzip.compress(b"x" * 10_000_000)
    head = f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}"
    receiver = listen(say(head, bomb))

    answer = post(receiver.url)

    assert answer.status == 200
    assert len(answer.excerpt) <= 2048
    assert "xxxx" not in answer.excerpt


def test_an_answer_that_is_not_text_is_kept_as_far_as_it_can_be_read(listen: Listen) -> None:
    receiver = listen(say("200 OK\r\nContent-Length: 4", b"a\xff\xfeb"))

    assert post(receiver.url).excerpt == "a\ufffd\ufffdb"


def test_an_answer_whose_body_breaks_off_is_still_an_answer(listen: Listen) -> None:
    receiver = listen(say("200 OK\r\nContent-Length: 100", b"half"))

    answer = post(receiver.url)

    assert (answer.status, answer.excerpt) == (200, "half")


def hang_up(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)


def say_nonsense(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"220 mail.example.org ESMTP\r\n")


def cut_the_head_off(receiver: Receiver, connection: socket.socket) -> None:
    receiver.read_request(connection)
    connection.sendall(b"HTTP/1.1 2")


@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        say_nonsense,
        cut_the_head_off,
        pytest.param(say("200 OK\r\nX-Long: " + "x" * 100_000), id="a header of 100 kB"),
        pytest.param(say("200 OK" + "\r\nX-More: x" * 1_000), id="a thousand headers"),
    ],
)
def test_an_answer_that_is_not_http_is_none(
    listen: Listen, answer: Callable[[Receiver, socket.socket], None]
) -> None:
    receiver = listen(answer)

    with pytest.raises(ReceiverUnreachable):
        post(receiver.url)

    assert len(receiver.requests) == 1


def test_a_receiver_without_tls_is_not_spoken_to_in_clear(listen: Listen) -> None:
    seen: list[bytes] = []

    def answer(_: Receiver, connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    receiver = listen(answer)

    with pytest.raises(ReceiverUnreachable):
        post(receiver.url.replace("http", "https", 1), body=b"between us")

    assert b"between us" not in b"".join(seen)
