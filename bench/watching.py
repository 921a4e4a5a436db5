"""Open dashboards on a loopback server: each holds its stream and asks for its page anew as the console does.

Reads a JSON list of access tokens from standard input, prints `open` once all streams say hello, and at the end of the input
{"seconds", "told", "asked", "failures", "p95_ms"}.
"""

import asyncio
import json
import statistics
import sys
import time

HOST = "127.0.0.1"
APART = 2.5  # seconds between two questions of one page, at the least, as in the console
TODAY, STUCK = "/dashboard/v1/live", "/dashboard/v1/live/stuck"  # what the page asks for when reports or work change


class Seen:
    """What all of them saw."""

    def __init__(self) -> None:
        self.told = self.failures = 0
        self.taken: list[float] = []


def _asking(port: int, path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def _ask(port: int, token: str, wanted: asyncio.Queue[bool], seen: Seen) -> None:
    """Ask for what changed, at once after a quiet time; `wanted` says whether work did."""
    reader, writer = await asyncio.open_connection(HOST, port)
    while True:
        work = await wanted.get()
        while not wanted.empty():
            work = wanted.get_nowait() or work
        for path in (TODAY, STUCK) if work else (TODAY,):
            began = time.perf_counter()
            writer.write(_asking(port, path, token))
            seen.failures += await _answer(reader) != 200
            seen.taken.append(time.perf_counter() - began)
        await asyncio.sleep(APART)


async def _listen(port: int, token: str, hello: asyncio.Event, wanted: asyncio.Queue[bool], seen: Seen) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(_asking(port, "/dashboard/v1/events", token))
    async for line in reader:
        if line.startswith(b"event: hello"):
            hello.set()
        elif line.startswith(b'data: {"unit_ids"'):
            seen.told += 1
            wanted.put_nowait(b'"work"' in line)
    seen.failures += 1


async def _run(port: int) -> None:
    tokens = json.loads(await asyncio.to_thread(sys.stdin.readline))
    seen, tasks, hellos = Seen(), [], []
    for token in tokens:
        hello, wanted = asyncio.Event(), asyncio.Queue[bool]()
        tasks.append(asyncio.create_task(_listen(port, token, hello, wanted, seen)))
        tasks.append(asyncio.create_task(_ask(port, token, wanted, seen)))
        hellos.append(hello)
        if len(hellos) % 20 == 0:
            await hello.wait()
    for hello in hellos:
        await hello.wait()
    print("open", flush=True)
    began = time.perf_counter()
    await asyncio.to_thread(sys.stdin.read)
    p95 = 1_000 * statistics.quantiles(seen.taken, n=20)[-1] if len(seen.taken) > 1 else 0.0
    figures = {"seconds": time.perf_counter() - began, "told": seen.told, "asked": len(seen.taken)}
    print(json.dumps(figures | {"failures": seen.failures, "p95_ms": p95}), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
