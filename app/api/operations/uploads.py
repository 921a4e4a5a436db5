"""Files on their way in and out of the operations API: never whole in memory, gone when the answer is sent."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.api.deps import Admin
from app.core.errors import Invalid
from app.ingest.columns import Feed
from app.ingest.feeds import feed_named

EXPECTED = "one file as multipart/form-data"
UPLOAD_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV or Parquet"}},
                }
            }
        },
    }
}


class WrongUpload(Invalid):
    """The body holds no file."""

    code = "upload.wrong"

    def __init__(self, expected: str = EXPECTED) -> None:
        super().__init__("file", expected)


@dataclass(frozen=True)
class Upload:
    """A file that was sent: where it lies for the time of the request, and what the sender calls it."""

    path: Path
    name: str


def scratch_file() -> Iterator[Path]:
    """An empty file that is there until the answer is sent."""
    handle, name = tempfile.mkstemp(prefix="gridwork-")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


Scratch = Annotated[Path, Depends(scratch_file)]


def _known_feed(feed: str, _: Admin) -> Feed:
    return feed_named(feed)


FeedPath = Annotated[Feed, Depends(_known_feed, scope="function")]


async def received_file(request: Request, scratch: Scratch, _: FeedPath) -> AsyncIterator[Upload]:
    """The file of the form field `file`. Nothing is received before it is known who sends it and for which feed.

    Raises WrongUpload where there is none, or more than one thing.
    """
    if "content-type" not in request.headers:
        raise WrongUpload
    try:
        form = await MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=1).parse()
    except MultiPartException as error:
        raise WrongUpload from error
    try:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or len(form.multi_items()) > 1:
            raise WrongUpload
        await run_in_threadpool(_save, sent, scratch)
        yield Upload(scratch, sent.filename or "upload")
    finally:
        await form.close()


def _save(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(sent.file, out, 1 << 20)


ReceivedFile = Annotated[Upload, Depends(received_file, scope="function")]
