"""Attacks on a sandbox, one for each fact that `sandbox.describe` states. A script, so that it can run as any user.

    python sandbox_cases.py BACKEND LANDLOCK_ABI_MAX PLACE

PLACE is a folder of this user that stands for the judge's: it gets a gradebook, another submission, sockets. The
result is one JSON object on standard output: case -> null if the fact holds, else what was seen. That the script
lives to write it is a fact too.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder import sandbox, sandbox_view
from autograder.sandbox import CellResult, Limits, ProcessEnded, Sandbox, SandboxedProcess

MIB = 1 << 20
LIMITS = Limits(
    cpu_s=20,
    wall_s=30,
    memory_bytes=160 * MIB,
    processes=24,
    file_bytes=2 * MIB,
    disk_bytes=6 * MIB,
    output_bytes=20_000,
    line_bytes=MIB,
)
WALL_S = 8.0
SECRET = "the hidden answer is 42"
CASES: dict[str, Callable] = {}
SHARED: dict[str, Callable] = {}


def case(fact: str) -> Callable:
    """A case that gets a sandbox, and ends the processes it starts."""
    return lambda function: CASES.setdefault(fact, function)


def shared(fact: str) -> Callable:
    """A case that leaves its worker alive: all of them share one."""
    return lambda function: SHARED.setdefault(fact, function)


class Place:
    """The judge's side: files, sockets and processes that the learner's code must not reach."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.gradebook = root / "gradebook.db"
        self.gradebook.write_text(SECRET)
        self.gradebook.chmod(0o644)
        self.home_file = Path.home() / "notes.txt"
        self.home_file.write_text(SECRET)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(root / "bus"))
        self.unix.listen()
        self.abstract_name = f"\0faultlab-{uuid.uuid4().hex}"
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(self.abstract_name)
        self.abstract.listen()
        for listener in (self.tcp, self.udp, self.unix, self.abstract):
            listener.settimeout(0.05)


@contextlib.contextmanager
def worker(box: Sandbox, **limits: object) -> Iterator[SandboxedProcess]:
    with box.start_worker(Limits(**(vars(LIMITS) | limits))) as process:
        yield process


def run(process: SandboxedProcess, source: str, wall_s: float = WALL_S) -> CellResult:
    return sandbox.run_cell(process, "attack", source, wall_s)


def ended(box: Sandbox, source: str, wall_s: float = WALL_S, **limits: object) -> ProcessEnded:
    """The end that the cell brings on its process."""
    with worker(box, **limits) as process:
        try:
            result = run(process, source, wall_s)
        except ProcessEnded as end:
            return end
        raise AssertionError(f"the process lives on: {result}")


def refused(process: SandboxedProcess, *attempts: str) -> None:
    """Each attempt (statements) raises an OSError or ImportError inside."""
    for attempt in attempts:
        body = "\n    ".join(attempt.splitlines())
        result = run(process, f"try:\n    {body}\nexcept (OSError, ImportError) as e:\n    print('refused', e)")
        assert result.ok and result.stdout.startswith("refused"), f"{attempt!r} was not refused: {result}"


def equal(got: object, expected: object) -> None:
    assert got == expected, f"{got!r} instead of {expected!r}"


# Running too long, or too much


@case("endless loop")
def endless_loop(box: Sandbox, place: Place) -> None:
    cells = [("a", "a = 1"), ("loop", "while True: pass"), ("b", "b = a + 1"), ("c", "print(b)")]
    notebook = sandbox.run_notebook_cells(lambda: box.start_worker(LIMITS), cells, cell_wall_s=0.6)
    with notebook.process as process:
        equal(notebook.results["loop"].ended, "killed: wall time")
        equal(notebook.results["c"].stdout, "2\n")
        equal(run(process, "assert (a, b) == (1, 2)").error, None)
    sleeper = [str(box.python), "-I", "-S", "-c", "import time; time.sleep(60)"]
    try:
        with box.start(sleeper, Limits(wall_s=0.6)) as process:
            process.receive(10)
    except ProcessEnded as end:
        equal(end.reason, "killed: wall time")


@case("loop that swallows KeyboardInterrupt")
def swallowing_loop(box: Sandbox, place: Place) -> None:
    source = """
import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
    equal(ended(box, source, 0.4).reason, "killed: wall time")
    equal(ended(box, source, cpu_s=1).reason, "killed: cpu time")


@case("os._exit")
def exits(box: Sandbox, place: Place) -> None:
    end = ended(box, "import os; os._exit(3)")
    equal((end.reason, end.detail), ("exit", "exit code 3"))
    end = ended(box, "import ctypes; ctypes.string_at(0)")
    equal((end.reason, end.detail[:14]), ("exit", "signal SIGSEGV"))


@case("memory hog")
def memory(box: Sandbox, place: Place) -> None:
    with worker(box) as process:
        equal(run(process, "x = bytearray(400_000_000)").error["type"], "MemoryError")
        equal(run(process, "x = 1").error, None)
    family = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(90_000_000)
        for i in range(0, len(x), 4096): x[i] = 1
        time.sleep(60)
time.sleep(60)
"""
    equal(ended(box, family).reason, "killed: memory")
    shared_memory = "import mmap\nm = mmap.mmap(-1, 500_000_000)\nfor i in range(0, 500_000_000, 4096): m[i] = 1"
    equal(ended(box, shared_memory).reason, "killed: memory")


@case("fork bomb")
def fork_bomb(box: Sandbox, place: Place) -> None:
    source = """
import os, time
children = 0
try:
    while children < 400:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except BlockingIOError:
    print(children)
"""
    with worker(box) as process:
        try:
            result = run(process, source)
            # What bounds an ordinary user without a process namespace is the watchdog, which may look too late;
            # RLIMIT_NPROC then stops the bomb some hundred tasks higher, as the backend's description says.
            most = 32 if box.name == sandbox.BUBBLEWRAP or os.geteuid() == 0 else 32 + sandbox.OTHER_TASKS
            assert 10 < int(result.stdout) <= most, result
        except ProcessEnded as end:
            equal(end.reason, "killed: processes")
    if box.name != "none":
        end = ended(box, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", 1.0)
        assert end.reason in ("killed: wall time", "killed: processes", "killed: memory"), end


# A learner's processes are told from others by a number in the worker's command line, which their copies keep.
BOMBS = {
    "plain": """
import os
while True:
    try: os.fork()
    except OSError: pass
""",
    "daemons that ignore signals": """
import os, signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork(): os._exit(0)
    except OSError: pass
""",
    "never the same process": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        while True:
            try:
                if os.fork(): os._exit(0)
                os.setsid()
            except OSError: pass
while True: time.sleep(1)
""",
}
BUSY = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@case("fork bombs on a busy machine")
def fork_bombs(box: Sandbox, place: Place) -> None:
    sandbox.OTHER_TASKS = 64
    marks = {bomb: 20_000 + uuid.uuid4().int % 10**9 for bomb in [*BOMBS, "judge"]}
    load: list[subprocess.Popen] = []
    with contextlib.ExitStack() as stack:
        # Before the machine is busy, because starting takes most of the time.
        processes = {b: stack.enter_context(worker(box, output_bytes=marks[b], wall_s=120)) for b in BOMBS}
        judge = stack.enter_context(doomed(box, str(marks["judge"]), bomb=True))
        stack.callback(lambda: [process.kill() or process.wait() for process in load])
        load += [subprocess.Popen([sys.executable, "-S", "-c", BUSY], start_new_session=True) for _ in range(8)]
        for bomb, process in processes.items():
            with contextlib.suppress(ProcessEnded):
                run(process, BOMBS[bomb], 0.4)
            process.kill()
            equal((bomb, running(f'"output_bytes": {marks[bomb]}')), (bomb, 0))
        # A judge that is killed, and less important than all others, takes a bomb along as well.
        mark = f'"output_bytes": {marks["judge"]}'
        judge.stdin.close()
        until(lambda: running(mark) > 3, 30)
        judge.kill()
        judge.wait()
        until(lambda: running(mark) == 0, 20)
        with worker(box) as process:
            equal(run(process, "print(1)", 30).stdout, "1\n")


@case("disk filling")
def disk(box: Sandbox, place: Place) -> None:
    with worker(box) as process:
        equal(run(process, "open('big', 'wb').write(bytes(3_000_000))").error["type"], "OSError")
    with worker(box) as process:
        source = """
import time
try:
    for i in range(100):
        open(f'f{i}', 'wb').write(bytes(1_000_000))
        time.sleep(0.02)
except OSError as error:
    print(i)
"""
        try:
            assert 2 < int(run(process, source).stdout) < 8
        except ProcessEnded as end:
            equal(end.reason, "killed: disk")


@case("output flood")
def output(box: Sandbox, place: Place) -> None:
    with worker(box) as process:
        result = run(process, "print('x' * 60_000_000)\nimport sys; print('y' * 1_000_000, file=sys.stderr)")
        assert result.ok and 20_000 <= len(result.stdout) < 20_100 and len(result.stderr) < 20_100
        assert "more bytes are not shown" in result.stdout
    equal(ended(box, "import os\nwhile True: os.write(1, b'x' * 10000)").reason, "too much output")
    equal(ended(box, "import subprocess; subprocess.run(['yes'])").reason, "too much output")


@case("over-long message")
def long_message(box: Sandbox, place: Place) -> None:
    source = """
import os
for fd in range(3, 30):
    try:
        for _ in range(60): os.write(fd, b'x' * 1_000_000)
    except OSError: pass
"""
    equal(ended(box, source).reason, "protocol")
    nonsense = "import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'[1]\\n')\n    except OSError: pass"
    equal(ended(box, nonsense).reason, "protocol")


@case("closed protocol pipe")
def closed_pipe(box: Sandbox, place: Place) -> None:
    equal(ended(box, "import os, time\nos.closerange(3, 64)\ntime.sleep(60)").reason, "protocol")


DAEMON = """
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp('sleep', ['sleep', MARK])
    os._exit(0)
os.wait()
"""


@case("daemon outliving the process")
def daemon(box: Sandbox, place: Place) -> None:
    mark = f"61.{uuid.uuid4().int % 10**12}"
    with worker(box) as process:
        equal(run(process, DAEMON.replace("MARK", repr(mark))).error, None)
        until(lambda: running(mark) == 1)
    equal(running(mark), 0)
    # A judge that is killed takes its sandboxes along.
    with doomed(box, mark) as judge:
        until(lambda: running(mark) == 1)
        judge.kill()
        judge.wait()
        until(lambda: running(mark) == 0)


@contextlib.contextmanager
def doomed(box: Sandbox, mark: str, bomb: bool = False) -> Iterator[subprocess.Popen]:
    """A judge in a process of its own, with a learner's daemon or bomb below it."""
    kind = "--bombed-judge" if bomb else "--judge"
    command = ["nice", "-n", "5", sys.executable, __file__, kind, box.name, mark, str(box._landlock_abi_max)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = os.environ | {"TMPDIR": folder}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as judge:
            try:
                equal(judge.stdout.readline(), b"started\n")
                yield judge
            finally:
                judge.kill()


def doomed_judge(backend: str, mark: str, abi_max: str, bomb: bool) -> None:
    """A judge waiting to be killed."""
    sandbox.OTHER_TASKS = 64
    limits = vars(LIMITS) | ({"output_bytes": int(mark)} if bomb else {})
    process = Sandbox(backend, landlock_abi_max=int(abi_max)).start_worker(Limits(**limits))
    if bomb:
        # The watchdog must not be the one that ends it.
        process._exceeded = lambda turn: None
        print("started", flush=True)
        sys.stdin.read()
        process.send({"op": "run_cell", "id": "bomb", "source": BOMBS["daemons that ignore signals"]})
    else:
        run(process, DAEMON.replace("MARK", repr(mark)))
        print("started", flush=True)
    time.sleep(60)


def running(mark: str) -> int:
    """How many processes have this in their command line. One that has ended has none."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{name}/cmdline").read_bytes()
            count += mark.encode() in command and b"--judge" not in command
    return count


def until(condition: Callable[[], bool], wait_s: float = 5) -> None:
    end_s = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < end_s, f"did not happen within {wait_s} s"
        time.sleep(0.01)


# Reaching out


def can_read(process: SandboxedProcess, path: Path | str) -> bool:
    return SECRET in run(process, f"print(open({str(path)!r}).read())").stdout


@shared("reading the repository")
def repository(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    course = sandbox_view.course_package()
    judge = Path(sandbox.__file__)
    for path in (judge, course / "models" / "breaker.py", course / "checks" / "core.py", place.gradebook):
        assert path.exists() or "models" in path.parts
        refused(process, f"open({str(path)!r}).read()", f"import os; os.listdir({str(path.parent)!r})")
    found = run(process, "import glob, sys\nprint([f for p in sys.path for f in glob.glob(p + '/faultlab/models*')])")
    equal(found.stdout, "[]\n")


@shared("reading the home folder")
def home(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    assert not can_read(process, place.home_file)
    equal(run(process, "import os; print(os.listdir(os.path.expanduser('~')))").stdout.count("notes"), 0)


@shared("importing the reference")
def reference(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    for attempt in (
        "import faultlab.models.breaker",
        "from faultlab.models import breaker",
        "from faultlab import models",
    ):
        refused(process, attempt)
    refused(process, "import autograder", "import autograder.judge", "import faultlab.models as m")
    equal(run(process, "import faultlab.models").error["message"], "faultlab.models is not available while grading")


@shared("writing outside")
def writing(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    course = sandbox_view.course_package()
    outside = [Path("/usr/new"), Path("/etc/new"), Path("/new")]
    for path in (place.gradebook, place.root / "new", course / "new.py", *outside):
        refused(process, f"open({str(path)!r}, 'w').write('x')")
    refused(process, "import faultlab; open(faultlab.__file__, 'a').write('x')")
    gradebook, new = str(place.gradebook), str(place.root / "new")
    for attempt in (
        f"rename({gradebook!r}, 'mine')",
        f"unlink({gradebook!r})",
        f"link({gradebook!r}, 'mine')",
        f"symlink('x', {new!r})",
        f"mkdir({new!r})",
        f"mkfifo({new!r})",
    ):
        refused(process, f"import os; os.{attempt}")
    equal(place.gradebook.read_text(), SECRET)
    equal(sorted(os.listdir(place.root)), ["bus", "gradebook.db"])
    assert not any(path.exists() for path in outside)


@shared("TCP to the host")
def tcp(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    port = place.tcp.getsockname()[1]
    refused(process, f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)")
    assert silent(place.tcp.accept)


@shared("UDP to the host")
def udp(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    port = place.udp.getsockname()[1]
    run(process, f"import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))")
    assert silent(lambda: place.udp.recv(1))


@shared("connecting to a unix socket of the host")
def unix(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    for address in (str(place.root / "bus"), place.abstract_name):
        refused(process, f"import socket; socket.socket(socket.AF_UNIX).connect({address!r})")
    pair = "import socket; socket.socketpair(type=socket.SOCK_DGRAM)[0]"
    run(process, f"{pair}.sendto(b'x', {str(place.root / 'bus')!r})")
    assert silent(place.unix.accept) and silent(place.abstract.accept)


def silent(take: Callable) -> bool:
    try:
        take()
    except TimeoutError:
        return True
    return False


@shared("reading /proc of the judge")
def proc(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    assert SECRET in Path("/proc/self/environ").read_text()
    for name in ("environ", "cmdline", "maps", "mem", "cwd/gradebook.db", "root/etc/passwd", "fd/1"):
        result = run(process, f"print(open('/proc/{os.getpid()}/{name}', errors='replace').read())")
        assert not result.ok, result
    assert not can_read(process, f"/proc/{os.getppid()}/environ")
    everything = """
import glob
for f in glob.glob('/proc/*/environ'):
    try: print(open(f).read())
    except OSError: pass
"""
    assert SECRET not in run(process, everything).stdout


@shared("killing the judge")
def killing(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    import resource

    me = os.getpid()
    limits = resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_NOFILE)
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    refused(
        process,
        f"import os; os.kill({me}, 9)",
        f"import os, signal; signal.pidfd_send_signal(os.pidfd_open({me}), 9)",
        f"import resource; resource.prlimit({me}, resource.RLIMIT_CPU, (1, 1))",
        f"import os; os.sched_setaffinity({me}, [0])",
        f"import os; os.setpriority(os.PRIO_PROCESS, {me}, 19)",
    )
    run(process, f"import os; os.kill({process._popen.pid}, 9)")
    source = f"""
import fcntl, os
r, w = os.pipe()
fcntl.fcntl(r, fcntl.F_SETOWN, {me})
fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
os.write(w, b'x')
"""
    run(process, source)
    equal((resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_NOFILE)), limits)
    equal(os.getpriority(os.PRIO_PROCESS, 0), niceness)
    equal(run(process, "print(1)").stdout, "1\n")


@shared("changing modes outside")
def modes(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    before = place.gradebook.stat()
    path = str(place.gradebook)
    for attempt in (f"chmod({path!r}, 0)", f"utime({path!r}, (0, 0))", f"truncate({path!r}, 0)"):
        run(process, f"import os; os.{attempt}")
    after = place.gradebook.stat()
    equal((after.st_mode, after.st_mtime, after.st_size), (before.st_mode, before.st_mtime, before.st_size))
    equal(stat.S_IMODE(after.st_mode), 0o644)


@shared("seeing that a path of the host exists")
def existence(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    assert not sees(process, place)


def sees(process: SandboxedProcess, place: Place) -> bool:
    return run(process, f"import os; print(os.path.exists({str(place.gradebook)!r}))").stdout == "True\n"


# What cannot be stopped is said, and is so


@shared("cannot: seeing that a path of the host exists")
def existence_is_seen(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    assert sees(process, place)


@shared("cannot: reading")
def reading_is_possible(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    assert can_read(process, place.gradebook)


@shared("rights")
def rights(box: Sandbox, place: Place, process: SandboxedProcess) -> None:
    """Inside there is no root, no capability but reading, and no way to gain one."""
    source = """
import ctypes, os
print(os.getuid() != 0, os.geteuid() != 0, os.getgroups() in ([], [os.getgid()], [65534]))
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.setuid(0) if os.getuid() else -1, libc.prctl(39, 0, 0, 0, 0))
"""
    result = run(process, source)
    if box.name != "none" and os.getuid() == 0:
        equal(result.stdout, "True True True\n-1 -1 1\n")
    elif box.name != "none":
        equal(result.stdout.splitlines()[1], "-1 -1 1")


def cases_for(backend: str) -> list[str]:
    """The cases that hold this backend to its description."""
    extra = {"landlock": ["cannot: seeing that a path of the host exists", "rights"], "none": ["cannot: reading"]}
    return [*sandbox.describe(backend).stops, *extra.get(backend, ["rights"])]


def play(backend: str, abi_max: int, place: Place) -> dict[str, str | None]:
    seen: dict[str, str | None] = {}

    def note(name: str, *args: object) -> None:
        begin_s = time.monotonic()
        try:
            (SHARED.get(name) or CASES[name])(*args)
            seen[name] = None
        except Exception:
            seen[name] = traceback.format_exc()[-3000:]
        print(f"{time.monotonic() - begin_s:6.2f} s  {name}", file=sys.stderr)

    with Sandbox(backend, landlock_abi_max=abi_max) as box:
        with worker(box) as process:
            for name in cases_for(backend):
                if name in SHARED:
                    note(name, box, place, process)
        for name in cases_for(backend):
            if name in CASES:
                note(name, box, place)
    return seen


if __name__ == "__main__" and sys.argv[1] in ("--judge", "--bombed-judge"):
    doomed_judge(*sys.argv[2:5], bomb=sys.argv[1] == "--bombed-judge")
elif __name__ == "__main__":
    print(json.dumps(play(sys.argv[1], int(sys.argv[2]), Place(Path(sys.argv[3])))))
