"""What is called: the address that was checked, and never one inside."""

import asyncio
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.notices.parcels import Parcel
from app.notices.sending import Sender, send_parcels
from tests.receivers import receiving

PUBLIC = "93.184.216.34"


def parcel(url, number=1, endpoint_id=1):
    return Parcel(number, uuid4(), endpoint_id, 0, url, {"webhook-id": f"evt_{number}"}, b"{}")


def answering(*rounds):
    """A name server that answers otherwise each time it is asked; and how often it was."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return list(rounds[min(len(asked), len(rounds)) - 1])

    return asked, resolve


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["::1"], [PUBLIC, "192.168.0.1"], []],
)
def test_a_name_with_an_inner_address_is_not_called_at_all(addresses):
    _, resolve = answering(addresses)
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        answer = send_parcels([parcel(f"https://evil.example:{port}/")], Sender(resolve=resolve))[1]
        assert answer.status is None
        assert answer.error.startswith("not called: evil.example")
        assert receiver.got == []


@pytest.mark.parametrize(
    "url", ["https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://0/", "https://017700000001/"]
)
def test_numbers_that_mean_this_machine_are_seen_through(url):
    answer = send_parcels([parcel(url)], Sender())[1]
    assert answer.error.startswith(("not called:", "its name is unknown"))


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "ftp://example.com/"])
def test_what_could_not_be_added_is_not_called_either(url):
    asked, resolve = answering([PUBLIC])
    answer = send_parcels([parcel(url)], Sender(resolve=resolve))[1]
    assert answer.error.startswith("not called: url: expected")
    assert asked == []


def test_with_loopback_allowed_http_reaches_no_other_machine():
    _, resolve = answering([PUBLIC])
    answer = send_parcels([parcel("http://example.com/")], Sender(resolve=resolve, loopback=True))[1]
    assert answer.error == "not called: example.com: http is for this machine only"


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_once():
    """A name server that answers inside the second time (DNS rebinding) is not asked a second time."""
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        asked, resolve = answering(["127.0.0.1"], ["10.0.0.1"])
        answer = send_parcels([parcel(f"http://hooks.example:{port}/x")], Sender(resolve=resolve, loopback=True))[1]
        assert answer.status == 204
        assert asked == ["hooks.example"]
        assert receiver.got[0][0]["host"] == f"hooks.example:{port}"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert send_parcels([parcel(receiver.url)], Sender(loopback=True))[1].status == 204
        assert proxy.got == []


@pytest.fixture
def dripping():
    """A server that answers one byte every tenth of a second, for ever."""

    async def drip(reader, writer):
        try:
            await reader.readline()
            writer.write(b"HTTP/1.1 200 OK\r\nx: ")
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.1)
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    yield from serving(drip)


@pytest.fixture
def flooding():
    """A server that answers without an end, as fast as it can."""

    async def flood(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
            while True:
                writer.write(b"a" * 65_536)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    yield from serving(flood)


def serving(talk):
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), []

    async def start():
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        return server

    def run():
        server = loop.run_until_complete(start())
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    yield f"http://127.0.0.1:{port[0]}/"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def test_a_try_ends_in_time_however_slowly_the_other_side_speaks(dripping):
    before = time.monotonic()
    answer = send_parcels([parcel(dripping)], Sender(loopback=True, try_seconds=0.8))[1]
    assert answer.error == "no answer within 0.8 s"
    assert time.monotonic() - before < 5


def test_no_more_than_a_bound_is_read_of_an_answer(flooding):
    assert send_parcels([parcel(flooding)], Sender(loopback=True, try_seconds=10))[1].status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for hooks.example alone, and the context of who trusts it and nobody else."""
    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@pytest.mark.parametrize(("host", "taken"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_must_be_that_of_the_name_although_the_connection_is_to_an_address(certificate, host, taken):
    server, trusted = certificate
    with receiving(encrypted=server) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        _, resolve = answering(["127.0.0.1"])
        sender = Sender(resolve=resolve, loopback=True, trusted=trusted)
        answer = send_parcels([parcel(f"https://{host}:{port}/")], sender)[1]
        assert (answer.status == 204, len(receiver.got)) == (taken, int(taken))


def test_a_certificate_that_nobody_vouches_for_is_not_taken(certificate):
    with receiving(encrypted=certificate[0]) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        _, resolve = answering(["127.0.0.1"])
        answer = send_parcels([parcel(f"https://hooks.example:{port}/")], Sender(resolve=resolve, loopback=True))[1]
        assert answer.error == "no answer: ConnectError"
        assert receiver.got == []


def test_the_queue_of_an_endpoint_keeps_to_its_time():
    with receiving() as slow, receiving() as quick:
        slow.wait = 0.5
        parcels = [parcel(slow.url, number, 1) for number in range(10)]
        parcels += [parcel(quick.url, number, 2) for number in range(10, 20)]
        answers = send_parcels(parcels, Sender(loopback=True, round_seconds=0.7))
        assert {number for number in answers if number < 10} == {0, 1}
        assert {number for number in answers if number >= 10} == set(range(10, 20))


def test_one_endpoint_is_called_once_at_a_time_and_the_endpoints_side_by_side():
    with receiving() as one, receiving() as two:
        one.wait = two.wait = 0.2
        parcels = [parcel(one.url, n, 1) for n in range(3)] + [parcel(two.url, n, 2) for n in range(3, 6)]
        before = time.monotonic()
        assert len(send_parcels(parcels, Sender(loopback=True))) == 6
        assert time.monotonic() - before < 1.1
        assert (one.most_together, two.most_together) == (1, 1)
