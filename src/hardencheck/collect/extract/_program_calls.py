"""Which command lines a call of Python starts, as words; `?` stands for what is not known of them."""

import ast
from collections.abc import Iterator

from hardencheck.collect.extract._constants import UNKNOWN, Constants
from hardencheck.collect.extract._python import argument
from hardencheck.collect.extract._shell import commands

# Take one text for a shell, or a list of words.
_RUN = frozenset({
    "os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "subprocess.Popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
    "anyio.run_process", "anyio.open_process", "trio.run_process", "commands.getoutput", "pexpect.run", "pexpect.spawn",
    "fabric.api.run", "fabric.api.sudo", "fabric.api.local", "invoke.run", "invoke.sudo",
})  # fmt: skip
# Take the words one by one, from this position on.
_SPREAD = {
    "asyncio.create_subprocess_exec": 0, "os.execl": 1, "os.execlp": 1, "os.execle": 1, "os.execlpe": 1,
    "os.spawnl": 2, "os.spawnlp": 2, "os.spawnle": 2, "os.spawnlpe": 2,
}  # fmt: skip
# Take the words as a list at this position.
_LISTED = {
    "os.execv": 1, "os.execvp": 1, "os.execve": 1, "os.execvpe": 1, "os.spawnv": 2, "os.spawnvp": 2, "os.spawnve": 2,
    "os.posix_spawn": 1, "os.posix_spawnp": 1,
}  # fmt: skip
# Methods of connections to other machines (fabric, invoke, paramiko) and of contexts that run a text as a command.
_METHODS = frozenset({"run", "sudo", "exec_command", "local"})


def runs_programs(function: str) -> bool:
    return function in _RUN or function in _SPREAD or function in _LISTED or function.startswith("sh.")


def command_lines(call: ast.Call, function: str, scope: ast.AST, constants: Constants) -> Iterator[list[str]]:
    if function in _SPREAD:
        yield _texts(call.args[_SPREAD[function] :], scope, constants)
    elif function in _LISTED:
        if len(call.args) > _LISTED[function]:
            yield from _line(call.args[_LISTED[function]], scope, constants)
    elif function.startswith("sh.") and function.count(".") == 1:
        yield [function[3:], *_texts(call.args, scope, constants)]
    elif function in _RUN or (isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS):
        node = argument(call, 0, "args") or argument(call, 0, "command") or argument(call, 0, "cmd")
        if node is not None:
            yield from _line(node, scope, constants)


def _texts(nodes: list[ast.expr], scope: ast.AST, constants: Constants) -> list[str]:
    return constants.words(ast.List(elts=nodes, ctx=ast.Load()), scope) or []


def _line(node: ast.expr, scope: ast.AST, constants: Constants) -> Iterator[list[str]]:
    words = constants.words(node, scope)
    if words is not None:
        yield words
        return
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="split"), args=[]):  # "chmod 777 x".split()
            node = value
        case ast.Call(func=function, args=[value, *_]) if constants.file.name(function) == "shlex.split":
            node = value
    text = constants.text(node, scope)
    if text is not None and text != UNKNOWN:
        yield from commands(text)
