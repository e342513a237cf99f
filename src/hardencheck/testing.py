"""Running the examples of a check through the real collectors: for our tests, and for authors of checks."""

import os
import random
import re
import string
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hardencheck.collect.exchange import Exchange
from hardencheck.collect.live.run import state
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import collect, joined
from hardencheck.collect.secrets.checksums import crc32_base62, gitlab_crc32
from hardencheck.collect.source.git import environment
from hardencheck.errors import CatalogueError, NothingExamined
from hardencheck.judge.settle import Policy, settle
from hardencheck.model.check import Check, Example
from hardencheck.model.checklist import Item
from hardencheck.model.facts import Side
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target


def run_example(check: Check, example: Example, policy: Policy, *, plugins: tuple[str, ...] = ()) -> Item:
    """The line a check comes to on one of its examples: files in a real repository, responses as exchanges.

    Raises CatalogueError for an example that gives neither.
    """
    if not (example.files or example.links or example.response or example.responses):
        raise CatalogueError(f"{check.id}: the example {example.name!r} gives neither files nor a response")
    facts = FactSet(looked=())
    looked: list[Side] = []
    if example.files or example.links:
        looked.append(Side.DECLARED)
        with tempfile.TemporaryDirectory() as directory:
            materialise(example, Path(directory))
            try:
                facts = collect(Target(repository=directory), Options(jobs=0, plugins=plugins)).facts
            except NothingExamined:
                facts = FactSet()
    responses = (*((example.response,) if example.response else ()), *example.responses)
    if responses:
        looked.append(Side.OBSERVED)
        facts = facts.plus(state(collectors(plugins).observers, tuple(exchange(table) for table in responses)))
    facts = msgspec.structs.replace(facts, looked=tuple(looked))
    if len(looked) > 1:
        facts = facts.plus(joined(collectors(plugins).joiners, facts))
    (item,) = settle((check,), facts, policy).items
    return item


def materialise(example: Example, root: Path) -> None:
    """Write the files of an example: into a git repository, or a plain directory when a mode is a real one."""
    live = any(len(mode) < 6 for mode in example.modes.values())
    for path, text in example.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if isinstance(text, str) else "".join(text), encoding="utf-8")
        file.chmod(0o644)
    for path, target in example.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    for path, mode in example.modes.items():
        (root / path).chmod(int(mode, 8) & 0o7777)
    if live:
        return
    _git(root, "init", "--quiet")
    tracked = [path for path in (*example.files, *example.links) if path not in example.untracked]
    if tracked:
        _git(root, "add", "--force", "--", *tracked)


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(  # noqa: S603
        ["git", "-C", os.fspath(root), "-c", "core.hooksPath=/dev/null", *arguments],  # noqa: S607
        env=environment(),
        check=True,
        capture_output=True,
    )


def exchange(table: Mapping[str, Any]) -> Exchange:
    """An exchange from the table of an example: url, method, status, headers, body, purpose, tls; all optional.

    A header or body given as a list is a repeated field, or a text joined (a fake secret, say).
    Raises msgspec.ValidationError for anything else.
    """
    fields = dict(table)
    for key in ("headers", "request_headers"):
        pairs: list[tuple[str, str]] = []
        for name, value in dict(fields.get(key, {})).items():
            pairs.extend((name, item) for item in (value if isinstance(value, list) else [value]))
        fields[key] = tuple(pairs)
    body = fields.pop("body", "")
    text = body if isinstance(body, str) else "".join(body)
    unknown = set(fields) - set(Exchange.__struct_fields__)
    if unknown:
        raise CatalogueError(f"an example response has no field {sorted(unknown)[0]!r}")
    made = msgspec.convert({"url": "https://service.example/", "status": 200, **fields}, Exchange)
    return msgspec.structs.replace(made, body=text.encode())


_ALPHABETS = {
    "digit": string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "alnum": string.ascii_letters + string.digits,
    "letter": string.ascii_letters,
    "b64": string.ascii_letters + string.digits + "+/",
    "b64url": string.ascii_letters + string.digits + "-_",
    "base32": string.ascii_uppercase + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
_HOLE = re.compile(r"<(|uuid|crc32-base62|gitlab-crc32|(" + "|".join(_ALPHABETS) + r"):(\d{1,4}))>")


def assembled(template: str, seed: str) -> str:
    """An example of a detection rule: each hole becomes random text, the same for the same seed.

    `<alnum:36>` is 36 letters and digits (the others are in `_ALPHABETS`), `<uuid>` a UUID, `<>` nothing (it only keeps
    two halves apart), `<crc32-base62>` and `<gitlab-crc32>` the checksum of what stands before it. So no file of ours
    ever holds a text in the format of a token.
    """
    chance = random.Random(seed)  # noqa: S311 - the same text every time is the point
    made = ""
    end = 0
    for hole in _HOLE.finditer(template):
        made += template[end : hole.start()]
        end = hole.end()
        if not hole[1]:
            continue
        if hole[1] == "uuid":
            made += str(uuid.UUID(int=chance.getrandbits(128), version=4))
        elif hole[1] == "crc32-base62":
            body = re.split(r"[^A-Za-z0-9]", made)[-1]
            made += crc32_base62(body.encode()).decode()
        elif hole[1] == "gitlab-crc32":
            body = re.split(r"[^A-Za-z0-9_.-]", made)[-1]
            made += gitlab_crc32(body.encode()).decode()
        else:
            made += _picked(chance, _ALPHABETS[hole[2]], int(hole[3]))
    return made + template[end:]


def _picked(chance: random.Random, alphabet: str, count: int) -> str:
    """With a digit in every six where the alphabet has digits: what looks like words may be taken for words; and
    without two of one kind in a row, which real tokens of this length may have, but a placeholder has more often."""
    digits = "".join(character for character in alphabet if character.isdigit())
    made = ""
    for at in range(count):
        options = digits if digits and at % 6 == 3 else alphabet
        made += chance.choice([character for character in options if character != made[-1:]])
    return made
