// The picture of the stack: the two stacks as nested frames above, the run of both on one time axis below.

const GUTTER = 92;
const RIGHT = 14;
const FRAMES = { top: 2, rowMin: 24, rowMax: 32, inset: 6, foot: 5, pad: 8, left: 20, height: 148 };
const TROUBLE = { top: 160, height: 24 };
const LANES_TOP = 224;
const LANE = { head: 24, load: 84, queueGap: 12, queue: 26, ribbonGap: 12, counted: 12, breakers: 26, gap: 22 };
const LANE_HEIGHT = LANE.head + LANE.load + LANE.queueGap + LANE.queue + LANE.ribbonGap + LANE.counted + LANE.breakers;
const BOTTOM = LANES_TOP + 2 * LANE_HEIGHT + LANE.gap + 8;
// More than this many times the capacity is cut off, with the number written on the bar.
const LOAD_MAX_FACTOR = 5;
const LETTER = 6.7;  // px, a letter on average

function stackScales(view, ctx) {
  const x = scale(0, ctx.spec.time.end_s, GUTTER, ctx.width - RIGHT);
  const usual = view.capacity[0][1];
  const highest = Math.max(...view.lanes.flatMap((lane) => lane.first.map((n, i) => n + lane.retries[i])), usual * 1.5);
  return { x, loadMax: Math.min(highest * 1.04, usual * LOAD_MAX_FACTOR) };
}

const laneTop = (i) => LANES_TOP + i * (LANE_HEIGHT + LANE.gap);
const secondAt = (view, time) => clamp(Math.floor(time + 1e-9), 0, view.lanes[0].first.length - 1);

// ---- the stacks as nested frames

function drawFrames(view, ctx) {
  const gap = 20;
  const half = (ctx.width - gap) / 2;
  const deepest = Math.max(...view.lanes.map((lane) => lane.frames.length));
  const row = clamp(Math.floor((FRAMES.height - deepest * FRAMES.foot) / (deepest + 1)), FRAMES.rowMin, FRAMES.rowMax);
  view.lanes.forEach((lane, i) => {
    const g = mark(ctx.svg, "g", `frames-${lane.name}`, { transform: `translate(${round(i * (half + gap))} ${FRAMES.top})` });
    mark(g, "text", "name", { x: 0, y: 17, class: `fl-stack-name fl-stack-${lane.name}` }, lane.name);
    const { left, pad } = FRAMES;
    const depth = lane.frames.length;
    marks(g, "layers", lane.frames, (_frame, level) => level, (layer, [kind, title, detail], level) => {
      const x = left + level * FRAMES.inset;
      const y = level * row;
      const height = (depth - level) * (row + FRAMES.foot) + row;
      mark(layer, "rect", "frame", { x, y, width: half - left - 2 * level * FRAMES.inset, height, rx: 6, class: `fl-stack-frame fl-stack-frame-${kind}` });
      const text = mark(layer, "text", "text", { x: x + pad, y: y + row / 2 + 4 });
      mark(text, "tspan", "title", { class: "fl-strong" }, title);
      mark(text, "tspan", "detail", { dx: 8, class: "fl-stack-detail" }, detail);
    });
    const x = left + depth * FRAMES.inset;
    const y = depth * row;
    mark(g, "rect", "service", { x, y, width: half - left - 2 * depth * FRAMES.inset, height: row - 1, rx: 6, class: "fl-stack-service" });
    const text = mark(g, "text", "service-text", { x: x + pad, y: y + row / 2 + 4 });
    mark(text, "tspan", "title", { class: "fl-strong" }, `→ ${ctx.words.service}`);
    mark(text, "tspan", "detail", { dx: 8, class: "fl-stack-detail" }, ctx.say(ctx.words.capacity, { n: ctx.number(view.capacity[0][1]) }));
  });
}

// ---- the trouble: one strip for both lanes, with handles

function drawTrouble(view, ctx, x) {
  const [kind, from, to] = view.trouble;
  const { top, height } = TROUBLE;
  const g = mark(ctx.svg, "g", "trouble");
  const [left, right] = [round(x(from)), round(x(to))];
  const text = ctx.say(ctx.words[`trouble_${kind}`], { n: ctx.number(view.herd), share: ctx.number(view.errors) });
  mark(g, "text", "label", { x: 0, y: top + 16, class: "fl-strong" }, ctx.words.service);
  mark(g, "rect", "ground", { x: x.range[0], y: top, width: x.range[1] - x.range[0], height, rx: 4, class: "fl-stack-calm" });
  mark(g, "rect", "shade", { x: left, y: top + height, width: Math.max(1, right - left), height: BOTTOM - top - height, class: "fl-stack-shade" });
  mark(g, "rect", "band", { x: left, y: top, width: Math.max(2, right - left), height, fill: hatch(ctx, "trouble"), class: "fl-stack-trouble" });
  const inside = kind === "errors";
  mark(g, "text", "word", {
    x: inside ? x.range[0] + 12 : Math.max(right, left + 8) + 12, y: top + 16, class: "fl-strong fl-stack-halo",
  }, text);
  drawTroubleHandles(view, ctx, x);
}

function drawTroubleHandles(view, ctx, x) {
  const [kind] = view.trouble;
  const group = mark(ctx.svg, "g", "handles", { display: kind === "errors" ? "none" : null });
  const control = (name) => ctx.spec.controls.find((c) => c.name === name);
  const [startAt, length] = [ctx.params.start_s, kind === "herd" ? 0 : ctx.params.length_s];
  const [start, lasts] = [control("start_s"), control("length_s")];
  const apart = Math.max(0, (14 - (x(startAt + length) - x(startAt))) / 2);
  draggable(stackHandle(group, "start", x(startAt) - (kind === "herd" ? 0 : apart)), {
    label: ctx.words.start, value: startAt, min: start.min, max: start.max, step: 1, text: ctx.say(ctx.words.seconds, { n: startAt }),
    at: (px) => x.invert(px), set: (v) => ctx.set("start_s", v),
  });
  const end = stackHandle(group, "end", x(startAt + length) + apart);
  setAttributes(end, { display: kind === "herd" ? "none" : null });
  draggable(end, {
    label: ctx.words.end, value: startAt + length, min: startAt, max: startAt + lasts.max, step: 1,
    text: ctx.say(ctx.words.seconds, { n: startAt + length }), at: (px) => x.invert(px), set: (v) => ctx.set("length_s", v - startAt),
  });
}

function stackHandle(group, key, x) {
  const g = mark(group, "g", key, { transform: `translate(${round(x)} ${TROUBLE.top + TROUBLE.height / 2})` });
  g.flClass = "fl-stack-handle";
  mark(g, "rect", "target", { x: -10, y: -16, width: 20, height: 32, class: "fl-stack-target" });
  mark(g, "rect", "grip", { x: -4, y: -15, width: 8, height: 30, rx: 4, class: "fl-stack-grip" });
  return g;
}

// ---- one lane

// One path for all bars of a kind: from `bases` up to `tops`, a bar for each second.
function bars(x, y, bases, tops, gap = 1) {
  const width = x(1) - x(0) - gap;
  return tops.map((top, i) => (top > bases[i] ? `M${round(x(i) + gap / 2)} ${round(y(bases[i]))}V${round(y(top))}h${round(width)}V${round(y(bases[i]))}z` : "")).join("");
}

function steps(x, y, values) {
  return values.map((v, i) => `${i ? "V" : `M${round(x(0))} `}${round(y(v))}H${round(x(i + 1))}`).join("");
}

function drawLoad(g, view, ctx, lane, x, loadMax, top) {
  const y = scale(0, loadMax, top + LANE.load, top);
  axisY(g, "axis", y, { x: x.range[0], values: ticks(0, loadMax, 4) });
  const cut = (v) => Math.min(v, loadMax);
  const zero = lane.first.map(() => 0);
  const sum = lane.first.map((n, i) => n + lane.retries[i]);
  mark(g, "path", "first", { d: bars(x, y, zero, lane.first.map(cut)), class: "fl-stack-first" });
  mark(g, "path", "retries", { d: bars(x, y, lane.first.map(cut), sum.map(cut)), fill: hatch(ctx, "retries", { gap: 5 }), class: "fl-stack-retries" });
  const limits = [...view.capacity, [x.domain[1], view.capacity.at(-1)[1]]];
  mark(g, "path", "capacity", { d: limits.map(([t, v], i) => `${i ? `H${round(x(t))}V` : `M${round(x(t))} `}${round(y(v))}`).join(""), class: "fl-stack-capacity" });
  const good = steps(x, y, lane.good.map(cut));
  mark(g, "path", "good-edge", { d: good, class: "fl-stack-good-edge" });
  mark(g, "path", "good", { d: good, class: "fl-stack-good" });
  // Bars that are cut off say how high they are, from the highest down, as far as there is room.
  const shown = [];
  for (const i of sum.map((_, n) => n).filter((n) => sum[n] > loadMax).sort((a, b) => sum[b] - sum[a])) {
    if (shown.every((other) => Math.abs(x(other) - x(i)) > 44)) shown.push(i);
  }
  marks(g, "cut", shown, (i) => i, (one, i) => {
    mark(one, "text", "n", { x: round(x(i + 1) + 3), y: top + 11, class: "fl-stack-halo" }, `↑ ${ctx.number(sum[i])}`);
  });
}

function drawQueue(g, view, ctx, lane, x, top) {
  const y = scale(0, Math.max(1, view.queue_max), top + LANE.queue, top);
  mark(g, "line", "floor", { x1: x.range[0], x2: x.range[1], y1: top + LANE.queue, y2: top + LANE.queue, class: "fl-stack-floor" });
  mark(g, "line", "full", { x1: x.range[0], x2: x.range[1], y1: top, y2: top, class: "fl-stack-full" });
  const edge = line([[x(0), y(0)], ...lane.queue.map((n, i) => [x(i + 1), y(n)])]);
  mark(g, "path", "area", { d: `${edge}V${top + LANE.queue}z`, class: "fl-stack-queue" });
}

// Every client's breaker is a row: empty while closed, a bar while open, a diamond for the probe.
function drawBreakers(g, view, ctx, lane, x, top) {
  const row = LANE.breakers / view.clients;
  const bar = clamp(row - 0.6, 0.8, 20);
  const rowY = (client) => top + LANE.counted + (client + 0.5) * row;
  const boxes = (state) => lane.ribbon.filter((r) => r[3] === state).map(([client, from, to]) =>
    `M${round(x(from))} ${round(rowY(client) - bar / 2)}h${round(Math.max(1, x(to) - x(from)))}v${round(bar)}h${round(-Math.max(1, x(to) - x(from)))}z`).join("");
  mark(g, "rect", "ground", { x: x.range[0], y: top + LANE.counted, width: x.range[1] - x.range[0], height: LANE.breakers, class: "fl-stack-closed", display: lane.breaker ? null : "none" });
  mark(g, "path", "open", { d: boxes(1), class: "fl-stack-open" });
  const probes = lane.ribbon.filter((r) => r[3] === 2).map(([client, from]) => [x(from), rowY(client)]);
  mark(g, "path", "probes", { d: shapes("diamond", probes, clamp(row / 2 + 1, 2.5, 6)), class: "fl-stack-probe" });
  mark(g, "path", "failures", { d: shapes("bar", lane.failures.map((t) => [x(t), top + 5]), 4), class: "fl-stack-failure" });
  const alone = view.clients === 1 ? lane.ribbon.filter(([, from, to, state]) => state === 1 && x(to) - x(from) > 70) : [];
  marks(g, "words", alone, ([, from]) => from, (one, [, from, to]) => {
    mark(one, "text", "word", { x: round((x(from) + x(to)) / 2), y: top + LANE.counted + 17, "text-anchor": "middle", class: "fl-strong" }, ctx.words.open);
  });
  mark(g, "text", "none", { x: x.range[0] + 8, y: top + LANE.counted + 12, class: "fl-soft", display: lane.breaker ? "none" : null }, ctx.words.no_breaker);
}

function drawLane(view, ctx, x, loadMax, i) {
  const lane = view.lanes[i];
  const top = laneTop(i);
  const loadTop = top + LANE.head;
  const queueTop = loadTop + LANE.load + LANE.queueGap;
  const ribbonTop = queueTop + LANE.queue + LANE.ribbonGap;
  const labels = mark(ctx.svg, "g", `labels-${lane.name}`);
  mark(labels, "text", "name", { x: 0, y: top + 15, class: `fl-stack-name fl-stack-${lane.name}` }, lane.name);
  mark(labels, "text", "load-word", { x: 0, y: loadTop + LANE.load / 2 - 4, class: "fl-soft" }, ctx.words.load);
  mark(labels, "text", "unit", { x: 0, y: loadTop + LANE.load / 2 + 12, class: "fl-soft" }, ctx.words.per_second);
  mark(labels, "text", "queue", { x: 0, y: queueTop + 18, class: "fl-soft" }, ctx.words.queue);
  mark(labels, "text", "queue-max", { x: x.range[0] - 8, y: queueTop + 6, "text-anchor": "end", class: "fl-soft" }, ctx.number(view.queue_max));
  mark(labels, "text", "counted", { x: x.range[0] - 8, y: ribbonTop + 9, "text-anchor": "end", class: "fl-soft", display: lane.breaker ? null : "none" }, ctx.words.failures);
  mark(labels, "text", "breakers", { x: x.range[0] - 8, y: ribbonTop + LANE.counted + 15, "text-anchor": "end", class: "fl-soft", display: lane.breaker ? null : "none" }, ctx.words.breakers);
  const g = mark(ctx.svg, "g", `lane-${lane.name}`, { class: "fl-answer" });
  drawLoad(g, view, ctx, lane, x, loadMax, loadTop);
  drawQueue(mark(g, "g", "queue"), view, ctx, lane, x, queueTop);
  drawBreakers(mark(g, "g", "breakers"), view, ctx, lane, x, ribbonTop);
}

function drawStackLegend(ctx) {
  const y = LANES_TOP - 22;
  const g = mark(ctx.svg, "g", "legend");
  let x = ctx.width < 700 ? 0 : GUTTER;
  const entry = (key, sign, word) => {
    sign(mark(g, "g", key), x);
    mark(g, "text", `${key}-word`, { x: x + 26, y, class: "fl-soft" }, word);
    x += 26 + word.length * LETTER + 18;
  };
  const box = (cls, fill) => (node, at) => mark(node, "rect", "sign", { x: at, y: y - 10, width: 20, height: 11, class: cls, fill });
  const rule = (cls) => (node, at) => mark(node, "path", "sign", { d: `M${at} ${y - 4}h20`, class: cls });
  entry("first", box("fl-stack-first", null), ctx.words.first);
  entry("retries", box("fl-stack-retries", hatch(ctx, "retries", { gap: 5 })), ctx.words.retries);
  entry("good", rule("fl-stack-good"), ctx.words.good);
  entry("capacity", rule("fl-stack-capacity"), ctx.words.limit);
}

// ---- the time cursor

function showStackCursor(view, ctx) {
  const { x } = stackScales(view, ctx);
  const g = mark(ctx.svg, "g", "cursor", { class: "fl-answer" });
  const at = round(x(ctx.time));
  mark(g, "line", "line", { x1: at, x2: at, y1: LANES_TOP, y2: BOTTOM, class: "fl-stack-cursor" });
  const knob = mark(g, "path", "knob", { d: `M${at - 7} ${LANES_TOP - 14}h14v6l-7 7l-7 -7z` });
  knob.flClass = "fl-stack-knob";
  draggable(knob, {
    label: ctx.words.cursor, value: round(ctx.time), min: 0, max: x.domain[1], step: 1,
    text: ctx.say(ctx.words.seconds, { n: ctx.number(ctx.time, 1) }), at: (px) => x.invert(px), set: (v) => ctx.seek(v),
  });
  const second = secondAt(view, ctx.time);
  view.lanes.forEach((lane, i) => {
    let text = ctx.say(ctx.words.load_now, {
      first: ctx.number(lane.first[second]), retries: ctx.number(lane.retries[second]), good: ctx.number(lane.good[second]), queue: ctx.number(lane.queue[second]),
    });
    if (lane.breaker) text += `, ${ctx.say(ctx.words.open_now, { n: lane.open[second], all: view.clients })}`;
    const from = ctx.say(ctx.words.seconds, { n: ctx.number(second) });
    mark(g, "text", `now-${lane.name}`, { x: GUTTER, y: laneTop(i) + 14, class: "fl-stack-now fl-stack-halo" }, `${from}: ${text}`);
  });
}

const picture = {
  height: () => BOTTOM + 38,

  draw(view, ctx) {
    const { x, loadMax } = stackScales(view, ctx);
    const ground = mark(ctx.svg, "rect", "ground", {
      x: x.range[0], y: LANES_TOP, width: x.range[1] - x.range[0], height: BOTTOM - LANES_TOP, class: "fl-stack-target",
    });
    ground.onpointerdown = (event) => ctx.seek(x.invert(event.clientX - ctx.svg.getBoundingClientRect().left));
    drawFrames(view, ctx);
    drawTrouble(view, ctx, x);
    drawStackLegend(ctx);
    view.lanes.forEach((_lane, i) => drawLane(view, ctx, x, loadMax, i));
    axisX(ctx.svg, "time", x, { y: BOTTOM, label: ctx.words.time });
    cover(ctx, { x: x.range[0] + 1, y: LANES_TOP, width: x.range[1] - x.range[0], height: BOTTOM - LANES_TOP - 4 });
  },

  tick(view, ctx) {
    showStackCursor(view, ctx);
  },
};
