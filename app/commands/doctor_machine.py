"""Checks of the machine and of what is installed on it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

import httpx

from app.commands.doctor_finding import Finding, ok, wrong
from app.core.errors import AppError
from app.core.storage import Storage
from app.settings import Settings

OLDEST_PYTHON = (3, 11)
FREE_GIGABYTES = 2.0


def check_python(_: Settings) -> Finding:
    """The interpreter is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    return ok(found) if sys.version_info >= OLDEST_PYTHON else wrong(found, "install Python 3.11 or newer")


def check_lightgbm(_: Settings) -> Finding:
    """LightGBM loads, which needs the system's OpenMP library."""
    try:
        import lightgbm
    except OSError as error:
        return wrong(f"LightGBM does not load: {error}", "install OpenMP: apt-get install libgomp1")
    return ok(f"LightGBM {lightgbm.__version__}")


def check_home(settings: Settings) -> Finding:
    """The folder of generated secrets and of the embedded database can be written."""
    home = settings.home.absolute()
    if (found := _unwritable(home)) is not None:
        return wrong(f"{found} cannot be written", "give it to the account of Gridwork, or choose another GRIDWORK_HOME")
    return ok(str(home))


def _unwritable(folder: Path) -> Path | None:
    """The folder, or the nearest above it that there is, where it cannot be written."""
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    return None if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK) else nearest


def check_secret(settings: Settings) -> Finding:
    """Nobody else can read the key that signs tokens."""
    if settings.secret:
        return ok("from GRIDWORK_SECRET")
    return _kept(settings.home / "secret", 32, "everybody logs in again")


def check_push_key(settings: Settings) -> Finding:
    """Nobody else can read the key that signs pushes."""
    if settings.push_key:
        return ok("from GRIDWORK_PUSH_KEY")
    return _kept(settings.home / "push-key", 43, "every phone subscribes anew")


def check_payroll_key(settings: Settings) -> Finding:
    """Nobody else can read the key that signs payroll's files."""
    if settings.payroll_key:
        return ok("from GRIDWORK_PAYROLL_KEY")
    return _kept(settings.home / "payroll-key", 43, "payroll must be told its public half anew")


def _kept(kept: Path, length: int, then: str) -> Finding:
    """A key in a file of at least so many characters; `then` is what follows where it is made anew."""
    if not kept.exists():
        return ok("none yet: it is made at the first start")
    found = kept.stat()
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return wrong(f"{kept} can be read by other accounts", f"chmod 600 {kept}")
    if not os.access(kept, os.R_OK):
        return wrong(f"{kept} belongs to another account", "run Gridwork as one account")
    if len(kept.read_text(encoding="ascii")) < length:
        return wrong(f"{kept} is cut off", f"remove {kept}: a new one is made, and {then}")
    return ok(f"{kept}, for its owner alone")


def check_disk(settings: Settings) -> Finding:
    """There is room."""
    home: Path = settings.home.absolute()
    nearest = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(nearest).free / 1e9
    found = f"{free:.1f} GB free at {nearest}"
    return ok(found) if free >= FREE_GIGABYTES else wrong(found, f"make room: at least {FREE_GIGABYTES:.0f} GB")


def check_storage(settings: Settings) -> Finding:
    """Files can be written; to S3 one is written, read and removed."""
    storage = Storage(settings.storage_url)
    if storage.is_local:
        found = _unwritable(Path(storage.url.removeprefix("file://")).absolute())
        remedy = "give it to the account of Gridwork, or choose another GRIDWORK_STORAGE"
        return ok(storage.address) if found is None else wrong(f"{found} cannot be written", remedy)
    try:
        path = f"doctor/{uuid4().hex}"
        storage.write_bytes(path, b"gridwork")
        storage.read_bytes(path)
        storage.delete(path)
    except (OSError, AppError) as error:
        said = str(error).splitlines()[0][:160]
        return wrong(f"{storage.address} cannot be used: {said}", "set GRIDWORK_STORAGE, AWS_ACCESS_KEY_ID and the like right")
    return ok(storage.address)


def check_api(settings: Settings) -> Finding:
    """The service answers and is ready."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  (read, not bound)
    address = f"http://{host}:{settings.port}/health/ready"
    try:
        answer = httpx.get(address, timeout=5, trust_env=False)
    except httpx.TransportError:
        return wrong(f"nothing answers at {address}", "start it: gridwork serve")
    if answer.status_code == httpx.codes.OK:
        return ok(f"ready at {address}")
    said = str(answer.json().get("detail", "")) if "json" in answer.headers.get("content-type", "") else ""
    return wrong(f"{address} says {answer.status_code}: {said}"[:200], "mend the database first, then look at its logs")


MACHINE: Mapping[str, Callable[[Settings], Finding]] = {
    "Python": check_python,
    "LightGBM": check_lightgbm,
    "home folder": check_home,
    "secret": check_secret,
    "push key": check_push_key,
    "payroll key": check_payroll_key,
    "disk": check_disk,
    "storage": check_storage,
}
SERVICE: Mapping[str, Callable[[Settings], Finding]] = {"HTTP API": check_api}
