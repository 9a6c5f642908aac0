"""Hooks of the documentation's build: pages made from the repository's own files and from the notebook"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY_PAGES = {f"{name}.md": f"{name.upper()}.md" for name in ("decisions", "changelog", "contributing")}
NOTEBOOK = "tutorials/notebook.ipynb"


def on_files(files: Any, config: Any) -> Any:
    """The site's files and the pages that are made here."""
    from mkdocs.structure.files import File

    made = {page: as_page((ROOT / source).read_text(encoding="utf-8")) for page, source in REPOSITORY_PAGES.items()}
    notebook = json.loads((Path(config.docs_dir) / NOTEBOOK).read_text(encoding="utf-8"))
    made["tutorials/notebook.md"] = notebook_page(notebook)
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def as_page(text: str) -> str:
    """A file of the repository's root as a page: links into infra/docs become links of the site."""
    return re.sub(r"\]\(infra/docs/", "](", text)


def notebook_page(notebook: dict[str, Any]) -> str:
    """The notebook's cells, one after the other, as markdown."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join([*parts, "[This page as a notebook](notebook.ipynb)", ""])
