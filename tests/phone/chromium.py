"""A real Chromium as a phone's: a profile that outlives the process, and a process that can be killed at any moment."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, expect

ZONE = "Asia/Shanghai"  # the service's own, unless it is set otherwise
SCREEN = {"width": 360, "height": 740}
PATIENCE_MS = 30_000
EXECUTABLE = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--lang=zh-CN",
)
expect.set_options(timeout=PATIENCE_MS)


class Chromium:
    """One browser on one profile. `page` is its only window, of a small phone's size."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright = playwright
        self.profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Any = None
        self.page: Any = None

    def start(self) -> Any:
        """Start it; its window."""
        said = self.profile / "DevToolsActivePort"
        said.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [EXECUTABLE, *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TZ": ZONE},
        )
        end = time.monotonic() + 60
        while not (said.is_file() and said.read_text().count("\n") >= 1):
            assert self._process.poll() is None, "chromium ended"
            assert time.monotonic() < end, "chromium did not start"
            time.sleep(0.05)
        port = said.read_text().split("\n")[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self._browser.contexts[0]
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.set_viewport_size(SCREEN)
        return self.page

    def kill(self) -> None:
        """SIGKILL, to the browser and all its processes: nobody has time to put anything in order."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._browser = None  # the connection ends by itself; who asks a dead browser to close may wait for ever
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()

    def restart(self) -> Any:
        """Killed and started again; the new window."""
        self.kill()
        return self.start()
