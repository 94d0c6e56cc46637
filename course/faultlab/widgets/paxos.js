// Paxos: phases, ballots and values in the space-time diagram (`trace.look`), and below it the acceptors with every ballot at the
// cursor. Python says in `view.flow` by which event each thing happened; what is shown is what had happened up to the cursor.

const PX = { left: 84, head: 32, memory: 32, gap: 12, room: 84, cell: { wide: 104, narrow: 84, many: 66 }, rows: 4, line: 16 };
const PX_HUES = 4;
const PX_PHASES = { "1a": "1a prepare", "1b": "1b promise", "2a": "2a accept", "2b": "2b accepted", refusal: "nack" };

// ------------------------------------------------------------------------------------------------ the diagram

const receivePlain = picture.receive;
picture.receive = (view, spec) => {
  const whole = receivePlain(view, spec);
  if (whole) whole.trace.look = lookOf(whole.trace, whole.flow, spec.words);
  return whole;
};

const hueOf = (place) => `fl-px-hue fl-px-hue-${place % PX_HUES}`;

function lookOf(trace, flow, words) {
  const about = (m) => flow.messages[m.number];
  const label = (m, room) => {
    const phase = about(m)?.[0];
    if (!phase) return null;
    return firstThatFits([PX_PHASES[phase], phase === "refusal" ? "nack" : phase], room);
  };
  const notes = new Map();
  const bars = [];
  const rules = [];
  flow.ballots.forEach((ballot, place) => {
    const who = trace.nodes.indexOf(ballot.proposer);
    const opened = happened(ballot, "prepare", ballot.proposer);
    const proposed = happened(ballot, "accept", ballot.proposer);
    notes.set(opened, [ballot.name]);
    const bar = (from, to, phase) => bars.push({ who, from, to, style: `${hueOf(place)} fl-px-bar fl-px-bar-${phase}` });
    // A ballot that was given up may still gather promises: its bar ends where the proposer was done with it.
    const inTime = proposed >= 0 && (ballot.ended < 0 || proposed <= ballot.ended);
    bar(opened, inTime ? proposed : ballot.ended, 1);
    if (inTime) bar(proposed, ballot.ended, 2);
    if (proposed >= 0) notes.set(proposed, [`${ballot.name}: ${ballot.value}`, ballot.value]);
    if (ballot.chosen >= 0) {
      const texts = [fill(words.chosen, { value: ballot.value }), `✓ ${ballot.value}`];
      rules.push({ event: ballot.chosen, style: "fl-px-rule", words: texts });
    }
  });
  return { label, hue: (m) => (about(m) ? hueOf(about(m)[1]) : ""), notes, bars, rules };
}

// ------------------------------------------------------------------------------------------------ what had happened

// The event by which somebody did something in a ballot, or -1.
const happened = (ballot, what, who) => ballot.at[what]?.[who] ?? -1;
const sofar = (ballot, what, index) => Object.entries(ballot.at[what] ?? {}).filter(([, i]) => i <= index).map(([who]) => who).sort();
const orderOf = (a, b) => a.order[0] - b.order[0] || (a.order[1] < b.order[1] ? -1 : a.order[1] > b.order[1] ? 1 : 0);

// A ballot as it stands after event `index`.
function ballotAt(ballot, place, index) {
  const proposed = happened(ballot, "accept", ballot.proposer);
  return {
    ballot, place, name: ballot.name, order: ballot.order,
    promised: sofar(ballot, "promise", index), counted: sofar(ballot, "report", index), lost: sofar(ballot, "lost", index),
    proposed: proposed >= 0 && proposed <= index, accepted: sofar(ballot, "accepted", index),
    refused: [sofar(ballot, "refused in 1", index), sofar(ballot, "refused in 2", index)],
    chosen: ballot.chosen >= 0 && ballot.chosen <= index,
  };
}

// All ballots opened so far, from the lowest to the highest, each with the next lower one in which somebody has accepted.
function ballotsAt(flow, index) {
  const found = flow.ballots.map((ballot, place) => [ballot, place]).filter(([ballot]) => happened(ballot, "prepare", ballot.proposer) <= index)
    .map(([ballot, place]) => ballotAt(ballot, place, index)).sort(orderOf);
  for (const one of found) {
    one.complete = one.proposed || one.counted.length >= flow.majority;
    one.lower = one.complete ? found.findLast((other) => orderOf(other, one) < 0 && other.accepted.length > 0) ?? null : null;
    one.common = one.lower ? one.counted.filter((who) => one.lower.accepted.includes(who)) : [];
  }
  return found;
}

// The highest ballots, and the one that the last of them looks back to.
function rowsOf(found) {
  const rows = found.slice(-PX.rows);
  const back = rows.findLast((one) => one.lower)?.lower;
  return back && !rows.includes(back) ? [back, ...rows.slice(1)] : rows;
}

// ------------------------------------------------------------------------------------------------ in words

function reportWords(one, words) {
  const { ballot } = one;
  if (!one.proposed) return "";
  if (!ballot.from) return words.free;
  const who = Object.entries(ballot.reports).filter(([, [from]]) => from === ballot.from).map(([name]) => name).sort();
  const value = ballot.reports[who[0]][1];
  return fill(words.must, { who: who.join(" "), value, from: ballot.from, ballot: ballot.from });
}

function overlapWords(one, words) {
  if (!one.lower) return "";
  const told = { ballot: one.lower.name, names: one.common.join(" ") };
  return fill(one.common.length === 0 ? words.common_none : one.lower.chosen ? words.common : words.common_some, told);
}

// What stands beside the two rows of a ballot.
function phaseWords(one, words, majority) {
  const first = [fill(words.promises, { n: one.counted.length, q: majority })];
  if (one.lost.length) first.push(fill(words.lost, { names: one.lost.join(" ") }));
  if (one.refused[0].length) first.push(fill(words.refused, { names: one.refused[0].join(" ") }));
  first.push(reportWords(one, words), overlapWords(one, words));
  const second = [];
  if (one.proposed) {
    const { ballot } = one;
    const wanted = Object.values(ballot.reports).find(([from]) => from === ballot.from && from)?.[1];
    second.push(fill(wanted !== undefined && wanted !== ballot.value ? words.instead : words.proposes, { value: ballot.value }));
    if (one.accepted.length) second.push(fill(words.accepted_by, { names: one.accepted.join(" ") }));
    if (one.refused[1].length) second.push(fill(words.refused, { names: one.refused[1].join(" ") }));
    if (one.chosen) second.push(fill(words.chosen, { value: ballot.value }));
  }
  return [first, second].map((parts) => parts.filter(Boolean).join("; "));
}

// ["(1, 'p1')"] -> "1.p1"; what is not a ballot stands for itself.
function ballotName(text) {
  if (text === null || text === "(0, '')" || text === "None") return "–";
  const match = /^[([](\d+), ['"](.*)['"][)\]]$/.exec(text);
  return match ? `${match[1]}.${match[2]}` : text;
}

// Words in lines of at most `room` px; what does not fit into `most` lines ends in an ellipsis.
function wrapped(text, room, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (textWidth(longer) <= room || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), shortened(`${lines.slice(most - 1).join(" ")}…`, room) ?? "…"];
}

// ------------------------------------------------------------------------------------------------ shapes

// The outline of a set of columns: wide where a member stands, a narrow neck past those that are not.
function quorumPath(members, x, y, half) {
  const order = members.map((who) => x(who)).sort((a, b) => a[0] - b[0]);
  const [top, bottom] = [[], []];
  const neck = 4;
  order.forEach(([left, right], i) => {
    const joined = i > 0 && left - order[i - 1][1] < 14;
    if (i > 0 && !joined) {
      top.push([order[i - 1][1], y - neck], [left, y - neck]);
      bottom.push([order[i - 1][1], y + neck], [left, y + neck]);
    }
    top.push([left, y - half], [right, y - half]);
    bottom.push([left, y + half], [right, y + half]);
  });
  return `${line([...top, ...bottom.reverse()])}z`;
}

// ------------------------------------------------------------------------------------------------ the part below

playerExtras.push({
  title: (ctx) => ctx.words.title,
  height(width, ctx) {
    const size = sizes(width, ctx.view.flow);
    const rows = clamp(ctx.view.flow.ballots.length, 1, PX.rows);
    return size.top + rows * size.row + 24 + SIGN_PX * signRows(width, ctx).length;
  },
  draw(svg, player) {
    setAttributes(svg, { role: "img" });
    svg.flSize = sizes(Number(svg.getAttribute("width")), player.view.flow);
    svg.flSeen = null;
    drawSigns(svg, player);
  },
  tick(svg, player) {
    const key = `${player.trace.id} ${player.index} ${svg.flSize.width}`;
    if (svg.flSeen === key) return;
    svg.flSeen = key;
    const { flow } = player.view;
    const found = ballotsAt(flow, player.index);
    const rows = rowsOf(found);
    const told = [...memoryWords(player, found), ...rows.flatMap((one) => phaseWords(one, player.ctx.words, flow.majority).map((text) => `${one.name}: ${text}`))];
    setAttributes(svg, { "aria-label": told.filter(Boolean).join(". ") });
    drawAcceptors(svg, player, found);
    drawPillars(mark(svg, "g", "pillars"), svg.flSize, rows, player.ctx);
    marks(svg, "ballots", rows, (one) => one.name, (g, one) => drawBallot(g, svg.flSize, player, one, rows.indexOf(one)));
    const hidden = found.length - rows.length;
    const note = found.length === 0 ? player.ctx.words.no_ballot : hidden ? fill(player.ctx.words.earlier, { n: hidden }) : "";
    mark(svg, "text", "note", { x: 4, y: svg.flSize.top + Math.max(1, rows.length) * svg.flSize.row + 8, class: "fl-soft" }, note);
  },
});

function sizes(width, flow) {
  const n = flow.acceptors.length;
  const cell = width >= WIDE_PX ? PX.cell.wide : n > 3 ? PX.cell.many : PX.cell.narrow;
  const textX = PX.left + n * cell + 14;
  const room = width - textX - 2;
  const lines = room > 420 ? 2 : room > 240 ? 3 : 4;
  const half = lines * PX.line + 4;  // height of one of the two rows of a ballot
  const top = PX.head + 2 * PX.memory + PX.gap;
  const x = (who) => PX.left + (flow.acceptors.indexOf(who) + 0.5) * cell;
  return { width, cell, textX, room, lines, half, top, row: 2 * half + PX.gap, x, span: (who) => [x(who) - cell / 2 + 5, x(who) + cell / 2 - 5] };
}

// What each acceptor holds now; in a row of its own, what follows from it.
function drawAcceptors(svg, player, found) {
  const { trace, index, ctx } = player;
  const { words } = ctx;
  const { acceptors } = player.view.flow;
  const size = svg.flSize;
  const changed = changesNow(trace, index);
  const group = mark(svg, "g", "memory");
  ["promised", "accepted"].forEach((what, r) => {
    const y = PX.head + (r + 0.5) * PX.memory;
    mark(group, "text", what, { x: 4, y: y + 4, class: "fl-soft" }, words[what]);
    mark(group, "line", `line ${what}`, { x1: 0, x2: size.textX - 14, y1: y - PX.memory / 2, y2: y - PX.memory / 2, class: "fl-px-line" });
  });
  marks(group, "acceptors", acceptors, (who) => who, (g, who) => {
    const place = trace.nodes.indexOf(who);
    const down = statusAt(trace, place, index) === "crashed";
    const of = (field) => player.value(place, down ? `disk.${field}` : field);
    const ballot = ballotName(of("accepted_ballot"));
    const value = bareValue(of("accepted_value"));
    const cells = { promised: ballotName(of("promised")), accepted: ballot === "–" ? "–" : `${ballot}: ${value}` };
    const isNew = (...fields) => fields.some((field) => changed.has(`${place} ${trace.fields.indexOf(field)}`));
    const moved = { promised: isNew("promised"), accepted: isNew("accepted_ballot", "accepted_value") };
    nodeSign(g, ctx, { x: size.x(who) - 16, y: 14, r: 8, status: statusAt(trace, place, index), role: "" });
    mark(g, "text", "name", { x: size.x(who) + 2, y: 18, class: "fl-strong" }, who);
    ["promised", "accepted"].forEach((what, r) => {
      const y = PX.head + (r + 0.5) * PX.memory;
      mark(g, "rect", `ground ${what}`, { x: size.span(who)[0], y: y - 11, width: size.cell - 10, height: 22, rx: 4, class: moved[what] ? "fl-px-new" : "fl-px-still" });
      const text = shortened(`${moved[what] ? "▸ " : ""}${cells[what]}`, size.cell - 12) ?? "…";
      mark(g, "text", what, { x: size.x(who), y: y + 4, "text-anchor": "middle", class: down ? "fl-soft" : moved[what] ? "fl-strong" : "" }, text);
    });
  });
  memoryWords(player, found).forEach((text, r) => {
    const lines = wrapped(text, size.room / 1.08, 2);
    const y = PX.head + (r + 0.5) * PX.memory + 4 - (lines.length - 1) * 7;
    marks(group, `told ${r}`, lines, (_, i) => i, (w, line_, i) => mark(w, "text", "line", { x: size.textX, y: y + i * 14, class: "fl-strong" }, line_));
  });
}

const bareValue = (text) => shortened((text ?? "").replace(/^['"]|['"]$/g, ""), 60) ?? "";

// Two sentences: what is chosen, and which invariants have fallen.
function memoryWords(player, found) {
  const { words } = player.ctx;
  const won = found.filter((one) => one.chosen);
  const values = [...new Set(won.map((one) => one.ballot.value))].map((value) =>
    fill(words.value_in, { value, ballot: won.filter((one) => one.ballot.value === value).map((one) => one.name).slice(0, 4).join(", ") }));
  const fallen = player.trace.findings.filter((f) => f.status === "violated" && f.event <= player.index).map((f) => f.name);
  return [
    values.length ? `${values.length > 1 ? "⚠" : "✓"} ${fill(words.chosen_in, { values: values.join("; ") })}` : words.nothing_chosen,
    fallen.length ? `⚠ ${fill(words.violated, { names: fallen.map((name) => fill(words.quoted, { name })).join(", ") })}` : words.hold,
  ];
}

const firstY = (size, r) => size.top + r * size.row + size.half / 2;
const secondY = (size, r) => firstY(size, r) + size.half;

function drawBallot(g, size, player, one, r) {
  const { ctx } = player;
  const { words } = ctx;
  const flow = player.view.flow;
  const [y1, y2] = [firstY(size, r), secondY(size, r)];
  setAttributes(g, { class: hueOf(one.place) });
  mark(g, "rect", "swatch", { x: 0, y: y1 - size.half / 2 + 2, width: 5, height: 2 * size.half - 4, class: "fl-px-swatch" });
  mark(g, "text", "name", { x: 12, y: y1 + 4, class: "fl-strong" }, shortened(one.name, 44));
  mark(g, "text", "phase 1", { x: PX.left - 8, y: y1 + 4, "text-anchor": "end", class: "fl-soft" }, words.phase_1);
  mark(g, "text", "phase 2", { x: PX.left - 8, y: y2 + 4, "text-anchor": "end", class: "fl-soft" }, words.phase_2);
  const half = Math.min(15, size.half / 2 - 3);
  const first = one.complete && one.counted.length ? quorumPath(one.counted, size.span, y1, half) : "";
  const second = one.chosen ? quorumPath(one.accepted, size.span, y2, half) : "";
  mark(g, "path", "quorum 1", { d: first, class: "fl-px-quorum" });
  mark(g, "path", "quorum 2", { d: second, class: "fl-px-quorum fl-px-won" });
  marks(g, "cells", flow.acceptors, (who) => who, (cell, who) => drawCell(cell, size, one, who, y1, y2));
  phaseWords(one, words, flow.majority).forEach((text, k) => {
    const lines = wrapped(text, size.room, size.lines);
    const top = (k ? y2 : y1) + 4 - ((lines.length - 1) * (PX.line - 1)) / 2;
    marks(g, `words ${k}`, lines, (_, i) => i, (w, line_, i) => mark(w, "text", "line", { x: size.textX, y: round(top + i * (PX.line - 1)) }, line_));
  });
}

// One acceptor in one ballot: what it promised (and reported), what it accepted.
function drawCell(g, size, one, who, y1, y2) {
  const { ballot } = one;
  const x = size.x(who);
  const counted = one.counted.includes(who);
  const promised = one.promised.includes(who);
  const [no1, no2] = one.refused.map((names) => names.includes(who));
  const report = counted ? ballot.reports[who] : null;
  const told = !report ? "" : report[0] ? firstThatFits([`${report[0]}: ${report[1]}`, report[0]], size.cell - 26) : "–";
  const shift = told ? Math.min(size.cell / 2 - 14, textWidth(told) / 2 + 6) : 0;
  const spot = x - shift;
  const lost = one.lost.includes(who) && !counted;
  mark(g, "path", "promise", { d: promised ? SHAPES.dot(spot, y1, lost ? 8 : 5) : "", class: counted ? "fl-px-mark" : "fl-px-mark fl-px-open" });
  mark(g, "path", "lost", { d: lost ? SHAPES.cross(spot, y1, 3) : "", class: "fl-px-no" });
  mark(g, "text", "report", { x: spot + 9, y: y1 + 4, class: "fl-pl-halo" }, shortened(told, size.cell - 26) ?? "…");
  mark(g, "path", "no 1", { d: no1 ? SHAPES.cross(x, y1, 5) : "", class: "fl-px-no" });
  const accepted = one.accepted.includes(who);
  mark(g, "path", "accept", { d: accepted ? SHAPES.box(x - 10, y2, 5) : "", class: "fl-px-mark" });
  mark(g, "text", "value", { x: x - 1, y: y2 + 4, class: "fl-pl-halo" }, accepted ? shortened(ballot.value, size.cell / 2 - 8) ?? "…" : "");
  mark(g, "path", "no 2", { d: no2 && !accepted ? SHAPES.cross(x, y2, 5) : "", class: "fl-px-no" });
}

// From what an acceptor accepted to the promise in which it tells a later ballot of it.
function drawPillars(group, size, rows, ctx) {
  // Of the highest one only: those of all ballots would hide each other. The words beside them tell it of all.
  const last = rows.findLast((one) => rows.includes(one.lower));
  const pillars = (last?.common ?? []).map((who) => (
    { key: `${last.name} ${who}`, x: size.x(who), from: secondY(size, rows.indexOf(last.lower)), to: firstY(size, rows.indexOf(last)) }));
  const half = Math.min(15, size.half / 2 - 3);
  marks(group, "common", pillars, (p) => p.key, (g, p) => {
    const box = { x: round(p.x - size.cell / 2 + 9), y: round(p.from - half - 3), width: size.cell - 18, height: round(p.to - p.from + 2 * half + 6), rx: 6 };
    mark(g, "rect", "ground", { ...box, fill: hatch(ctx, "common", { gap: 8 }), class: "fl-px-pillar" });
  });
}

const SIGN_PX = 20;

// The signs in rows that fit, each as [name, x].
function signRows(width, ctx) {
  const rows = [[]];
  let x = 10;
  for (const name of Object.keys(SIGNS)) {
    const wide = 24 + textWidth(ctx.words[name]);
    if (x + wide > width && rows.at(-1).length) {
      rows.push([]);
      x = 10;
    }
    rows.at(-1).push([name, x]);
    x += wide + 6;
  }
  return rows;
}

const SIGNS = {
  sign_phase_1: (g, x, y) => mark(g, "rect", "sign", { x: x - 4, y: y - 7, width: 8, height: 14, class: "fl-px-bar fl-px-bar-1" }),
  sign_phase_2: (g, x, y) => mark(g, "rect", "sign", { x: x - 4, y: y - 7, width: 8, height: 14, class: "fl-px-bar fl-px-bar-2" }),
  sign_promise: (g, x, y) => mark(g, "path", "sign", { d: SHAPES.dot(x, y, 5), class: "fl-px-mark" }),
  sign_sent: (g, x, y) => mark(g, "path", "sign", { d: SHAPES.dot(x, y, 5), class: "fl-px-mark fl-px-open" }),
  sign_accepted: (g, x, y) => mark(g, "path", "sign", { d: SHAPES.box(x, y, 5), class: "fl-px-mark" }),
  sign_refused: (g, x, y) => mark(g, "path", "sign", { d: SHAPES.cross(x, y, 5), class: "fl-px-no" }),
  sign_quorum: (g, x, y) => mark(g, "path", "sign", { d: `M${x - 8} ${y - 6}h16v12h-16z`, class: "fl-px-quorum" }),
  sign_won: (g, x, y) => mark(g, "path", "sign", { d: `M${x - 8} ${y - 6}h16v12h-16z`, class: "fl-px-quorum fl-px-won" }),
  sign_common: (g, x, y, ctx) => mark(g, "rect", "sign", { x: x - 8, y: y - 7, width: 16, height: 14, rx: 3, fill: hatch(ctx, "common", { gap: 8 }), class: "fl-px-pillar" }),
};

// What the signs mean, below the ballots.
function drawSigns(svg, player) {
  const { ctx } = player;
  const rows = signRows(svg.flSize.width, ctx);
  const bottom = Number(svg.getAttribute("height")) - 12;
  const placed = rows.flatMap((row, r) => row.map(([name, x]) => [name, x, bottom - (rows.length - 1 - r) * SIGN_PX]));
  marks(svg, "signs", placed, ([name]) => name, (g, [name, x, y]) => {
    SIGNS[name](g, x, y, ctx);
    mark(g, "text", "name", { x: x + 13, y: y + 4, class: "fl-soft" }, ctx.words[name]);
  });
}
