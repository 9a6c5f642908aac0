"""Installed packages → a CycloneDX bill of materials, the same bytes for the same packages"""

import json
from importlib import metadata
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tasks.digest import canonical_json


def make_sbom() -> str:
    """Every installed package with its version and purl, as CycloneDX 1.6 in JSON.

    No time and no random number: its digest names the environment. Specification: cyclonedx.org, ECMA-424.
    """
    from cyclonedx.model.bom import Bom
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(components=_components())
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    document.get("metadata", {}).pop("timestamp", None)
    document["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, canonical_json(document.get('components', [])))}"
    return canonical_json(document)


def _components() -> list[Any]:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    about = (each.metadata for each in metadata.distributions())
    pins = sorted({(str(each["Name"]).lower(), str(each["Version"])) for each in about if each["Name"]})
    return [
        Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, version),
            bom_ref=f"{name}=={version}",
        )
        for name, version in pins
    ]
