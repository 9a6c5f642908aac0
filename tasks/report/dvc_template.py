"""The page around `dvc plots`: Vega inside it, so that it works without a network"""

from pathlib import Path

from tasks.files import replacing
from tasks.report.cells import safe_text

PLOTS = "{plot_divs}"
"""DVC puts its plots here (dvc_render/html.py)."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:"
)  # Vega compiles its expressions, hence 'unsafe-eval'; nothing can be fetched


def write_dvc_template(path: Path) -> None:
    """Write the template; name it with `dvc config plots.html_template PATH`. Takes a CPU-second."""
    with replacing(path) as temporary:
        temporary.write_text(dvc_template(), encoding="utf-8")


def dvc_template() -> str:
    """The HTML around the plots. No {scripts}: those that DVC would put there come from a CDN."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version="5.21")
    script = bundle.replace("</script", "<\\/script")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>finetrace: dvc plots</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff; }}
table {{ border-spacing: 1rem .25rem; }}
</style>
<script>{script}</script>
</head>
<body>
<h1>Plots</h1>
{PLOTS}
</body>
</html>
"""


def dvc_text(text: str) -> str:
    """A text for a plot's data. DVC writes the data into a script element as it is, where `</script>` would end it."""
    return safe_text(text).replace("<", "‹").replace(">", "›")
