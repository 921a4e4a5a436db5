"""The open streams of live pages in one process: who hears of which units, and what each was not told yet.

What a stream was not told is a set of (unit, topic), so it cannot grow with what happens: a client that is slow is told of all
of it at once, and where even that is much, to read everything again. How many are told a second is bounded for the process, the
longest waiting first: so that what live pages then ask for takes no more of the machine the more phones do.
"""

from asyncio import Event
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.core.errors import TooMany, Unavailable

MOST_PENDING = 64
MOST_OF_ACCOUNT = 6
TOLD_A_SECOND = 6.0
AT_ONCE = 10.0  # as many may be told in one moment after a quiet one
APART_MS = 5_000  # of the positions of two processes, at the most: both are of the database's clock

Change = tuple[int, str]
Key = tuple[int, int | None]


class TooManyStreams(TooMany):
    """Too many live pages are open: close some, or look again later."""

    code = "events.too_many_streams"


class Stopping(Unavailable):
    """This process ends: ask again, another one answers."""

    code = "events.stopping"


@dataclass(frozen=True)
class Watcher:
    """Who listens, by which log-in, until when at the latest (seconds since 1970), and of which units they may hear."""

    account_id: int
    family_id: int | None
    expires_at: float
    units: frozenset[int]

    @property
    def key(self) -> Key:
        """The account and its log-in."""
        return self.account_id, self.family_id


@dataclass(frozen=True)
class Told:
    """What a stream is told at once; `reload`: to read everything again. `position` is what it resumes from."""

    position: int
    changes: frozenset[Change]
    reload: bool


@dataclass(eq=False)
class Stream:
    """One open stream. `woken` is set when there is something to take; `over`: it is to end."""

    watcher: Watcher
    pending: set[Change] = field(default_factory=set)
    reload: bool = False
    over: bool = False
    woken: Event = field(default_factory=Event)

    def note(self, changes: Iterable[Change]) -> None:
        """Remember what to tell, or that it is too much."""
        self.pending.update(changes)
        if len(self.pending) > MOST_PENDING:
            self.pending.clear()
            self.reload = True

    def end(self) -> None:
        """Let it end."""
        self.over = True
        self.woken.set()


class Streams:
    """All open streams. `position`: milliseconds of the database's clock of the last look, before which nothing is unknown.

    `most`: streams at once; `rate`, `burst`: how many are told a second, and in one moment.
    """

    def __init__(self, most: int, *, rate: float = TOLD_A_SECOND, burst: float = AT_ONCE) -> None:
        self.most, self.rate, self.burst = most, rate, burst
        self.position = 0
        self.since: int | None = None  # resumable from here on; none while nobody looks
        self.looking = Event()
        self.stopping = False
        self.open: set[Stream] = set()
        self._of_unit: dict[int, set[Stream]] = defaultdict(set)
        self._seen: dict[Change, int] = {}  # when each was seen last
        self._waiting: dict[Stream, None] = {}  # in the order in which they began to wait
        self._allowed, self._allowed_at = burst, 0.0

    def join(self, watcher: Watcher, last: int | None) -> Stream:
        """A new stream; `last`: the position that it resumes from. Raises TooManyStreams, Stopping."""
        if self.stopping:
            raise Stopping
        mine = sum(stream.watcher.account_id == watcher.account_id for stream in self.open)
        if len(self.open) >= self.most or mine >= MOST_OF_ACCOUNT:
            raise TooManyStreams(retry_after_seconds=30)
        stream = Stream(watcher)
        self.open.add(stream)
        for unit in watcher.units:
            self._of_unit[unit].add(stream)
        if last is not None:
            self._resume(stream, last)
        return stream

    def _resume(self, stream: Stream, last: int) -> None:
        """What it missed since then; everything, where that is not known here."""
        if self.since is None or not self.since <= last <= self.position + APART_MS:
            stream.reload = True
        else:
            stream.note(change for change, at in self._seen.items() if at > last and change[0] in stream.watcher.units)
        if stream.reload or stream.pending:
            stream.woken.set()

    def leave(self, stream: Stream) -> None:
        """It is closed."""
        self.open.discard(stream)
        self._waiting.pop(stream, None)
        for unit in stream.watcher.units:
            self._of_unit[unit].discard(stream)

    def begin(self, position: int) -> None:
        """From now on everything is seen; whoever was here before reads again, for it may have missed something."""
        self._seen.clear()
        self.since = self.position = position
        for stream in self.open:
            if self.looking.is_set():
                stream.reload = True
                self._waiting.setdefault(stream)
        self.looking.set()

    def lose(self) -> None:
        """Nobody looks: what happens from now on is not known here."""
        self.since = None

    def see(self, changes: Iterable[Change], *, before: int, after: int) -> None:
        """These changed, seen by a look that began and ended then."""
        self.position = before
        for change in changes:
            self._seen[change] = after
            for stream in self._of_unit.get(change[0], ()):
                stream.note((change,))
                self._waiting.setdefault(stream)

    def release(self, now: float) -> None:
        """Wake those who wait, as many as may be told now (`now` in seconds, of any beginning)."""
        self._allowed = min(self.burst, self._allowed + self.rate * (now - self._allowed_at))
        self._allowed_at = now
        while self._waiting and self._allowed >= 1:
            stream = next(iter(self._waiting))
            del self._waiting[stream]
            stream.woken.set()
            self._allowed -= 1

    @property
    def busy(self) -> bool:
        """Whether anybody waits to be told."""
        return bool(self._waiting)

    def take(self, stream: Stream) -> Told | None:
        """What it is to be told now, which it then was; None where it is nothing."""
        stream.woken.clear()
        self._waiting.pop(stream, None)
        if not stream.reload and not stream.pending:
            return None
        told = Told(self.position, frozenset(stream.pending), stream.reload)
        stream.pending.clear()
        stream.reload = False
        return told

    def keep(self, standing: Mapping[Key, frozenset[int]], now: float) -> None:
        """Let those end who may not listen any more (`standing`: who may, and of what); `now` in seconds since 1970."""
        for stream in list(self.open):
            units = standing.get(stream.watcher.key)
            if units is None or now >= stream.watcher.expires_at or units != stream.watcher.units:
                stream.end()  # with other units it comes back, and hears of those

    def stop(self) -> None:
        """Let all of them end, and take no more."""
        self.stopping = True
        for stream in self.open:
            stream.end()
