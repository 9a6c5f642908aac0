"""A machine without a network, as far as Python processes go."""

from pathlib import Path

BLOCK = """\
import os, socket
_connect, _connect_ex, _look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
HERE = (None, "", "127.0.0.1", "localhost", "::1", "0.0.0.0", "::", socket.gethostname())
def check(host):
    host = host.decode() if isinstance(host, bytes) else host
    if host not in HERE:
        with open(os.environ["OUTSIDE"], "a") as file:
            file.write(f"{host}\\n")
        raise socket.gaierror(socket.EAI_NONAME, f"the network is blocked: {host}")
def connect(self, address):
    self.family == socket.AF_UNIX or check(address[0])
    return _connect(self, address)
def connect_ex(self, address):
    self.family == socket.AF_UNIX or check(address[0])
    return _connect_ex(self, address)
def look_up(host, *rest, **named):
    check(host)
    return _look_up(host, *rest, **named)
socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect_ex, look_up
"""
"""sitecustomize.py: every Python process notes and refuses a name or a connection that leaves the machine.

Names too: where there is no network, whoever asks for one gets no further than that.
"""


def block_network(folder: Path) -> dict[str, str]:
    """Additions to an environment in which no Python process leaves the machine; who tried is in `outside.txt`."""
    (folder / "sitecustomize.py").write_text(BLOCK)
    return {"PYTHONPATH": str(folder), "OUTSIDE": str(folder / "outside.txt")}
