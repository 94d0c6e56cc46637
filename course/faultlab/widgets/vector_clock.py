"""The panel of logical clocks: processes and messages are drawn by hand, and both clocks stand at each event.

1. A picture is a list of events: a process, a place from left to right, and for an arrival the event that sent it. A
   message goes to the right, so every picture that can be drawn can have happened. A place is not a time: to move an
   event without passing another one changes no clock.
2. The clocks are those of `models.clocks.stamps`. An event that sends may be received more than once (one message to
   several), and an arrival sends nothing: the next step of its process does.
3. Two events are chosen, 1 and 2. Whether 1 happened before 2 the vectors decide; the chain of steps and messages that
   joins the two is looked for in the picture, and for concurrent events the entries are named that are greater on
   either side.
4. Labels may be given with the events, and may be wrong: the picture of a textbook, to be corrected.
5. The learner's class, of the contract of exercise 3.6, labels the same events. Where it differs from the model, or
   stops, the picture says so.

Left out: clocks that start at other values, events that nobody has seen, and lost messages, which are no arrivals.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from faultlab.i18n import N_, _
from faultlab.models import clocks as model
from faultlab.models.clocks import AFTER, BEFORE, CONCURRENT, LOCAL, RECEIVE, SEND, Event, Stamp, VectorClock
from faultlab.widgets.panel import (
    LearnerTimeout,
    Panel,
    choice,
    explain,
    hidden_list,
    number,
    outcome,
    preset,
    question,
    slider,
)

NAMES = "ABCDE"
PROCESSES_MIN, PLACES = 2, 9
EVENT_EXAMPLE = '{"p": "B", "at": 2, "from": {"p": "A", "at": 1}}'
VECTOR, LAMPORT, BOTH, NEITHER = "vector", "lamport", "both", "neither"
MODEL, MINE = "model", "mine"
SAYS = {BEFORE: N_("before"), AFTER: N_("after"), CONCURRENT: N_("concurrent"), model.EQUAL: N_("equal vectors")}
# The figure of a textbook, as it stands there: its events, its messages, and its labels, of which some are wrong.
FIGURE_EVENTS: list[dict[str, Any]] = [
    {"p": "A", "at": 0, "row": [1, 0, 0]},
    {"p": "B", "at": 0, "row": [0, 1, 0]},
    {"p": "C", "at": 0, "row": [0, 0, 1]},
    {"p": "A", "at": 2, "row": [2, 0, 0]},
    {"p": "C", "at": 2, "row": [0, 0, 2]},
    {"p": "B", "at": 3, "row": [1, 2, 0], "from": {"p": "A", "at": 2}},
    {"p": "B", "at": 5, "row": [1, 3, 0]},
    {"p": "A", "at": 6, "row": [3, 1, 0], "from": {"p": "B", "at": 5}},
    {"p": "C", "at": 6, "row": [1, 3, 3], "from": {"p": "B", "at": 5}},
    {"p": "C", "at": 7, "row": [1, 4, 4]},
    {"p": "A", "at": 8, "row": [4, 1, 0]},
    {"p": "B", "at": 8, "row": [1, 4, 2], "from": {"p": "C", "at": 7}},
]


class Place(NamedTuple):
    """Where an event stands: its process, and its place from left to right."""

    p: str
    at: int

    @classmethod
    def of(cls, item: Any) -> Place | None:
        """The place that a JSON object names, None if it names none."""
        readable = isinstance(item, Mapping) and isinstance(item.get("p"), str) and type(item.get("at")) is int
        good = readable and item["p"] in NAMES and len(item["p"]) == 1 and 0 <= item["at"] < PLACES
        return cls(item["p"], item["at"]) if good else None

    def plain(self) -> dict[str, Any]:
        return {"p": self.p, "at": self.at}


# ---------------------------------------------------------------- the picture


class Picture:
    """The events that are drawn, with the clocks of the model. ValueError in one line for a picture that cannot be.

    `places` in an order in which the events may have happened; `source` says for an arrival which event sent it.
    """

    def __init__(self, listed: Sequence[Mapping[str, Any]], count: int) -> None:
        self.names = NAMES[:count]
        self.given: dict[Place, tuple[int, ...]] = {}
        self.source: dict[Place, Place] = {}
        kept = [item for item in listed if self._read(item).p in self.names]
        self.places = sorted((self._read(item) for item in kept), key=lambda place: (place.at, place.p))
        if len(set(self.places)) != len(self.places):
            raise ValueError(_("Two events stand in one place."))
        if len(self.places) < 2:
            raise ValueError(_("There must be two events at least."))
        for item in kept:
            self._take(item)
        self._refuse_double_events()
        self.events = [self._event(place) for place in self.places]
        self.stamps = dict(zip(self.places, model.stamps(self.events), strict=True))
        self.columns = {name: [place for place in self.places if place.p == name] for name in self.names}

    def _read(self, item: Mapping[str, Any]) -> Place:
        place = Place.of(item)
        if place is None:
            raise ValueError(_("An event looks like {example}, not like {item}.", example=EVENT_EXAMPLE, item=item))
        return place

    def _take(self, item: Mapping[str, Any]) -> None:
        """The message that arrives at an event, and the label that is given with it."""
        place, row = self._read(item), item.get("row")
        if row is not None:
            if not isinstance(row, list) or not all(type(n) is int and 0 <= n < 100 for n in row):
                raise ValueError(_("A label is a list of whole numbers, not {row}.", row=row))
            self.given[place] = tuple([*row, *[0] * len(self.names)][: len(self.names)])
        if "from" not in item or item["from"] is None:
            return
        sender = Place.of(item["from"])
        if sender is None or sender.at >= place.at or sender.p == place.p:
            raise ValueError(_("A message comes from another process, and from further left: {item}.", item=item))
        # The sender may belong to a process that is not shown any more.
        if sender in self.places:
            self.source[place] = sender

    def _refuse_double_events(self) -> None:
        both = sorted(set(self.source) & set(self.source.values()))
        if both:
            raise ValueError(
                _("The event of {process} at place {n} both receives and sends.", process=both[0].p, n=both[0].at + 1)
            )

    def _event(self, place: Place) -> Event:
        if place in self.source:
            return Event(place.p, RECEIVE, _message(self.source[place]))
        return Event(place.p, SEND, _message(place)) if place in self.source.values() else Event(place.p, LOCAL)

    def name(self, place: Place) -> str:
        """An event as sentences name it: B3 is the third one of B."""
        return f"{place.p}{self.columns[place.p].index(place) + 1}"

    def row(self, place: Place) -> tuple[int, ...]:
        return self.stamps[place].vector.row(self.names)

    def wrong(self) -> list[Place]:
        """The events whose given label is not the vector of the model."""
        return [place for place in self.places if place in self.given and self.given[place] != self.row(place)]

    # -------- what happened before what

    def relation(self, one: Place, other: Place) -> str:
        return self.stamps[one].vector.compare(self.stamps[other].vector)

    def chain(self, first: Place, last: Place) -> list[Place]:
        """The events of a shortest chain of steps and messages from `first` to `last`; [] if there is none."""
        came_from: dict[Place, Place | None] = {first: None}
        queue = deque([first])
        while queue and last not in came_from:
            here = queue.popleft()
            for following in self._follow(here):
                if following not in came_from:
                    came_from[following] = here
                    queue.append(following)
        path: list[Place] = []
        step: Place | None = last if last in came_from else None
        while step is not None:
            path.append(step)
            step = came_from[step]
        return path[::-1]

    def _follow(self, place: Place) -> list[Place]:
        """What happens next because of an event: the arrivals of its message, and the next step of its process."""
        arrivals = [arrival for arrival, sender in self.source.items() if sender == place]
        column = self.columns[place.p]
        return arrivals + column[column.index(place) + 1 :][:1]

    def greater(self, one: Place, other: Place) -> list[str]:
        """The processes of whose events `one` knows more than `other` does."""
        a, b = self.stamps[one].vector, self.stamps[other].vector
        return [name for name in self.names if a[name] > b[name]]


def _message(sender: Place) -> str:
    return f"{sender.p}{sender.at}"


def chosen(picture: Picture, pair: Iterable[Mapping[str, Any]]) -> tuple[Place, Place]:
    """The two events that are compared; for one that is not there any more, the first that is."""
    wanted = [place for item in pair if (place := Place.of(item)) in picture.stamps and place is not None]
    both = list(dict.fromkeys([*wanted[:2], *picture.places]))
    return both[0], both[1]


# ---------------------------------------------------------------- the learner's clock


class Labels(NamedTuple):
    """What the learner's class says of the events: a vector for each, up to the one where it `stopped`, and why."""

    vectors: dict[Place, dict[str, int]]
    stopped: str | None


def labels_by(clock: Any, picture: Picture) -> Labels:
    """Drive the class of exercise 3.6 through the picture: one clock for each process, `tick`, `send`, `receive`."""
    vectors: dict[Place, dict[str, int]] = {}
    try:
        made = {name: clock(name) for name in picture.names}
        for place, event in zip(picture.places, picture.events, strict=True):
            if event.kind == RECEIVE:
                got = made[place.p].receive(dict(vectors[picture.source[place]]))
            else:
                got = made[place.p].send() if event.kind == SEND else made[place.p].tick()
            vectors[place] = _vector(got)
    except (Exception, LearnerTimeout) as error:
        return Labels(vectors, explain(error))
    return Labels(vectors, None)


def _vector(got: Any) -> dict[str, int]:
    if not isinstance(got, Mapping) or not all(isinstance(n, str) and type(c) is int for n, c in got.items()):
        raise TypeError(_("a vector is a dict of names and whole numbers, not {got!r}", got=got))
    return {name: count for name, count in got.items() if count}


def compared_by(clock: Any, labels: Labels, pair: tuple[Place, Place]) -> tuple[str | None, str | None]:
    """What the class's `compare` says of the two events, and what it raised."""
    if any(place not in labels.vectors for place in pair):
        return None, None
    try:
        return str(clock.compare(*(dict(labels.vectors[place]) for place in pair)))[:40], None
    except (Exception, LearnerTimeout) as error:
        return None, explain(error)


# ---------------------------------------------------------------- the panel


class VectorClockPanel(Panel):
    """Processes, messages, clocks; see the module's docstring."""

    topic = "vector_clock"

    def __init__(self, clock: Any = None, **params: Any) -> None:
        self.clock = clock
        super().__init__(**params)

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("Logical clocks: before, after or concurrent?"),
            "question": self._which(),
            "controls": self._controls(),
            "presets": self._presets(),
            "words": self._words(),
        }

    def _controls(self) -> list[dict[str, Any]]:
        shown = [
            (VECTOR, _("vectors")),
            (LAMPORT, _("Lamport")),
            (BOTH, _("both clocks")),
            (NEITHER, _("no clocks")),
        ]
        controls = [
            slider("n", _("Processes"), 3, PROCESSES_MIN, len(NAMES), 1),
            choice("clocks", _("Clocks shown"), VECTOR, shown, menu=True),
            hidden_list("events", drawn(FIGURE_EVENTS)),
            hidden_list("pair", _pair("A6", "C6")),
        ]
        if self.clock is not None:
            name = getattr(self.clock, "__name__", "?")
            whose = [(MODEL, _("the model")), (MINE, _("your class {name}", name=name))]
            controls.insert(2, choice("whose", _("Vectors by"), MINE, whose))
        return controls

    def _presets(self) -> list[dict[str, Any]]:
        return [
            preset("figure", _("Three processes"), _("follow the chain of arrows and steps; places are not moments.")),
            preset(
                "wrong",
                _("Find the wrong labels"),
                _("so it stands in a textbook. Mark each label that breaks the rules, then say how many there are."),
                question=self._how_many(),
                events=FIGURE_EVENTS,
            ),
            preset(
                "silence",
                _("Nobody says anything"),
                _("each process counts, and knows of itself alone."),
                events=columns_of({"A": "0 1 2", "B": "0 4", "C": "0 3 6 8"}),
                pair=_pair("A0", "C8"),
                clocks=BOTH,
            ),
            preset(
                "chain",
                _("A chain"),
                _("A never writes to C; what A knew arrives there all the same."),
                events=columns_of({"A": "0 1 6", "B": "0 2<A1 4", "C": "1 5<B4 7"}),
                pair=_pair("A1", "C7"),
            ),
            preset(
                "lamport",
                _("Lamport says less"),
                _("the numbers are ordered. Are the events?"),
                events=columns_of({"A": "0 1 6", "B": "2<A1 3 5", "C": "4<B3 7", "D": "0 5"}),
                pair=_pair("D5", "C7"),
                n=4,
                clocks=LAMPORT,
            ),
            preset(
                "hours",
                _("Hours apart, yet concurrent"),
                _("how far apart two events stand says nothing about what happened before what."),
                events=columns_of({"A": "0 1 8", "B": "2<A1 3", "C": "0 4<B3 5"}),
                pair=_pair("C0", "A8"),
                clocks=NEITHER,
            ),
        ]

    @staticmethod
    def _which() -> dict[str, Any]:
        options = [
            (BEFORE, _("1 happened before 2")),
            (AFTER, _("1 happened after 2")),
            (CONCURRENT, _("They are concurrent")),
        ]
        return question(_("Two events are marked, 1 and 2. What do the arrows say of them?"), options, name="relation")

    @staticmethod
    def _how_many() -> dict[str, Any]:
        options = [(str(n), str(n)) for n in (0, 3, 5, 7, 9)]
        return question(_("Each label should be the vector of its event. How many are wrong?"), options, name="labels")

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "tools": _("What a click does"),
            "look": _("Add and compare"),
            "send": _("Send a message"),
            "remove": _("Remove"),
            "mark": _("Mark wrong labels"),
            "erase": _("Remove the labels"),
            "how_look": _(
                "Click a free place to add an event, an event to compare it; drag to another process to send a message."
            ),
            "how_send": _("Click where the message is sent, then further right at another process, where it arrives."),
            "how_to": _("From {name}: click where it arrives. The same place again: never mind."),
            "how_remove": _("Click an event: it goes, with its message."),
            "how_mark": _("Click each label that you think is wrong. Marked: {n} of {all}."),
            "how_marked": _("Found: {found} of {wrong}. Marked though right: {false}."),
            "not_left": _("A message goes to the right: an arrival comes after the sending."),
            "not_same": _("A message goes to another process."),
            "not_twice": _("This event receives or sends already: take a free place."),
            "not_from": _("An arrival is one event, a sending is another: begin at a free place to its right."),
            "not_last": _("Two events must stay, there would be nothing to compare."),
            "kind_local": _("step"),
            "kind_send": _("sends"),
            "kind_receive": _("arrival"),
            "event": _("{name}, {kind}, {clock}"),
            "marked": _("marked as wrong"),
            "is_one": _("event 1"),
            "is_two": _("event 2"),
            "free": _("{process}, place {n}, free"),
            "places": _("Events of {names}: arrow keys go from place to place"),
            "past": _("causal past of 2"),
            "future": _("after 2"),
            "concurrent": _("concurrent with 2"),
            "chain": _("the chain from one to the other"),
            "legend": _("What the shapes say"),
            "stopped": _("stopped"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        picture = Picture(params["events"], params["n"])
        pair = chosen(picture, params["pair"])
        mine = params.get("whose") == MINE
        labels = labels_by(self.clock, picture) if mine else None
        says, broke = compared_by(self.clock, labels, pair) if labels else (None, None)
        chain = picture.chain(*pair) or picture.chain(*pair[::-1])
        return {
            "names": list(picture.names),
            "places": PLACES,
            "events": [event_view(picture, place, pair[1], labels) for place in picture.places],
            "pair": [place.plain() for place in pair],
            "chain": [place.plain() for place in chain],
            "clocks": params["clocks"],
            "labelled": bool(picture.given),
            "mine": mine_line(says, broke, labels, picture, pair),
            "answers": answers(picture, pair),
            "numbers": numbers(picture),
            "summary": summary(picture, pair),
            "log": [log_line(picture, place) for place in picture.places],
            "notice": notice(labels, broke, picture),
        }


def _pair(*written: str) -> list[dict[str, Any]]:
    """The two chosen events of a preset, each as its process and its place: "A1"."""
    return [Place(one[0], int(one[1:])).plain() for one in written]


def drawn(listed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The events without the labels that are given with them."""
    return [{key: value for key, value in item.items() if key != "row"} for item in listed]


def columns_of(written: Mapping[str, str]) -> list[dict[str, Any]]:
    """Events as the presets write them: for each process its places, "5<B4" for an arrival of what B sent at 4."""
    listed: list[dict[str, Any]] = []
    for name, places in written.items():
        for one in places.split():
            at, _sign, sender = one.partition("<")
            source = {"from": {"p": sender[0], "at": int(sender[1:])}} if sender else {}
            listed.append({"p": name, "at": int(at), **source})
    return sorted(listed, key=lambda item: (item["at"], item["p"]))


def placed(columns: Mapping[str, Sequence[Event]]) -> list[dict[str, Any]]:
    """Events as `models.clocks` has them, at the leftmost places they can stand.

    ValueError for events that cannot have happened, for more of them in a row than there are places, and for what this
    picture does not draw: another number of processes, and messages to oneself.
    """
    if not PROCESSES_MIN <= len(columns) <= len(NAMES):
        raise ValueError(_("There are two to five processes, not {n}.", n=len(columns)))
    letters = dict(zip(columns, NAMES, strict=False))
    next_at = dict.fromkeys(columns, 0)
    sent: dict[str, Place] = {}
    listed: list[dict[str, Any]] = []
    for event in model.possible_order(columns):
        sender = sent[event.message] if event.kind == RECEIVE else None
        at = max(next_at[event.process], sender.at + 1 if sender else 0)
        if at >= PLACES:
            raise ValueError(_("There are more events in a row than the {n} places.", n=PLACES))
        place = Place(letters[event.process], at)
        next_at[event.process] = at + 1
        if event.kind == SEND:
            sent[event.message] = place
        listed.append(place.plain() | ({"from": sender.plain()} if sender else {}))
    return listed


# ---------------------------------------------------------------- what is shown


def event_view(picture: Picture, place: Place, focus: Place, labels: Labels | None) -> dict[str, Any]:
    """One event: its kind, its right vector, the label that is drawn, and how it stands to event 2."""
    true = picture.row(place)
    kind = next(e.kind for p, e in zip(picture.places, picture.events, strict=True) if p == place)
    label: tuple[int, ...] | None = picture.given.get(place, true)
    if labels is not None and place not in picture.given:
        vector = labels.vectors.get(place)
        label = None if vector is None else tuple(vector.get(name, 0) for name in picture.names)
        others = vector is not None and bool(set(vector) - set(picture.names))
        wrong = others or label != true
    else:
        wrong = label != true
    return {
        **place.plain(),
        "name": picture.name(place),
        "kind": kind,
        "from": picture.source[place].plain() if place in picture.source else None,
        "row": list(true),
        "label": None if label is None else list(label),
        "given": place in picture.given,
        "wrong": wrong,
        "lamport": picture.stamps[place].lamport,
        "to_focus": picture.relation(place, focus),
    }


def mine_line(
    says: str | None, broke: str | None, labels: Labels | None, picture: Picture, pair: tuple[Place, Place]
) -> dict[str, Any] | None:
    """What the learner's `compare` says of the two events, and whether that is so."""
    if labels is None:
        return None
    good = says == picture.relation(*pair)
    word = _(SAYS[says]) if says in SAYS else says or "–"
    return {"good": good, "text": _("Your compare() says: {word}.", word=word), "raised": broke}


def answers(picture: Picture, pair: tuple[Place, Place]) -> dict[str, Any]:
    wrong = picture.wrong()
    found = ", ".join(
        f"{picture.name(place)} {written(picture.given[place])} → {written(picture.row(place))}" for place in wrong
    )
    count = _("Wrong labels: {n} of {all}.", n=len(wrong), all=len(picture.given))
    return {
        "relation": outcome(picture.relation(*pair), reason(picture, pair)),
        "labels": outcome(str(len(wrong)), f"{count} {found}." if wrong else count),
    }


def written(row: Sequence[int]) -> str:
    return "[" + ",".join(map(str, row)) + "]"


def reason(picture: Picture, pair: tuple[Place, Place]) -> str:
    """Why: the chain that joins the two, or what each knows that the other does not."""
    one, two = pair
    relation = picture.relation(one, two)
    if relation == CONCURRENT:
        text = _(
            "1 and 2 are concurrent: no chain leads from {one} to {two} or back. {one} knows more of {mine}, {two} "
            "more of {theirs}: {row_one} and {row_two}.",
            **_values(picture, one, two),
            mine=", ".join(picture.greater(one, two)),
            theirs=", ".join(picture.greater(two, one)),
        )
        return f"{text} {lamport_says(picture, pair)}"
    first, last = (one, two) if relation == BEFORE else (two, one)
    chain = " → ".join(picture.name(place) for place in picture.chain(first, last))
    values = {"chain": chain, **_values(picture, first, last)}
    if relation == BEFORE:
        return _("1 happened before 2: {chain}. No entry of {row_one} is greater than in {row_two}.", **values)
    return _("1 happened after 2: {chain}. No entry of {row_one} is greater than in {row_two}.", **values)


def _values(picture: Picture, one: Place, two: Place) -> dict[str, str]:
    return {
        "one": picture.name(one),
        "two": picture.name(two),
        "row_one": written(picture.row(one)),
        "row_two": written(picture.row(two)),
    }


def lamport_says(picture: Picture, pair: tuple[Place, Place]) -> str:
    """What Lamport's numbers tell of two concurrent events."""
    a, b = (picture.stamps[place].lamport for place in pair)
    if a == b:
        return _("Lamport’s numbers are equal: {a}.", a=a)
    return _("Lamport’s numbers, {a} and {b}, order them all the same.", a=a, b=b)


def numbers(picture: Picture) -> list[dict[str, Any]]:
    stamps: list[Stamp] = list(picture.stamps.values())
    pairs = model.concurrent_pairs(stamps)
    apart = sum(stamps[i].lamport != stamps[j].lamport for i, j in pairs)
    rows = [
        number(_("events"), len(stamps)),
        number(_("messages that arrive"), len(picture.source)),
        number(_("pairs of events"), len(stamps) * (len(stamps) - 1) // 2),
        number(_("of them concurrent"), len(pairs)),
        number(_("concurrent, yet Lamport’s numbers differ"), apart),
    ]
    if picture.given:
        rows.append(number(_("wrong labels"), len(picture.wrong())))
    return rows


def summary(picture: Picture, pair: tuple[Place, Place]) -> str:
    past = [picture.name(place) for place in picture.places if picture.relation(place, pair[1]) == BEFORE]
    known = _(
        "1 is {one}, 2 is {two}. Causal past of {two}: {past}.",
        one=picture.name(pair[0]),
        two=picture.name(pair[1]),
        past=", ".join(past) or "–",
    )
    return f"{known} {reason(picture, pair)}"


def log_line(picture: Picture, place: Place) -> str:
    values = {
        "name": picture.name(place),
        "row": written(picture.row(place)),
        "lamport": picture.stamps[place].lamport,
    }
    if place in picture.source:
        sender = picture.source[place]
        return _(
            "{name} receives what {sender} sent: maximum of both, then one more. Vector {row}, Lamport {lamport}.",
            sender=picture.name(sender),
            **values,
        )
    if place in picture.source.values():
        return _("{name} sends. Vector {row}, Lamport {lamport}.", **values)
    return _("{name}, a step of its own. Vector {row}, Lamport {lamport}.", **values)


def notice(labels: Labels | None, broke: str | None, picture: Picture) -> str | None:
    """What the learner's class got wrong, in one line; None if nothing."""
    if labels is None:
        return None
    if labels.stopped is not None:
        place = next((p for p in picture.places if p not in labels.vectors), picture.places[-1])
        return _("Your class stops at {name}: {what}", name=picture.name(place), what=labels.stopped)
    if broke is not None:
        return _("Your compare() stops: {what}", what=broke)
    for place in picture.places:
        expected = picture.stamps[place].vector
        if VectorClock({n: c for n, c in labels.vectors[place].items() if c > 0}) != expected:
            return _(
                "Your class says {got} at {name}; it should be {expected}.",
                got=labels.vectors[place],
                name=picture.name(place),
                expected=dict(expected.items()),
            )
    return None


def vector_clock_panel(
    clock: Any = None, columns: Mapping[str, Sequence[Event]] | None = None, **params: Any
) -> VectorClockPanel:
    """The panel of logical clocks.

    `clock`: the class of exercise 3.6 (`VectorClock(process)` with `tick`, `send`, `receive` and `compare`); its
    vectors stand in the place of the model's. `columns`: the events of two to five processes, each in its own order,
    as `models.clocks.possible_order` takes them; the processes are called A, B, ... in the picture. `reveal=True` shows
    the verdict without asking for a prediction. ValueError for events that cannot have happened or do not fit.
    """
    if columns is not None:
        listed = placed(columns)
        params = {"events": listed, "n": len(columns), "pair": listed[-2:]} | params
    return VectorClockPanel(clock, **params)
