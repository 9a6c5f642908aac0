"""Programs that the cases about promotions run: `finetrace` with gates that agree, and what is done beside it."""

TYPED = """
import os, signal, sys, time
from pathlib import Path
import flows.verbs.promote_command as command
from flows.cli import app
from flows.exit import run_app
from tasks.promotion import effect, enter, settled
from tasks.promotion.promote import Judged
from tasks.register.rules import Outcome

AGREED = Judged([Outcome('torture', True, None, None, 'it agrees')], {})

def agree(*_):
    return AGREED

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def meet(*_):
    "Both have read the ledger before either writes."
    Path(f"there-{os.getpid()}").touch()
    while len(list(Path().glob("there-*"))) < 2:
        time.sleep(0.01)
    return AGREED

command.judge_version = agree
"""
"""`finetrace` with gates that agree; what a case adds comes next, then RUN."""
RUN = "\nsys.exit(run_app(app, sys.argv[1:]))\n"
KILLED_REGISTRATION = """
import os, signal, sys
import tasks.register.version as version
from flows.cli import app
from flows.exit import run_app
version._set_aliases = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(run_app(app, ["register"]))
"""
HOLD = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1]); lock.acquire(); open("held", "w").close(); time.sleep(600)
"""
READ = """
import sys
from pathlib import Path
from tasks.errors import FinetraceError
from tasks.paths import Paths
from tasks.register.champion import find_version
from tasks.register.package import verify_package
from tasks.tracking import open_store
from tasks.tracking.download import download
store, seen = open_store(Paths(Path.cwd())), set()
Path("reading").touch()
while not Path("written").exists():
    champion = find_version(store, sys.argv[1], "champion")
    if champion is None:
        sys.exit("no champion")
    verify_package(download(store, f"models:/{sys.argv[1]}/{champion.version}"), champion.package_digest)
    seen.add(champion.version)
print(sorted(seen))
"""
FLIP = """
flips = range(1, 1 + int(sys.argv[1]))
codes = [run_app(app, ["promote", str(1 + number % 2), "--reason", "flip"]) for number in flips]
Path("written").touch()
sys.exit(max(codes))
"""
