"""The files in the registry ↔ the statement's list of them, their own list, and the version's tag"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, compare, difference, holds, unreached
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.digest import sha256_of_value
from tasks.register.champion import PACKAGE_DIGEST


def check(seen: Witnesses) -> list[Finding]:
    """Every file hashed, none missing, none added, none that can run code."""
    if isinstance(seen.package, Unreached):
        return out_of_reach("the registered model's files", seen.package)
    package, made = seen.package, seen.made
    found = [broken(name, "a registered model holds no such file: it can run code") for name in package.refused]
    here = "the registry"
    found += compare(
        f"{len(package.files)} files are those of the model's own list",
        package.listed,
        package.files,
        sayer="finetrace_manifest.json",
        finder=here,
    )
    if not isinstance(made, Unreached):
        count = len(made.statement.subject)
        said = made.statement.subject
        what = f"{count} files are those that the statement names"
        found += compare(what, said, package.files, sayer="the statement", finder=here)
    if package.compiled:
        why = (
            f"Python left it there, or somebody put it there, and nobody recorded it: {package.compiled[0]}. Delete it"
        )
        found.append(unreached(f"{len(package.compiled)} files of compiled code", why))
    return found + _digest(seen)


def _digest(seen: Witnesses) -> list[Finding]:
    """One digest of all files, as four witnesses have it."""
    assert not isinstance(seen.package, Unreached)
    actual = sha256_of_value(dict(seen.package.files))
    said = {"tag " + PACKAGE_DIGEST: seen.registered.tags.get(PACKAGE_DIGEST, "")}
    said["finetrace_manifest.json"] = seen.package.listed_digest
    if not isinstance(seen.made, Unreached):
        said["the statement"] = str(seen.made.statement.model.get("package", ""))
    entry = seen.ledger.chain.registered(seen.registered.version)
    if entry is not None and PACKAGE_DIGEST in entry.evidence:
        said["the ledger"] = str(entry.evidence[PACKAGE_DIGEST])
    wrong = [
        broken("the digest of all files", difference(value, actual, sayer, "the list of the bytes"))
        for sayer, value in said.items()
        if value != actual
    ]
    return wrong or [holds(f"the digest of all files is {actual[:12]}…", f"also by {', '.join(said)}")]


EDGE = Edge("package", "model files", check)
