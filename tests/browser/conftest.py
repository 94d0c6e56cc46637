"""JupyterLab in headless Chromium, for the tests that look at what a learner sees.

One Lab server and one browser serve the whole session; the server has its own HOME and a free port, and nothing of
the machine's Jupyter settings reaches it. Fixtures:

    lab             the server: `lab.write(name, cells)` puts a notebook into its folder
    browser         the Chromium
    open_notebook   open_notebook(path, dark=False, width=1280, ...) -> Notebook, closed after the test
    screenshots     the folder for pictures: FAULTLAB_SCREENSHOTS, else build/screenshots
    running_lab     running_lab(command, root, home) -> a context with another server

Where there is no Chromium the tests are skipped with one line that says so, and fail when CI is set: there it must be
present.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "browser-test"
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
# "Idle" is shown before the kernel is connected; what is run then is silently dropped.
READY = """() => {
  const w = window.jupyterapp?.shell.currentWidget, k = w?.sessionContext?.session?.kernel;
  const loaded = k && w.context.isReady && w.sessionContext.isReady;
  return Boolean(loaded && k.connectionStatus === 'connected' && k.status === 'idle');
}"""
FINISHED = """() => {
  const w = window.jupyterapp.shell.currentWidget;
  const code = w.content.widgets.filter((c) => c.model.type === 'code' && c.model.sharedModel.source.trim());
  return w.sessionContext.session.kernel.status === 'idle' && code.every((c) => c.model.executionCount !== null);
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclass
class Lab:
    """A running JupyterLab: `url`, and `root`, the folder that it shows."""

    url: str
    root: Path
    process: subprocess.Popen[bytes]

    def write(self, name: str, cells: list[str]) -> str:
        """A notebook with these code cells; returns its path as Lab knows it."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.root / name)
        return name

    def copy(self, source: Path, name: str | None = None) -> str:
        """A copy of an existing notebook, so that running it does not touch the committed one."""
        target = name or source.name
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, self.root / target)
        return target


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    with running(command, root, tmp_path_factory.mktemp("home")) as started:
        yield started


@contextmanager
def running(command: list[str], root: Path, home: Path, patience_s: float = 180) -> Iterator[Lab]:
    """JupyterLab, started by `command` with a port and a token of ours, for as long as the block lasts.

    `root` is also where nbgrader's folders and its gradebook go: nothing of the repository's own is touched.
    """
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    environment |= {"HOME": str(home), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"}
    environment |= {"FAULTLAB_ROOT": str(root)}
    command = [*command, "--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={TOKEN}", "--expose-app-in-browser"]
    log = home / "lab.log"
    with log.open("wb") as output:
        settings = {"env": environment, "cwd": root, "stdout": output, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, start_new_session=True, **settings)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_server(url, process, log, patience_s)
        yield Lab(url, root, process)
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes], patience_s: float = 10) -> None:
    """End a process and what it started in its group: `faultlab lab` starts JupyterLab as another process."""
    end = time.monotonic() + patience_s
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < end:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_server(url: str, process: subprocess.Popen[bytes], log: Path, patience_s: float = 180) -> None:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/api", timeout=2) as answer:
                json.load(answer)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def running_lab() -> Callable[..., AbstractContextManager[Lab]]:
    """`running`, for a test that starts JupyterLab in its own way."""
    return running


@pytest.fixture(scope="session")
def token() -> str:
    """What a page has to show to be let in: `?token=`."""
    return TOKEN


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            chromium = Path(os.environ.get("FAULTLAB_CHROMIUM") or "/usr/bin/chromium")
            chosen = {"executable_path": str(chromium)} if chromium.exists() else {}
            running = playwright.chromium.launch(args=CHROMIUM_OPTIONS, **chosen)
        except Error as error:
            message = f"no Chromium, so the pages were not tested: {str(error).splitlines()[0]}"
            if os.environ.get("CI", "").lower() in ("1", "true"):
                pytest.fail(message)
            pytest.skip(message)
        yield running
        running.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = Path(os.environ.get("FAULTLAB_SCREENSHOTS") or ROOT / "build" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Notebook:
    """An open notebook in Lab. `page` is Playwright's page; `complaints` are the errors the page logged."""

    page: object
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def wait_until_ready(self, patience_s: float = 180) -> None:
        """Wait until the notebook in front can be run."""
        self.page.wait_for_function(READY, timeout=patience_s * 1000)

    def run_all(self, patience_s: float = 180, errors: bool = False) -> None:
        """Run every cell and wait until the kernel is idle; without `errors`, fails if a cell shows one."""
        self.page.evaluate(
            """() => {
              const cells = jupyterapp.shell.currentWidget.content.widgets;
              for (const cell of cells) cell.model.executionCount = null;
              jupyterapp.commands.execute('notebook:run-all-cells');
            }"""
        )
        self.page.wait_for_function(FINISHED, timeout=patience_s * 1000)
        if errors:
            return
        shown = self.page.locator(
            '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
        )
        assert shown.count() == 0, shown.first.inner_text()

    def use_theme(self, dark: bool) -> None:
        """Light or dark. Lab keeps the theme on the server, so every new page has to say which one it wants."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate("(theme) => { jupyterapp.commands.execute('apputils:change-theme', {theme}) }", theme)
        self.page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached")

    def show(self, source: str, topic: str):
        """Put `source` into the first cell, run all cells, and return the panel that they show."""
        self.page.evaluate(
            "(source) => jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource(source)", source
        )
        self.complaints.clear()
        self.run_all()
        return self.panel(topic)

    def execute(self, code: str) -> None:
        """Run `code` in the notebook's kernel, beside its cells."""
        script = """async (code) => {
          const k = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const reply = await k.requestExecute({code}).done;
          return reply.content.status === 'ok' ? '' : reply.content.ename + ': ' + reply.content.evalue;
        }"""
        problem = self.page.evaluate(script, code)
        assert not problem, problem

    def panel(self, topic: str, index: int = 0):
        """The panel of a topic, once it is drawn."""
        locator = self.page.locator(f".fl-{topic}").nth(index)
        locator.locator("svg.fl-picture > *").first.wait_for(state="attached")
        return locator

    def latency_ms(self, topic: str, control: str, values: list[float]) -> list[float]:
        """Move a slider through `values`; for each one the time from its input event to the redrawn picture.

        Each value must differ from the one before, or nothing is asked and nothing is drawn.
        """
        script = """async ([topic, control, values]) => {
          const panel = document.querySelector(`.fl-${topic}`);
          const input = panel.querySelector(`[data-control="${control}"] input`);
          const turn = () => new Promise((go) => {
            const channel = new MessageChannel();
            channel.port1.onmessage = go;
            channel.port2.postMessage(0);
          });
          const times = [];
          for (const value of values) {
            const before = panel.dataset.seq, start = performance.now();
            input.value = value;
            input.dispatchEvent(new Event('input', {bubbles: true}));
            while (panel.dataset.seq === before) {
              if (performance.now() - start > 10000) throw new Error(`${control} = ${value} was not answered`);
              await turn();
            }
            times.push(performance.now() - start);
            await new Promise((go) => setTimeout(go, 50));
          }
          return times;
        }"""
        return self.page.evaluate(script, [topic, control, values])

    def whole_page(self, name: str, parts_max: int = 60) -> None:
        """Pictures of the notebook in front from its top to its end, `name`-01.png and so on."""
        for old in self.folder.glob(f"{name}-[0-9][0-9].png"):
            old.unlink()
        for part in range(1, parts_max + 1):
            # What comes into view is laid out only then, so the height is asked for anew each time.
            at_the_end = self.page.evaluate(
                """async (part) => {
                  const view = jupyterapp.shell.currentWidget.node.querySelector('.jp-WindowedPanel-outer');
                  view.scrollTop = (part - 1) * (view.clientHeight - 40);
                  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
                  const last = jupyterapp.shell.currentWidget.content.widgets.at(-1).node;
                  // A cell that is far out of view is not on the page at all, and then it measures nothing.
                  return last.isConnected && last.getBoundingClientRect().bottom <= view.getBoundingClientRect().bottom;
                }""",
                part,
            )
            self.screenshot(f"{name}-{part:02}")
            if at_the_end:
                return

    def screenshot(self, name: str, locator=None) -> Path:
        path = self.folder / f"{name}.png"
        (locator or self.page).screenshot(path=str(path))
        return path


@pytest.fixture
def open_notebook(lab: Lab, browser, screenshots: Path) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook in a fresh page and wait until its kernel is ready; closed after the test."""
    yield from notebooks(lab, browser, screenshots)


@pytest.fixture(scope="module")
def shared_notebook(lab: Lab, browser, screenshots: Path) -> Iterator[Callable[..., Notebook]]:
    """The same for a whole test file: a page takes seconds to open, `Notebook.show` a fraction of one."""
    yield from notebooks(lab, browser, screenshots)


def notebooks(lab: Lab, browser, screenshots: Path) -> Iterator[Callable[..., Notebook]]:
    contexts = []

    def open_(
        path: str, *, dark: bool = False, width: int = 1280, height: int = 1500, reduced_motion: bool = False
    ) -> Notebook:
        motion = "reduce" if reduced_motion else "no-preference"
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion=motion)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        notebook = Notebook(page, screenshots)
        page.on("pageerror", lambda error: notebook.complaints.append(str(error)))
        workspace = f"test{len(contexts)}-{time.monotonic_ns()}"
        page.goto(f"{lab.url}/lab/workspaces/{workspace}/tree/{path}?token={TOKEN}")
        notebook.wait_until_ready()
        page.evaluate("() => { if (!jupyterapp.shell.leftCollapsed) jupyterapp.shell.collapseLeft() }")
        notebook.use_theme(dark)
        return notebook

    yield open_
    for context in contexts:
        context.close()
    shut_down_kernels(lab)


def shut_down_kernels(lab: Lab) -> None:
    """A session lasts as long as its kernel: end them, so that the next test starts clean."""
    headers = {"Authorization": f"token {TOKEN}"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{lab.url}/api/sessions", headers=headers), timeout=10
    ) as answer:
        sessions = json.load(answer)
    for session in sessions:
        address = f"{lab.url}/api/sessions/{session['id']}"
        urllib.request.urlopen(urllib.request.Request(address, headers=headers, method="DELETE"), timeout=10).close()
