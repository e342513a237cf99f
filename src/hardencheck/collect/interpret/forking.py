"""Ways that are all gone from the same state, and what is left of that state when they are joined."""

import ast
from collections.abc import Callable, Sequence

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.run import Journal, Run
from hardencheck.collect.interpret.signals import LEFT, Broken, Continued, Returned, Unsure
from hardencheck.collect.interpret.values import (
    NOTHING,
    Changing,
    Depends,
    Joined,
    Map,
    Namespace,
    Seq,
    Unknown,
    Value,
    depending,
    join,
    now,
)
from hardencheck.collect.interpret.written import mark_written


def fork(run: Run, arms: Sequence[Callable[[], None]], why: Unknown, depends: Depends = NOTHING) -> None:
    """Each from the same state; then what they left is joined. An arm that raises is not what the service does."""
    run.forked()
    ends: list[Journal] = []
    before: Journal = {}
    own: list[tuple[int, int]] = []
    signals: list[Exception | None] = []
    for arm in arms:
        since = now()
        with run.deciding(depends):
            journal, after, signal = tried(run, arm)
        own.append((since, now()))
        for key, item in journal.items():
            before.setdefault(key, item)
        signals.append(signal)
        ends.append(after)
    if any(signals):
        run.left |= depends
        run.watched |= depends
    going = [number for number, signal in enumerate(signals) if not isinstance(signal, Raised)]
    if not going:
        raise signals[0] or Raised("Exception")
    if run.handled and len(going) < len(signals):
        run.may_raise = True
    ways = [signals[number] for number in going]
    merge(run, [ends[number] for number in going], before, why, [own[number] for number in going])
    if all(signal is None for signal in ways):
        return
    if all(isinstance(signal, Returned) for signal in ways):
        raise Returned(depending(join([signal.value for signal in ways if isinstance(signal, Returned)]), depends))
    if any(isinstance(signal, Broken | Continued | Unsure) for signal in ways):
        first = ways[0]
        if all(type(signal) is type(first) for signal in ways) and first is not None:
            raise first
        raise Unsure
    # Some return, some go on: what is returned in the end is one of these.
    for signal in ways:
        if isinstance(signal, Returned):
            run.perhaps_returned.append(depending(signal.value, depends))
            run.partly = True


def way(run: Run, body: Sequence[ast.stmt], frame: Frame) -> Callable[[], None]:
    return lambda: run.block(body, frame)


def tried(run: Run, arm: Callable[[], None]) -> tuple[Journal, Journal, Exception | None]:
    """(what was touched with its state before, the same with its state after, how it was left); all is put back."""
    run.journals.append({})
    signal: Exception | None = None
    try:
        arm()
    except LEFT as left:
        signal = left
    except BaseException:
        for thing, state in run.journals[-1].values():
            thing.load(state)
        raise
    finally:
        journal = run.journals.pop()
    after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
    for thing, state in journal.values():
        thing.load(state)
    return journal, after, signal


def instead(run: Run, arm: Callable[[], None], depends: Depends, nodes: Sequence[ast.AST], frame: Frame) -> None:
    """What another environment would run here: it is not run, but what it would change depends on these."""
    kept = (run.perhaps_returned, run.left, run.may_raise)
    partly = run.partly
    run.perhaps_returned = []
    run.forked()
    try:
        with run.deciding(depends):
            journal, after, signal = tried(run, arm)
    except (OutOfBudget, RecursionError):
        run.perhaps_returned, run.left, run.may_raise = kept
        run.partly = partly
        mark_written(run, nodes, frame, depends)
        run.left |= depends
        return
    split, run.partly = run.partly, partly
    for value in (*run.perhaps_returned, *([signal.value] if isinstance(signal, Returned) else [])):
        depending(value, depends)  # a list: it may be that one that is changed
    run.perhaps_returned, run.left, run.may_raise = kept
    for key, (thing, before) in journal.items():
        run.touch(thing)
        thing.mark(before, after[key][1], depends)
    if signal is not None or split:
        run.left |= depends
        run.watched |= depends


def merge(run: Run, ends: list[Journal], before: Journal, why: Unknown, own: Sequence[tuple[int, int]] = ()) -> None:
    """own: from when to when each arm made things. What it made for itself is as it left it."""
    rest: list[tuple[int, Changing, object]] = []
    for key, (thing, old) in before.items():
        within = next((number for number, (since, until) in enumerate(own) if since < thing.born < until), None)
        if within is not None and not any(since <= thing.born <= until for since, until in run.lasting):
            if all((key in end) is (number == within) for number, end in enumerate(ends)):
                run.touch(thing)
                thing.load(ends[within][key][1])
                continue
        rest.append((key, thing, old))
    # Names last: what they hold is compared.
    for key, thing, old in sorted(rest, key=lambda item: isinstance(item[1], Namespace)):
        states = [end[key][1] if key in end else old for end in ends]
        run.touch(thing)
        if len(states) == 1:
            thing.load(states[0])
        else:
            thing.merge(states, why)
        if isinstance(thing, Namespace) and own:
            _apart(run, thing, states, own)


def _apart(run: Run, names: Namespace, states: Sequence[object], own: Sequence[tuple[int, int]]) -> None:
    """Names that got in every arm something that was made in it."""
    for name, binding in names.names.items():
        if not isinstance(binding.value, Joined):
            continue
        given = [Namespace.bound_in(state, name) for state in states]
        if any(one is not None and one.value is binding.value for one in given):
            continue
        binding.value.apart = all(
            one is not None and made_within(run, one.value, *times) for one, times in zip(given, own, strict=True)
        )


def made_within(run: Run, value: Value, since: int, until: int) -> bool:
    if isinstance(value, Joined):
        return value.apart and all(made_within(run, option, since, until) for option in value.options)
    return (
        isinstance(value, Seq | Map)
        and since < value.born < until
        and not any(first <= value.born <= last for first, last in run.lasting)
    )


def on_each(run: Run, held: Joined, change: Callable[[Value], Value | None], why: Unknown) -> list[Value | None]:
    """A change of what is one of several: of each, or of one of them."""
    made: list[Value | None] = []
    for option in held.options:
        before: object = None
        if isinstance(option, Seq | Map) and not held.apart:
            run.touch(option)
            before = option.save()
        made.append(change(option))
        if isinstance(option, Seq | Map) and not held.apart:
            option.merge([option.save(), before], why)
    return made
