"""Collectors of a third party, good and bad, behind entry points that a test makes."""

import textwrap
from pathlib import Path

SOURCE = """
import os, time
from typing import ClassVar
from hardencheck.collect.contract import Extractor, Resolver, Unreadable
from hardencheck.model.facts import Fact, Side
from hardencheck.model.location import Location

class Word(Fact, tag="plugin.word", frozen=True, kw_only=True):
    side: ClassVar[Side] = Side.DECLARED
    text: str
    process: int

class Words(Extractor):
    name = "plugin.words"
    emits = (Word,)
    def wants(self, path, mode, size):
        return path.endswith(".words")
    def extract(self, path, mode, data):
        yield Word(location=Location(path=path), text=data.decode()[:20], process=os.getpid())

class Bad(Extractor):
    name = "plugin.bad"
    emits = (Word,)
    def wants(self, path, mode, size):
        return path.endswith(".words")
    def extract(self, path, mode, data):
        if data == b"raise":
            raise ValueError("hunter2-is-the-secret")
        if data == b"unreadable":
            raise Unreadable("not words", line=3)
        if data == b"loop":
            while True:
                pass
        if data == b"sleep":
            time.sleep(600)
        if data == b"exit":
            os._exit(3)
        if data == b"memory":
            bytearray(3 << 30)
        if data == b"deep":
            def f(): return f()
            f()
        return ()

class Sum(Resolver):
    name = "plugin.sum"
    emits = (Word,)
    def resolve(self, facts, tree):
        if any(fact.text == "resolver" for fact in facts.of("plugin.word")):
            raise ValueError("hunter2-is-the-secret")
        return ()

not_a_class = 1
"""


def install(root: Path) -> Path:
    """A directory to put on sys.path; its entry points are words, bad, sum, wrong and broken."""
    (root / "someplugin.py").write_text(textwrap.dedent(SOURCE))
    info = root / "someplugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: someplugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[hardencheck.collectors]\nwords = someplugin:Words\nbad = someplugin:Bad\nsum = someplugin:Sum\n"
        "wrong = someplugin:not_a_class\nbroken = someplugin:nothing\n"
    )
    return root
