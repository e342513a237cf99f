"""Files of secrets that image builds copy, with what the repository knows of them."""

import posixpath
from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.model.facts.builds import CopiedSecret, SecretInImage
from hardencheck.model.facts.files import CredentialsFile
from hardencheck.model.gap import FactSet


class ImageSecrets(Resolver):
    """An environment file of the repository shows whether a secret is in it; one that is not there is a developer's
    own."""

    name = "container.secret-files"
    after = ("files.secret",)
    emits = (SecretInImage,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        clean = {
            fact.location.path
            for fact in facts.facts
            if isinstance(fact, CredentialsFile) and fact.present and not fact.secrets
        }
        for fact in facts.facts:
            if isinstance(fact, CopiedSecret):
                here = posixpath.dirname(fact.location.path or "")
                # The context of the build is the folder of the Dockerfile, one above it, or the root.
                bases = dict.fromkeys((here, posixpath.dirname(here), ""))
                places = [posixpath.normpath(posixpath.join(base, fact.source)) for base in bases]
                found = [place for place in places if place in tree.entries]
                yield SecretInImage(
                    location=fact.location,
                    source=fact.source,
                    form=fact.form,
                    holds=not (found and all(place in clean for place in found)),
                    role=fact.role,
                )
        yield from self.passed_on(facts, CopiedSecret, SecretInImage)
