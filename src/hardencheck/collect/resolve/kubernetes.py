"""What pods come to with their service accounts, and with the parts that kustomize puts over them."""

from collections import defaultdict
from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
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
                    parts[fact.workload, fact.setting].append(fact)
                if fact.state != "weak":
                    continue
            kept.append(fact)
        for fact in kept:
            covering = _covering(fact, parts[fact.workload, fact.setting]) if fact.state == "lacks" else None
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
    lacking = set(fact.container.split(", "))
    return next((part for part in parts if lacking <= set(part.container.split(", "))), None)


class _Accounts:
    def __init__(self, facts: Iterable[ServiceAccount]) -> None:
        self.said: dict[str, ServiceAccount] = {}
        self.bound: dict[str, ServiceAccount] = {}
        for fact in facts:
            if fact.automount is not None:
                self.said.setdefault(fact.name, fact)
            if fact.bound:
                self.bound.setdefault(fact.name, fact)

    def settle(self, fact: PodStatement) -> tuple[bool, str, Location]:
        """(it is weak, what to say, where): what the pod says goes before its account; an account with rights of its
        own is there to be used."""
        said = self.said.get(fact.account)
        bound = self.bound.get(fact.account)
        if fact.state == "lacks" and said is not None and said.automount is False:
            return False, f"the account {fact.account} mounts none ({said.location})", fact.location
        if bound is not None:
            return False, f"the account {fact.account} has rights by {bound.location}", fact.location
        if fact.state == "lacks" and said is not None:
            return True, f"the account {fact.account}: automountServiceAccountToken: true", said.location
        return True, fact.value, fact.location
