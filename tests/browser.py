"""A headless Chromium that tests can type into, through its DevTools protocol."""

import json
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowRight": 39}
TEXT = {"Enter": "\r"}


class Browser:
    """One page at a time; to be closed."""

    def __init__(self, chromium: str, folder: Path) -> None:
        options = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync"
        options += " --disable-background-networking --disable-component-update --disable-quic"
        self._process = subprocess.Popen(
            [
                chromium,
                *options.split(),
                "--remote-debugging-port=0",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._wait_for(folder / "DevToolsActivePort").splitlines()[0]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [each for each in json.load(answer) if each["type"] == "page"]
        address = pages[0]["webSocketDebuggerUrl"]
        self._socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self._sent = 0

    def _wait_for(self, file: Path) -> str:
        for _ in range(600):
            if file.is_file() and file.read_text().count("\n"):
                return file.read_text()
            time.sleep(0.1)
        raise TimeoutError(f"Chromium wrote no {file}")

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)

    def _do(self, method: str, **params: Any) -> dict[str, Any]:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._sent:
                assert "error" not in message, message
                return message["result"]

    def open(
        self, page: Path, width: int = 1400, dark: bool = False, scripts: bool = True
    ) -> "Browser":
        """Return when the page and its images are there."""
        mode = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._do("Emulation.setEmulatedMedia", media="", features=[mode])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._do("Emulation.setDeviceMetricsOverride", **size)
        self._do("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._do("Page.navigate", url=page.as_uri())
        for _ in range(300):
            ready = f"document.readyState === 'complete' && location.href === {page.as_uri()!r}"
            if self.run(ready):
                return self
            time.sleep(0.1)
        raise TimeoutError(f"{page} did not load")

    def print_media(self) -> None:
        """From now on the page looks as on paper."""
        self._do("Emulation.setEmulatedMedia", media="print")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        result = self._do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """As a reader's keyboard would."""
        code = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": TEXT[key]} if key in TEXT else {}
        self._do("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self._do("Input.dispatchKeyEvent", type="keyUp", **code)
