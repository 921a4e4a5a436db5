"""A bounded load on a loopback server: keep-alive connections that each send their requests one after the other.

Reads JSON lines from standard input, one request a line with `client`, `method`, `path`, `headers`, `body`; prints
{"seconds", "requests", "failures", "p50_ms"}.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from typing import Any

HOST = "127.0.0.1"


def _raw(request: dict[str, Any], port: int) -> bytes:
    body = request.get("body", "").encode()
    lines = [f"{request['method']} {request['path']} HTTP/1.1", f"Host: {HOST}:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in request.get("headers", {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return status


async def _client(port: int, requests: list[bytes], taken: list[float]) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    failures = 0
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        failures += await _answer(reader) >= 300
        taken.append(time.perf_counter() - began)
    writer.close()
    return failures


async def _run(port: int, requests: list[dict[str, Any]]) -> dict[str, float]:
    clients: dict[int, list[bytes]] = defaultdict(list)
    for request in requests:
        clients[request["client"]].append(_raw(request, port))
    started = time.perf_counter()
    taken: list[float] = []
    failures = await asyncio.gather(*(_client(port, own, taken) for own in clients.values()))
    seconds, p50 = time.perf_counter() - started, 1_000 * statistics.median(taken)
    return {"seconds": seconds, "requests": len(requests), "failures": sum(failures), "p50_ms": p50}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(int(sys.argv[1]), [json.loads(line) for line in sys.stdin]))))
