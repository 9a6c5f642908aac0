"""a title and safe HTML → one self-contained page"""

from importlib.resources import files

from markupsafe import Markup

from tasks.report.templates import template

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing but its own style and the pictures inside it."""


def render_page(title: str, body: str) -> str:
    """A complete HTML5 page that makes no request: style inline, light and dark, fit for print.

    title: plain text, escaped here. body: HTML that is already safe, as a template with autoescape gives it; it is
    put in as it is. Classes that the style knows: see page.css.
    """
    return template("page.html").render(
        title=title,
        body=Markup(body),  # noqa: S704 - the caller's template escaped it
        style=Markup(files("tasks.report").joinpath("page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        policy=POLICY,
    )
