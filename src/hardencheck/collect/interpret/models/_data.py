"""Documents as plain data: YAML without any object of a tag, and bounds on what any document may hold."""

from datetime import date, datetime, time

from hardencheck.collect.interpret.values import NotKnown, Unknown

MAX_NODES = 20_000
MAX_DEPTH = 40
MAX_YAML = 300_000


def checked(value: object) -> object:
    """The same, if it is small. Raises NotKnown."""
    left = MAX_NODES

    def walk(item: object, depth: int) -> None:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_DEPTH:
            raise NotKnown(Unknown("budget", "a large document"))
        if isinstance(item, dict):
            for key, inner in item.items():
                if not isinstance(key, str | int | float | bool | None):
                    raise NotKnown(Unknown("call", "a key that is no text"))
                walk(inner, depth + 1)
        elif isinstance(item, list | tuple):
            for inner in item:
                walk(inner, depth + 1)
        elif isinstance(item, date | datetime | time):
            raise NotKnown(Unknown("call", "a date"))

    walk(value, 0)
    return value


def yaml(data: object) -> object:
    """One document. Aliases and tags of Python are not followed: the first make bombs, the others objects."""
    if not isinstance(data, str | bytes):
        raise NotKnown(Unknown("call", "no document"))
    import yaml as pyyaml  # here, since it takes long to load

    kind = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)
    depth = 0
    count = 0
    try:
        for event in pyyaml.parse(data, Loader=kind):
            count += 1
            if isinstance(event, pyyaml.AliasEvent):
                raise NotKnown(Unknown("budget", "an alias"))
            if isinstance(event, pyyaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, pyyaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH or count > 2 * MAX_NODES:
                raise NotKnown(Unknown("budget", "a large document"))
        found: object = kind(data).get_single_data()
    except (pyyaml.YAMLError, ValueError, UnicodeError):
        raise NotKnown(Unknown("call", "a document that cannot be read")) from None
    return checked(found)
