"""Print the path of a Chromium that starts, or nothing: for `make test`, which hands it on as FAULTLAB_CHROMIUM.

One that is there is taken first. Where there is none, Debian's package is installed if this user may do that, else
Playwright's own download is tried. A browser counts only once it has opened a page: Ubuntu's `chromium-browser` is a
stub, and a downloaded one may lack system libraries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")


def opens_a_page(path: str | None) -> bool:
    """True if the browser at `path` starts and shows an empty page."""
    if not path or not os.path.exists(path):
        return False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", "about:blank"]
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return b"<html" in done.stdout


def debian_package() -> str | None:
    """Debian's chromium, installed now; None where that is not possible."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return shutil.which("chromium")


def playwrights(download: bool) -> str | None:
    """Playwright's own Chromium; None where it is not there and cannot be downloaded."""
    from playwright.sync_api import sync_playwright

    if download:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def candidates() -> Iterator[str | None]:
    """Where a Chromium may be, the cheapest first; each step may take minutes, and is taken only if it is reached."""
    yield os.environ.get("FAULTLAB_CHROMIUM")
    yield from map(shutil.which, NAMES)
    yield playwrights(download=False)
    print("No Chromium here: getting one for the browser tests.", file=sys.stderr)
    yield debian_package()
    yield playwrights(download=True)


if __name__ == "__main__":
    print(next((path for path in candidates() if opens_a_page(path)), ""))
