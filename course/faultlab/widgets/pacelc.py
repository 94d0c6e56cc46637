"""What an answer costs where nothing is cut off: every design is a point, latency against stale reads.

The runs are those of `models/pacelc.py`: four regions, one busy key, a minute of reads and writes. Without a cut a
design has its place on the chart; the browser keeps the places of all designs that the learner has tried under the same
conditions (clients, jitter, batches, seed), pale, and joins those that no other beats: the frontier. With a cut, a
second run says what becomes of the same design, and an arrow leads there.

The boxes of PACELC are those of the model (`letters`); which system stands in which is Abadi's verdict of 2012 on the
defaults of that time, and not measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.pacelc import (
    ALL,
    ANSWER,
    ONE_WAY_MS,
    OWN,
    READ,
    REFUSE,
    REGIONS,
    SYSTEMS,
    WRITE,
    WRITES,
    Conditions,
    Design,
    Run,
    letters,
    quantile,
    simulate_design,
)
from faultlab.widgets.panel import Panel, choice, number, outcome, preset, question, slider, text_number

EVERYWHERE, NOBODY = "all", "none"
DOTS = 20
JITTER, BATCH_MS, BATCH_MAX_MS = 0.2, 200, 1000
PREDICTED_REGION = "eu"

Json = dict[str, Any]


# -------- what is told of a run


@lru_cache(maxsize=512)
def figures(design: Design, conditions: Conditions) -> Json:
    """A run in numbers, remembered; nobody may change them."""
    run = simulate_design(design, conditions)
    ages = run.ages_ms()
    whole = {kind: _times(run, kind, None) for kind in (READ, WRITE)}
    return {
        "rows": [_times(run, kind, region) for region in conditions.clients for kind in (READ, WRITE)],
        READ: whole[READ], WRITE: whole[WRITE],
        "mean_ms": run.mean_ms(), "stale": run.stale(), "refused": run.refused(),
        "age_50_ms": quantile(ages, 0.5) if ages else None, "age_max_ms": ages[-1] if ages else None,
    }  # fmt: skip


def _times(run: Run, kind: str, region: str | None) -> Json:
    """The latencies of one kind of request: 20 dots of equal weight, median, 99th percentile."""
    times = run.latencies_ms(kind, region)
    dots = [quantile(times, (i + 0.5) / DOTS) for i in range(DOTS)] if times else []
    asked = len(run.of(kind, region))
    return {
        "region": region, "kind": kind, "asked": asked, "refused": asked - len(times), "dots": dots,
        "p50": quantile(times, 0.5) if times else None, "p99": quantile(times, 0.99) if times else None,
        "stale": run.stale(region) if kind == READ else None,
    }  # fmt: skip


def best_leader(design: Design, conditions: Conditions) -> tuple[str, dict[str, float]]:
    """The leader with which a read and a write take least on average, if all goes through it, and the times of all."""
    means = {name: figures(replace(design, route=ALL, leader=name), conditions)["mean_ms"] for name in REGIONS}
    return min(means, key=means.__getitem__), means


# -------- the panel


class PacelcPanel(Panel):
    """Latency against stale reads; see the module's docstring."""

    topic = "pacelc"

    def describe(self) -> Json:
        places = [(name, name) for name in REGIONS]
        return {
            "title": _("What consistency costs when nothing is cut"),
            "question": self._three_copies(),
            "controls": [
                choice("route", _("Who coordinates"), OWN,
                       [(OWN, _("each region, no leader")), (WRITES, _("a leader, the writes")),
                        (ALL, _("a leader, everything"))], menu=True),
                choice("leader", _("The leader is in"), "us", places),
                slider("w", _("W: copies that confirm a write"), 1, 1, len(REGIONS), 1),
                slider("r", _("R: copies that answer a read"), 1, 1, len(REGIONS), 1),
                choice("clients", _("Clients are in"), EVERYWHERE, [(EVERYWHERE, _("all regions")), *places]),
                choice("cut", _("Cut off"), NOBODY, [(NOBODY, _("no region")), *places]),
                choice("on_cut", _("Who reaches too few copies"), REFUSE,
                       [(REFUSE, _("refuses")), (ANSWER, _("answers"))]),
                slider("jitter", _("Jitter, mean, of the distance"), JITTER, 0, 1, 0.1, more=True),
                slider("batch", _("Who is not waited for hears every"), BATCH_MS, 0, BATCH_MAX_MS, 50, _("ms"),
                       more=True),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }  # fmt: skip

    @staticmethod
    def _three_copies() -> Json:
        options = [
            ("same", _("Not at all")),
            ("less", _("Up to 100 ms")),
            ("more", _("100 to 200 ms")),
            ("most", _("More than 200 ms")),
        ]
        text = _("No leader. W = 3 instead of 1: how much longer does a write from eu take, at the median?")
        return question(text, options, name="w3")

    @staticmethod
    def _how_stale(name: str = "stale", text: str | None = None) -> Json:
        options = [
            ("none", _("None")),
            ("quarter", _("Up to a quarter")),
            ("half", _("Up to a half")),
            ("most", _("More than a half")),
        ]
        return question(text or _("Nothing is cut. How many reads are stale?"), options, name=name)

    def _presets(self) -> list[Json]:
        leader = question(_("All goes through a leader. Where does a read and a write take least, on average?"),
                          [(name, name) for name in REGIONS], name="leader")  # fmt: skip
        timeline = question(_("asia is cut off, the leader is in us. What do clients in asia still get?"),
                            [("both", _("Reads and writes")), ("reads", _("Reads only")), ("nothing", _("Nothing"))],
                            name="island")  # fmt: skip
        writes = question(_("asia is cut off. Where are writes answered?"),
                          [("all", _("Everywhere")), ("some", _("In the three other regions")),
                           ("none", _("Nowhere"))], name="writes")  # fmt: skip
        two = self._how_stale("cut_stale", _("The leader's region is cut off, and both sides go on. How many reads are "
                                             "stale?"))  # fmt: skip
        return [
            preset("at_once", _("Ask nobody (PA/EL)"),
                   _("half a millisecond away everything is fast, and reads miss what others have written. Abadi puts "
                     "Dynamo, Cassandra and Riak, as they came by default, into this box.")),
            preset("one_more", _("One more copy"),
                   _("the point goes to the right and down. What you have tried stays, pale: try W and R from 1 to 4."),
                   self._how_stale(), w=2),
            preset("overlap", _("Overlap: W + R > N"),
                   _("3 + 2 > 4: those that confirm a write and those that answer a read have a copy in common, and no "
                     "leader is needed. Both wait for an ocean."), self._how_stale(), w=3, r=2),
            preset("leader", _("All through a leader (PC/EC)"),
                   _("nobody is near to all: move the leader and see who gains. Abadi puts VoltDB/H-Store, Megastore, "
                     "BigTable and HBase into this box."), leader, route=ALL, leader="eu", w=3),
            preset("timeline", _("Leader for writes (PC/EL)"),
                   _("writes keep one order, reads come from the copy nearby. Look at the two rows of the region that "
                     "is cut off. Abadi's example is PNUTS."), timeline, route=WRITES, cut="asia"),
            preset("two_leaders", _("Leader that does not wait (PA/EC)"),
                   _("W = 1: the leader waits for nobody. The arrow leads from the place without the cut to that with "
                     "it. Abadi's example is MongoDB of 2012."), two, route=ALL, on_cut=ANSWER, cut="us"),
            preset("farthest", _("All copies confirm"),
                   _("the farthest copy sets the pace. Then see what the cut leaves of the writes."), writes,
                   w=4, cut="asia"),
            preset("home", _("All clients at home"),
                   _("the only difference to the first scenario is where the clients are."),
                   self._how_stale(), clients="eu"),
        ]  # fmt: skip

    @staticmethod
    def _words() -> Json:
        return {
            "times": _("How long a request takes, ms"),
            "read": _("reads"),
            "write": _("writes"),
            "ms": _("ms"),
            "median": _("median"),
            "tail": _("99%"),
            "refused": _("refusal"),
            "partly": _("{share}% refused"),
            "trade": _("Every choice is a point"),
            "mean": _("a read and a write, on average, ms"),
            "stale": _("stale reads, %"),
            "cut": _("{region} cut off"),
            "tried": _("tried: {n}"),
            "forget": _("Forget"),
            "frontier": _("the best so far"),
            "point": _("{name}: {ms} ms, {stale}% stale. Take it again"),
            "map": _("Distances, one way, ms"),
            "boxes": _("PACELC: the four boxes"),
            "latency": _("else latency (EL)"),
            "consistency": _("else consistency (EC)"),
            "available": _("cut: answer (PA)"),
            "consistent": _("cut: refuse (PC)"),
            "yours": _("this design"),
            "leads": _("leader"),
            "no_answer": _("reads or writes get no answer at all, so nothing to draw"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> Json:
        design = Design(params["route"], params["leader"], int(params["w"]), int(params["r"]), params["on_cut"])
        clients = REGIONS if params["clients"] == EVERYWHERE else (params["clients"],)
        plain = Conditions(clients, params["jitter"], params["batch"], None, params["seed"])
        cut = None if params["cut"] == NOBODY else params["cut"]
        under = replace(plain, cut=cut)
        told, cut_told = figures(design, plain), figures(design, under) if cut else None
        return {
            "rows": (cut_told or told)["rows"], "cut": cut, "leader": None if design.route == OWN else design.leader,
            "point": point(design, told), "cut_point": point(design, cut_told) if cut_told else None,
            "group": repr(plain), "box": letters(design),
            "systems": {box: list(names) for box, names in SYSTEMS.items()},
            "links": [[*pair, ms] for pair, ms in ONE_WAY_MS.items()],
            "answers": answers(design, plain, under),
            "columns": [_("without a cut"), _("{region} cut off", region=cut)] if cut else [],
            "numbers": numbers(told, cut_told),
            "summary": summary(design, told, cut_told, cut),
            "log": log(told, cut_told, cut),
            "notice": notice(design),
        }  # fmt: skip


NAMES = {OWN: N_("W {w}, R {r}"), WRITES: N_("{leader}: W {w}, R {r}"), ALL: N_("{leader}: W {w}")}


def name_of(design: Design) -> str:
    return _(NAMES[design.route], w=design.w, r=design.r, leader=design.leader)


def point(design: Design, told: Mapping[str, Any]) -> Json:
    """The place of a run on the chart; `ms` is None if not both reads and writes were answered."""
    values = {"route": design.route, "leader": design.leader, "w": design.w, "r": design.r}
    # What the route does not ask for is no difference.
    key = [design.route, design.w, None if design.route == ALL else design.r,
           None if design.route == OWN else design.leader]  # fmt: skip
    return {"key": "/".join(map(str, key)), "name": name_of(design), "params": values,
            "ms": told["mean_ms"], "stale": told["stale"], "refused": told["refused"]}  # fmt: skip


# -------- predictions


def answers(design: Design, plain: Conditions, under: Conditions) -> Json:
    told, cut_told = figures(design, plain), figures(design, under)
    best, means = best_leader(design, plain)
    said = ", ".join(f"{name} {text_number(ms)}" for name, ms in means.items())
    return {
        "w3": _three_copies(design, plain),
        "stale": _stale(told),
        "cut_stale": _stale(cut_told),
        "leader": outcome(best, _("On average, ms: {said}.", said=said)),
        "island": _island(cut_told, under),
        "writes": _writes(cut_told),
    }


def _three_copies(design: Design, plain: Conditions) -> dict[str, str]:
    eu = replace(plain, clients=(PREDICTED_REGION,))
    one, three = (figures(replace(design, route=OWN, w=w), eu)[WRITE]["p50"] for w in (1, 3))
    more = three - one
    kind = "same" if more < 1 else "less" if more <= 100 else "more" if more <= 200 else "most"
    because = _("W = 1: {one} ms. W = 3: {three} ms: the third nearest copy decides, there and back.",
                one=text_number(one), three=text_number(three))  # fmt: skip
    return outcome(kind, because)


def _stale(told: Mapping[str, Any]) -> dict[str, str]:
    share = told["stale"]
    kind = "none" if not share else "quarter" if share <= 0.25 else "half" if share <= 0.5 else "most"
    answered = told[READ]["asked"] - told[READ]["refused"]
    because = _("{stale} of {reads} reads: {share}.", stale=round(share * answered), reads=answered,
                share=percent(share))  # fmt: skip
    return outcome(kind, because)


def _row(told: Mapping[str, Any], kind: str, region: str | None) -> Mapping[str, Any] | None:
    return next((row for row in told["rows"] if (row["kind"], row["region"]) == (kind, region)), None)


def _island(told: Mapping[str, Any], under: Conditions) -> dict[str, str]:
    """What clients get in the region that is cut off."""
    rows = [_row(told, kind, under.cut) for kind in (READ, WRITE)]
    if None in rows:
        return outcome("nothing", _("There are no clients in the region that is cut off."))
    read, write = (row["asked"] - row["refused"] for row in rows)
    kind = "both" if read and write else "reads" if read else "nothing"
    because = _("Answered in {region}: {read} of {reads} reads, {write} of {writes} writes.", region=under.cut,
                read=read, reads=rows[0]["asked"], write=write, writes=rows[1]["asked"])  # fmt: skip
    return outcome(kind, because)


def _writes(told: Mapping[str, Any]) -> dict[str, str]:
    rows = [row for row in told["rows"] if row["kind"] == WRITE]
    where = [row["region"] for row in rows if row["refused"] < row["asked"]]
    kind = "all" if len(where) == len(rows) else "some" if where else "none"
    because = _("Writes are answered in: {where}.", where=", ".join(where)) if where else _("No region answers writes.")
    return outcome(kind, because)


# -------- numbers and words


def percent(share: float) -> str:
    return f"{text_number(100 * share, 1 if 0 < share < 0.1 else 0)}%"


def in_ms(value: float | None) -> str | None:
    return None if value is None else text_number(value)


def in_s(value: float | None) -> str | None:
    return None if value is None else text_number(value / 1000, 2)


def numbers(told: Mapping[str, Any], cut_told: Mapping[str, Any] | None) -> list[Json]:
    shown = [told, cut_told] if cut_told else [told]
    return [
        number(_("read, median, ms"), *(in_ms(one[READ]["p50"]) for one in shown)),
        number(_("read, 99th percentile, ms"), *(in_ms(one[READ]["p99"]) for one in shown)),
        number(_("write, median, ms"), *(in_ms(one[WRITE]["p50"]) for one in shown)),
        number(_("write, 99th percentile, ms"), *(in_ms(one[WRITE]["p99"]) for one in shown)),
        number(_("a read and a write, mean, ms"), *(in_ms(one["mean_ms"]) for one in shown)),
        number(_("stale reads, share"), *(percent(one["stale"]) for one in shown)),
        number(_("out of date for, median, s"), *(in_s(one["age_50_ms"]) for one in shown)),
        number(_("out of date for, longest, s"), *(in_s(one["age_max_ms"]) for one in shown)),
        number(_("refused requests, share"), *(percent(one["refused"]) for one in shown)),
    ]


BOXES = {
    "PA/EL": N_("PA/EL: on a cut it answers, else it puts latency first."),
    "PA/EC": N_("PA/EC: on a cut it answers, else it puts consistency first."),
    "PC/EL": N_("PC/EL: on a cut it refuses, else it puts latency first."),
    "PC/EC": N_("PC/EC: on a cut it refuses, else it puts consistency first."),
}


def summary(design: Design, told: Mapping[str, Any], cut_told: Mapping[str, Any] | None, cut: str | None) -> str:
    parts = [f"{name_of(design)}.", _(BOXES[letters(design)])]
    parts.append(_("Without a cut: a read and a write take {ms} ms on average; stale reads: {stale}.",
                   ms=in_ms(told["mean_ms"]), stale=percent(told["stale"])))  # fmt: skip
    if cut_told:
        parts.append(_("{region} cut off: refused requests: {refused}; stale reads: {stale}.", region=cut,
                       refused=percent(cut_told["refused"]), stale=percent(cut_told["stale"])))  # fmt: skip
    return " ".join(parts)


SENTENCES = {
    READ: N_("{where}, {region}, reads: median {p50} ms, 99th percentile {p99} ms, stale {stale}, refused {refused}."),
    WRITE: N_("{where}, {region}, writes: median {p50} ms, 99th percentile {p99} ms, refused {refused}."),
}


def log(told: Mapping[str, Any], cut_told: Mapping[str, Any] | None, cut: str | None) -> list[str]:
    """A sentence for each row of the picture, without the cut and with it."""
    runs = [(_("without a cut"), told)] + ([(_("{region} cut off", region=cut), cut_told)] if cut_told else [])
    return [_sentence(where, row) for where, one in runs for row in one["rows"]]


def _sentence(where: str, row: Mapping[str, Any]) -> str:
    values = {"where": where, "region": row["region"], "refused": row["refused"]}
    values |= {"p50": in_ms(row["p50"]) or "–", "p99": in_ms(row["p99"]) or "–", "stale": percent(row["stale"] or 0)}
    sentence = SENTENCES[row["kind"]]
    return _(sentence, **values)


def notice(design: Design) -> str | None:
    if design.route == ALL and design.r > 1:
        return _("A leader answers reads alone: R plays no part.")
    return None


def pacelc_panel(**params: Any) -> PacelcPanel:
    """The panel of latency against consistency.

    `route` is "own", "writes" or "all"; `leader` is "eu", "us", "asia" or "oce"; `w` and `r` are from 1 to 4; `clients`
    is "all" or a region; `cut` is "none" or a region; `on_cut` is "refuse" or "answer"; `jitter` is from 0 to 1,
    `batch` from 0 to 1000 milliseconds. `reveal=True` shows the outcome without asking for a prediction. ValueError for
    a value that the panel does not offer.
    """
    return PacelcPanel(**params)
