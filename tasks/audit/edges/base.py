"""The base model's weights ↔ the digest in the statement, and the copy inside the package"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds
from tasks.audit.witnesses import Unreached, Witnesses

BUNDLED = "artifacts/base/model.safetensors"


def check(seen: Witnesses) -> list[Finding]:
    """Training started from the weights that are named."""
    found = out_of_reach("the base's weights", seen.base) if isinstance(seen.base, Unreached) else []
    if not isinstance(seen.base, Unreached):
        found = [holds(f"the base's weights have sha256 {seen.base[:12]}…")]
    if isinstance(seen.package, Unreached) or isinstance(seen.made, Unreached) or BUNDLED not in seen.package.files:
        return found
    said = str(seen.made.statement.materials.get("base", {}).get("digest", {}).get("sha256", ""))
    bundled = seen.package.files[BUNDLED]
    if bundled != said:
        return [*found, broken(BUNDLED, difference(said, bundled, "the statement", "the package"))]
    return [*found, holds("the copy of the base inside the package is the same")]


EDGE = Edge("base", "base model", check)
