"""A proxy between phones and server as the field has it: answers are cut off after the work was done, requests come late and twice."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from soak.field import HOST, Answered, headers_of, read_answer

Seen = Callable[[bytes, Answered], None]


@dataclass
class Line:
    """How bad it is: shares of answers cut and requests sent twice, and the longest delay of a request in seconds."""

    cut: float = 0.3
    twice: float = 0.15
    delay: float = 0.05
    requests: int = 0
    cuts: int = 0


@asynccontextmanager
async def lossy_line(port: int, line: Line, chance: random.Random, seen: Seen) -> AsyncIterator[int]:
    """The port of a proxy to `port`; `seen(request body, answer)` is told every answer of the server, cut off or not."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request, body = await _request(reader)
            times = 2 if chance.random() < line.twice else 1
            answers = await asyncio.gather(*(_forward(port, request, chance.uniform(0, line.delay)) for _ in range(times)))
            for answer in answers:
                line.requests += 1
                seen(body, answer[1])
            if chance.random() < line.cut:
                line.cuts += 1
                writer.transport.abort()
                return
            writer.write(answers[-1][0])
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # a phone or the server hung up
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    headers = headers_of(head.decode("latin-1").split("\r\n")[1:])
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return head + body, body


async def _forward(port: int, request: bytes, delay: float) -> tuple[bytes, Answered]:
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        answer = await read_answer(reader)
    finally:
        writer.close()
    names = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return f"HTTP/1.1 {answer.status} x\r\n{names}\r\n".encode("latin-1") + answer.body, answer
