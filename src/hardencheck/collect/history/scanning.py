"""Objects through the detection rules: in worker processes, each with a `git cat-file` and a matcher of its own."""

import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

import msgspec

from hardencheck.collect.deadline import DeadlineExceeded, Deadlines
from hardencheck.collect.fingerprint_key import adopt, fingerprint_key
from hardencheck.collect.secrets.ruleset import extra_rules, scanner, use_rules
from hardencheck.collect.secrets.sightings import Scan
from hardencheck.collect.source.git import Git, environment
from hardencheck.collect.worker import Child, Died, serving

MAX_BLOB = 32 << 20  # bytes; larger objects are not looked at
SECONDS_PER_OBJECT = 20.0
_CHUNK_BYTES = 24 << 20
_CHUNK_OBJECTS = 4_000
# Below this much work it is done here: a process takes 0.2 s to start.
HERE_BYTES = 4_000_000
HERE_OBJECTS = 400
_MAX_DEATHS = 200  # of git in one chunk: it ends at an object that it cannot unpack
_MINIMUM = 60.0  # seconds for a chunk, and one more for each MiB
DEADLINE = "not done in time"
CRASHED = "the process that looked at it ended"
MISSING = "missing"


class Wanted(NamedTuple):
    """One object to look at. path: one that it had, "" for a text that is no file. size: bytes."""

    oid: str
    path: str
    size: int


class Looked(NamedTuple):
    """What came of one object. scan: None where `trouble` says why there is none."""

    oid: str
    scan: Scan | None
    trouble: str = ""


class _Answer(msgspec.Struct, array_like=True):
    """Of one chunk: scans of those in which something was found, by position; positions with trouble."""

    found: dict[int, Scan] = {}
    trouble: dict[int, str] = {}


def look(command: Sequence[str], wanted: Sequence[tuple[str, str]]) -> _Answer:
    """The objects of one chunk through `git cat-file --batch`, in the order given: one process, and another one after
    each object at which it ended."""
    answer = _Answer()
    begin = deaths = 0
    while begin < len(wanted):
        begin = _look(command, wanted, begin, answer)
        deaths += 1
        if deaths > _MAX_DEATHS:
            answer.trouble.update(dict.fromkeys(range(begin, len(wanted)), MISSING))
            break
    return answer


def _look(command: Sequence[str], wanted: Sequence[tuple[str, str]], begin: int, answer: _Answer) -> int:
    """Where to go on: after the object that git could not give, or at the end."""
    using = scanner()
    with ExitStack() as stack:
        asked = stack.enter_context(tempfile.TemporaryFile())
        asked.write("".join(f"{oid}\n" for oid, _ in wanted[begin:]).encode("ascii"))
        asked.seek(0)
        process = subprocess.Popen(  # noqa: S603 - the command is made by Git.command
            list(command),
            env=environment(),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=1 << 20,
        )
        stream = process.stdout
        if stream is None:
            raise Died
        _widen(stream.fileno())
        limit = stack.enter_context(Deadlines())
        try:
            for number, (_, path) in enumerate(wanted[begin:], begin):
                header = stream.readline().split()
                if len(header) != 3:
                    # "missing", or git ended: it does so at an object it cannot unpack.
                    answer.trouble[number] = MISSING
                    if not header:
                        return number + 1
                    continue
                size = int(header[2])
                data = stream.read(size)
                stream.read(1)
                if len(data) < size:
                    answer.trouble[number] = MISSING
                    return number + 1
                try:
                    limit.start(SECONDS_PER_OBJECT)
                    scan = using.scan(data, path, history=True)
                    limit.stop()
                except DeadlineExceeded:
                    answer.trouble[number] = DEADLINE
                    continue
                except (MemoryError, RecursionError):
                    limit.stop()
                    answer.trouble[number] = "needs more memory than there is"
                    continue
                except Exception as error:
                    limit.stop()
                    # The type alone: a message may quote the object.
                    answer.trouble[number] = f"the scanner broke: {type(error).__name__}"
                    continue
                if scan.sightings or scan.cut or scan.left_out:
                    answer.found[number] = scan
        finally:
            process.kill()
            stream.close()
            process.wait()
    return len(wanted)


def _widen(pipe: int) -> None:
    """A pipe of a MiB, where the system has that: git and we wait for each other less often."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def main() -> None:
    """The worker's side."""
    with serving() as (receive, send):
        command, key, rules = msgspec.msgpack.decode(receive(), type=tuple[tuple[str, ...], bytes, tuple[str, ...]])
        adopt(key)
        use_rules(rules)
        while True:
            wanted = msgspec.msgpack.decode(receive(), type=tuple[tuple[str, str], ...])
            send(msgspec.msgpack.encode(look(command, wanted)))


def scan_objects(
    git: Git,
    wanted: Sequence[Wanted],
    jobs: int,
    store: Callable[[Looked], None],
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Every wanted object, in about the order given (that of the packs is the fastest); `store` is called here.

    jobs: worker processes, 0: none. A chunk whose process dies is halved until the one object at fault is alone.
    """
    command = git.command("cat-file", "--batch", "--buffer")
    size = sum(item.size for item in wanted)
    if jobs == 0 or (size <= HERE_BYTES and len(wanted) <= HERE_OBJECTS):
        for chunk in _chunks(wanted, 1):
            _settle(chunk, look(command, [(item.oid, item.path) for item in chunk]), store)
            progress(len(chunk))
        return
    _Pool(command, jobs).run(_chunks(wanted, jobs), store, progress)


def _settle(chunk: Sequence[Wanted], answer: _Answer, store: Callable[[Looked], None]) -> None:
    for number, item in enumerate(chunk):
        trouble = answer.trouble.get(number, "")
        store(Looked(item.oid, None if trouble else answer.found.get(number, _NOTHING), trouble))


_NOTHING = Scan()


def _chunks(wanted: Sequence[Wanted], jobs: int) -> list[list[Wanted]]:
    """Runs of neighbours, so that deltas are near their bases: about twelve a worker, and none too large."""
    most = min(_CHUNK_BYTES, max(1 << 20, sum(item.size for item in wanted) // (12 * max(1, jobs))))
    chunks: list[list[Wanted]] = []
    size = 0
    for item in wanted:
        if not chunks or size + item.size > most or len(chunks[-1]) >= _CHUNK_OBJECTS:
            chunks.append([])
            size = 0
        chunks[-1].append(item)
        size += item.size
    return chunks


class _Pool:
    """`jobs` worker processes that take chunks in order; one thread each waits for its answers."""

    def __init__(self, command: Sequence[str], jobs: int) -> None:
        self._hello = msgspec.msgpack.encode((tuple(command), fingerprint_key().secret, extra_rules()))
        self._jobs = jobs
        self._waiting: queue.SimpleQueue[list[Wanted] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[list[Wanted], _Answer] | None] = queue.SimpleQueue()
        self._children: list[Child] = []
        self._abandoned = False

    def run(
        self, chunks: Sequence[list[Wanted]], store: Callable[[Looked], None], progress: Callable[[int], None]
    ) -> None:
        size = min(self._jobs, len(chunks))
        for chunk in chunks:
            self._waiting.put(chunk)
        for _ in range(size):
            self._waiting.put(None)
        with tempfile.TemporaryDirectory(prefix="hardencheck-") as empty:
            self._children = [Child(__name__, empty, self._hello) for _ in range(size)]
            threads = [threading.Thread(target=self._serve, args=(child,), daemon=True) for child in self._children]
            for thread in threads:
                thread.start()
            try:
                ended = 0
                while ended < size:
                    answer = self._answers.get()
                    if answer is None:
                        ended += 1
                        continue
                    _settle(*answer, store)
                    progress(len(answer[0]))
            except BaseException:
                self._abandoned = True
                for child in self._children:
                    child.kill()
                raise
            finally:
                for thread in threads:
                    thread.join(10.0)
                for child in self._children:
                    child.stop()

    def _serve(self, child: Child) -> None:
        decoder = msgspec.msgpack.Decoder(_Answer)
        try:
            while not self._abandoned and (chunk := self._waiting.get()) is not None:
                self._do(child, chunk, decoder)
        finally:
            self._answers.put(None)

    def _do(self, child: Child, chunk: list[Wanted], decoder: "msgspec.msgpack.Decoder[_Answer]") -> None:
        seconds = _MINIMUM + sum(item.size for item in chunk) / (1 << 20)
        message = msgspec.msgpack.encode([(item.oid, item.path) for item in chunk])
        try:
            self._answers.put((chunk, decoder.decode(child.ask(message, seconds))))
        except (Died, msgspec.MsgspecError):
            if self._abandoned:
                return
            if len(chunk) == 1:
                self._answers.put((chunk, _Answer(trouble={0: CRASHED})))
                return
            middle = len(chunk) // 2
            self._do(child, chunk[:middle], decoder)
            self._do(child, chunk[middle:], decoder)


def cores() -> int:
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
