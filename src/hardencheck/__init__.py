"""hardencheck: the checklist every Python service is audited with.

The command is the interface; ``hardencheck.audit.audit`` is the same thing for programs.
"""

__version__ = "0.1.0"
