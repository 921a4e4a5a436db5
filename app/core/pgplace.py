"""Where an embedded server lives and which account runs it.

PostgreSQL refuses to run as root, so a root caller hands its processes to `nobody`, who must be able to enter
the folder. No folder that exists ever gets other rights for that: another folder is taken instead.
"""

import os
import pwd
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

SPARE_FOLDER = Path("/var/lib")


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
class Place:
    """Where a server lives: the folder asked for, the folder used, and the account that runs it."""

    wanted: Path
    root: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.root / "data"


def run_as(account: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account, out of reach of the caller's terminal. Raises OSError."""
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switch else {}
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(  # noqa: S603 - a list of our own making, no shell
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        cwd="/", env={**kept, "LC_ALL": "C"}, start_new_session=True, **who,
    )  # fmt: skip


def find_place(wanted_root: Path) -> Place:
    """Decide folder and account; changes nothing. Existing data is never left for an empty new place."""
    wanted = Path(wanted_root).resolve()
    if set(str(wanted)) & set('"$`\\\n'):
        raise EmbeddedServerError(f"cannot use {str(wanted)!r}: choose a path without quotes and dollars")
    if os.geteuid() != 0:
        return _place_of_a_user(wanted)
    if (wanted / "data").is_dir():
        owner = _account((wanted / "data").stat().st_uid)
        if not can_reach(owner, wanted):
            raise EmbeddedServerError(f"{owner.name}, who owns the data, cannot enter {wanted}: let it in")
        return Place(wanted, wanted, owner)
    spare = SPARE_FOLDER / f"gridwork-{digest(str(wanted))}"
    nobody = _account(pwd.getpwnam("nobody").pw_uid)
    nearest = next(folder for folder in (wanted, *wanted.parents) if folder.exists())
    if not nearest.is_dir():
        raise EmbeddedServerError(f"{nearest} is not a folder: choose another path")
    if can_reach(nobody, nearest) and not (_is_own(spare, 0) and (spare / "data").is_dir()):
        return Place(wanted, wanted, nobody)
    if os.path.lexists(spare) and not _is_own(spare, 0):
        raise EmbeddedServerError(f"{spare} is another account's or writable by others: remove it")
    return Place(wanted, spare, nobody)


def _place_of_a_user(wanted: Path) -> Place:
    me = _account(os.geteuid())
    if (wanted / "data").is_dir() and (wanted / "data").stat().st_uid != me.uid:
        raise EmbeddedServerError(f"{wanted}/data is another account's: choose another folder or run as root")
    return Place(wanted, wanted, me)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedServerError(f"user id {uid} has no name: add it to the machine's accounts") from None
    mine = uid == os.geteuid()
    return Account(entry.pw_name, uid, os.getegid() if mine else entry.pw_gid, switch=not mine)


def can_reach(account: Account, folder: Path) -> bool:
    """True if the account can enter the folder; found out by trying, so that ACLs count too."""
    if not account.switch:
        return True
    return run_as(account, ["/bin/sh", "-c", 'cd "$0"', str(folder)]).returncode == 0


def make_root(place: Place) -> None:
    """Make the folder and those above it that are missing; folders that exist keep their modes."""
    if place.root != place.wanted:
        own_folder(place.root, os.geteuid(), os.getegid(), 0o755)
    for folder in (*reversed(place.root.parents), place.root):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)  # whatever the umask: the server's account must pass


def own_folder(folder: Path, uid: int, gid: int, mode: int) -> None:
    """Make a folder where everybody may write. Raises EmbeddedServerError if somebody else made it first."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
        folder.chmod(mode)
    if not _is_own(folder, uid):
        raise EmbeddedServerError(f"{folder} is another account's or writable by others: remove it")


def _is_own(folder: Path, uid: int) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o022


def write_file(path: Path, text: str, mode: int) -> None:
    """Replace a file whole."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        give_to_owner(file.fileno(), path.parent)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def give_to_owner(file: int, folder: Path) -> None:
    """Let root leave a user's folder usable: what it writes there becomes the user's."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)


def digest(text: str) -> str:
    """Twelve hexadecimal digits that stand for a path or build in a name."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
