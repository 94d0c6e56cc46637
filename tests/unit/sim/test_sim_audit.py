"""Handlers that are not what they must be are found, and honest ones are left in peace."""

import importlib
import random
import sys
import textwrap
import time
from functools import partial

import pytest

from faultlab.sim import Node, explore
from faultlab.sim.audit import NoSource, other_processes, shipped, suspect
from faultlab.sim.host import Host
from faultlab.sim.search import Bounds


class Ping(Node):
    """A asks, everybody answers; the mistakes are made in `answer`."""

    def on_start(self, ctx):
        self.heard = {}
        if ctx.name == "A":
            ctx.broadcast(("ping", 0))

    def on_message(self, ctx, sender, message):
        kind, n = message
        self.heard[sender] = n
        if kind == "ping":
            ctx.send(sender, ("pong", self.answer(ctx, n)))
        elif n < 2:
            ctx.send(sender, ("ping", n + 1))

    def answer(self, ctx, n):
        return n


class SharedList(Ping):
    log = []  # noqa: RUF012 - the mistake that the test is about

    def answer(self, ctx, n):
        self.log.append(n)
        return n


class SharedSetOfABase(SharedList):
    pass


calls = []


class Global(Ping):
    def answer(self, ctx, n):
        calls.append(n)
        return len(calls)


class Default(Ping):
    def answer(self, ctx, n, memory=[]):  # noqa: B006 - the mistake that the test is about
        memory.append(n)
        return len(memory)


class ClassCounter(Ping):
    count = 0

    def answer(self, ctx, n):
        type(self).count += 1
        return type(self).count


class Chance(Ping):
    def answer(self, ctx, n):
        return random.random()


class Clock(Ping):
    def answer(self, ctx, n):
        return time.perf_counter()


def suspicions(factory, names="ABC", **options):
    return explore(dict.fromkeys(names, factory), bounds=Bounds(states_max=500), **options).suspicions


@pytest.mark.parametrize("factory", [SharedList, SharedSetOfABase])
def test_state_that_is_kept_in_the_class_is_named(factory):
    (text,) = suspicions(factory)
    assert text.startswith("SharedList.log belongs to the class: all nodes share it")


@pytest.mark.parametrize("factory", [Global, Default, ClassCounter, Chance, Clock])
def test_an_outcome_that_is_another_each_time_is_shown_with_the_step_and_the_difference(factory):
    (text,) = suspicions(factory)
    assert "A, message" in text or "B, message" in text or "C, message" in text
    assert "('ping', 0)" in text
    assert "another outcome each time" in text
    assert "pong" in text
    assert len(text.splitlines()) == 1


class Firstcomer(Node):
    """C decides for whoever asked first, which is the first key of a dict."""

    def on_start(self, ctx):
        self.asked, self.decided = {}, None
        if ctx.name == "C":
            ctx.set_timer("decide", 1.0)
        else:
            ctx.send("C", "ask")

    def on_message(self, ctx, sender, message):
        self.asked[sender] = message

    def on_timer(self, ctx, timer):
        if len(self.asked) == 2:
            self.decided = next(iter(self.asked))


class Broadcasts(Firstcomer):
    """Goes through the same dict, and the order does not matter."""

    def on_timer(self, ctx, timer):
        for peer in self.asked:
            ctx.send(peer, ("done", len(self.asked)))


@pytest.mark.slow
def test_a_handler_to_which_it_matters_how_a_dict_was_filled_is_shown():
    (text,) = suspicions(Firstcomer)
    assert "C, timer 'decide' depends on the order in which a dict was filled" in text
    assert suspicions(Broadcasts) == suspicions(Broadcasts, network="fifo") == ()


def test_the_text_of_a_result_names_what_is_suspicious():
    result = explore(dict.fromkeys("ABC", SharedList))
    assert "suspicious: SharedList.log belongs to the class" in str(result)


class Steady(Ping):
    """Chance from the context, sets that are sorted, constants of the class, and dicts as they were filled."""

    TABLE = {"a": [1, 2], "b": [3]}  # noqa: RUF012 - a constant

    def answer(self, ctx, n):
        chosen = sorted({"x", "y", "z", str(n)})
        for peer in self.heard:
            ctx.note(peer)
        return (ctx.random.random(), chosen, self.TABLE["a"][0])


MODULE = """
    from faultlab.sim import Node

    class Sorted(Node):
        def on_start(self, ctx):
            self.names = {"alpha", "beta", "gamma", "delta", "epsilon"}
            if ctx.name == "A":
                ctx.broadcast(self.pick())

        def pick(self):
            return sorted(self.names)

        def on_message(self, ctx, sender, message):
            self.got = message

    class Unsorted(Sorted):
        def pick(self):
            return list(self.names)

    class Filled(Sorted):
        def on_start(self, ctx):
            self.order = {}
            for peer in reversed(ctx.peers):
                self.order[peer] = 0
            ctx.send(ctx.name, "go")

        def on_message(self, ctx, sender, message):
            if message == "go":
                for peer in self.order:
                    ctx.send(peer, "hello")

    def make(kind=Sorted):
        return kind()
"""


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """A module that another process can import too."""
    (tmp_path / "audited_nodes.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield importlib.import_module("audited_nodes")
    sys.modules.pop("audited_nodes", None)


@pytest.mark.slow
def test_the_order_of_a_set_is_found_in_a_process_with_another_hash_seed(notes):
    result = explore(dict.fromkeys("AB", notes.Unsorted))
    (text,) = result.suspicions
    assert "another outcome in another process" in text
    assert "sort it" in text
    assert result.unchecked == ""


@pytest.mark.slow
def test_nodes_that_sort_their_sets_are_left_in_peace_and_were_tried_elsewhere(notes):
    result = explore({"A": notes.Sorted, "B": notes.Sorted, "C": partial(notes.make, notes.Sorted), "D": notes.Filled})
    assert result.suspicions == ()
    assert result.unchecked == ""


@pytest.mark.slow
def test_honest_nodes_are_left_in_peace_in_this_process():
    cluster = explore(dict.fromkeys("ABC", Steady), bounds=Bounds(states_max=500))
    assert cluster.suspicions == ()


def test_a_class_that_cannot_be_sent_is_told_and_not_taken_for_honest():
    class Local(Ping):
        pass

    result = explore({"A": Local, "B": Local})
    assert result.suspicions == ()
    assert "not defined at the top" in result.unchecked
    assert "not tried in another process" in str(result)


def test_without_an_audit_nothing_is_computed_again():
    SharedList.log.clear()
    result = explore(dict.fromkeys("AB", SharedList), audit=False)
    assert result.suspicions == ()
    assert len(SharedList.log) <= result.handled


class Fails(Ping):
    def answer(self, ctx, n):
        raise ValueError(f"always {n}")


@pytest.mark.slow
def test_a_handler_that_always_fails_in_the_same_way_is_not_suspicious():
    assert suspicions(Fails) == ()


def test_a_class_of_a_module_is_sent_by_its_name_and_other_things_are_refused():
    assert "from faultlab.sim.node import Node" in shipped(Node)
    for thing in (
        lambda: Node(),
        type("Local", (Node,), {"__qualname__": "f.<locals>.Local"}),
        partial(Ping, object()),
    ):
        with pytest.raises(NoSource):
            shipped(thing)


@pytest.mark.slow
def test_other_processes_come_to_the_outcomes_of_this_one(notes):
    steps = [
        {"name": "A", "names": ["A", "B"], "fields": {}, "disk": {}, "event": ("start",)},
        {
            "name": "B",
            "names": ["A", "B"],
            "fields": {"names": {"x"}},
            "disk": {"d": 1},
            "event": ("message", "A", [1]),
        },
    ]
    here = Host(notes.Sorted).steps(steps)
    assert other_processes([(notes.Sorted, steps)]) == [[here], [here]]


NOTEBOOK = """
    import json
    import random
    from faultlab.sim import Node, explore

    LIMIT = 3
    NAMES = {names!r}

    def pick(names):
        return {pick}

    class Base(Node):
        def on_start(self, ctx):
            self.names = set(NAMES)
            if ctx.name == "A":
                ctx.broadcast(pick(self.names)[:LIMIT])

    class Mine(Base):
        def on_message(self, ctx, sender, message):
            self.got = json.dumps(message)

    result = explore({{"A": Mine, "B": Mine}})
"""


@pytest.mark.slow
@pytest.mark.parametrize(("pick", "honest"), [("sorted(names)", True), ("list(names)", False)])
def test_a_class_of_a_notebook_is_sent_with_all_that_it_names(monkeypatch, pick, honest):
    """A cell is compiled from text that `inspect` finds in `linecache`, as IPython does it."""
    import linecache
    import types

    source = textwrap.dedent(NOTEBOOK.format(names=["alpha", "beta", "gamma", "delta", "epsilon"], pick=pick))
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    main.__file__ = name = f"<cell {honest}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), vars(main))
    assert main.result.unchecked == ""
    assert (main.result.suspicions == ()) == honest


def test_of_a_large_search_a_sample_is_computed_again():
    cluster = explore(dict.fromkeys("ABCD", Ping), bounds=Bounds(states_max=2_000), audit=False).cluster
    made = []

    class Watched(Host):
        def step(self, step):
            made.append(step["name"])
            return super().step(step)

    cluster.steppers = [Watched(Ping)] * 4
    assert suspect(cluster, sample_max=10)[0] == []
    assert len(cluster.moves) > 30
    assert 10 <= len(made) <= 60
