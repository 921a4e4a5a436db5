"""A payroll file as JSON, and what is signed of a file (pure). Both follow from the CSV's bytes alone, the same for ever."""

import hashlib
import json
from dataclasses import asdict

from app.points.payroll.file_format import read_file


def write_json(content: bytes, *, month: str, version: int) -> bytes:
    """The rows of this CSV file as JSON: UTF-8, one line for each row, points as text, `\\n` at the end."""
    rows = [json.dumps(asdict(line), ensure_ascii=False, separators=(",", ":")) for line in read_file(content)]
    head = json.dumps({"month": month, "version": version, "row_count": len(rows)}, separators=(",", ":"))
    return (head[:-1] + ',"lines":[\n' + ",\n".join(rows) + ("\n" if rows else "") + "]}\n").encode()


def signed_message(*, month: str, version: int, row_count: int, points_sum: str, csv_sha256: str, json_sha256: str) -> bytes:
    """What a file's signature is over: these in lines, after a first line that names the format."""
    told = ("gridwork-payroll-1", month, str(version), str(row_count), points_sum, csv_sha256, json_sha256)
    return "".join(f"{line}\n" for line in told).encode()


def sha256_of(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()
