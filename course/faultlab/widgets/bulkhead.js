// The bulkhead picture: two designs slot by slot on one time axis, what waits and what is lost under each, and the price.

const ROOM = {
  left: 108, right: 12, bandTop: 4, bandHeight: 24, lanesTop: 44, header: 42, rows: 140, between: 6, strip: 26, stripGap: 12, laneGap: 18,
  axis: 42, legend: 28, idle: 206, erlang: 226, narrow: 800,
};
const LANE_HEIGHT = ROOM.header + ROOM.rows + 2 * (ROOM.strip + ROOM.stripGap) + ROOM.laneGap;
const AXIS_TOP = ROOM.lanesTop + 2 * LANE_HEIGHT - ROOM.laneGap;
const CHARTS_AT = AXIS_TOP + ROOM.axis + ROOM.legend + 12;
const KIND_CLASS = ["api", "reports", "admin", "hung"];
const TEXTURE = { reports: { gap: 5, angle: 45 }, admin: { gap: 4, angle: 0 }, hung: { gap: 5, angle: -45 } };

function bulkheadTime(view, ctx) {
  return scale(0, ctx.spec.time.end_s, ROOM.left, ctx.width - ROOM.right);
}

// A filled path of one kind of work: its colour, and its texture on top.
function textured(ctx, parent, key, kind, d) {
  mark(parent, "path", key, { d, class: `fl-bulkhead-${kind}` });
  if (TEXTURE[kind]) mark(parent, "path", `${key}-texture`, { d, fill: hatch(ctx, `bulkhead-${kind}`, TEXTURE[kind]) });
}

const rectangle = (x, y, width, height) => `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`;

// Rough, but enough to place words beside each other: Cyrillic is wider.
const textWidth = (text) => [...text].reduce((sum, c) => sum + (c > "\u0400" ? 7.6 : 6.7), 0);

function shortened(text, room) {
  if (textWidth(text) <= room) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`) > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

// ---- the slots

// Where each pool's rows are: heights by threads, but none so low that its name does not fit.
function blocksOf(pools, top, height) {
  const room = height - ROOM.between * (pools.length - 1);
  const least = Math.min(16, room / pools.length);
  const threads = pools.reduce((sum, p) => sum + p.threads, 0);
  const small = pools.filter((p) => (p.threads / threads) * room < least);
  const others = threads - small.reduce((sum, p) => sum + p.threads, 0);
  let y = top;
  return pools.map((pool) => {
    const own = small.includes(pool) ? least : (pool.threads / others) * (room - least * small.length);
    const block = { top: y, height: own, row: own / pool.threads };
    y += own + ROOM.between;
    return block;
  });
}

// Slot 0 is at the bottom: a pool fills like a ship's compartment.
function barsPath(lines, block, x) {
  const height = block.row > 3 ? block.row - 1 : block.row;
  const bottom = block.top + block.height;
  let d = "";
  for (const [slot, ...steps] of lines) {
    const y = bottom - (slot + 1) * block.row;
    let at = 0;
    for (let i = 0; i < steps.length; i += 2) {
      at += steps[i];
      d += rectangle(x(at / 100), y, Math.max(0.7, x(steps[i + 1] / 100) - x(0)), height);
      at += steps[i + 1];
    }
  }
  return d;
}

function drawPool(ctx, g, pool, block, x) {
  const middle = block.top + block.height / 2 + 4;
  mark(g, "rect", "slots", { x: x.range[0], y: round(block.top), width: x.range[1] - x.range[0], height: round(block.height), class: "fl-bulkhead-slots" });
  const count = ` · ${pool.threads}`;
  mark(g, "text", "name", { x: ROOM.left - 10, y: round(middle), "text-anchor": "end" }, shortened(pool.name, ROOM.left - 16 - textWidth(count)) + count);
  const answer = mark(g, "g", "bars", { class: "fl-answer" });
  KIND_CLASS.forEach((kind, i) => textured(ctx, answer, kind, kind, barsPath(pool.bars[i] ?? [], block, x)));
}

function drawLaneHead(ctx, g, lane, top) {
  const { words } = ctx;
  const [lost, all] = lane.api;
  mark(g, "text", "title", { x: 0, y: top + 12, class: "fl-strong" }, lane.name);
  const text = ctx.say(words.api_lost, { lost: ctx.number(lost), all: ctx.number(all) });
  mark(g, "text", "verdict", {
    x: ctx.width - ROOM.right, y: top + 12, "text-anchor": "end", class: `fl-strong fl-answer fl-bulkhead-${lost ? "bad" : "good"}`,
  }, `${lost ? "⚠" : "✓"} ${text}`);
}

// ---- the strips under the slots

const kindOfPool = (pool) => (pool.classes.length === 1 ? KIND_CLASS[pool.classes[0]] : "mixed");

// Bars on top of each other: `layers` are [kind, counts], one count for each `step` seconds.
function drawStack(ctx, g, key, layers, { x, y, step, gap = 0 }) {
  const group = mark(g, "g", key, { class: "fl-answer" });
  const heights = [];
  const paths = new Map();
  const width = Math.max(0.7, x(step) - x(0) - gap);
  for (const [kind, counts] of layers) {
    let d = paths.get(kind) ?? "";
    counts.forEach((n, i) => {
      if (!n) return;
      const below = heights[i] ?? 0;
      heights[i] = below + n;
      d += rectangle(x(i * step), y(below + n), width, y(below) - y(below + n));
    });
    paths.set(kind, d);
  }
  for (const kind of [...KIND_CLASS, "mixed"]) textured(ctx, group, kind, kind, paths.get(kind) ?? "");
}

function drawStrip(ctx, g, key, label, top, most) {
  const bottom = top + ROOM.strip;
  mark(g, "line", `${key}-base`, { x1: ROOM.left, x2: ctx.width - ROOM.right, y1: bottom, y2: bottom, class: "fl-bulkhead-base" });
  mark(g, "line", `${key}-most`, { x1: ROOM.left, x2: ctx.width - ROOM.right, y1: top, y2: top, class: "fl-bulkhead-most" });
  mark(g, "text", `${key}-label`, { x: ROOM.left - 38, y: top + ROOM.strip / 2 + 4, "text-anchor": "end", class: "fl-soft" }, label);
  mark(g, "text", `${key}-scale`, { x: ROOM.left - 10, y: top + 4, "text-anchor": "end", class: "fl-soft fl-answer" }, ctx.number(most));
  return scale(0, most, bottom, top);
}

const LOSS_STEP_S = 0.5;

function lossRates(view, lane) {
  const each = Math.round(LOSS_STEP_S / view.step_s);
  return lane.lost.map((counts) => Array.from({ length: Math.ceil(counts.length / each) }, (_, i) =>
    counts.slice(i * each, (i + 1) * each).reduce((a, b) => a + b, 0) / LOSS_STEP_S));
}

const stacked = (layers) => layers[0].map((_, i) => layers.reduce((sum, l) => sum + l[i], 0));
const highest = (layers) => (layers.length ? Math.max(...stacked(layers)) : 0);

// A scale's end that is easy to read, and the same in both designs.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((m) => m * power).find((v) => v >= value) ?? value;
}

// ---- one design

function laneFrames(view) {
  const alone = view.shown.length === 1;
  const rows = ROOM.rows + (alone ? LANE_HEIGHT : 0);
  return view.shown.map((key, i) => ({ lane: view.lanes.find((l) => l.key === key), top: ROOM.lanesTop + i * LANE_HEIGHT, rows }));
}

function drawDesign(ctx, g, frame, x, most) {
  const { view, words } = ctx;
  const { lane, top, rows } = frame;
  drawLaneHead(ctx, g, lane, top);
  const blocks = blocksOf(lane.pools, top + ROOM.header, rows);
  marks(g, "pools", lane.pools, (pool, i) => i, (node, pool, i) => drawPool(ctx, node, pool, blocks[i], x));
  const waitingTop = top + ROOM.header + rows + ROOM.stripGap;
  const waiting = drawStrip(ctx, g, "waiting", words.waiting, waitingTop, most.waiting);
  drawStack(ctx, g, "queue", lane.pools.map((p) => [kindOfPool(p), p.waiting.slice(0, -1)]), { x, y: waiting, step: view.step_s });
  const lost = drawStrip(ctx, g, "lost", words.lost, waitingTop + ROOM.strip + ROOM.stripGap, most.lost);
  drawStack(ctx, g, "losses", lossRates(view, lane).map((rates, i) => [KIND_CLASS[i], rates]), { x, y: lost, step: LOSS_STEP_S, gap: 1 });
}

function readout(view, ctx, lane) {
  const { words } = ctx;
  const at = Math.min(lane.pools[0].waiting.length - 1, Math.floor(ctx.time / view.step_s + 1e-9));
  const pools = lane.pools.map((pool) => {
    const each = pool.busy.map((counts) => counts[at]);
    const who = pool.classes.length > 1 ? ` (${pool.classes.map((c, i) => `${words.classes[c]} ${each[i]}`).join(", ")})` : "";
    const busy = `${pool.name} ${each.reduce((a, b) => a + b, 0)}/${pool.threads}${who}`;
    return pool.waiting[at] ? `${busy}, ${ctx.say(words.in_queue, { n: pool.waiting[at] })}` : busy;
  });
  const lost = lane.lost[0].slice(0, at).reduce((a, b) => a + b, 0);
  return ctx.say(words.at, { t: ctx.number(at * view.step_s, 2), pools: pools.join(" · "), lost: ctx.number(lost) });
}

// ---- the trouble: hang and surge

function drawBand(ctx, g, key, x, [from, to], word) {
  const [start, end] = [x(from), x(Math.min(to, x.domain[1]))];
  const wide = end - start > textWidth(word) + 40;
  const fits = start - x.range[0] > textWidth(word) + 26;
  const none = to <= from;
  mark(g, "rect", `${key}-band`, { x: round(start), y: ROOM.bandTop, width: round(Math.max(0, end - start)), height: ROOM.bandHeight, class: `fl-bulkhead-band-${key}`, display: none ? "none" : null });
  mark(g, "rect", `${key}-tint`, { x: round(start), y: ROOM.lanesTop + ROOM.header - 4, width: round(Math.max(0, end - start)), height: AXIS_TOP - ROOM.lanesTop - ROOM.header + 4, class: "fl-bulkhead-tint", display: none ? "none" : null });
  const place = wide ? { x: round((start + end) / 2), "text-anchor": "middle" }
    : fits ? { x: round(start - 22), "text-anchor": "end" } : { x: round(end + 22), "text-anchor": "start" };
  mark(g, "text", `${key}-word`, { ...place, y: ROOM.bandTop + 16, class: none ? "fl-soft" : "fl-strong" }, word);
}

function drawTrouble(view, ctx, x) {
  const { words } = ctx;
  const g = mark(ctx.svg, "g", "trouble");
  const seconds = (n) => ctx.say(words.seconds, { n: ctx.number(n) });
  const surge = mark(g, "g", "surge", { display: view.surge.length ? null : "none" });
  if (view.surge.length) drawBand(ctx, surge, "surge", x, view.surge, words.surge);
  drawBand(ctx, g, "hang", x, view.hang, `${words.hang}: ${seconds(ctx.params.hang_s)}`);
}

function drawHandles(view, ctx, x) {
  const { words } = ctx;
  const g = mark(ctx.svg, "g", "handles");
  const control = (name) => ctx.spec.controls.find((c) => c.name === name);
  const [from, length] = [ctx.params.hang_start_s, ctx.params.hang_s];
  const end = x(Math.min(from + length, x.domain[1]));
  const apart = Math.max(0, (20 - (end - x(from))) / 2);
  const seconds = (n) => ctx.say(words.seconds, { n: ctx.number(n) });
  draggable(grip(g, "start", x(from) - apart), {
    label: words.hang_start, value: from, min: 0, max: control("hang_start_s").max, step: 1, text: seconds(from),
    at: (px) => x.invert(px), set: (v) => ctx.set("hang_start_s", v),
  });
  draggable(grip(g, "end", end + apart), {
    label: words.hang_end, value: from + length, min: from, max: from + control("hang_s").max, step: 1, text: seconds(from + length),
    at: (px) => Math.max(from, x.invert(px)), set: (v) => ctx.set("hang_s", v - from),
  });
}

function grip(g, key, x) {
  const node = mark(g, "g", key, { transform: `translate(${round(x)} ${ROOM.bandTop + ROOM.bandHeight / 2})` });
  node.flClass = "fl-bulkhead-handle";
  mark(node, "rect", "target", { x: -10, y: -16, width: 20, height: 32, class: "fl-bulkhead-target" });
  mark(node, "rect", "grip", { x: -4, y: -16, width: 8, height: 32, rx: 4, class: "fl-bulkhead-grip" });
  return node;
}

function drawKey(ctx, y) {
  const { words } = ctx;
  const g = mark(ctx.svg, "g", "key");
  let at = ROOM.left;
  [...words.classes, words.hung].forEach((word, i) => {
    textured(ctx, g, `swatch${i}`, KIND_CLASS[i], rectangle(at, y - 10, 18, 12));
    mark(g, "text", `word${i}`, { x: round(at + 24), y, class: "fl-soft" }, word);
    at += 24 + textWidth(word) + 22;
  });
}

// ---- the price: idle slots, and Erlang's formula

function drawIdle(view, ctx, box) {
  const { words } = ctx;
  const g = mark(ctx.svg, "g", "idle", { transform: `translate(${box.left} ${box.top})` });
  mark(g, "text", "title", { x: 0, y: 12, class: "fl-strong" }, words.idle_title);
  const pools = view.lanes.flatMap((lane) => lane.pools).slice(0, 6);
  const x = scale(0, Math.max(...pools.map((p) => Math.max(p.threads, Math.min(p.enough, 100)))), ROOM.left, box.width - 140);
  mark(g, "text", "seconds", { x: box.width - 6, y: 12, "text-anchor": "end", class: "fl-soft" }, words.idle_seconds);
  marks(g, "pools", pools, (pool, i) => i, (node, pool, i) => {
    const y = 26 + i * 24;
    mark(node, "text", "name", { x: ROOM.left - 10, y: y + 12, "text-anchor": "end" }, shortened(pool.name, ROOM.left - 14));
    mark(node, "rect", "all", { x: ROOM.left, y, width: round(x(pool.threads) - ROOM.left), height: 16, class: "fl-bulkhead-threads" });
    const answer = mark(node, "g", "answer", { class: "fl-answer" });
    const kind = kindOfPool(pool);
    for (const one of [...KIND_CLASS, "mixed"]) {
      textured(ctx, answer, one, one, one === kind ? rectangle(ROOM.left, y, x(pool.busy_mean) - ROOM.left, 16) : "");
    }
    const enough = x(Math.min(pool.enough, x.domain[1]));
    mark(answer, "path", "enough", { d: `M${round(enough)} ${y - 3}v22`, class: "fl-bulkhead-enough" });
    mark(answer, "text", "count", { x: round(Math.max(x(pool.threads), enough)) + 8, y: y + 12, class: "fl-soft" },
      ctx.say(words.idle, { busy: ctx.number(pool.busy_mean, 1), threads: pool.threads }));
    mark(answer, "text", "idle", { x: box.width - 6, y: y + 12, "text-anchor": "end", class: "fl-strong" }, ctx.number(pool.idle_thread_s));
  });
  const under = 26 + pools.length * 24 + 14;
  mark(g, "path", "enough-mark", { d: `M${ROOM.left + 4} ${under - 14}v18`, class: "fl-bulkhead-enough" });
  mark(g, "text", "enough-word", { x: ROOM.left + 12, y: under, class: "fl-soft" }, words.enough);
  cover(ctx, { x: box.left + ROOM.left - 4, y: box.top + 20, width: box.width - ROOM.left + 2, height: pools.length * 24 + 4, key: "cover-idle" });
}

// Places for the curves' names: in the curves' order from the top, apart enough to be read.
function spread(heights, least, gap) {
  let last = least - gap;
  return heights.map((y) => (last = Math.max(y, last + gap)));
}

function drawErlang(view, ctx, box) {
  const { words } = ctx;
  const { erlang } = view;
  const g = mark(ctx.svg, "g", "erlang", { transform: `translate(${box.left} ${box.top})` });
  mark(g, "text", "title", { x: 0, y: 12, class: "fl-strong" }, words.erlang_title);
  const [first, table] = [36, 236];
  const x = scale(0, erlang.loads.at(-1), first, box.width - table);
  const most = Math.ceil(Math.max(...erlang.curves.flatMap((c) => [...c.blocked, c.measured])) / 10) * 10;
  const y = scale(0, most, box.height - 42, 30);
  axisX(g, "x", x, { y: y.range[0], label: words.erlang_x, values: [0, 20, 40, 60, 80, 100, 120] });
  axisY(g, "y", y, { x: first, values: ticks(0, most, 4), grid: x.range[1] - first });
  const at = x(erlang.load);
  const node = mark(g, "g", "load", { transform: `translate(${round(at)} 0)` });
  node.flClass = "fl-bulkhead-handle";
  mark(node, "rect", "target", { x: -10, y: y.range[1] - 6, width: 20, height: y.range[0] - y.range[1] + 6, class: "fl-bulkhead-target" });
  mark(node, "line", "line", { x1: 0, x2: 0, y1: y.range[1], y2: y.range[0], class: "fl-bulkhead-load" });
  mark(node, "path", "knob", { d: shapes("dot", [[0, y.range[0]]], 6), class: "fl-bulkhead-grip" });
  const control = ctx.spec.controls.find((c) => c.name === "load_percent");
  draggable(node, {
    label: words.load, value: erlang.load, min: control.min, max: control.max, step: control.step, text: ctx.say(words.percent, { n: erlang.load }),
    at: (px) => x.invert(px - box.left), set: (v) => ctx.set("load_percent", v),
  });
  drawCurves(ctx, g, { x, y, at, right: x.range[1] });
}

function drawCurves(ctx, g, { x, y, at, right }) {
  const { words, view } = ctx;
  const { curves, loads } = view.erlang;
  const columns = [right + 56, right + 126, right + 224];
  const ends = spread(curves.map((c) => y(c.blocked.at(-1))), y.range[1] + 12, 17);
  mark(g, "text", "threads", { x: columns[0], y: 12, "text-anchor": "end", class: "fl-soft" }, words.threads);
  mark(g, "text", "formula", { x: columns[1], y: 12, "text-anchor": "end", class: "fl-soft" }, words.formula);
  mark(g, "text", "measured", { x: columns[2], y: 12, "text-anchor": "end", class: "fl-soft" }, words.measured);
  marks(g, "curves", curves, (c, i) => i, (node, curve, i) => {
    const end = y(curve.blocked.at(-1));
    mark(node, "path", "curve", { d: line(curve.blocked.map((b, k) => [x(loads[k]), y(b)])), class: `fl-bulkhead-curve fl-bulkhead-curve-${i}` });
    mark(node, "path", "leader", { d: `M${right + 2} ${round(end)}L${right + 14} ${round(ends[i] - 4)}`, class: "fl-bulkhead-leader" });
    mark(node, "text", "name", { x: columns[0], y: ends[i], "text-anchor": "end" }, ctx.number(curve.slots));
    mark(node, "text", "expected", { x: columns[1], y: ends[i], "text-anchor": "end" }, ctx.say(words.percent, { n: ctx.number(curve.formula, 1, true) }));
    mark(node, "text", "found", { x: columns[2], y: ends[i], "text-anchor": "end", class: "fl-strong" }, ctx.say(words.give_or_take, { n: ctx.number(curve.measured, 1, true), d: ctx.number(curve.give_or_take, 1, true) }));
  });
  const sure = curves.map((c) => `M${round(at)} ${round(y(Math.max(0, c.measured - c.give_or_take)))}V${round(y(c.measured + c.give_or_take))}`);
  mark(g, "path", "sure", { d: sure.join(""), class: "fl-bulkhead-sure" });
  mark(g, "path", "points", { d: shapes("diamond", curves.map((c) => [at, y(c.measured)]), 5), class: "fl-bulkhead-point" });
  mark(g, "path", "point-key", { d: shapes("diamond", [[columns[2] - textWidth(words.measured) - 15, 8]], 4.5), class: "fl-bulkhead-point" });
}

const picture = {
  height: (width) => CHARTS_AT + (width < ROOM.narrow ? ROOM.idle + ROOM.erlang : ROOM.erlang),

  draw(view, ctx) {
    const x = bulkheadTime(view, ctx);
    const ground = mark(ctx.svg, "rect", "ground", { x: x.range[0], y: ROOM.lanesTop, width: x.range[1] - x.range[0], height: AXIS_TOP - ROOM.lanesTop, class: "fl-bulkhead-target" });
    ground.onpointerdown = (event) => ctx.seek(x.invert(event.clientX - ctx.svg.getBoundingClientRect().left));
    const most = {
      waiting: roundUp(Math.max(10, ...view.lanes.map((l) => highest(l.pools.map((p) => p.waiting))))),
      lost: roundUp(Math.max(10, ...view.lanes.map((l) => highest(lossRates(view, l))))),
    };
    const frames = laneFrames(view);
    for (const i of [0, 1]) {
      const g = mark(ctx.svg, "g", `lane-${i}`, { display: frames[i] ? null : "none" });
      if (frames[i]) drawDesign(ctx, g, frames[i], x, most);
    }
    drawTrouble(view, ctx, x);
    axisX(ctx.svg, "time", x, { y: AXIS_TOP, label: ctx.words.time });
    drawKey(ctx, AXIS_TOP + ROOM.axis + 12);
    const narrow = ctx.width < ROOM.narrow;
    const half = narrow ? ctx.width : (ctx.width - 28) / 2;
    drawIdle(view, ctx, { left: 0, top: CHARTS_AT, width: half });
    drawErlang(view, ctx, { left: narrow ? 0 : half + 28, top: CHARTS_AT + (narrow ? ROOM.idle : 0), width: half - (narrow ? ROOM.right : 0), height: ROOM.erlang });
    for (const i of [0, 1]) {
      const frame = frames[i] ?? frames[0];
      const top = frame.top + ROOM.header - 4;
      cover(ctx, { x: x.range[0] - 2, y: top, width: x.range[1] - x.range[0] + 4, height: frame.rows + 2 * (ROOM.strip + ROOM.stripGap) + 6, key: `cover-${i}` });
      if (!frames[i]) mark(ctx.svg, "g", `cover-${i}`, { display: "none" });
    }
    drawHandles(view, ctx, x);
  },

  tick(view, ctx) {
    const x = bulkheadTime(view, ctx);
    const at = round(x(ctx.time));
    laneFrames(view).forEach(({ lane, top }, i) => {
      const g = mark(ctx.svg, "g", `lane-${i}`);
      mark(g, "text", "readout", { x: 0, y: top + 30, class: "fl-soft fl-answer" }, readout(view, ctx, lane));
    });
    const g = mark(ctx.svg, "g", "cursor", { class: "fl-answer" });
    mark(g, "line", "line", { x1: at, x2: at, y1: ROOM.lanesTop + ROOM.header - 4, y2: AXIS_TOP, class: "fl-bulkhead-cursor" });
    const knob = mark(g, "path", "knob", { d: `M${at - 7} ${AXIS_TOP + 9}h14v-7l-7 -7l-7 7z` });
    knob.flClass = "fl-bulkhead-knob";
    draggable(knob, {
      label: ctx.words.cursor, value: round(ctx.time), min: 0, max: x.domain[1], step: 0.5, text: ctx.say(ctx.words.seconds, { n: ctx.number(ctx.time, 1) }),
      at: (px) => x.invert(px), set: (v) => ctx.seek(v),
    });
  },
};
