"""The pages' HTML, one Jinja file a section."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tasks.report.cells import count, digest, judged, number, percent, points, safe_text, scalar, signed


def template(name: str) -> Template:
    """The Jinja template in the file `name` of this folder: escapes all it is given, refuses what is undefined."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(files("tasks.report.templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=count,
        digest=digest,
        judged=judged,
        number=number,
        percent=percent,
        points=points,
        safe_text=safe_text,
        scalar=scalar,
        signed=signed,
    )
    return environment
