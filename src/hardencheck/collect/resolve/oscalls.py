"""What the modes in code come to under the umask of the code."""

from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.model.facts.oscalls import CodeMode, ModeCall, Umask
from hardencheck.model.gap import FactSet

USUAL_UMASK = 0o022  # of every current distribution, and of systemd (systemd.exec(5), UMask=)


class CodeModes(Resolver):
    """A mode given to mkdir or open counts with the bits that the umask leaves; one given to chmod in full."""

    name = "python.modes"
    version = 2
    emits = (CodeMode,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        umask = USUAL_UMASK
        for fact in facts.facts:
            if isinstance(fact, Umask) and fact.role == "production" and fact.others_write and not fact.restored:
                if fact.function == "os.umask" or fact.function.endswith("DaemonContext"):
                    umask &= fact.mask
        for fact in facts.facts:
            if isinstance(fact, ModeCall):
                taken = (umask if fact.own_umask is None else fact.own_umask) if fact.masked else 0
                effective = fact.bits & ~taken
                yield CodeMode(
                    location=fact.location,
                    function=fact.function,
                    mode=fact.bits,
                    effective=effective,
                    others_write=bool(effective & 0o002) and not effective & 0o1000 and not fact.decimal,
                    set_id=bool(effective & (0o4000 if fact.directory else 0o6000)) and not fact.decimal,
                    masked=fact.masked,
                    decimal=fact.decimal,
                    role=fact.role,
                )
        for gap in self.passed_on(facts, ModeCall, CodeMode):
            # Whatever is asked for, others cannot write under a umask that says so.
            if gap.about.get("masked") is not True or not umask & 0o002:
                yield gap
