// The timeouts picture: above, one call down a chain of levels; below, many answer times and a timeout along them.

const TREE = { gutter: 132, right: 18, top: 30, row: 46, lanes: 20, bracket: 30 };
const TAIL = { title: 36, histogram: 84, strip: 66, gap: 34, axis: 44 };
const BIN_S = 0.01;
const ANSWERS_FROM_S = 0.01;
const ANSWERS_TO_S = 20;
const LINEAR_TO_S = 10;
const SHARE_MIN = 0.0001;

function treeFrame(view, ctx) {
  const rowsEnd = TREE.top + view.levels.length * TREE.row;
  // While a mark is dragged the axis stays as it is: otherwise it would run away under the pointer.
  if (!ctx.svg.flDragging || !ctx.svg.flEnd) ctx.svg.flEnd = view.end_s;
  const x = scale(0, ctx.svg.flEnd, TREE.gutter, ctx.width - TREE.right);
  return { x, rowsEnd, axisY: rowsEnd + TREE.bracket, bottom: rowsEnd + TREE.bracket + 40, rowTop: (depth) => TREE.top + depth * TREE.row };
}

function tailFrame(view, ctx) {
  const top = treeFrame(view, ctx).bottom + 42;
  const histogram = top + TAIL.title + TAIL.histogram;
  const shares = histogram + TAIL.gap + TAIL.strip;
  const waits = shares + TAIL.gap + TAIL.strip;
  const range = [TREE.gutter, ctx.width - TREE.right];
  const logarithmic = ctx.params.axis === "log";
  const x = logarithmic ? logScale(ANSWERS_FROM_S, ANSWERS_TO_S, ...range) : scale(0, LINEAR_TO_S, ...range);
  const inside = (seconds) => round(x(clamp(seconds, x.domain[0], x.domain[1])));
  return { top, histogram, shares, waits, x, inside, logarithmic };
}

// ---- one call, from level to level

// Attempts of one level may overlap, when an orphan goes on beside the next attempt: each takes the first free lane.
function lanesOf(spans) {
  const free = new Map();
  return spans.map(([depth, , start, end]) => {
    const ends = free.get(depth) ?? free.set(depth, []).get(depth);
    let lane = ends.findIndex((until) => until <= start + 1e-9);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    return lane;
  });
}

function drawTree(view, ctx, frame) {
  const { x, axisY, rowTop } = frame;
  const { words } = ctx;
  mark(ctx.svg, "text", "tree-title", { x: 0, y: 13, class: "fl-strong" }, words.tree);
  const rows = mark(ctx.svg, "g", "rows");
  view.levels.forEach((level, depth) => drawLevel(rows, ctx, level, depth, rowTop(depth)));
  const answer = mark(ctx.svg, "g", "calls", { class: "fl-answer" });
  axisX(answer, "axis", x, { y: axisY, label: words.time, format: (v) => ctx.number(v, 2), grid: axisY - TREE.top });
  drawDeadline(answer, view, ctx, frame);
  const ends = drawSpans(answer, view, ctx, frame);
  view.levels.forEach((level, depth) => drawLimit(answer, view, ctx, frame, level, depth));
  drawEnds(answer, ends);
  drawWasted(answer, view, ctx, frame);
  drawLegend(answer, ctx, axisY + 33);
  cover(ctx, { x: TREE.gutter, y: TREE.top - 4, width: x.range[1] - TREE.gutter + 8, height: axisY - TREE.top + 42, key: "cover-tree" });
}

function drawLevel(parent, ctx, level, depth, top) {
  const g = mark(parent, "g", `level-${depth}`);
  mark(g, "line", "rule", { x1: 0, x2: ctx.width - TREE.right, y1: top - 1, y2: top - 1, class: "fl-timeouts-rule" });
  mark(g, "text", "name", { x: 0, y: top + 19, class: "fl-strong" }, level.name);
  const given = ctx.say(ctx.words.seconds, { n: ctx.number(level.timeout_s, 2) });
  const times = level.attempts > 1 ? ` · ${ctx.say(ctx.words.attempts, { n: level.attempts })}` : "";
  mark(g, "text", "given", { x: 0, y: top + 35, class: "fl-soft" }, given + times);
}

function drawDeadline(parent, view, ctx, { x, rowsEnd, rowTop }) {
  const at = round(x(Math.min(view.levels[0].timeout_s, x.domain[1])));
  mark(parent, "line", "deadline", { x1: at, x2: at, y1: rowTop(1), y2: rowsEnd, class: "fl-timeouts-deadline", display: ctx.params.propagate ? null : "none" });
}

function drawSpans(parent, view, ctx, { x, rowTop }) {
  const lanes = lanesOf(view.spans);
  const most = view.levels.map((_, depth) => 1 + Math.max(0, ...lanes.filter((_lane, i) => view.spans[i][0] === depth)));
  const orphanFill = hatch(ctx, "orphan", { gap: 6 });
  const right = x.range[1];
  const ends = { a: [], t: [], f: [] };
  const unheard = [];
  let [calls, replies] = ["", ""];
  marks(parent, "spans", view.spans, (_span, i) => i, (g, span, i) => {
    const [depth, , start, end, outcome, alone] = span;
    const height = TREE.lanes / most[depth];
    const [y, tall] = [round(rowTop(depth) + 20 + lanes[i] * height), round(Math.max(1.5, height - (most[depth] > 1 ? 1.5 : 0)))];
    const [from, to] = [Math.min(x(start), right), Math.min(x(end), right)];
    const heard = Math.min(alone === null ? to : x(alone), right);
    mark(g, "rect", "waited", { x: round(from), y, width: round(Math.max(0, heard - from)), height: tall, class: "fl-timeouts-bar" });
    mark(g, "rect", "ground", { x: round(heard), y, width: round(to - heard), height: tall, class: "fl-timeouts-orphan-ground", display: to > heard ? null : "none" });
    mark(g, "rect", "orphan", { x: round(heard), y, width: round(to - heard), height: tall, fill: orphanFill, class: "fl-timeouts-orphan", display: to > heard ? null : "none" });
    if (x(end) <= right) ends[outcome].push([to, y + tall / 2, Math.min(4, Math.max(2, tall / 2.6))]);
    if (depth === 0) return;
    const above = rowTop(depth) - TREE.row + 20 + TREE.lanes;
    calls += `M${round(from)} ${above}V${y}`;
    if (x(end) > right) return;
    // A reply goes up dashed; one that nobody waits for ends on the way.
    if (to > heard) unheard.push([to, y - 9]);
    replies += `M${round(to)} ${y}V${to > heard ? y - 9 : above}`;
  });
  mark(parent, "path", "calls", { d: calls, class: "fl-timeouts-call" });
  mark(parent, "path", "replies", { d: replies, class: "fl-timeouts-reply" });
  mark(parent, "path", "unheard", { d: shapes("cross", unheard, 3), class: "fl-timeouts-unheard" });
  return ends;
}

function drawEnds(parent, ends) {
  const each = (kind, list) => list.map(([px, py, r]) => SHAPES[kind](px, py, round(r))).join("");
  mark(parent, "path", "answered", { d: each("dot", ends.a), class: "fl-timeouts-answered" });
  mark(parent, "path", "error", { d: each("diamond", ends.f), class: "fl-timeouts-error" });
  mark(parent, "path", "gave-up", { d: each("box", ends.t), class: "fl-timeouts-gave-up" });
}

// The level's timeout: how long its first attempt may take. Dragged along the axis.
function drawLimit(parent, view, ctx, { x, rowTop }, level, depth) {
  const top = rowTop(depth);
  const value = ctx.params[level.control];
  const at = round(Math.min(x(value), x.range[1]));
  const first = view.spans.find((span) => span[0] === depth);
  const g = mark(parent, "g", `limit-${depth}`);
  const rest = first ? Math.min(x(first[3]), at) : x(0);
  mark(g, "path", "left", { d: `M${round(rest)} ${top + 30}H${at}`, class: "fl-timeouts-left", display: at - rest > 2 ? null : "none" });
  const handle = mark(g, "g", "handle", { transform: `translate(${at} ${top})` });
  handle.flClass = "fl-timeouts-handle";
  mark(handle, "rect", "target", { x: -9, y: 2, width: 18, height: 42, class: "fl-timeouts-target" });
  mark(handle, "path", "stem", { d: "M0 4V43", class: "fl-timeouts-stem" });
  mark(handle, "rect", "grip", { x: -4, y: 4, width: 8, height: 13, rx: 3, class: "fl-timeouts-grip" });
  const control = ctx.spec.controls.find((c) => c.name === level.control);
  const shown = ctx.say(ctx.words.seconds, { n: ctx.number(value, 2) });
  const word = depth === 0 && ctx.params.propagate ? ctx.words.deadline : ctx.words.status[level.status];
  const text = `${shown} · ${word}`;
  const before = at + 10 + text.length * 6.6 > ctx.width;
  mark(g, "text", "word", { x: at + (before ? -9 : 9), y: top + 14, "text-anchor": before ? "end" : "start", class: `fl-timeouts-halo fl-timeouts-${level.status}` }, text);
  draggable(handle, {
    label: ctx.say(ctx.words.drag, { name: level.name }), value, min: control.min, max: control.max, step: control.step, text,
    at: (px) => x.invert(px), set: (v) => ctx.set(level.control, v),
  });
  holdAxis(handle, ctx);
}

function holdAxis(handle, ctx) {
  if (handle.flHolds) return;
  handle.flHolds = true;
  handle.addEventListener("pointerdown", () => { ctx.svg.flDragging = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    handle.addEventListener(end, () => { ctx.svg.flDragging = false; picture.draw(ctx.view, ctx); });
  }
}

// Brackets under the time in which somebody works for nobody, and how much it is in all.
function drawWasted(parent, view, ctx, { x, rowsEnd }) {
  const bottom = view.levels.length - 1;
  const alone = view.spans.filter((s) => s[0] === bottom && s[5] !== null).map((s) => [s[5], s[3]]).sort((a, b) => a[0] - b[0]);
  const joined = [];
  for (const [from, to] of alone) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  const y = rowsEnd + 4;
  const place = (seconds) => round(Math.min(x(seconds), x.range[1]));
  mark(parent, "path", "brackets", { d: joined.map(([from, to]) => `M${place(from)} ${y - 4}v4H${place(to)}v-4`).join(""), class: "fl-timeouts-bracket" });
  const text = joined.length ? ctx.say(ctx.words.wasted, { n: ctx.number(view.wasted_s, 1) }) : ctx.words.nothing_wasted;
  const start = joined.length ? place(joined[0][0]) : TREE.gutter;
  const room = x.range[1] - text.length * 7;
  mark(parent, "text", "wasted", { x: round(clamp(start, TREE.gutter + 2, Math.max(TREE.gutter + 2, room))), y: y + 16, class: `fl-strong fl-timeouts-halo fl-timeouts-${joined.length ? "wasted" : "none"}` }, text);
}

function drawLegend(parent, ctx, y) {
  const g = mark(parent, "g", "legend");
  const entries = [
    [ctx.words.answered, "dot", "fl-timeouts-answered"], [ctx.words.error, "diamond", "fl-timeouts-error"],
    [ctx.words.gave_up, "box", "fl-timeouts-gave-up"], [ctx.words.orphaned, null, "fl-timeouts-orphan"],
  ];
  let at = ctx.width < 800 ? 0 : TREE.gutter;
  entries.forEach(([text, shape, kind], i) => {
    const one = mark(g, "g", `entry-${i}`, { transform: `translate(${round(at)} ${y})` });
    if (shape) mark(one, "path", "shape", { d: shapes(shape, [[5, -4]], 4), class: kind });
    else mark(one, "rect", "shape", { x: -2, y: -10, width: 16, height: 12, fill: hatch(ctx, "orphan", { gap: 6 }), class: kind });
    mark(one, "text", "word", { x: shape ? 14 : 20, y: 0, class: "fl-soft" }, text);
    at += 30 + text.length * 6.9;
  });
}

// ---- many answers

// For each 10 ms: how many answers come later, and the mean wait of a call that is given up then. Once for each view.
function curvesOf(view) {
  if (view.flCurves) return view.flCurves;
  const total = view.counts.reduce((sum, n) => sum + n, 0);
  const [later, waited] = [[], []];
  let [within, sum] = [0, 0];
  view.counts.slice(0, -1).forEach((n, k) => {
    within += n;
    sum += n * Math.max(0, k - 0.5) * BIN_S;
    later.push((total - within) / total);
    waited.push((sum + (total - within) * k * BIN_S) / total);
  });
  view.flCurves = { total, later, waited };
  return view.flCurves;
}

function meanWait(curves, k, dead) { return (1 - dead / 100) * curves.waited[k] + (dead / 100) * k * BIN_S; }

// Bars as [from, to, share] on the axis in use; the linear ones are put together from the counts.
function barsOf(view, curves, logarithmic) {
  if (logarithmic) {
    const perDecade = 20;
    return view.bars.map((n, i) => [ANSWERS_FROM_S * 10 ** (i / perDecade), Math.min(ANSWERS_TO_S, ANSWERS_FROM_S * 10 ** ((i + 1) / perDecade)), n / curves.total]);
  }
  const width = 10;
  return Array.from({ length: LINEAR_TO_S / BIN_S / width }, (_, i) => {
    const from = i * width;
    return [from * BIN_S, (from + width) * BIN_S, (curves.later[from] - curves.later[from + width])];
  });
}

function samplePlaces(frame, count) {
  const [left, right] = frame.x.range;
  const places = [];
  for (let i = 0; i <= count; i++) {
    const k = Math.round(frame.x.invert(left + ((right - left) * i) / count) / BIN_S);
    if (k >= 1 && k <= ANSWERS_TO_S / BIN_S && k !== places.at(-1)) places.push(k);
  }
  return places;
}

function drawAnswers(view, ctx, frame) {
  const { words } = ctx;
  const { x, top, histogram, shares, waits } = frame;
  const curves = curvesOf(view);
  const g = mark(ctx.svg, "g", "answers");
  mark(g, "line", "rule", { x1: 0, x2: ctx.width - TREE.right, y1: top - 22, y2: top - 22, class: "fl-timeouts-rule" });
  mark(g, "text", "title", { x: 0, y: top, class: "fl-strong" }, ctx.say(words.distribution, { n: ctx.number(curves.total) }));
  const values = frame.logarithmic ? [0.01, 0.03, 0.1, 0.3, 1, 3, 10] : [0, 1, 2, 4, 6, 8, 10];
  axisX(g, "time", x, { y: waits, label: words.answer_time, values, format: (v) => ctx.number(v, 2), grid: waits - histogram + TAIL.histogram });
  drawHistogram(g, view, ctx, frame, curves);
  const answer = mark(ctx.svg, "g", "trade", { class: "fl-answer" });
  const places = samplePlaces(frame, 240);
  const height = logScale(SHARE_MIN, 1, shares, shares - TAIL.strip);
  axisY(answer, "share-axis", height, { x: TREE.gutter, label: words.false_share, values: [1, 0.1, 0.01, 0.001], format: (v) => ctx.say(words.percent, { n: ctx.number(v * 100, 1) }), grid: x.range[1] - x.range[0] });
  mark(answer, "path", "share", { d: line(places.map((k) => [frame.inside(k * BIN_S), height(curves.later[k])])), class: "fl-timeouts-share" });
  const longest = meanWait(curves, Math.round(x.domain[1] / BIN_S), ctx.params.dead);
  const waitTop = Math.max(0.2, longest);
  const wait = scale(0, waitTop, waits, waits - TAIL.strip);
  axisY(answer, "wait-axis", wait, { x: TREE.gutter, label: ctx.say(words.wait, { dead: ctx.number(ctx.params.dead) }), values: ticks(0, waitTop, 3), format: (v) => ctx.number(v, 2), grid: x.range[1] - x.range[0] });
  mark(answer, "path", "wait", { d: line(places.map((k) => [frame.inside(k * BIN_S), wait(meanWait(curves, k, ctx.params.dead))])), class: "fl-timeouts-wait" });
  drawTimeout(ctx, frame, curves, height, wait);
  cover(ctx, { x: TREE.gutter - 60, y: histogram + 8, width: x.range[1] - TREE.gutter + 66, height: waits - histogram - 6, key: "cover-trade" });
}

function drawHistogram(parent, view, ctx, frame, curves) {
  const { histogram, inside, logarithmic } = frame;
  const bars = barsOf(view, curves, logarithmic);
  const most = Math.max(...bars.map((b) => b[2]));
  const full = Math.sqrt(most * 1.05);
  const height = (share) => histogram - (Math.sqrt(share) / full) * TAIL.histogram;
  const d = bars.filter((b) => b[2] > 0).map(([from, to, share]) => `M${inside(from)} ${histogram}V${round(height(share))}H${inside(to) - 0.6}V${histogram}z`).join("");
  const at = inside(ctx.params.timeout_s);
  const [left, right] = frame.x.range;
  const box = { y: histogram - TAIL.histogram - 4, height: TAIL.histogram + 6 };
  mark(parent, "path", "in-time", { d, class: "fl-timeouts-in-time", "clip-path": clip(ctx, "in-time", { x: left, width: Math.max(0, at - left), ...box }) });
  mark(parent, "path", "too-late", { d, fill: hatch(ctx, "false", { gap: 5 }), class: "fl-timeouts-too-late", "clip-path": clip(ctx, "too-late", { x: at, width: Math.max(0, right + 4 - at), ...box }) });
  const marksAt = [0.3, 0.1, 0.01, 0.001].filter((share) => share < most)
    .filter((share, i, all) => i === 0 || height(share) - height(all[i - 1]) > 13);
  axisY(parent, "bars", Object.assign((v) => height(v), { domain: [0, most], range: [histogram, histogram - TAIL.histogram] }), {
    x: TREE.gutter, label: ctx.words.share, values: marksAt, format: (v) => ctx.say(ctx.words.percent, { n: ctx.number(v * 100, 1) }),
  });
}

function clip(ctx, name, box) {
  const id = ctx.id(`clip-${name}`);
  const path = mark(mark(ctx.svg, "defs", "defs"), "clipPath", id, { id });
  mark(path, "rect", "box", box);
  return `url(#${id})`;
}

// The line that is dragged. All that it shows comes from the counts, so Python is not asked.
function drawTimeout(ctx, frame, curves, height, wait) {
  const { histogram, shares, waits, x, inside } = frame;
  const { words } = ctx;
  const value = ctx.params.timeout_s;
  const k = clamp(Math.round(value / BIN_S), 1, curves.later.length - 1);
  const at = inside(value);
  const share = curves.later[k];
  const mean = meanWait(curves, k, ctx.params.dead);
  const percent = ctx.number(share * 100, share < 0.01 ? 2 : share < 0.1 ? 1 : 0);
  const seconds = ctx.number(value, 2);
  const g = mark(ctx.svg, "g", "timeout");
  const top = histogram - TAIL.histogram;
  // The line leaves out the names of the two lower parts, and stays out of them until they are uncovered.
  const below = ctx.revealed ? `M${at} ${shares - TAIL.strip}V${shares}M${at} ${waits - TAIL.strip}V${waits}` : "";
  mark(g, "path", "line", { d: `M${at} ${top - 2}V${histogram}${below}`, class: "fl-timeouts-line" });
  const toLeft = at > (x.range[0] + x.range[1]) / 2;
  const beside = { x: at + (toLeft ? -10 : 10), "text-anchor": toLeft ? "end" : "start" };
  mark(g, "text", "value", { ...beside, y: top + 9, class: "fl-strong fl-timeouts-halo" }, ctx.say(words.timeout, { n: seconds }));
  const numbers = mark(g, "g", "numbers", { class: "fl-answer" });
  const shareY = round(height(Math.max(share, SHARE_MIN)));
  mark(numbers, "path", "dots", { d: shapes("dot", [[at, shareY], [at, round(wait(mean))]], 4.5), class: "fl-timeouts-knob" });
  mark(numbers, "text", "share", { ...beside, y: clamp(shareY - 6, shares - TAIL.strip + 12, shares - 4), class: "fl-strong fl-timeouts-halo" }, ctx.say(words.percent, { n: percent }));
  const waitText = `${ctx.say(words.seconds, { n: ctx.number(mean, 2) })} · ${ctx.say(words.dead_costs, { n: seconds })}`;
  mark(numbers, "text", "wait", { ...beside, y: clamp(round(wait(mean)) - 8, waits - TAIL.strip + 12, waits - 6), class: "fl-strong fl-timeouts-halo" }, waitText);
  const handle = mark(g, "g", "handle", { transform: `translate(${at} ${top})` });
  handle.flClass = "fl-timeouts-handle";
  mark(handle, "rect", "target", { x: -11, y: -6, width: 22, height: TAIL.histogram + 10, class: "fl-timeouts-target" });
  mark(handle, "rect", "grip", { x: -5, y: -4, width: 10, height: 18, rx: 4, class: "fl-timeouts-grip" });
  const control = ctx.spec.controls.find((c) => c.name === "timeout_s");
  draggable(handle, {
    label: words.timeout_label, value, min: control.min, max: control.max, step: value < 0.5 ? 0.01 : value < 2 ? 0.05 : 0.2,
    text: ctx.say(words.timeout_text, { n: seconds, share: percent, wait: ctx.number(mean, 2) }),
    at: (px) => x.invert(px), set: (v) => ctx.set("timeout_s", v),
  });
}

const picture = {
  height(width, view, ctx) { return tailFrame(view, { svg: ctx.svg, width, params: ctx.params }).waits + TAIL.axis; },
  draw(view, ctx) {
    drawTree(view, ctx, treeFrame(view, ctx));
    drawAnswers(view, ctx, tailFrame(view, ctx));
  },
};
