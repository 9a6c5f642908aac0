"""Vega-Lite specifications → inline SVG, without a network or a browser"""

import re
from typing import Any

from markupsafe import Markup, escape


def draw(spec: dict[str, Any], name: str, label: str) -> Markup:
    """The chart as an SVG element to stand in a page.

    name: makes its inner ids unlike those of other charts on the page. label: what is to be seen, for those who cannot
    see it.
    """
    import vl_convert  # starts a V8, about 0.4 CPU-s the first time

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version="5.21", allowed_base_urls=[])
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"^<svg ", f'<svg role="img" aria-label="{escape(label)}" ', svg)
    return Markup(svg)  # noqa: S704 - Vega escapes the texts it draws
