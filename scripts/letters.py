"""Prints the table of `hardencheck.collect.secrets.letters`: which letter follows which in the names and comments of
Python's standard library.

    python scripts/letters.py
"""

import math
import re
import string
import sysconfig
from collections import Counter
from pathlib import Path

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
STEP = 4  # of one bit


def main() -> None:
    words: Counter[str] = Counter()
    for file in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" not in file.parts:
            words.update(word.lower() for word in WORD.findall(file.read_text("utf-8", "ignore")) if len(word) >= 3)
    pairs: Counter[str] = Counter()
    for word, count in words.items():
        if count >= 3:
            for pair in zip("^" + word, word, strict=False):
                pairs["".join(pair)] += round(10 * math.log2(1 + count))
    for before in "^" + string.ascii_lowercase:
        total = sum(pairs[before + letter] for letter in string.ascii_lowercase) + 26 * 5
        bits = [math.log2((pairs[before + letter] + 5) / total * 26) for letter in string.ascii_lowercase]
        row = "".join(chr(ord("Z") + max(-25, min(35, round(bit * STEP)))) for bit in bits)
        print(f'    "{before}": r"{row}",')


if __name__ == "__main__":
    main()
