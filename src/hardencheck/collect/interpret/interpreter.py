"""An abstract interpreter over `ast`: in order, last writer wins, nothing of the target is executed.

Sound before complete: what is known is surely so. A condition that is not known is followed both ways and the ends are
joined; what cannot be followed taints all that it may have written.
"""

from hardencheck.collect.interpret import (
    assigning,
    attributes,
    calls,
    expressions,
    functions,
    imports,
    iterating,
    modules,
    statements,
)
from hardencheck.collect.interpret.run import Run


class Interpreter(Run):
    """A run, with those who answer what its parts ask of each other."""

    module = modules.module
    program = modules.program
    imported = imports.imported
    block = statements.block
    value = expressions.value
    items = iterating.items
    listed = iterating.listed
    attribute = attributes.attribute
    set_attribute = assigning.set_attribute
    set_item = assigning.set_item
    call = calls.call
    call_method = calls.call_method
    call_function = functions.call_function
