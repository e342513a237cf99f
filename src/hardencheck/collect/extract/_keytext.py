"""Whether a file is nothing but keys: two collectors read keys, and one line of the checklist reports each."""


def is_key_file(text: str, start: int) -> bool:
    """Whether the key whose header begins at `start` stands in a file of keys, not inside other text.

    Nothing but dashes stands before the header in its line, and what comes first in the file is a header, a comment
    or OpenSSL's "Bag Attributes".
    """
    line_start = text.rfind("\n", 0, start) + 1
    first = next((line for line in text[:line_start].split("\n") if line.strip()), "")
    return not text[line_start:start].strip(" \t-") and (
        not first or first.startswith(("-----BEGIN", "----", "#", "Bag Attributes", "PuTTY"))
    )
