"""What pods come to with their service accounts, and with the parts that kustomize puts over them."""

from collections import defaultdict
from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._kustomize import ANY, NUMBERED
from hardencheck.model.facts.orchestration import KubernetesSetting, PodStatement, ServiceAccount
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


class KubernetesSettings(Resolver):
    name = "kubernetes.settings"
    emits = (KubernetesSetting,)
    reads = (PodStatement, ServiceAccount)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        said = [fact for fact in facts.facts if isinstance(fact, PodStatement)]
        accounts = _Accounts(fact for fact in facts.facts if isinstance(fact, ServiceAccount))
        whole: dict[str, set[str | None]] = defaultdict(set)
        for fact in said:
            if not fact.part:
                whole[fact.workload].add(fact.location.path)
        # A part that says what the whole lacks, by the matter and the containers it speaks of.
        parts: dict[tuple[str, str], list[PodStatement]] = defaultdict(list)
        kept: list[PodStatement] = []
        for fact in said:
            if fact.part == "surely" or (fact.part and whole[fact.workload] - {fact.location.path}):
                if fact.state == "good":
                    name = ANY if fact.workload.endswith(f"/{ANY}") else fact.workload
                    parts[name, fact.setting].append(fact)
                if fact.state != "weak":
                    continue
            kept.append(fact)
        for fact in kept:
            over = (*parts[fact.workload, fact.setting], *parts[ANY, fact.setting])
            covering = _covering(fact, over) if fact.state == "lacks" else None
            if covering is not None:
                yield self._gap(fact, covering)
                continue
            weak = fact.state != "good"
            value = fact.value
            where = fact.location
            if fact.setting == "token" and weak:
                weak, value, where = accounts.settle(fact)
            yield KubernetesSetting(
                location=where,
                workload=fact.workload,
                container=fact.container,
                setting=fact.setting,
                weak=weak,
                value=value,
                role=fact.role,
            )

    def _gap(self, fact: PodStatement, part: PodStatement) -> Gap:
        return Gap(
            kinds=(KubernetesSetting.kind(),),
            collector=self.name,
            reason=Reason.NOT_SUPPORTED,
            detail=f"{fact.workload}: {fact.value}; {part.location} may be put over it, and says {part.value}"[:300],
            location=fact.location,
            about={"role": fact.role, "workload": fact.workload, "setting": fact.setting},
        )


def _covering(fact: PodStatement, parts: Iterable[PodStatement]) -> PodStatement | None:
    """The part that may say what is lacking; a container that it knows by its number may be any of them."""
    lacking = set(fact.container.split(", "))
    for part in parts:
        names = set(part.container.split(", "))
        if part.role == fact.role and (lacking <= names or any(name.startswith(NUMBERED) for name in names)):
            return part
    return None


class _Accounts:
    """Service accounts by name: what is said of one holds for what is deployed with it. Namespaces are often not
    written where the objects are; where both are, they tell accounts apart."""

    def __init__(self, facts: Iterable[ServiceAccount]) -> None:
        self.named: dict[tuple[str, str], list[ServiceAccount]] = defaultdict(list)
        for fact in facts:
            self.named[fact.role, fact.name].append(fact)

    def settle(self, fact: PodStatement) -> tuple[bool, str, Location]:
        """(it is weak, what to say, where): what the pod says goes before its account; an account with rights of its
        own is there to be used."""
        space, _, name = fact.account.partition("/")
        known = [one for one in self.named[fact.role, name] if not space or one.namespace in {"", space}]
        known.sort(key=lambda one: one.namespace != space)
        said = next((one for one in known if one.automount is not None), None)
        bound = next((one for one in known if one.bound), None)
        if fact.state == "lacks" and said is not None and said.automount is False:
            return False, f"the account {name} mounts none ({said.location})", fact.location
        if bound is not None:
            return False, f"the account {name} has rights by {bound.location}", fact.location
        if fact.state == "lacks" and said is not None:
            return True, f"the account {name}: automountServiceAccountToken: true", said.location
        return True, fact.value, fact.location
