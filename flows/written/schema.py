"""`python -m flows.written.schema`: prints the JSON Schema of params.yaml, which editors complete and check by."""

import json
import sys

from tasks.config import json_schema


def schema_text() -> str:
    """The schema as it lies in infra/params.schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
