"""`python -m flows.written.plots_page`: the page around `dvc plots`, named in .dvc/config; it needs no network."""

import sys
from pathlib import Path

from flows.processes.lock import make_state_folder
from tasks.paths import Paths
from tasks.report.dvc_template import write_dvc_template


def main() -> int:
    """Write the page of the workspace in the current folder."""
    write_dvc_template(make_state_folder(Paths(Path.cwd())) / "plots.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
