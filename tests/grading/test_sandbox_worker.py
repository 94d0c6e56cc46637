"""What the worker does with a learner's cells, and what learners do to it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import sandbox, sandbox_folder, sandbox_watch
from autograder.sandbox import Limits, NoSandbox, ProcessEnded, Sandbox, SandboxedProcess
from autograder.sandbox_process import parse_message
from faultlab.checks.subject import Subject, SubjectLost, named

pytestmark = pytest.mark.sandbox
LIMITS = Limits(cpu_s=20, wall_s=60, memory_bytes=256 << 20, output_bytes=10_000, line_bytes=1 << 20)
WALL_S = 10.0


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox.choose() as chosen:
        yield chosen


@pytest.fixture
def worker(box: Sandbox) -> Iterator[SandboxedProcess]:
    with box.start_worker(LIMITS) as process:
        yield process


@pytest.fixture(scope="module")
def shared(box: Sandbox) -> Iterator[SandboxedProcess]:
    """One worker for cells that do no harm."""
    with box.start_worker(LIMITS) as process:
        yield process


def run(process: SandboxedProcess, source: str) -> sandbox.CellResult:
    return sandbox.run_cell(process, "c1", source, WALL_S)


# Cells


def test_cells_share_one_namespace_and_understand_magics_and_await(shared: SandboxedProcess) -> None:
    assert run(shared, "x = 20").ok
    assert run(shared, "%who_ls\n").ok
    result = run(shared, "import asyncio\nawait asyncio.sleep(0)\nprint(x + 1)\n!echo from a program")
    assert (result.ok, result.stdout) == (True, "21\nfrom a program\n")


def test_an_error_shows_the_frames_of_the_cells_only_and_the_next_cell_runs(shared: SandboxedProcess) -> None:
    sandbox.run_cell(shared, "first", "import json\ndef f(text):\n    return json.loads(text)", WALL_S)
    result = run(shared, "f('no')")
    assert not result.ok
    assert result.error["type"] == "JSONDecodeError"
    assert 'File "<cell first>", line 3, in f' in result.error["traceback"]
    assert "return json.loads(text)" in result.error["traceback"]
    assert "decoder.py" not in result.error["traceback"]
    assert run(shared, "print('on')").stdout == "on\n"


def test_a_syntax_error_is_shown_with_its_place(shared: SandboxedProcess) -> None:
    error = run(shared, "x = (1\ny = ]").error
    assert error["type"] == "SyntaxError"
    assert "<cell c1>" in error["traceback"]


@pytest.mark.parametrize(
    ("source", "type_", "message"),
    [
        ("import sys; sys.exit(2)", "SystemExit", "2"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("input('?')", "EOFError", "EOF when reading a line"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E", ""),
        ("class E(BaseException):\n    def __str__(self): return 'x' * 10**7\nraise E", "E", "x" * 2000),
    ],
)
def test_strange_ways_to_end_a_cell_are_errors_of_that_cell(
    shared: SandboxedProcess, source: str, type_: str, message: str
) -> None:
    error = run(shared, source).error
    assert (error["type"], error["message"][:2000]) == (type_, message)


def test_endless_recursion_gives_a_short_traceback(shared: SandboxedProcess) -> None:
    error = run(shared, "def f(): f()\nf()").error
    assert error["type"] == "RecursionError"
    assert len(error["traceback"]) <= 4000


def test_warnings_are_no_error(shared: SandboxedProcess) -> None:
    result = run(shared, "import warnings, sys\nwarnings.warn('careful')\nprint('note', file=sys.stderr)\nx = 1")
    assert result.ok
    assert "careful" in result.stderr


def test_a_hundred_threads_can_be_started(shared: SandboxedProcess) -> None:
    source = """
import threading
barrier = threading.Barrier(101)
for _ in range(100): threading.Thread(target=barrier.wait).start()
barrier.wait(5)
print('all here')
"""
    assert run(shared, source).stdout == "all here\n"


# The stub of the course's package


def test_the_course_package_is_a_stub_without_reference_models(shared: SandboxedProcess) -> None:
    source = """
import faultlab
from faultlab import use_language
from faultlab.errors import HTTPError, CircuitOpenError
from faultlab.checks import check
from faultlab.widgets import breaker_panel
from faultlab.plots.backoff import curves
import faultlab.live.http_server as server
from faultlab.sim.clock import VirtualClock
use_language("ru")
panel = breaker_panel(dict, seed=1)
panel.params["x"] = 1
with server.start() as s: s.requests[0].status
class Mine(breaker_panel): pass
print(check("breaker.threshold", dict), HTTPError(503).status, list(panel.anything), panel)
"""
    result = run(shared, source)
    assert result.error is None
    assert result.stdout == "None 503 [] (not shown while grading)\n"
    refused = run(shared, "from faultlab.models.breaker import CircuitBreaker").error
    assert refused["type"] == "ImportError"
    assert "not available while grading" in refused["message"]


def test_libraries_can_be_imported_and_a_file_of_the_same_name_shadows_nothing(box: Sandbox) -> None:
    with box.start_worker(LIMITS) as process:
        assert run(process, "open('networkx.py', 'w').write('mine = 1'); open('helper.py', 'w').write('mine = 2')").ok
        result = run(process, "import networkx, helper; print(hasattr(networkx, 'mine'), helper.mine)")
        assert result.stdout == "False 2\n"
    with box.start_worker(LIMITS) as process:
        assert run(process, "import os; print(os.listdir())").stdout == "[]\n"
        assert run(process, "import matplotlib.pyplot as plt; plt.plot([1]); plt.show()").ok


# What a learner may do to the process


def test_replaced_builtins_and_transformers_harm_the_learner_only(worker: SandboxedProcess) -> None:
    source = """
import ast, builtins, json, os, sys
get_ipython().showtraceback = None
json.dumps = json.loads = None
os.write = os.getpid = None
sys.stdout = sys.stderr = None
builtins.print = builtins.len = None
class Blank(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Blank())
"""
    with contextlib.suppress(ProcessEnded):
        run(worker, source)
        run(worker, "1 / 0")
    worker.kill()
    assert worker.reason() in ("exit", "stopped")
    assert [json.dumps(1), len("ab")] == ["1", 2]


def test_a_forked_child_does_not_answer_for_its_parent(worker: SandboxedProcess) -> None:
    assert run(worker, "import os\npid = os.fork()").ok
    assert run(worker, "print('one' if pid else 'two')").stdout == "one\n"
    assert worker.receive(0.2) is None


def test_threads_left_running_end_with_the_process(box: Sandbox) -> None:
    process = box.start_worker(LIMITS)
    source = (
        "import threading\ndef spin():\n    while True: print('.')\nthreading.Thread(target=spin, daemon=False).start()"
    )
    assert run(process, source).ok
    assert "." in run(process, "import time; time.sleep(0.1); print('x')").stdout
    begin_s = time.monotonic()
    process.kill()
    assert time.monotonic() - begin_s < 3


def test_a_worker_that_is_told_too_much_at_once_does_not_block_the_judge(worker: SandboxedProcess) -> None:
    worker.send({"op": "run_cell", "id": "x", "source": "while True: pass"})
    with pytest.raises(ProcessEnded) as end:
        worker.send({"op": "run_cell", "id": "y", "source": "x" * 10_000_000}, timeout_s=0.3)
    assert end.value.reason == "protocol"


# Notebooks


def test_cells_that_end_their_process_are_left_out_and_the_rest_runs(box: Sandbox) -> None:
    cells = [
        ("a", "a = 1"),
        ("exit", "import os; os._exit(1)"),
        ("b", "b = a + 1"),
        ("wrong", "1 / 0"),
        ("loop", "while True: pass"),
        ("c", "c = b + 1"),
    ]
    run_ = sandbox.run_notebook_cells(lambda: box.start_worker(LIMITS), cells, cell_wall_s=0.8)
    with run_.process as process:
        assert run_.restarts == 2
        assert {k: r.ended for k, r in run_.results.items() if r.ended} == {"exit": "exit", "loop": "killed: wall time"}
        assert run_.results["wrong"].error["type"] == "ZeroDivisionError"
        assert run(process, "print(a, b, c)").stdout == "1 2 3\n"


def test_a_notebook_whose_every_cell_kills_is_given_up(box: Sandbox) -> None:
    cells = [(f"c{i}", "import os; os._exit(1)") for i in range(5)]
    run_ = sandbox.run_notebook_cells(lambda: box.start_worker(LIMITS), cells, restarts_max=1)
    assert run_.process is None
    assert [run_.results[f"c{i}"].ended for i in range(5)] == ["exit", "exit", "not run", "not run", "not run"]


def test_cells_can_be_left_out_from_the_beginning(box: Sandbox) -> None:
    cells = [("a", "import os; os._exit(1)"), ("b", "b = 1")]
    run_ = sandbox.run_notebook_cells(lambda: box.start_worker(LIMITS), cells, skip={"a": "killed: wall time"})
    run_.process.kill()
    assert (run_.restarts, run_.results["a"].ended, run_.results["b"].ok) == (0, "killed: wall time", True)


# Calls of the judge


def test_the_judge_calls_the_learners_objects_and_they_call_back(worker: SandboxedProcess) -> None:
    source = """
class Counter:
    n = 0
    def add(self, f):
        self.n += f(self.n)
        print('noise')
        return self.n
"""
    run(worker, source)
    subject = Subject(worker.channel())
    counter = subject.call(named("Counter"))
    assert subject.call(counter, "add", lambda n: n + 5) == 5
    assert subject.call(counter, "add", lambda n: n + 5) == 15
    assert subject.get(counter, "n") == 15
    assert subject.attempt(named("missing")).error.type == "UnknownName"


def test_a_call_that_returns_too_much_is_an_error_of_that_call(worker: SandboxedProcess) -> None:
    run(worker, "def big(): return ['я' * 900_000] * 3\ndef small(): return 1")
    subject = Subject(worker.channel())
    assert "too large" in subject.attempt(named("big")).error.message
    assert subject.call(named("small")) == 1


def test_a_lost_process_is_a_lost_subject(worker: SandboxedProcess) -> None:
    run(worker, "import os\ndef end(): os._exit(0)")
    with pytest.raises(SubjectLost, match="exit"):
        Subject(worker.channel()).call(named("end"))


# Choosing


def test_without_a_sandbox_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "probe", lambda name: sandbox.Probe(False, f"{name} is broken"))
    with pytest.raises(NoSandbox) as error:
        sandbox.choose(unsafe_option="--no-isolation")
    text = str(error.value)
    assert "\n" not in text
    assert all(part in text for part in ("landlock is broken", "Install bubblewrap", "--no-isolation", "gradebook"))


def test_no_isolation_is_taken_only_when_it_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSandbox, match="isolates nothing"):
        sandbox.choose("none")
    with pytest.raises(NoSandbox, match="no sandbox called"):
        sandbox.choose("docker")
    with sandbox.choose(unsafe=True) as chosen:
        assert chosen.name != "none"
    monkeypatch.setattr(sandbox, "probe", lambda name: sandbox.Probe(name == "none", "broken"))
    with sandbox.choose(unsafe=True) as chosen:
        assert chosen.name == "none"


def test_hidden_paths_cannot_be_read_even_below_a_folder_that_is_shown(tmp_path: Path) -> None:
    import networkx

    hidden = Path(networkx.__file__).parent
    for name in sandbox.available():
        with Sandbox(name, hidden=[hidden]) as box, box.start_worker(LIMITS) as process:
            assert not run(process, "import networkx; networkx.Graph").ok
            assert run(process, "import traitlets").ok


def test_a_sandbox_outlives_the_thread_that_started_it(box: Sandbox) -> None:
    made: list[SandboxedProcess] = []
    thread = threading.Thread(target=lambda: made.append(box.start_worker(LIMITS)))
    thread.start()
    thread.join()
    with made[0] as process:
        assert run(process, "print(1)").stdout == "1\n"


def test_a_worker_starts_within_a_second_of_processor_time(box: Sandbox) -> None:
    with box.start_worker(LIMITS) as process:
        run(process, "import time; time.sleep(0.12)")
        assert process.usage().cpu_s < 1.0


# Messages


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[1]",
        b"null",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"a": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_plain_message_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_message(line)


def test_a_plain_message_is_taken() -> None:
    assert parse_message(b'{"a": [1.5, {"b": null}], "c": "\\ud800"}') == {"a": [1.5, {"b": None}], "c": "\ud800"}


# What a judge that was killed leaves


def test_folders_of_a_judge_that_is_gone_are_removed_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = sandbox_folder.make("box")
    gone = mine.with_name("-".join([*mine.name.split("-")[:4], "1", "abc"]))
    other = mine.with_name(mine.name.replace("faultlab-box-", "faultlab-box-9"))
    for folder in (gone, other):
        folder.mkdir()
    sandbox_folder.sweep()
    assert sorted(tmp_path.iterdir()) == sorted([mine, other])


def test_what_a_killed_supervisor_leaves_is_killed() -> None:
    with Sandbox("landlock") as box, box.start_worker(LIMITS) as process:
        child = sandbox_watch.children(process._popen.pid)[0]
        process._popen.kill()
        with pytest.raises(ProcessEnded):
            process.receive(10)
        process.kill()
        assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()
