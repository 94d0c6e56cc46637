// The circuit-breaker picture: state graph and windows at the cursor above, the run of both lanes on one time axis below.

const LAYOUT = { gutter: 104, right: 20, graphHeight: 206, serviceHeight: 62, laneHeight: 104, laneGap: 12, axisHeight: 40 };
const NODE_AT = { CLOSED: [48, 70], OPEN: [258, 70], HALF_OPEN: [258, 156] };
const NODE_SHAPE = { CLOSED: ["dot", 19], OPEN: ["box", 18], HALF_OPEN: ["diamond", 23] };
const MARK_OF = { s: ["ok", "dot", 0], f: ["failed", "cross", 1], c: ["client", "triangle", 1], r: ["rejected", "box", 2] };

function breakerFrame(view, ctx) {
  const L = LAYOUT;
  const serviceTop = L.graphHeight;
  const laneTops = [0, 1].map((i) => serviceTop + L.serviceHeight + L.laneGap + i * (L.laneHeight + L.laneGap));
  const bottom = laneTops[1] + L.laneHeight + 6;
  return { serviceTop, laneTops, bottom, x: scale(0, ctx.spec.time.end_s, L.gutter, ctx.width - L.right) };
}

// ---- where a lane stands at a moment

function segmentAt(lane, time) {
  let found = lane.ribbon[0];
  for (const segment of lane.ribbon) if (segment[0] <= time + 1e-9) found = segment;
  return found;
}

function lastChange(lane, time) {
  const index = lane.ribbon.indexOf(segmentAt(lane, time));
  return index > 0 ? [lane.ribbon[index - 1][2], lane.ribbon[index][2]] : null;
}

// The results that had arrived by `time`, oldest first: [moment, letter, whether the rule of the lane counts it now].
function resultsAt(view, lane, time) {
  const { rule } = lane;
  let closedFrom = 0;
  let closedTo = Infinity;
  for (const [start, end, state] of lane.ribbon) if (state === "CLOSED" && start <= time) [closedFrom, closedTo] = [start, end];
  const results = [];
  let rowStart = 0;
  for (let i = 0; i < lane.outcomes.length; i++) {
    const letter = lane.outcomes[i];
    const started = view.calls[i];
    const moment = started + view.latency_s;
    if (letter === "r" || moment > time + 1e-9) continue;
    const counted = started >= closedFrom && started < closedTo && moment > time - rule.window_s + 1e-9;
    results.push([moment, letter, rule.kind === "none" ? false : counted]);
    if (letter === "s") rowStart = results.length;
  }
  if (rule.kind === "row") results.forEach((r, i) => { r[2] = i >= rowStart; });
  return results;
}

function isFailure(letter, lane) {
  return letter === "f" || (letter === "c" && lane.rule.kind === "row");
}

// ---- the state graph, from the table

function edgePath(from, to, bow) {
  const [x1, y1] = NODE_AT[from];
  const [x2, y2] = NODE_AT[to];
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [nx, ny] = [uy, -ux];
  const reach = 27;
  // An edge that is neither level nor upright goes level first, then up: it keeps clear of the words between the states.
  if (x1 !== x2 && y1 !== y2) {
    return { d: `M${x1 - reach} ${y1}H${x2 + 24}Q${x2} ${y1} ${x2} ${y1 - 24}V${y2 + reach}`, middle: [(x1 + x2) / 2, y1] };
  }
  const start = [x1 + ux * reach + nx * bow, y1 + uy * reach + ny * bow];
  const end = [x2 - ux * reach + nx * bow, y2 - uy * reach + ny * bow];
  const middle = [(x1 + x2) / 2 + nx * bow * 1.8, (y1 + y2) / 2 + ny * bow * 1.8];
  return { d: `M${round(start[0])} ${round(start[1])}Q${round(middle[0])} ${round(middle[1])} ${round(end[0])} ${round(end[1])}`, middle };
}

// Where the name of an edge stands: beside its middle, on the side that is free.
const EDGE_WORDS = {
  "CLOSED>OPEN": [0, -12, "middle"], "OPEN>HALF_OPEN": [8, 0, "start"], "HALF_OPEN>OPEN": [-8, 0, "end"], "HALF_OPEN>CLOSED": [0, 14, "middle"],
};

function twoLines(text, perLine = 16) {
  if (text.length <= perLine) return [text];
  const words = text.split(" ");
  const lines = [""];
  for (const word of words) {
    if (lines.at(-1) && (lines.at(-1) + word).length > perLine && lines.length < 3) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

function drawGraph(view, ctx) {
  const group = mark(ctx.svg, "g", "graph", { class: "fl-breaker-graph" });
  const plain = arrowHead(ctx, "plain");
  const pairs = new Set(view.transitions.map(([from, , to]) => `${from}>${to}`));
  marks(group, "edges", view.transitions, ([from, event]) => `${from} ${event}`, (g, [from, event, to]) => {
    const { d, middle } = edgePath(from, to, pairs.has(`${to}>${from}`) ? 9 : 0);
    mark(g, "path", "line", { d, class: "fl-breaker-edge", "marker-end": plain });
    const [dx, dy, anchor] = EDGE_WORDS[`${from}>${to}`] ?? [0, -8, "middle"];
    const lines = anchor === "middle" ? [ctx.words.events[event]] : twoLines(ctx.words.events[event]);
    lines.forEach((text, i) => mark(g, "text", `word${i}`, {
      x: middle[0] + dx, y: middle[1] + dy + 4 + (i - (lines.length - 1) / 2) * 15, "text-anchor": anchor, class: "fl-breaker-edge-word",
    }, text));
  });
  marks(group, "nodes", Object.keys(NODE_AT), (s) => s, (g, state) => {
    const [x, y] = NODE_AT[state];
    const [shape, r] = NODE_SHAPE[state];
    mark(g, "path", "shape", { d: SHAPES[shape](x, y, r), class: `fl-breaker-node fl-breaker-${state}` });
    mark(g, "text", "word", {
      x: state === "HALF_OPEN" ? x + 30 : x, y: state === "HALF_OPEN" ? y + 5 : y - 28, "text-anchor": state === "HALF_OPEN" ? "start" : "middle", class: "fl-strong",
    }, state);
  });
}

// A and B stand in the node of the state that their breaker is in.
function moveTokens(view, ctx) {
  const group = mark(ctx.svg, "g", "tokens", { class: "fl-answer" });
  const states = view.lanes.map((lane) => segmentAt(lane, ctx.time)[2]);
  view.lanes.forEach((lane, i) => {
    const [x, y] = NODE_AT[states[i]];
    const shift = states[0] === states[1] ? (i ? 8 : -8) : 0;
    mark(group, "text", lane.name, { x: x + shift, y: y + 6, "text-anchor": "middle", class: `fl-breaker-token fl-breaker-${lane.name}` }, lane.name);
  });
  const edges = mark(mark(ctx.svg, "g", "graph"), "g", "edges");
  const taken = view.lanes.map((lane) => lastChange(lane, ctx.time)?.join(">"));
  for (const [key, g] of edges.flChildren) {
    const [from, event] = view.transitions.find(([f, e]) => `${f} ${e}` === key);
    const to = view.transitions.find(([f, e]) => f === from && e === event)[2];
    setAttributes(g, { class: ctx.revealed && taken.includes(`${from}>${to}`) ? "fl-breaker-taken" : null });
  }
}

// ---- the windows: the latest results as cells, those that count now in a frame

function showWindows(view, ctx) {
  const left = clamp(ctx.width * 0.46, 392, 480);
  const group = mark(ctx.svg, "g", "windows");
  view.lanes.forEach((lane, i) => {
    const g = mark(group, "g", lane.name, { transform: `translate(${round(left)} ${10 + i * 96})` });
    mark(g, "text", "name", { x: 0, y: 14, class: `fl-breaker-token fl-breaker-${lane.name}` }, lane.name);
    mark(g, "text", "rule", { x: 18, y: 13, class: "fl-soft" }, lane.rule.label);
    showStrip(g, view, ctx, lane, ctx.width - left - LAYOUT.right);
  });
}

function showStrip(g, view, ctx, lane, width) {
  // Cells shrink so that the whole window can be seen; the rest of the strip is what left it.
  const inWindow = ((lane.rule.window_s ?? 10) * view.calls.length) / ctx.spec.time.end_s;
  const cell = clamp(Math.floor(width / (inWindow * 1.2)), 4, 15);
  const size = clamp(cell * 0.3, 1.3, 4);
  const room = Math.floor(width / cell);
  const all = resultsAt(view, lane, ctx.time);
  const shown = all.slice(-room);
  const top = 24;
  mark(g, "path", "cells", { d: cellGrid(room, cell, top, cell > 8), class: "fl-breaker-cells" });
  showResults(mark(g, "g", "results", { class: "fl-answer" }), view, ctx, lane, { all, shown, cell, size, top });
}

function showResults(g, view, ctx, lane, { all, shown, cell, size, top }) {
  const place = (i) => (i + 0.5) * cell;
  const firstCounted = shown.findIndex((r) => r[2]);
  const counted = firstCounted < 0 ? 0 : shown.length - firstCounted;
  mark(g, "rect", "frame", {
    x: firstCounted < 0 ? 0 : firstCounted * cell, y: top - 2, width: counted * cell, height: 24, rx: 4, class: "fl-breaker-frame", display: counted ? null : "none",
  });
  for (const [letter, [role, shape]] of Object.entries(MARK_OF)) {
    if (letter === "r") continue;
    for (const inside of [true, false]) {
      const points = shown.map((r, i) => [r, i]).filter(([r]) => r[1] === letter && r[2] === inside).map(([, i]) => [place(i), top + 10]);
      mark(g, "path", `${letter}${inside}`, { d: shapes(shape, points, size), class: `fl-breaker-mark-${role}${inside ? "" : " fl-breaker-out"}` });
    }
  }
  const failures = all.filter((r) => r[2] && isFailure(r[1], lane)).length;
  mark(g, "text", "count", { x: 0, y: top + 41, class: "fl-strong" }, standing(view, ctx, lane, all, failures));
  const threshold = lane.rule.threshold ?? 0;
  const closed = segmentAt(lane, ctx.time)[2] === "CLOSED";
  const pips = (from, to) => shapes("box", Array.from({ length: Math.max(0, to - from) }, (_, i) => [6 + (from + i) * 16, top + 54]), 4.5);
  mark(g, "path", "full", { d: closed ? pips(0, Math.min(failures, threshold)) : "", class: "fl-breaker-pip-full" });
  mark(g, "path", "free", { d: closed ? pips(Math.min(failures, threshold), threshold) : "", class: "fl-breaker-pip" });
}

function cellGrid(count, cell, top, walls) {
  let d = `M0 ${top}h${count * cell}v20h${-count * cell}z`;
  if (!walls) return d;
  for (let i = 1; i < count; i++) d += `M${i * cell} ${top}v20`;
  return d;
}

function standing(view, ctx, lane, all, failures) {
  const { rule } = lane;
  const { words } = ctx;
  const [start, , state] = segmentAt(lane, ctx.time);
  if (lane.broken && ctx.time >= lane.end_s) return words.stopped;
  if (rule.kind === "none") return words.nothing;
  if (state === "OPEN") {
    const left = start + rule.recovery_s - ctx.time;
    return left > 0 ? ctx.say(words.next_probe, { seconds: ctx.number(left, 1, true) }) : words.probe_due;
  }
  if (state === "HALF_OPEN") return words.probing;
  if (rule.kind === "row") return ctx.say(words.in_a_row, { n: failures, threshold: rule.threshold });
  if (rule.kind === "rate") {
    const calls = all.filter((r) => r[2]).length;
    return ctx.say(words.share, { n: failures, calls, share: calls ? Math.round((failures / calls) * 100) : 0 });
  }
  return ctx.say(words.in_window, { n: failures, threshold: rule.threshold, seconds: rule.window_s });
}

// ---- the run: service and lanes on one time axis

function drawService(view, ctx, frame) {
  const { x, serviceTop, bottom } = frame;
  const [start, length] = view.outage;
  const end = Math.min(start + length, x.domain[1]);
  const group = mark(ctx.svg, "g", "service");
  mark(group, "rect", "band", {
    x: x(start), y: serviceTop + 14, width: Math.max(0, x(end) - x(start)), height: bottom - serviceTop - 14, class: "fl-breaker-band", display: length ? null : "none",
  });
  mark(group, "rect", "outage", {
    x: x(start), y: serviceTop + 14, width: Math.max(0, x(end) - x(start)), height: 38, fill: hatch(ctx, "outage"), class: "fl-breaker-outage", display: length ? null : "none",
  });
  mark(group, "text", "word", { x: x(start) + 2, y: serviceTop + 8, class: "fl-soft", display: length ? null : "none" }, ctx.words.outage);
  mark(group, "text", "name", { x: 0, y: serviceTop + 28, class: "fl-strong" }, ctx.words.service);
  mark(group, "text", "name2", { x: 0, y: serviceTop + 44, class: "fl-soft" }, ctx.words.answers);
  const size = markSize(view, x);
  drawMarks(group, view, view.fates, x, size, () => serviceTop + 33);
}

function markSize(view, x) {
  const spacing = (x.range[1] - x.range[0]) / Math.max(1, view.calls.length);
  return clamp(spacing * 0.42, 1.6, 3.6);
}

function drawMarks(group, view, letters, x, size, yOf) {
  for (const [letter, [role, shape, row]] of Object.entries(MARK_OF)) {
    const points = [];
    for (let i = 0; i < letters.length; i++) if (letters[i] === letter) points.push([x(view.calls[i]), yOf(row)]);
    mark(group, "path", letter, { d: shapes(shape, points, size), class: `fl-breaker-mark-${role}` });
  }
}

function drawLane(view, ctx, frame, index) {
  const lane = view.lanes[index];
  const top = frame.laneTops[index];
  const { x } = frame;
  const words = ctx.words;
  const label = mark(ctx.svg, "g", `label${lane.name}`);
  mark(label, "text", "name", { x: 0, y: top + 18, class: `fl-breaker-token fl-breaker-${lane.name}` }, lane.name);
  [words.succeeded, words.failed, words.rejected].forEach((text, row) =>
    mark(label, "text", `row${row}`, { x: x.range[0] - 10, y: top + 46 + row * 22, "text-anchor": "end", class: "fl-soft" }, text));
  const group = mark(ctx.svg, "g", `lane${lane.name}`, { class: "fl-answer" });
  drawRibbon(group, ctx, lane, x, top);
  drawMarks(group, view, lane.outcomes, x, markSize(view, x), (row) => top + 42 + row * 22);
  const stopped = lane.broken !== null;
  mark(group, "rect", "stopped", {
    x: x(lane.end_s), y: top, width: Math.max(0, x.range[1] - x(lane.end_s)), height: LAYOUT.laneHeight - 6, fill: hatch(ctx, "outage", {}),
    class: "fl-breaker-stopped", display: stopped ? null : "none",
  });
  mark(group, "text", "stopped-word", { x: x(lane.end_s) + 8, y: top + 60, class: "fl-strong fl-breaker-halo", display: stopped ? null : "none" }, `⚠ ${words.stopped}`);
}

const GLYPH_SHAPE = { CLOSED: "dot", OPEN: "box", HALF_OPEN: "diamond" };

function drawRibbon(group, ctx, lane, x, top) {
  const segments = lane.ribbon.filter(([start, end, state]) => state !== "HALF_OPEN" || x(end) - x(start) > 4);
  marks(group, "ribbon", segments, ([start, , state], i) => `${i} ${state}`, (g, [start, end, state]) => {
    const [from, width] = [x(start), Math.max(1, x(end) - x(start))];
    mark(g, "rect", "bar", { x: round(from), y: top + 3, width: round(width), height: 20, class: `fl-breaker-bar fl-breaker-bar-${state}` });
    mark(g, "path", "glyph", { d: width > 16 && state !== "HALF_OPEN" ? SHAPES[GLYPH_SHAPE[state]](from + 10, top + 13, 4.5) : "", class: `fl-breaker-glyph fl-breaker-${state}` });
    mark(g, "text", "word", { x: round(from + 20), y: top + 17, class: "fl-strong", display: width > 32 + 7 * ctx.words.states[state].length ? null : "none" }, ctx.words.states[state]);
  });
  // Half-open lasts as long as the probe, mostly too short for a bar: a diamond stands for it.
  const probes = lane.ribbon.filter(([, , state]) => state === "HALF_OPEN").map(([start]) => [x(start), top + 13]);
  mark(group, "path", "probes", { d: shapes("diamond", probes, 7), class: "fl-breaker-probe" });
}

function drawHandles(view, ctx, frame) {
  const { x, serviceTop } = frame;
  const group = mark(ctx.svg, "g", "handles");
  const control = (name) => ctx.spec.controls.find((c) => c.name === name);
  const [from, length] = [ctx.params.outage_start_s, ctx.params.outage_s];
  const ends = { start: control("outage_start_s"), length: control("outage_s") };
  // Handles of a short outage stand apart, so that each can be taken.
  const until = x(Math.min(from + length, x.domain[1]));
  const apart = Math.max(0, (20 - (until - x(from))) / 2);
  const start = handle(group, "start", x(from) - apart, serviceTop + 33);
  draggable(start, {
    label: ctx.words.outage_start, value: from, min: ends.start.min, max: ends.start.max, step: 1, text: ctx.say(ctx.words.seconds, { n: from }),
    at: (px) => x.invert(px), set: (v) => ctx.set("outage_start_s", v),
  });
  const end = handle(group, "end", until + apart, serviceTop + 33);
  draggable(end, {
    label: ctx.words.outage_end, value: from + length, min: from, max: from + ends.length.max, step: 1, text: ctx.say(ctx.words.seconds, { n: from + length }),
    at: (px) => Math.max(from, x.invert(px)), set: (v) => ctx.set("outage_s", v - from),
  });
}

function handle(group, key, x, y) {
  const g = mark(group, "g", key, { transform: `translate(${round(x)} ${y})` });
  g.flClass = "fl-breaker-handle";
  mark(g, "rect", "target", { x: -10, y: -22, width: 20, height: 44, class: "fl-breaker-target" });
  mark(g, "rect", "grip", { x: -4, y: -21, width: 8, height: 42, rx: 4, class: "fl-breaker-grip" });
  return g;
}

// ---- the time cursor

function showCursor(view, ctx, frame) {
  const { x, serviceTop, bottom, laneTops } = frame;
  const group = mark(ctx.svg, "g", "cursor", { class: "fl-answer" });
  const at = round(x(ctx.time));
  view.lanes.forEach((lane, i) => {
    const width = lane.rule.window_s ?? 0;
    const from = Math.max(0, ctx.time - width);
    mark(group, "rect", `window${lane.name}`, {
      x: round(x(from)), width: round(x(ctx.time) - x(from)), y: laneTops[i] + 28, height: 68, rx: 4, class: "fl-breaker-window", display: width ? null : "none",
    });
  });
  mark(group, "line", "line", { x1: at, x2: at, y1: serviceTop, y2: bottom, class: "fl-breaker-cursor" });
  const knob = mark(group, "path", "knob", { d: `M${at - 7} ${serviceTop - 9}h14v7l-7 7l-7 -7z` });
  knob.flClass = "fl-breaker-knob";
  draggable(knob, {
    label: ctx.words.cursor, value: round(ctx.time), min: 0, max: x.domain[1], step: 0.5, text: ctx.say(ctx.words.seconds, { n: ctx.number(ctx.time, 1) }),
    at: (px) => x.invert(px), set: (v) => ctx.seek(v),
  });
  mark(group, "text", "readout", { x: x.range[0], y: bottom + 35 }, readout(view, ctx));
}

// What happened to the latest call at or before the cursor, while it is near.
function readout(view, ctx) {
  let index = -1;
  while (index + 1 < view.calls.length && view.calls[index + 1] <= ctx.time + 1e-9) index++;
  if (index < 0) return "";
  const parts = [ctx.words[`fate_${view.fates[index]}`]];
  for (const lane of view.lanes) {
    const letter = lane.outcomes[index];
    if (letter) parts.push(ctx.say(ctx.words[letter === "r" ? "through_r" : "through_s"], { lane: lane.name }));
  }
  return ctx.say(ctx.words.call, { t: ctx.number(view.calls[index], 1, true), answer: parts.join(", ") });
}

const picture = {
  height: () => LAYOUT.graphHeight + LAYOUT.serviceHeight + 2 * (LAYOUT.laneHeight + LAYOUT.laneGap) + LAYOUT.axisHeight + 6,

  draw(view, ctx) {
    const frame = breakerFrame(view, ctx);
    const { x, serviceTop, bottom, laneTops } = frame;
    const ground = mark(ctx.svg, "rect", "ground", {
      x: x.range[0], y: serviceTop + 12, width: x.range[1] - x.range[0], height: bottom - serviceTop - 12, class: "fl-breaker-ground",
    });
    ground.onpointerdown = (event) => ctx.seek(x.invert(event.clientX - ctx.svg.getBoundingClientRect().left));
    drawGraph(view, ctx);
    drawService(view, ctx, frame);
    drawLane(view, ctx, frame, 0);
    drawLane(view, ctx, frame, 1);
    axisX(ctx.svg, "time", x, { y: bottom, label: ctx.words.time });
    drawHandles(view, ctx, frame);
    cover(ctx, { x: x.range[0], y: laneTops[0], width: x.range[1] - x.range[0], height: bottom - laneTops[0] - 6 });
  },

  tick(view, ctx) {
    moveTokens(view, ctx);
    showWindows(view, ctx);
    showCursor(view, ctx, breakerFrame(view, ctx));
  },
};
