"""The mode that an expression of Python comes to: octal numbers, `stat` constants, names that hold them."""

import ast
import re
import stat

from hardencheck.collect.extract._constants import Constants
from hardencheck.collect.extract._python import NotLiteral, shorten
from hardencheck.lazily import compiled

# A mode in which group and others have no more than the class before them: how people write them.
_MODE_DIGITS = compiled(r"[0-7]?(?:7[0-7][0-7]|6[0246][0246]|5[0145][0145]|4[04][04])")
_UMASK_DIGITS = compiled(r"0?(?:22|27|26|37|77|222|227|277|777|177|137|117)")


class ModeValues:
    def __init__(self, constants: Constants) -> None:
        self.constants, self.file = constants, constants.file

    def bits(self, node: ast.expr, scope: ast.AST, depth: int = 0) -> int:
        """The mode bits an expression sets for certain. What a file has already (`st_mode`) counts as nothing.

        Raises NotLiteral when a bit of it is not known.
        """
        if depth > 30:
            raise NotLiteral("nested too deeply")
        node, scope = self.constants.value(node, scope)
        match node:
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return value
            case ast.Name() | ast.Attribute():
                name = self.file.name(node)
                constant = name.rpartition(".")[2]
                known = getattr(stat, constant, None) if constant.startswith(("S_I", "S_E")) else None
                if isinstance(known, int):
                    return known
                if isinstance(node, ast.Attribute) and node.attr == "st_mode":
                    return 0
            case ast.BinOp(left=left, op=ast.BitOr() | ast.Add() | ast.BitXor(), right=right):
                return self.bits(left, scope, depth + 1) | self.bits(right, scope, depth + 1)
            case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
                return self._both(left, right, scope, depth)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return ~self.bits(operand, scope, depth + 1)
            case ast.IfExp(body=body, orelse=other):
                return self.bits(body, scope, depth + 1) | self.bits(other, scope, depth + 1)
            case ast.Call(func=function, args=[only]) if self.file.name(function).endswith("S_IMODE"):
                return self.bits(only, scope, depth + 1)
            case (
                ast.Call(func=ast.Name(id="int"), args=[text, ast.Constant(value=8)], keywords=[])
                | ast.Call(
                    func=ast.Name(id="int"),
                    args=[text],
                    keywords=[ast.keyword(arg="base", value=ast.Constant(value=8))],
                )
            ):
                written = self.constants.text(text, scope)
                if written is not None and re.fullmatch(r"(?:0o)?[0-7]{1,6}", written):
                    return int(written, 8)
        raise NotLiteral(shorten(node))

    def _both(self, left: ast.expr, right: ast.expr, scope: ast.AST, depth: int) -> int:
        """`a & b`: of an unknown side at most the bits of the other one, which is enough when those are harmless."""
        known: list[int] = []
        for side in (left, right):
            try:
                known.append(self.bits(side, scope, depth + 1))
            except NotLiteral:
                continue
        if len(known) == 2:
            return known[0] & known[1]
        if len(known) == 1 and known[0] >= 0 and not known[0] & 0o6002:
            return known[0]
        raise NotLiteral(shorten(left))

    def is_decimal_mode(self, node: ast.expr, scope: ast.AST) -> bool:
        """Whether a number lacks its 0o: 777 is 0o1411. 420 and 511 are what 0o644 and 0o777 are in decimal."""
        return self._is_decimal(node, scope, _MODE_DIGITS)

    def is_decimal_umask(self, node: ast.expr, scope: ast.AST) -> bool:
        return self._is_decimal(node, scope, _UMASK_DIGITS)

    def _is_decimal(self, node: ast.expr, scope: ast.AST, digits: re.Pattern[str]) -> bool:
        node = self.constants.value(node, scope).node
        if not (isinstance(node, ast.Constant) and type(node.value) is int and 0 < node.value < 10_000):
            return False
        if digits.fullmatch(str(node.value)) is None:
            return False
        return self.file.written(node) == str(node.value) and node.value != 511
