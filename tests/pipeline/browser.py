"""A headless Chromium that does what a person does on a page: goes there, waits, clicks, types, takes a picture."""

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--window-size=1400,1000",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no call leaves this machine
)
KEYS = {"Enter": 13, "Escape": 27}
SECONDS = 60


class Browser:
    """One page, spoken to by Chromium's DevTools protocol (chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._call("Page.enable")

    def go(self, address: str) -> None:
        self._call("Page.navigate", url=address)

    def wait(self, expression: str) -> Any:
        """What a JavaScript expression, or the promise it makes, gives, as soon as that is true of anything."""
        deadline = time.monotonic() + SECONDS
        while not (found := self._evaluate(f"document.body && ({expression})")):
            assert time.monotonic() < deadline, f"{expression}: never on\n{self._evaluate('document.body.innerText')}"
            time.sleep(0.2)
        return found

    def wait_for_text(self, text: str) -> None:
        self.wait(f"document.body.innerText.includes({json.dumps(text)})")

    def click(self, element: str) -> None:
        """Click where an element is, with the mouse, once it has come to rest and nothing lies above it."""
        inside = f"""(async () => {{
            const element = {element};
            if (!element) return null;
            element.scrollIntoView({{block: "center"}});
            const place = async () => {{
                await new Promise(requestAnimationFrame);
                const box = element.getBoundingClientRect();
                return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null;
            }};
            const before = await place(), now = await place();
            const rests = before && now && before[0] === now[0] && before[1] === now[1];
            const top = rests && document.elementFromPoint(now[0], now[1]);
            return top && (element.contains(top) || top.contains(element)) ? now : null;
        }})()"""
        x, y = self.wait(inside)
        for kind, button in (("mouseMoved", "none"), ("mousePressed", "left"), ("mouseReleased", "left")):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def click_button(self, text: str) -> None:
        """Click the button that says this."""
        self.click(
            f"[...document.querySelectorAll('button')].find(each => each.innerText.includes({json.dumps(text)}))"
        )

    def type(self, text: str) -> None:
        self._call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            text = "\r" if (kind, key) == ("keyDown", "Enter") else ""
            self._call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=KEYS[key], text=text)

    def picture(self, file: Path) -> None:
        """Write what is seen as a PNG."""
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _evaluate(self, expression: str) -> Any:
        done = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=SECONDS))).get("id") != number:
            pass
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in `folder`, for the block."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), "")
    assert program, "no chromium on PATH; install it (apt-get install chromium) to test what a person clicks"
    command = [program, *SWITCHES, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_page(folder, process), max_size=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait()


def _page(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser's one page listens."""
    told = folder / "DevToolsActivePort"
    deadline = time.monotonic() + SECONDS
    while not (told.exists() and told.read_text().strip()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    port = told.read_text().split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return str(next(each for each in json.load(answer) if each["type"] == "page")["webSocketDebuggerUrl"])
