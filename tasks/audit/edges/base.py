"""The base model's weights ↔ the digest in the statement, and the copy inside the package"""

from collections.abc import Mapping

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.model.weights import INDEX, weights_digest

FOLDER = "artifacts/base/"


def check(seen: Witnesses) -> list[Finding]:
    """Training started from the weights that are named."""
    found = out_of_reach("the base's weights", seen.base) if isinstance(seen.base, Unreached) else []
    if not isinstance(seen.base, Unreached):
        found = [holds(f"the base's weights have sha256 {seen.base[:12]}…")]
    weights = {} if isinstance(seen.package, Unreached) else _weights(seen.package.files)
    if isinstance(seen.made, Unreached) or not weights:
        return found
    said = str(seen.made.statement.materials.get("base", {}).get("digest", {}).get("sha256", ""))
    bundled = weights_digest(weights)
    if bundled != said:
        where = ", ".join(FOLDER + name for name in weights)
        return [*found, broken(where, difference(said, bundled, "the statement", "the package"))]
    return [*found, holds("the copy of the base inside the package is the same")]


def _weights(files: Mapping[str, str]) -> dict[str, str]:
    """The sha256 of each file of the base's weights inside a package, by its name in the base's folder."""
    copied = {name.removeprefix(FOLDER): sha256 for name, sha256 in files.items() if name.startswith(FOLDER)}
    return {name: copied[name] for name in sorted(copied) if name == INDEX or name.endswith(".safetensors")}


EDGE = Edge("base", "base model", check)
