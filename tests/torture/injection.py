"""40: settings that a shell would obey."""

from collections.abc import Callable

import yaml

from tests.torture.bad_input import ready, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import ROOT, give_pipeline, plain
from tests.torture.rows import as_csv, easy_rows

EVIL = {
    "a semicolon": "; touch CANARY ;",
    "a command substitution": "$(touch CANARY)",
    "backticks": "`touch CANARY`",
    "a line break": "x\ntouch CANARY\n",
    "a quote": "' ; touch CANARY ; '",
    "a double quote": '" ; touch CANARY ; "',
    "a pipe": "x | touch CANARY",
    "an ampersand": "x & touch CANARY &",
    "a redirection": "x > CANARY",
    "a leading dash": "--output=CANARY",
    "a template of DVC": "${ingest.text_column}",
    "a variable of the shell": "${IFS}touch${IFS}CANARY",
}

ALL = "$(touch CANARY)`touch CANARY`; touch CANARY ;"


def in_path(value: str) -> Callable[[Place], Done]:
    """Data really called so are read through DVC, which starts a shell, and through the stage alone."""

    def act(place: Place) -> Done:
        workspace = place.copy(plain(place.lab))
        give_pipeline(workspace)
        name = f"data/raw/{value.replace('/', '_')}.csv"
        workspace.write(name, as_csv(easy_rows(40)))
        workspace.set(ingest={"path": name})
        done = workspace.stage("ingest")
        require(done.code == 0, f"the stage alone refuses it: {done.last_words}")
        return workspace.run("-m", "dvc", "repro", "--single-item", "ingest")

    return act


def _every_text(place: Place) -> Done:
    """Every free text of params.yaml at once, through the flow: the data are missing, and nothing is obeyed."""
    workspace = ready(place)
    give_pipeline(workspace)
    workspace.set(
        ingest={"path": f"data/raw/{ALL}.csv", "text_column": ALL},
        base={"id": ALL, "folder": ALL},
        split={"key": ALL},
        validate={"labels": [ALL, "b"]},
    )
    return require_words(workspace.finetrace("run"), "data/raw")


def _key(value: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(**{value: {value: value}}, ingest={value: value})
        return require_words(unchanged(workspace, "ingest"), "unknown key")

    return act


def _experiment(place: Place) -> Done:
    """`dvc exp run -S` puts the value into params.yaml and starts the stage."""
    workspace = place.copy(plain(place.lab))
    give_pipeline(workspace)
    workspace.set(split={"key": "a key"}, validate={"label_errors": "report"})
    for command in (("add", "."), ("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")):
        workspace.finish(
            workspace.start("-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))", "git", *command)
        )
    done = workspace.run("-m", "dvc", "exp", "run", "-S", f"split.key='{ALL}'", "ingest")
    require(
        ALL in (workspace.root / "params.yaml").read_text(encoding="utf-8"), f"not in params.yaml: {done.last_words}"
    )
    return done


def shell_templates(pipeline: str) -> list[str]:
    """Stages of a dvc.yaml whose command holds a template: what a setting says would reach the shell."""
    stages = yaml.safe_load(pipeline)["stages"]
    return [name for name, stage in stages.items() if "${" in yaml.safe_dump(stage.get("do", stage).get("cmd"))]


def _lint(place: Place) -> Done:
    pipeline = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    require(not shell_templates(pipeline), f"a template in the cmd of {shell_templates(pipeline)}")
    spoilt = pipeline.replace("cmd: python -m tasks ingest", "cmd: python -m tasks ingest ${ingest.path}")
    require(shell_templates(spoilt) == ["ingest"], "the lint does not see a template")
    return place.empty().run("-c", "")


CASES: list[Case] = [
    *(Case(40, f"{name} in a file's name reaches no shell", 0, in_path(value)) for name, value in EVIL.items()),
    Case(40, "commands in every text of params.yaml reach no shell, and what is wrong is told", 4, _every_text),
    *(Case(40, f"{name} in a key of params.yaml is refused", 2, _key(value)) for name, value in list(EVIL.items())[:6]),
    Case(40, "a command given by dvc exp run -S reaches no shell", 0, _experiment),
    Case(40, "no cmd of dvc.yaml holds a template", 0, _lint),
]
