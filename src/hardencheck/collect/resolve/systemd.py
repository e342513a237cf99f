"""What units come to with their drop-ins. Source: systemd.exec(5), systemd.unit(5), systemd.socket(5)."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._unit import Judged, Unit, judged, mode_of
from hardencheck.model.facts.orchestration import ServerUser, SocketMode, UnitDirective, UnitFile, UnitSetting
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


def _folder(file: UnitFile) -> str:
    """Where a unit is; of a drop-in, where its unit would be."""
    folder = posixpath.dirname(file.location.path or "")
    return posixpath.dirname(folder) if file.drop_in else folder


class SystemdSettings(Resolver):
    name = "systemd.settings"
    after = ("servers.sockets",)
    emits = (UnitSetting, SocketMode)
    reads = (UnitFile, UnitDirective, ServerUser)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        files = sorted(
            (fact for fact in facts.facts if isinstance(fact, UnitFile)), key=lambda fact: str(fact.location.path)
        )
        drop: set[object] = {fact.server for fact in facts.facts if isinstance(fact, ServerUser) and not fact.root}
        drop |= {gap.about.get("server") for gap in facts.gaps if ServerUser.kind() in gap.kinds}
        lines: dict[str | None, list[UnitDirective]] = defaultdict(list)
        for fact in facts.facts:
            if isinstance(fact, UnitDirective):
                lines[fact.location.path].append(fact)
        for of_file in lines.values():
            of_file.sort(key=lambda fact: fact.location.line or 0)
        by_name: dict[str, list[UnitFile]] = defaultdict(list)
        for file in files:
            by_name[file.unit].append(file)
        for named in by_name.values():
            yield from self._unit(named, lines, drop)
        yield from self.passed_on(facts, UnitSetting, SocketMode)

    def _unit(
        self, named: Sequence[UnitFile], lines: dict[str | None, list[UnitDirective]], drop: set[object]
    ) -> Iterator[Found]:
        """Each file that is a whole unit, with the drop-ins of its name; where there is none, what these say.

        drop: servers whose configuration names a user."""
        drops = sorted(
            (file for file in named if file.drop_in), key=lambda file: str(file.location.path).rpartition("/")[2]
        )
        whole = [file for file in named if not file.drop_in]
        homes = {_folder(file) for file in whole}
        for file in whole or drops:
            # Of several units of one name each has the drop-ins beside it.
            over = [
                one
                for one in drops
                if one.role == file.role and (_folder(one) == _folder(file) or _folder(one) not in homes)
            ]
            over = over if whole else [file]
            layers = [file, *over] if whole else over
            unit = Unit(file, layers, [line for layer in layers for line in lines[layer.location.path]])
            if unit.program in drop:
                unit.changes = unit.changes or f"{unit.program}'s configuration"
            if file.unit.endswith(".socket"):
                yield from self._socket(unit)
            elif (unit.program and not unit.foreign) or not whole:
                yield from self._service(unit, partial=not whole)

    def _service(self, unit: Unit, *, partial: bool) -> Iterator[Found]:
        for found in judged(unit):
            if partial and found.line == unit.header:
                continue  # what a drop-in does not say, its unit may
            if found.weak is None:
                yield self._gap(unit, found)
            else:
                yield UnitSetting(
                    location=Location(path=found.path, line=found.line),
                    unit=unit.name,
                    setting=found.setting,
                    weak=found.weak,
                    value=found.value,
                    role=unit.role,
                )

    def _socket(self, unit: Unit) -> Iterator[Found]:
        line = unit.last("SocketMode")
        if line is None or not unit.listens:
            return
        mode = mode_of(line.value)
        if mode is None or not line.sure:
            yield Gap(
                kinds=(SocketMode.kind(),),
                collector=self.name,
                reason=Reason.TEMPLATED,
                detail=f"{unit.name}: SocketMode is filled in elsewhere",
                location=line.location,
                about={"role": unit.role},
            )
            return
        yield SocketMode(location=line.location, server="systemd", mode=mode, others=bool(mode & 0o002), role=unit.role)

    def _gap(self, unit: Unit, found: Judged) -> Gap:
        return Gap(
            kinds=(UnitSetting.kind(),),
            collector=self.name,
            reason=Reason.DYNAMIC if found.dynamic else Reason.TEMPLATED,
            detail=f"{unit.name}: {found.value}"[:300],
            location=Location(path=found.path, line=found.line),
            about={"role": unit.role, "unit": unit.name, "setting": found.setting},
        )
