"""Worker processes: each an isolated `python -I` in an empty directory, with a deadline that kills.

detect-secrets and bandit keep process-wide state, so a process is also the unit of safety (never threads).
Messages are length-prefixed msgpack on the worker's standard input and output.
"""

import os
import queue
import select
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import IO, NamedTuple, Self

import msgspec

from hardencheck.collect.contract import Found
from hardencheck.collect.extraction import SECONDS_PER_FILE, Decoding, encode, extract_file
from hardencheck.collect.fingerprint_key import adopt, fingerprint_key
from hardencheck.collect.registry import collectors
from hardencheck.collect.secrets.ruleset import extra_rules, use_rules
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

_LENGTH = struct.Struct(">Q")
_START = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
GRACE = 10.0
# A file of 16 MiB can hold more Python than any machine has memory for (500 bytes for each "1," of a list).
MAX_MEMORY = 2 << 30


class Job(NamedTuple):
    """One file for some extractors (by name); `done` gets the encoded facts in the parent."""

    path: str
    mode: int
    data: bytes
    extractors: tuple[str, ...]
    done: Callable[[bytes], None]


class Died(Exception):
    pass


def main() -> None:
    """The worker's side: serve until standard input ends."""
    with serving() as (receive, send):
        plugins, seconds, key, rules = msgspec.msgpack.decode(
            receive(), type=tuple[tuple[str, ...], float, bytes, tuple[str, ...]]
        )
        adopt(key)
        use_rules(rules)
        known = {extractor.name: extractor for extractor in collectors(plugins).extractors}
        while True:
            path, mode, data, names = msgspec.msgpack.decode(receive(), type=tuple[str, int, bytes, tuple[str, ...]])
            found = extract_file([known[name] for name in names], path, mode, data, seconds=seconds)
            send(encode(found))


@contextmanager
def serving() -> Iterator[tuple[Callable[[], bytes], Callable[[bytes], None]]]:
    """(receive, send) of a worker process, until the parent ends; the body needs no end of its own."""
    _bound_memory()
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up between two messages
    with suppress(Died):
        yield lambda: _receive(source), lambda payload: _send(sink, payload)


def _bound_memory() -> None:
    """Let what needs more than MAX_MEMORY fail with MemoryError, which is a Gap, instead of driving others out."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MAX_MEMORY if most == resource.RLIM_INFINITY else min(MAX_MEMORY, most)
    with suppress(ValueError, OSError):  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _send(stream: IO[bytes], payload: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(payload)) + payload)
    while rest:  # an unbuffered pipe may take a part
        rest = rest[stream.write(rest) :]
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise Died
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise Died
    return data


# glibc: memory of large objects is kept for the next one, not given back and asked for again (mallopt(3)).
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}


class Child:
    """The parent's side of one process, started when it is first asked and again after it died or hung.

    module: whose `main` it runs. hello: its first message. seconds: how long an answer may take.
    """

    def __init__(self, module: str, empty: str, hello: bytes) -> None:
        self._module, self._empty, self._hello = module, empty, hello
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self) -> subprocess.Popen[bytes]:
        path = [item for item in sys.path if os.path.isabs(item)]
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-c", _START.format(path=path, module=self._module)],
            cwd=self._empty,
            env={**os.environ, **_ALLOCATOR},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )

    def ask(self, message: bytes, seconds: float) -> bytes:
        """The answer. Raises Died when the process ended or did not answer in time."""
        fresh = self._process is None
        process = self._process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise Died
        try:
            if fresh:
                # One that cannot even start has closed its end already.
                _send(process.stdin, self._hello)
            _send(process.stdin, message)
            return self._answer(process.stdout.fileno(), seconds)
        except (OSError, Died):
            self.stop()
            raise Died from None

    def _answer(self, descriptor: int, seconds: float) -> bytes:
        wanted, got = _LENGTH.size, bytearray()
        length: int | None = None
        while len(got) < wanted:
            if os.name == "posix" and not select.select([descriptor], [], [], seconds)[0]:
                raise Died
            piece = os.read(descriptor, min(1 << 20, wanted - len(got)))
            if not piece:
                raise Died
            got += piece
            if length is None and len(got) == wanted:
                (length,) = _LENGTH.unpack(got)
                wanted, got = length, bytearray()
        return bytes(got)

    def kill(self) -> None:
        """End the process from another thread; the one that waits for its answer sees that it died."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.wait()
            self._process = None


class Worker(Child):
    """One that extracts facts of files."""

    def __init__(self, plugins: tuple[str, ...], empty: str, seconds: float) -> None:
        hello = msgspec.msgpack.encode((plugins, seconds, fingerprint_key().secret, extra_rules()))
        super().__init__(__name__, empty, hello)
        self._seconds = seconds

    def do(self, job: Job) -> bytes:
        """The encoded facts. Raises Died when the process ended or did not answer in time."""
        message = msgspec.msgpack.encode((job.path, job.mode, job.data, job.extractors))
        return self.ask(message, len(job.extractors) * self._seconds + GRACE)


class Pool:
    """`size` workers behind a bounded queue. Use as a context manager; leaving it waits for every job."""

    def __init__(self, size: int, plugins: tuple[str, ...] = (), *, seconds: float = SECONDS_PER_FILE) -> None:
        self._known = {extractor.name: extractor for extractor in collectors(plugins).extractors}
        self._decode = Decoding()
        self._directory = tempfile.TemporaryDirectory(prefix="hardencheck-")
        self._abandoned = False
        self._jobs: queue.Queue[Job | None] = queue.Queue(maxsize=size * 4)
        self._workers = [Worker(plugins, self._directory.name, seconds) for _ in range(size)]
        self._threads = [threading.Thread(target=self._serve, args=(worker,), daemon=True) for worker in self._workers]

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def _serve(self, worker: Worker) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                payload = worker.do(job)
            except Died:
                if self._abandoned:
                    return
                payload = self._one_by_one(worker, job)
            job.done(payload)

    def _one_by_one(self, worker: Worker, job: Job) -> bytes:
        """After a death: each extractor alone, so that only the one at fault has a Gap."""
        found: list[Found] = []
        for name in job.extractors:
            try:
                found.extend(self._decode(worker.do(job._replace(extractors=(name,)))))
            except Died:
                if self._abandoned:
                    break
                detail = f"the process that ran {name} ended or did not answer in time"
                found.append(self._known[name].gap(Reason.CRASHED, detail, Location(path=job.path)))
        return encode(found)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for _ in self._threads:
                    self._jobs.put(None)
                for thread in self._threads:
                    thread.join()
            else:
                self._abandon()
        except BaseException:  # a signal, while the last answers are awaited
            self._abandon()
            raise
        finally:
            for worker in self._workers:
                worker.stop()
            self._directory.cleanup()

    def _abandon(self) -> None:
        """Nobody wants the answers any more (a signal): no new job is begun, no process started again."""
        self._abandoned = True
        with suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for worker in self._workers:
            worker.kill()
        for thread in self._threads:
            thread.join(GRACE)
