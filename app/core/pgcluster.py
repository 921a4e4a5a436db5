"""The inside of an embedded server's folder: what it remembers, its data, its settings, and its start."""

import json
import os
import secrets
import shutil
import socket
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from app.core.pgbinaries import Binaries
from app.core.pgplace import EmbeddedServerError, Place, digest, own_folder, run_as, write_file
from app.core.pgprocess import WAIT_SECONDS, disarm_pid_file

SUPERUSER, HOST = "postgres", "127.0.0.1"
ORPHAN_SECONDS = 30  # how long processes of a killed server may take to notice that it is gone
FIRST_PORT, PORTS = 20_000, 10_000  # below the range from which systems give out ports by themselves
UNFINISHED = {"lock", "postgres", "server.json.new"}  # what a start that failed early may leave
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class State:
    """What `server.json` keeps between starts, readable by the folder's owner only."""

    port: int
    database: str
    owner_password: str
    superuser_password: str


def load_state(root: Path) -> State | None:
    """What was remembered, or None in a new folder."""
    try:
        return State(**json.loads((root / "server.json").read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise EmbeddedServerError(f"{root}/server.json is damaged: restore it (passwords)") from error


def first_state(place: Place, database: str) -> State:
    """New passwords and a free port. Raises EmbeddedServerError if existing data lost its passwords."""
    if (place.data / "PG_VERSION").exists():
        raise EmbeddedServerError(f"{place.root}/server.json is missing: put it back, it has the passwords")
    if strangers := {found.name for found in place.root.iterdir()} - UNFINISHED:
        raise EmbeddedServerError(f"{place.root} holds other things ({min(strangers)}): choose a folder of its own")
    return State(_free_port(place.root), database, secrets.token_urlsafe(24), secrets.token_urlsafe(24))


def save_state(root: Path, state: State) -> State:
    """Write what changed; returns the state."""
    if load_state(root) != state:
        write_file(root / "server.json", json.dumps(asdict(state)), 0o600)
    return state


def start_cluster(place: Place, binaries: Binaries, state: State, durable: bool) -> State:
    """Make the data folder if there is none and start the server. Returns the state with the port it got."""
    save_state(place.root, state)
    if not place.data.is_dir():
        _make_data(place, binaries, state, durable)
    if place.root != place.wanted:
        log.warning("embedded_postgres_elsewhere", wanted=str(place.wanted), used=str(place.root),
                    why=f"{place.account.name} cannot enter the wanted folder")  # fmt: skip
    end = time.monotonic() + ORPHAN_SECONDS
    while True:
        state = _with_free_port(place.root, state)
        said = _try_start(place, binaries, state, durable)
        if said is None:
            return state
        if time.monotonic() > end or not _may_pass(said):
            why = telling_line(said)
            raise EmbeddedServerError(f"PostgreSQL did not start: {why}; see {place.root}/postgres.log")
        time.sleep(0.2)


def telling_line(said: str) -> str:
    """The line of a program's output that tells most; never more than one."""
    if "No space left on device" in said:
        return "the disk is full, free some space"
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    return (telling or lines)[-1][:300]


def socket_folder(root: Path) -> Path:
    """Short whatever the root is: the path of a Unix socket has at most 107 bytes (103 on macOS)."""
    return Path("/tmp") / f"gridwork-{digest(str(root))}"  # noqa: S108 - checked to be ours before each use


def _make_data(place: Place, binaries: Binaries, state: State, durable: bool) -> None:
    """Run initdb beside the final name, so that `data` is whole or absent."""
    account, secret = place.account, place.root / "initdb.secret"
    for old in place.root.glob("data.new-*"):  # of a start that was killed, whose initdb may still be at work
        shutil.rmtree(old, ignore_errors=True)
    new = place.root / f"data.new-{secrets.token_hex(4)}"
    new.mkdir(mode=0o700)
    secret.unlink(missing_ok=True)
    write_file(secret, state.superuser_password, 0o600)
    os.chown(new, account.uid, account.gid)
    os.chown(secret, account.uid, account.gid)
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [
        str(binaries.folder / "initdb"), f"--pgdata={new}", f"--username={SUPERUSER}", f"--pwfile={secret}",
        "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-instructions",
        *(builtin if binaries.major >= 17 else ["--locale=C.UTF-8"]), *([] if durable else ["--no-sync"]),
    ]  # fmt: skip
    try:
        made = run_as(account, command)
    finally:
        secret.unlink(missing_ok=True)
    if made.returncode != 0:
        raise EmbeddedServerError(f"PostgreSQL's initdb failed: {telling_line(made.stdout + made.stderr)}")
    with open(os.open(new / "postgresql.conf", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), "w") as settings:
        settings.write("\ninclude '../server.conf'\n")
    new.rename(place.data)


def _try_start(place: Place, binaries: Binaries, state: State, durable: bool) -> str | None:
    """Start once, until it takes connections. Returns None, or what the server said when it gave up."""
    account, journal = place.account, place.root / "postgres.log"
    own_folder(socket_folder(place.root), account.uid, account.gid, 0o700)
    for leftover in socket_folder(place.root).glob(".s.PGSQL.*"):
        leftover.unlink()
    write_file(place.root / "server.conf", _settings(place, state, binaries, durable), 0o644)
    if not journal.exists():
        write_file(journal, "", 0o600)
        os.chown(journal, account.uid, account.gid)
    disarm_pid_file(place.data)
    before = journal.stat().st_size
    command = [str(binaries.folder / "pg_ctl"), "start", "-w", "-t", str(WAIT_SECONDS)]
    ran = run_as(account, [*command, "-D", str(place.data), "-l", str(journal)])
    if ran.returncode == 0:
        return None
    with journal.open("rb") as written:
        written.seek(before)
        return written.read().decode("utf-8", "replace") or ran.stdout + ran.stderr


def _may_pass(said: str) -> bool:
    passing = "pre-existing shared memory", "Address already in use", '"postmaster.pid" already exists'
    return any(text in said for text in passing)


def _free_port(root: Path) -> int:
    start = int(digest(str(root)), 16)
    for step in range(PORTS):
        port = FIRST_PORT + (start + step) % PORTS
        if _is_free(port):
            return port
    raise EmbeddedServerError(f"no free port from {FIRST_PORT} on: stop some servers")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _with_free_port(root: Path, state: State) -> State:
    if _is_free(state.port):
        return state
    moved = replace(state, port=_free_port(root))
    log.warning("embedded_postgres_port_taken", taken=state.port, used=moved.port)
    return save_state(root, moved)


def _shared_megabytes() -> int:
    """A sixteenth of the machine's memory, because the service lives beside the database; at most what a big dispatch fills."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return min(max(memory // 16, 128), 1024)


def _settings(place: Place, state: State, binaries: Binaries, durable: bool) -> str:
    safety = {} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    settings = {
        "listen_addresses": HOST, "port": state.port, "unix_socket_directories": socket_folder(place.root),
        "max_connections": 200, "password_encryption": "scram-sha-256",
        "shared_buffers": f"{_shared_megabytes() if durable else 256}MB", "work_mem": "32MB", "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB", "checkpoint_completion_target": 0.9,
        "wal_compression": "lz4" if binaries.lz4 else "off",
        "timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
        "log_error_verbosity": "terse",  # details and contexts of errors quote rows, and rows are customers
        **safety,
    }  # fmt: skip
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    return "\n".join(["# Written at each start: put your own settings into data/postgresql.conf", *lines, ""])
