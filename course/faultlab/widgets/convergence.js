// The picture of convergence: a band for each replica, of what it shows; the messages that brought something new; and below the number
// of different states, with the moments that count.

const BANDS = { left: 34, row: 62, band: 24, head: 26, right: 14 };
const CURVE = { height: 84, labels: 62 };

// What the browser alone decides: which write is to be removed.
const chosen = (ctx) => (ctx.svg.flChosen ??= { index: null });

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const actions = how * 17 + 6;
  const rows = rowsOf(view, ctx, width);
  const top = actions + rows.count * 32 + 12 + (view.cut ? 18 : 0);
  const x = scale(0, view.end_s, BANDS.left, width - BANDS.right);
  const bottom = top + view.names.length * BANDS.row + 6;
  const curveTop = bottom + CURVE.labels + 18;
  const axis = curveTop + CURVE.height;
  const pair = view.pair ? inLines(view.pair.text, width - 24).length : 0;
  const spans = axis + 58;
  return { width, how, actions, rows, top, x, bottom, curveTop, axis, spans, height: spans + 26 + pair * 17 + 6 };
}

const bandY = (frame, i) => frame.top + i * BANDS.row + BANDS.head;
const rowOf = (view, name) => view.names.indexOf(name);
const snapped = (s, view) => clamp(Math.round(s / view.step_s) * view.step_s, 0, view.end_s);

// The buttons in as many rows as they need.
function rowsOf(view, ctx, width) {
  const placed = [];
  let [x, row] = [0, 0];
  for (const one of actionsOf(view, ctx)) {
    const wide = Math.ceil(widthOf(one.text)) + 20;
    if (x && x + wide > width) [x, row] = [0, row + 1];
    placed.push({ ...one, x, row, wide });
    x += wide + 6;
  }
  return { placed, count: row + 1 };
}

function actionsOf(view, ctx) {
  const { words, say } = ctx;
  const room = view.count < view.max;
  const last = Math.max(0, ...ctx.params.writes.map((item) => item.s));
  const adds = view.names.map((at) => ({ key: `write ${at}`, text: say(words.write, { at }), enabled: room, act: () => add(view, ctx, at, last + 1) }));
  const { index } = chosen(ctx);
  const gone = () => remove(ctx, index ?? ctx.params.writes.length - 1);
  return [...adds, { key: "remove", text: words.remove, enabled: view.count > 0, act: gone },
    { key: "clear", text: words.clear, enabled: view.count > 0, act: () => { chosen(ctx).index = null; ctx.set("writes", []); } }];
}

// ---- what the learner does

function add(view, ctx, at, s) {
  if (ctx.params.writes.length >= view.max) return;
  const value = Math.max(0, ...ctx.params.writes.map((item) => item.value)) + 1;
  chosen(ctx).index = ctx.params.writes.length;
  ctx.set("writes", [...ctx.params.writes, { at, s: snapped(s, view), value: Math.min(99, value) }]);
}

function remove(ctx, index) {
  chosen(ctx).index = null;
  ctx.set("writes", ctx.params.writes.filter((_item, i) => i !== index));
}

function moveTo(ctx, index, s) {
  chosen(ctx).index = index;
  ctx.set("writes", ctx.params.writes.map((item, i) => (i === index ? { ...item, s } : item)));
}

function drawActions(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "actions");
  paragraph(group, "how", ctx.words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  marks(group, "chips", frame.rows.placed, (one) => one.key, (g, one) => {
    g.flClass = "fl-convergence-chip";
    setAttributes(g, { transform: `translate(${one.x} ${frame.actions + one.row * 32})` });
    mark(g, "rect", "box", { x: 0, y: 0, width: one.wide, height: 26, rx: 13 });
    mark(g, "text", "word", { x: one.wide / 2, y: 17.5, "text-anchor": "middle" }, one.text);
    makePressable(g, "fl-convergence-press", one.text, one.act, { disabled: !one.enabled });
  });
}

// ---- the bands

function drawBands(view, ctx, frame) {
  const { x } = frame;
  const group = mark(ctx.svg, "g", "bands");
  drawCut(group, view, ctx, frame);
  marks(group, "lanes", view.names, (name) => name, (g, name, i) => {
    const y = bandY(frame, i);
    mark(g, "text", "name", { x: 4, y: y + 17, class: "fl-big" }, name);
    const lane = mark(g, "rect", "lane", { x: x(0), y, width: round(x(view.end_s) - x(0)), height: BANDS.band, class: "fl-convergence-lane" });
    lane.flAdd = (event) => add(ctx.view, ctx, name, frameOf(ctx.view, ctx, ctx.width).x.invert(event.clientX - ctx.svg.getBoundingClientRect().left));
    if (!lane.flListens) lane.addEventListener("click", (event) => lane.flAdd(event));
    lane.flListens = true;
  });
  const answer = mark(group, "g", "answer", { class: "fl-answer fl-convergence-quiet" });
  drawTells(answer, view, ctx, frame);
  marks(answer, "shown", view.names, (name) => name, (g, name, i) => {
    marks(g, "parts", view.bands[name], (_band, k) => k, (part, band) => drawPart(part, band, view, ctx, { x, y: bandY(frame, i) }));
  });
  drawPair(answer, view, frame);
  marks(group, "writes", view.writes, (item) => item.index, (g, item) => drawWrite(g, item, view, ctx, frame));
}

function drawPart(g, band, view, ctx, { x, y }) {
  const [from, to] = [round(x(band.from_s)), round(x(band.to_s))];
  const look = band.shown ? `fl-convergence-v${view.states.indexOf(band.shown) % 7}` : "fl-convergence-nothing";
  mark(g, "rect", "box", { x: from, y, width: Math.max(0, round(to - from)), height: BANDS.band, class: `fl-convergence-part ${look}` });
  const text = band.shown || ctx.words.nothing;
  const fits = widthOf(text, band.shown ? 600 : 400) + 8 <= to - from;
  mark(g, "text", "shown", { x: round((from + to) / 2), y: y + 16.5, "text-anchor": "middle", class: band.shown ? "fl-strong" : "fl-soft" }, fits ? text : "");
  mark(g, "title", "title", {}, text);
}

// From the edge of the one band to the edge of the other.
function drawTells(parent, view, ctx, frame) {
  const { x } = frame;
  marks(parent, "tells", view.tells, (_one, i) => i, (g, one) => {
    const [a, b] = [rowOf(view, one.from), rowOf(view, one.to)];
    const [y1, y2] = b > a ? [bandY(frame, a) + BANDS.band, bandY(frame, b)] : [bandY(frame, a), bandY(frame, b) + BANDS.band];
    mark(g, "line", "line", { x1: round(x(one.sent_s)), y1, x2: round(x(one.at_s)), y2, class: "fl-convergence-tells", "marker-end": arrowHead(ctx, "plain") });
  });
}

function drawWrite(g, item, view, ctx, frame) {
  const [x, y] = [round(frame.x(item.s)), bandY(frame, rowOf(view, item.at))];
  g.flClass = `fl-convergence-write${chosen(ctx).index === item.index ? " fl-convergence-chosen" : ""}`;
  setAttributes(g, { transform: `translate(${x} ${y})` });
  mark(g, "rect", "grip", { x: -9, y: -22, width: 18, height: 24, class: "fl-convergence-grip" });
  mark(g, "path", "sign", { d: "M-5 -7h10l-5 8z" });
  mark(g, "text", "value", { x: 0, y: -10, "text-anchor": "middle", class: "fl-strong fl-convergence-halo" }, String(item.value));
  draggable(g, {
    label: ctx.say(ctx.words.moment, { value: item.value, at: item.at }), value: item.s, min: 0, max: view.end_s, step: view.step_s,
    text: `${ctx.number(item.s, 2)} ${ctx.spec.labels.seconds}`, at: (pointer) => frame.x.invert(pointer), set: (s) => moveTo(ctx, item.index, s),
  });
  g.flGone = () => remove(ctx, item.index);
  g.flChosen = () => { if (chosen(ctx).index !== item.index) { chosen(ctx).index = item.index; picture.draw(ctx.view, ctx); } };
  if (g.flListens) return;
  g.flListens = true;
  g.addEventListener("keydown", (event) => { if (event.key === "Delete" || event.key === "Backspace") g.flGone(); });
  g.addEventListener("focus", () => g.flChosen());
}

function drawCut(parent, view, ctx, frame) {
  const { cut } = view;
  const [from, to] = cut ? [cut.from_s, cut.to_s].map((s) => round(frame.x(s))) : [0, 0];
  const group = mark(parent, "g", "cut", { display: cut ? null : "none" });
  mark(group, "rect", "time", { x: from, y: frame.top, width: Math.max(0, to - from), height: frame.bottom - frame.top, class: "fl-convergence-cut" });
  const text = cut ? ctx.say(ctx.words.cut, cut) : "";
  const x = clamp((from + to) / 2, widthOf(text) / 2, frame.width - widthOf(text) / 2);
  mark(group, "text", "word", { x: round(x), y: frame.top - 6, "text-anchor": "middle", class: "fl-soft" }, text);
  const middle = bandY(frame, Math.floor(view.names.length / 2)) - BANDS.row / 2 + BANDS.band / 2 - 1;
  mark(group, "line", "wall", { x1: from, x2: to, y1: middle, y2: middle, class: "fl-convergence-wall" });
}

// Two replicas that have received the same: = in the same state, ≠ in different ones.
function drawPair(parent, view, frame) {
  const { pair } = view;
  const [a, b] = pair ? pair.names.map((name) => bandY(frame, rowOf(view, name)) + BANDS.band / 2) : [0, 0];
  const x = pair ? round(frame.x(pair.at_s)) : 0;
  const look = pair && !pair.good ? "bad" : "good";
  const group = mark(parent, "g", "pair", { display: pair ? null : "none" });
  mark(group, "line", "line", { x1: x, x2: x, y1: a, y2: b, class: `fl-convergence-pair fl-convergence-${look}` });
  [a, b].forEach((y, i) => {
    mark(group, "circle", `ring${i}`, { cx: x, cy: y, r: 8, class: `fl-convergence-ring fl-convergence-${look}` });
    const sign = look === "good" ? "M-4 -2h8m-8 4h8" : "M-4 -2h8m-8 4h8M3 -5.5L-3 5.5";
    mark(group, "path", `sign${i}`, { d: sign, transform: `translate(${x} ${y})`, class: `fl-convergence-sign fl-convergence-${look}` });
  });
}

// ---- the curve, and the moments that count

function drawCurve(view, ctx, frame) {
  const { x, axis, curveTop } = frame;
  const { words } = ctx;
  const y = scale(0, view.names.length, axis, curveTop);
  const group = mark(ctx.svg, "g", "curve");
  axisX(group, "x", x, { y: axis, label: words.time, values: ticks(0, view.end_s, 10), format: (v) => ctx.number(v) });
  axisY(group, "y", y, { x: x(0), label: words.states, values: view.names.map((_name, i) => i + 1), grid: x(view.end_s) - x(0) });
  const answer = mark(group, "g", "answer", { class: "fl-answer" });
  const points = view.curve.flatMap(([at, count], i) => [[x(at), y(count)], [x(view.curve[i + 1]?.[0] ?? view.end_s), y(count)]]);
  mark(answer, "path", "line", { d: line(points), class: "fl-convergence-curve" });
  drawMoments(answer, view, ctx, frame);
  const hatched = hatch(ctx, "unequal");
  const spans = mark(group, "g", "spans", { class: "fl-answer" });
  const text = ctx.say(words.unequal, { s: ctx.number(view.unequal_s, 1) });
  mark(spans, "text", "word", { x: x(0), y: frame.spans, class: view.unequal_s ? "fl-strong" : "fl-soft" }, text);
  mark(spans, "line", "base", { x1: x(0), x2: x(view.end_s), y1: frame.spans + 12, y2: frame.spans + 12, class: "fl-convergence-base" });
  marks(spans, "bars", view.unequal, (_span, i) => i, (g, [from, to]) =>
    mark(g, "rect", "bar", { x: round(x(from)), y: frame.spans + 6, width: Math.max(1, round(x(to) - x(from))), height: 12, fill: hatched, class: "fl-convergence-bar" }));
  const said = view.pair ? `${view.pair.good ? "=" : "≠"}` : "";
  mark(spans, "text", "sign", { x: 2, y: frame.spans + 42, class: `fl-big fl-convergence-${view.pair?.good ? "good" : "bad"}` }, said);
  paragraph(spans, "pair", view.pair?.text ?? "", { x: 22, y: frame.spans + 42, width: frame.width - 24 });
}

// Each moment has a line through everything and a row of its own for what it means.
function drawMoments(parent, view, ctx, frame) {
  const { words, say } = ctx;
  const told = (text, s) => say(text, { s: ctx.number(s, 1) });
  const moments = [
    { key: "last", at: view.last_write_s, text: view.last_write_s === null ? "" : told(words.last_write, view.last_write_s) },
    { key: "delivered", at: view.delivered_s, text: view.delivered_s === null ? words.not_delivered : told(words.delivered, view.delivered_s) },
    { key: "converged", at: view.converged_s, text: view.converged_s === null ? told(words.not_converged, view.end_s) : told(words.converged, view.converged_s) },
  ];
  marks(parent, "moments", moments, ({ key }) => key, (g, { key, at, text }, i) => {
    const x = round(frame.x(at ?? view.end_s));
    const y = frame.bottom + 16 + i * 20;
    mark(g, "line", "line", { x1: x, x2: x, y1: y - 4, y2: frame.axis, class: `fl-convergence-at fl-convergence-${key}`, display: at === null ? "none" : null });
    const room = x + 8 + widthOf(text, 600) <= frame.width;
    const label = { x: room ? x + 7 : x - 7, y, "text-anchor": room ? "start" : "end" };
    const bad = key === "converged" && at === null ? " fl-convergence-bad" : "";
    mark(g, "text", "word", { ...label, class: `${key === "converged" ? "fl-strong" : "fl-soft"} fl-convergence-halo${bad}` }, text);
  });
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    measureIn(ctx.svg);
    const frame = frameOf(view, ctx, ctx.width);
    setAttributes(ctx.svg, { height: frame.height, viewBox: `0 0 ${ctx.width} ${frame.height}` });
    drawActions(view, ctx, frame);
    drawBands(view, ctx, frame);
    drawCurve(view, ctx, frame);
    cover(ctx, { x: 0, y: frame.bottom + 2, width: ctx.width - BANDS.right + 4, height: frame.axis - frame.bottom - 4 });
  },

  restart(ctx) { chosen(ctx).index = null; },
};
