"""Operators: `a + b`, `not a`, `a == b`, `a in b`."""

import ast
import operator
from collections.abc import Callable
from pathlib import PurePosixPath

from hardencheck.collect.interpret import environment, sizes
from hardencheck.collect.interpret.frames import MAX_ITEMS, MAX_PATH, MAX_SIZE, Frame, OutOfBudget
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.run import Run, spelling
from hardencheck.collect.interpret.sizes import unprintable
from hardencheck.collect.interpret.values import (
    NOTHING,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    lifted,
    plain,
    same,
    truth,
)

NO_WHY = Unknown()
_OPERATORS: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
_SIGNS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.BitOr: "|"}
_UNARY: dict[type[ast.unaryop], Callable[..., object]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_COMPARE: dict[type[ast.cmpop], Callable[..., object]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


def binary(run: Run, op: ast.operator, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    if isinstance(left, Joined) or isinstance(right, Joined):
        lefts = left.options if isinstance(left, Joined) else (left,)
        rights = right.options if isinstance(right, Joined) else (right,)
        if len(lefts) * len(rights) <= 16:
            return depending(
                join([binary(run, op, one, two, node, frame) for one in lefts for two in rights]),
                left.depends | right.depends,
            )
    for one_side in (left, right):
        if isinstance(one_side, Object):
            sign = _SIGNS.get(type(op), "")
            call = Call(run, sign, [left, right], {}, node, frame, one_side)
            answer = modelled("OPERATORS", one_side.kind, call)
            if answer is not None:
                return answer
    depends = depends_of(left) | depends_of(right)
    if (
        isinstance(op, ast.Add)
        and isinstance(left, Seq)
        and isinstance(right, Seq)
        and left.kind == right.kind != "set"
    ):
        if len(left.items) + len(right.items) > MAX_ITEMS:
            raise OutOfBudget
        return Seq(
            left.kind, [*left.items, *right.items], [*left.extra, *right.extra], left.exact and right.exact,
            left.open or right.open, depends=left.depends | right.depends,
        )  # fmt: skip
    if isinstance(op, ast.Add) and {type(left), type(right)} == {Seq, Unknown}:
        known = left if isinstance(left, Seq) else right
        if isinstance(known, Seq) and known.kind != "set":
            run.may_raise = True
            return Seq(known.kind, list(known.items), list(known.extra), False, True, depends=depends)
    if isinstance(op, ast.BitOr) and isinstance(left, Map) and isinstance(right, Map):
        made = left.copied()
        made.lay(right, run.unknown(node, frame) if not right.exact else NO_WHY)
        return made
    if isinstance(op, ast.Mult):
        for many, count in ((left, right), (right, left)):
            if isinstance(many, Seq) and many.exact and many.kind != "set" and isinstance(count, Const):
                if isinstance(count.value, int) and len(many.items) * max(count.value, 0) <= MAX_ITEMS:
                    # The items themselves, over and over.
                    return Seq(many.kind, many.items * count.value, depends=left.depends | right.depends)
    function = _OPERATORS.get(type(op))
    try:
        one, two = plain(left), plain(right)
        if isinstance(op, ast.Mod) and isinstance(one, str | bytes):
            marks = one.count("%" if isinstance(one, str) else b"%")  # type: ignore[arg-type]
            if unprintable(right) or marks * sizes.written([right], MAX_SIZE) > 10 * MAX_SIZE:
                return run.unknown(node, frame, depends=depends)
        if function is None or not _small(op, one, two):
            return run.unknown(node, frame, depends=depends)
        return lifted(function(one, two), depends)
    except NotKnown as error:
        return run.stopped(error.value, node, frame, depends)
    except Exception:
        return run.unknown(node, frame, depends=depends)


def unary(run: Run, op: ast.unaryop, operand: Value, node: ast.AST, frame: Frame) -> Value:
    depends = depends_of(operand)
    if isinstance(op, ast.Not):
        known = truth(operand)
        if known is None:
            why = operand if isinstance(operand, Unknown) else Unknown("branch", spelling(node))
            return run.stopped(why, node, frame, depends)
        return Const(not known, depends=depends)
    try:
        return lifted(_UNARY[type(op)](plain(operand)), depends)
    except NotKnown as error:
        return run.stopped(error.value, node, frame, depends)
    except Exception:
        return run.unknown(node, frame, depends=depends)


def compare(run: Run, node: ast.Compare, frame: Frame) -> Value:
    left = run.value(node.left, frame)
    result: Value = Const(True)
    depends = NOTHING
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = run.value(right_node, frame)
        depends |= depends_of(left) | depends_of(right)
        result = _compared(run, op, left, right, node, frame)
        known = truth(result)
        if known is False:
            return depending(result, depends)
        if known is None:
            return depending(result, depends)
        left = right
    return depending(result, depends)


def _compared(run: Run, op: ast.cmpop, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    if isinstance(left, Joined) or isinstance(right, Joined):
        lefts = left.options if isinstance(left, Joined) else (left,)
        rights = right.options if isinstance(right, Joined) else (right,)
        if len(lefts) * len(rights) <= 16:
            return join([_compared(run, op, one, two, node, frame) for one in lefts for two in rights])
    if isinstance(op, ast.In | ast.NotIn):
        if isinstance(right, Object):
            answer = modelled("CONTAINS", right.kind, Call(run, "in", [left], {}, node, frame, right))
            if isinstance(answer, Const):
                return Const(bool(answer.value) is isinstance(op, ast.In), depends=answer.depends)
        known = _contains(run, right, left)
        depends = environment.asked(run, right, left) if isinstance(right, Object) else NOTHING
        if known is None:
            return run.unknown(node, frame, "branch", depends=depends)
        return Const(known is isinstance(op, ast.In), depends=depends)
    if isinstance(op, ast.Is | ast.IsNot):
        if (
            isinstance(left, Const)
            and isinstance(right, Const)
            and (
                left.value is None
                or right.value is None
                or isinstance(left.value, bool)
                or isinstance(right.value, bool)
            )
        ):
            return Const((left.value is right.value) is isinstance(op, ast.Is))
        none = isinstance(right, Const) and right.value is None
        if none and isinstance(left, Seq | Map | Module | Function | Class | Instance):
            return Const(isinstance(op, ast.IsNot))
        return run.unknown(node, frame, "branch")
    for one, two in ((left, right), (right, left)):
        if isinstance(op, ast.Eq | ast.NotEq) and isinstance(one, Object) and one.kind == "argument":
            if environment.contains(run, one, two) is False:
                return Const(isinstance(op, ast.NotEq))
    for one in (left, right):
        if isinstance(one, Object):
            answer = modelled("COMPARE", one.kind, Call(run, type(op).__name__, [left, right], {}, node, frame, one))
            if answer is not None:
                return answer
    if isinstance(left, Map) and isinstance(right, Map) and left.items.keys() == right.items.keys():
        if list(left.items) != list(right.items):
            return run.unknown(node, frame)  # equal as tables, and not as two OrderedDict
    try:
        return Const(bool(_COMPARE[type(op)](plain(left), plain(right))))
    except NotKnown as error:
        return run.stopped(error.value, node, frame)
    except Exception:
        return run.unknown(node, frame)


def _contains(run: Run, container: Value, item: Value) -> bool | None:
    container = run.listed(container)
    if isinstance(container, Object):
        return environment.contains(run, container, item)
    if isinstance(container, Map):
        try:
            key = plain(item)
            if key in container.items:
                return None if key in container.maybe else True
        except (NotKnown, TypeError):
            return None
        return False if container.exact else None
    if isinstance(container, Seq):
        if any(same(item, known) for known in container.items):
            return True
        if not container.exact:
            return None
        try:
            wanted = plain(item)
            return any(plain(known) == wanted for known in container.items)
        except NotKnown:
            return None
    try:
        return operator.contains(plain(container), plain(item))  # type: ignore[arg-type]
    except (NotKnown, TypeError):
        return None


def _small(op: ast.operator, one: object, two: object) -> bool:
    """Whether the result is small enough to be computed at all."""
    if isinstance(op, ast.Pow):
        return isinstance(one, int | float) and isinstance(two, int | float) and abs(two) <= 200 and abs(one) <= 1 << 64
    if isinstance(op, ast.Div) and any(isinstance(item, PurePosixPath) for item in (one, two)):
        return len(str(one)) + len(str(two)) <= MAX_PATH
    if isinstance(op, ast.LShift):
        return isinstance(two, int) and 0 <= two <= 256
    if isinstance(op, ast.Mult):
        for text, count in ((one, two), (two, one)):
            if isinstance(text, str | bytes | list | tuple):
                most = MAX_SIZE if isinstance(text, str | bytes) else MAX_ITEMS
                return isinstance(count, int) and len(text) * max(count, 0) <= most
        return all(not isinstance(item, int) or item.bit_length() < 4_000 for item in (one, two))
    if isinstance(op, ast.Mod) and isinstance(one, str | bytes):
        return (
            len(one) < MAX_SIZE
            and "*" not in str(one)
            and not any(part.isdigit() and int(part) > 500 for part in _numbers(str(one)))
        )
    if isinstance(op, ast.Add) and isinstance(one, str | bytes) and isinstance(two, str | bytes):
        return len(one) + len(two) <= MAX_SIZE
    return True


def _numbers(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()
