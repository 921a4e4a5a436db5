"""Sending webhooks: to addresses that were checked and to no other, bounded in time and in what is read back.

A name is resolved once for each try, every address it has is checked, and the connection goes to the one that was checked:
a name server that answers otherwise a moment later (DNS rebinding) is not asked again. Redirects are not followed, proxies of
the environment are not used.
"""

import asyncio
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from app.notices.addresses import WrongAddress, check_url, refused_because
from app.notices.parcels import Parcel
from app.notices.retry import Answer, judge

CONNECT_SECONDS = 5.0
TRY_SECONDS = 15.0  # of one try, all in all
ROUND_SECONDS = 20.0  # after which an endpoint's next ones wait for the next round
MAX_ANSWER_BYTES = 65_536
AGENT = "Gridwork-Webhooks/1"

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def ask_system(host: str, port: int) -> list[str]:
    """The IP addresses that this machine's resolver knows for a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in found]


@dataclass(frozen=True)
class Sender:
    """How webhooks are sent. `loopback` (a setting for tests and trials) allows http to this machine."""

    loopback: bool = False
    resolve: Resolve = ask_system
    trusted: ssl.SSLContext | None = None
    try_seconds: float = TRY_SECONDS
    round_seconds: float = ROUND_SECONDS


class AddressRefused(Exception):
    """A name has an address that is not called."""


def send_parcels(parcels: Sequence[Parcel], sender: Sender) -> dict[int, Answer]:
    """Send them, the endpoints side by side, those of one endpoint one after the other. Answers by delivery.

    After a failure that is about the endpoint, and after `round_seconds`, its others are left for the next round: no answer.
    """
    by_endpoint: dict[int, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_endpoint[parcel.endpoint_id].append(parcel)
    return asyncio.run(_send_all(list(by_endpoint.values()), sender))


async def _send_all(queues: list[list[Parcel]], sender: Sender) -> dict[int, Answer]:
    trusted = await asyncio.to_thread(ssl.create_default_context) if sender.trusted is None else sender.trusted
    found = await asyncio.gather(*(_send_queue(queue, sender, trusted) for queue in queues))
    return {delivery_id: answer for answers in found for delivery_id, answer in answers.items()}


async def _send_queue(queue: list[Parcel], sender: Sender, trusted: ssl.SSLContext) -> dict[int, Answer]:
    answers: dict[int, Answer] = {}
    end = time.monotonic() + sender.round_seconds
    limits = httpx.Timeout(sender.try_seconds, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(verify=trusted, trust_env=False, follow_redirects=False, timeout=limits) as client:
        for parcel in queue:
            if time.monotonic() > end:
                break
            answer = await _send(client, parcel, sender)
            answers[parcel.id] = answer
            verdict = judge(answer, parcel.tries)
            if verdict.gone or (verdict.apart and not verdict.delivered):
                break
    return answers


async def _send(client: httpx.AsyncClient, parcel: Parcel, sender: Sender) -> Answer:
    start = time.monotonic()
    try:
        async with asyncio.timeout(sender.try_seconds):
            status, retry_after = await _post(client, parcel, sender)
        return Answer(status=status, seconds=time.monotonic() - start, retry_after=retry_after)
    except TimeoutError:
        said = f"no answer within {sender.try_seconds:g} s"
    except (AddressRefused, WrongAddress) as error:
        said = f"not called: {error}"
    except socket.gaierror:
        said = "its name is unknown"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        said = f"no answer: {type(error).__name__}"
    return Answer(error=said, seconds=time.monotonic() - start)


async def _post(client: httpx.AsyncClient, parcel: Parcel, sender: Sender) -> tuple[int, int | None]:
    """(status, seconds asked for by Retry-After). The host is named in header and certificate; the connection is to its IP."""
    check_url(parcel.url, loopback=sender.loopback)
    url = httpx.URL(parcel.url)
    parts = urlsplit(parcel.url)
    host = parts.hostname or ""
    address = await _checked_address(host, parts.port or (443 if parts.scheme == "https" else 80), parts.scheme, sender)
    request = client.build_request(
        "POST",
        url.copy_with(host=address),
        content=parcel.body,
        headers={
            "content-type": "application/json",
            **parcel.headers,
            "host": parts.netloc,
            "user-agent": AGENT,
            "accept-encoding": "identity",
        },
        extensions={"sni_hostname": host},
    )
    answer = await client.send(request, stream=True)
    try:
        await _read_some(answer)
    finally:
        await answer.aclose()
    asked = answer.headers.get("retry-after", "")
    return answer.status_code, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else None


async def _checked_address(host: str, port: int, scheme: str, sender: Sender) -> str:
    """The first of the host's addresses, if every one of them may be called."""
    addresses = await sender.resolve(host, port)
    if not addresses:
        raise AddressRefused(f"{host} has no address")
    for address in addresses:
        if reason := refused_because(address, loopback=sender.loopback):
            raise AddressRefused(f"{host} is {reason}")
        if scheme == "http" and refused_because(address) != "loopback":
            raise AddressRefused(f"{host}: http is for this machine only")
    return addresses[0].partition("%")[0]


async def _read_some(answer: httpx.Response) -> None:
    """Take what it says, so that its sender is content, and keep nothing of it."""
    size = 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            return
