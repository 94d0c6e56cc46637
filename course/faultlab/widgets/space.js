// The space-time diagram: one column for each node (and client), time downwards, messages as lines. Only what is near the
// window is drawn, into a few paths; playing moves them by a transform.
//
// Two ways to stretch time: "scale", in which a second has a length, and "rows", in which every event is a row (always so if the
// trace has no times). A position on this axis, `pos`, is in seconds or in rows; `y` is in px from the beginning of the trace.
//
// A topic may say more about a trace, as `trace.look` (it puts it there in `picture.receive`); each part may be left out:
//
//   label(m, room)   the words beside a message's line, in place of its name; `room` in px
//   hue(m)           a class for its line, or ""
//   notes            Map from an event to words that stand beside it: a list, from which the first that has room is taken
//   bars             [{ who, from, to, style }]: stretches of a node's line, from event to event (-1: to the end)
//   rules            [{ event, style, words }]: lines across the picture, with words (a list, too) beside the last node

const SPACE = { gutter: 66, header: 50, right: 10, row: 26, lead: 0.62, pad: 18, label: 15, clientShare: 0.6 };
const ZOOM_STEP = 1.6;
// Shorter than this a line says nothing about its direction.
const SLOPE_PX = 40;

function columnsOf(trace, width) {
  const shares = trace.names.map((_, i) => (i < trace.nodes.length ? 1 : SPACE.clientShare));
  const unit = (width - SPACE.gutter - SPACE.right) / shares.reduce((a, b) => a + b, 0);
  let x = SPACE.gutter;
  return shares.map((share) => { x += share * unit; return x - (share * unit) / 2; });
}

// Seconds to px: so that a usual message has a slope that can be seen, and the run does not become longer than paper.
function usualScale(trace) {
  const span = trace.end || 1;
  const wanted = trace.latency > 0 ? SLOPE_PX / trace.latency : 400 / span;
  return clamp(wanted, 360 / span, 400_000 / span);
}

class Axis {
  constructor(trace, mode, scale) {
    Object.assign(this, { trace, mode, scale });
    this.start = mode === "rows" ? -1 : 0;
    this.end = mode === "rows" ? trace.n - 1 : trace.end;
    this.length = this.y(this.end);
  }
  y(pos) { return this.mode === "rows" ? pos * SPACE.row : pos * this.scale; }
  posOf(index) { return this.mode === "rows" ? index : index < 0 ? 0 : this.trace.at[index]; }
  yOf(index) { return this.y(this.posOf(index)); }
  pos(y) { return this.mode === "rows" ? y / SPACE.row : y / this.scale; }
  indexAt(pos) { return this.mode === "rows" ? clamp(Math.floor(pos + 1e-9), -1, this.trace.n - 1) : indexAt(this.trace, pos); }
  // The first event at or below a y, and the last one at or above it.
  range(top, bottom) {
    if (this.mode === "rows") return [Math.max(0, Math.ceil(top / SPACE.row)), Math.min(this.trace.n - 1, Math.floor(bottom / SPACE.row))];
    return [below(this.trace.at, top / this.scale), below(this.trace.at, bottom / this.scale) - 1];
  }
}

// ------------------------------------------------------------------------------------------------ where a message runs

// Corners of its line, from the sending on: [[x, y], ...], y from the beginning of the trace.
function messagePath(m, trace, axis, columns, delayed) {
  const [x1, x2] = [columns[m.from], columns[m.to]];
  const y1 = axis.yOf(m.send);
  const share = m.end >= 0 && !m.lost ? 1 : lostShare(m, trace, axis);
  const y2 = m.end >= 0 ? axis.yOf(m.end) : axis.y(axis.end);
  const x = x1 + (x2 - x1) * share;
  if (!delayed) return [[x1, y1], [x, y2]];
  // Bent: it waits half way.
  const middle = x1 + (x - x1) / 2;
  const rise = Math.min((y2 - y1) / 4, Math.abs(x2 - x1) / 4);
  return [[x1, y1], [middle, y1 + rise], [middle, y2 - rise], [x, y2]];
}

// How far a message came that never arrived: by its time on the way, if messages usually take some.
function lostShare(m, trace, axis) {
  if (m.end < 0) return trace.latency > 0 ? clamp((trace.end - trace.at[m.send]) / trace.latency, 0.1, 0.9) : 0.5;
  const why = trace.texts[m.why] ?? "";
  if (why.endsWith(" is down") || why.endsWith(" crashed")) return 0.9;
  const took = trace.at[m.end] - trace.at[m.send];
  return trace.untimed || !(trace.latency > 0) ? 0.5 : clamp(took / trace.latency, 0.25, 0.85);
}

function distanceToLine([px, py], points) {
  let best = Infinity;
  for (let i = 1; i < points.length; i++) {
    const [[x1, y1], [x2, y2]] = [points[i - 1], points[i]];
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = clamp(((px - x1) * dx + (py - y1) * dy) / (dx * dx + dy * dy || 1), 0, 1);
    best = Math.min(best, Math.hypot(px - x1 - along * dx, py - y1 - along * dy));
  }
  return best;
}

function yAlong(points, x) {
  for (let i = 1; i < points.length; i++) {
    const [[x1, y1], [x2, y2]] = [points[i - 1], points[i]];
    if (x1 !== x2 && (x - x1) * (x - x2) <= 0) return y1 + ((x - x1) / (x2 - x1)) * (y2 - y1);
  }
  return points.at(-1)[1];
}

function headOf(points, size = 7) {
  const [[x1, y1], [x2, y2]] = points.slice(-2);
  const long = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [((x2 - x1) / long) * size, ((y2 - y1) / long) * size];
  return `M${round(x2)} ${round(y2)}L${round(x2 - ux - uy * 0.45)} ${round(y2 - uy + ux * 0.45)}L${round(x2 - ux + uy * 0.45)} ${round(y2 - uy - ux * 0.45)}z`;
}

// ------------------------------------------------------------------------------------------------ words beside lines

const measures = new Map();
let measuring = null;

function textWidth(text) {
  if (!measures.has(text)) {
    measuring ??= Object.assign(document.createElement("canvas").getContext("2d"), { font: "12px system-ui, sans-serif" });
    measures.set(text, measuring.measureText(text).width * 1.08 + 2);
  }
  return measures.get(text);
}

function shortened(text, room) {
  if (textWidth(text) <= room) return text;
  const share = room / textWidth(text);
  const kept = text.slice(0, Math.max(1, Math.floor(text.length * share) - 1));
  return kept.length < 3 ? null : `${kept}…`;
}

// The first text that has room, or the last one.
const firstThatFits = (texts, room) => texts.find((text) => textWidth(text) <= room) ?? texts.at(-1);

const messageWords = (trace, m, room) => trace.look?.label?.(m, room) ?? trace.texts[m.name] ?? "";

// Where the words stand: for each message or note that has room, a place between two columns that no other words take. They are
// placed block by block, each by itself, and give way to those of the block before: so they are the same whatever the window shows.
const WORD_BLOCK = 64;

class Words {
  constructor(trace, axis, columns, delayed) {
    Object.assign(this, { trace, axis, columns, delayed, own: new Map(), free: new Map() });
    this.gaps = columns.slice(1).map((x, i) => ({ middle: (x + columns[i]) / 2, room: x - columns[i] - 22, cut: cutSpans(trace, axis, i) }));
  }

  // The words of the events from `first` to `last` (and some more), with their places.
  between(first, last) {
    const found = [];
    for (let block = Math.floor(Math.max(0, first - WORD_BLOCK) / WORD_BLOCK); block * WORD_BLOCK <= last; block++) found.push(...this.ofBlock(block));
    return found;
  }

  ofBlock(block) {
    if (!this.free.has(block)) {
      const before = block > 0 ? this.placed(block - 1) : [];
      this.free.set(block, this.placed(block).filter((w) => !before.some((v) => v.gap === w.gap && Math.abs(v.y - w.y) < SPACE.label)));
    }
    return this.free.get(block);
  }

  placed(block) {
    if (!this.own.has(block)) {
      const taken = [];
      const [first, end] = [block * WORD_BLOCK, Math.min(this.trace.n, (block + 1) * WORD_BLOCK)];
      for (let i = first; i < end; i++) this.placeNote(taken, i);
      for (let i = first; i < end; i++) this.placeEvent(taken, i);
      this.own.set(block, taken);
    }
    return this.own.get(block);
  }

  // Notes come first: they are few, and somebody wrote them down.
  placeNote(taken, i) {
    const { trace, axis, gaps } = this;
    const put = (gap, texts, note) => this.put(taken, Math.min(gap, gaps.length - 1), axis.yOf(i), (room) => firstThatFits(texts, room), { event: i, end: i, note });
    const rule = trace.look?.rules?.find((one) => one.event === i);
    if (rule?.words) put(trace.nodes.length - 1, rule.words, "rule");
    const told = trace.look?.notes?.get(i) ?? (trace.kind[i] === K.note ? [trace.texts[trace.detail[i]] ?? ""] : null);
    if (told) put(trace.node[i], told, "note");
  }

  placeEvent(taken, i) {
    const { trace, axis, columns, gaps } = this;
    const m = trace.kind[i] === K.send || trace.kind[i] === K.duplicate ? trace.messageOf.get(trace.number[i]) : null;
    if (!m || m.from === m.to) return;
    const points = messagePath(m, trace, axis, columns, this.delayed(m));
    const [low, high] = [Math.min(points[0][0], points.at(-1)[0]), Math.max(points[0][0], points.at(-1)[0])];
    const crossed = gaps.map((_, k) => k).filter((k) => gaps[k].middle > low && gaps[k].middle < high);
    if (m.to > m.from) crossed.reverse();
    // Words do not hide the cross of a lost message: beside it they stand above the line.
    const lift = (x) => (m.lost && Math.abs(points.at(-1)[0] - x) < 40 ? 10 : 1);
    crossed.some((k) => this.put(taken, k, yAlong(points, gaps[k].middle) - lift(gaps[k].middle), (room) => messageWords(trace, m, room), { event: i, end: m.end }));
  }

  put(taken, gap, y, words, more) {
    const { middle, room, cut } = this.gaps[gap] ?? { cut: [[-Infinity, Infinity]] };
    if (cut.some(([a, b]) => y > a - 8 && y < b + 8) || taken.some((w) => w.gap === gap && Math.abs(w.y - y) < SPACE.label)) return false;
    const shown = shortened(words(room), room);
    if (shown === null) return false;
    taken.push({ gap, x: middle, y, text: shown, ...more });
    return true;
  }
}

// The stretches [y1, y2] in which the link between two neighbouring columns is cut.
function cutSpans(trace, axis, left) {
  const [a, b] = [trace.names[left], trace.names[left + 1]];
  const spans = [];
  trace.cuts.forEach(([i, pairs], k) => {
    if (!pairs.some(([x, y]) => (x === a && y === b) || (x === b && y === a))) return;
    const end = trace.cuts[k + 1] ? axis.yOf(trace.cuts[k + 1][0]) : axis.length + SPACE.pad;
    if (spans.length && spans.at(-1)[1] === axis.yOf(i) && spans.at(-1)[2] === pairs) spans.at(-1)[1] = end;
    else spans.push([axis.yOf(i), end, pairs]);
  });
  return spans;
}

// ------------------------------------------------------------------------------------------------ the sign of a node

// A node as a circle: leader double, candidate dashed, crashed hatched with a cross, paused with bars.
function nodeSign(parent, ctx, { x, y, r, status, role }) {
  const g = mark(parent, "g", "sign", { class: `fl-pl-node fl-pl-${status} fl-pl-${role}`, transform: `translate(${round(x)} ${round(y)})` });
  mark(g, "circle", "ground", { r, class: "fl-pl-ground" });
  mark(g, "circle", "fill", { r, fill: status === "crashed" ? hatch(ctx, "crashed") : "none" });
  mark(g, "circle", "ring", { r, class: "fl-pl-ring", "stroke-dasharray": role === "candidate" && status === "up" ? "4 3" : null });
  mark(g, "circle", "outer", { r: r + 4, class: "fl-pl-ring", display: role === "leader" && status === "up" ? null : "none" });
  mark(g, "path", "cross", { d: SHAPES.cross(0, 0, r * 0.7), class: "fl-pl-cross", display: status === "crashed" ? null : "none" });
  mark(g, "path", "bars", { d: `M${-r * 0.3} ${-r * 0.5}v${r}M${r * 0.3} ${-r * 0.5}v${r}`, class: "fl-pl-bars", display: status === "paused" ? null : "none" });
  return g;
}

// ------------------------------------------------------------------------------------------------ the diagram

const emptyLines = () => ({ sent: "", reply: "", copy: "", lost: "", cross: "", heads: "", open: "" });

class SpaceDiagram {
  constructor(player) {
    this.player = player;
    this.drawn = null;
  }

  // A new trace, width, zoom or way to stretch time.
  layout(width, height) {
    const { trace, axis, ctx } = this.player;
    this.width = width;
    this.height = height;
    this.plotHeight = height - SPACE.header;
    this.columns = columnsOf(trace, width);
    const byHand = new Set(trace.faults.filter((f) => f.kind === "delay").map((f) => `${f.node}\n${f.other}\n${f.number}`));
    this.delayed = (m) => byHand.size > 0 && !m.copy && byHand.has(`${trace.names[m.from]}\n${trace.names[m.to]}\n${m.place}`);
    this.placed = new Words(trace, axis, this.columns, this.delayed);
    this.roles = rolesOf(trace, this.player.spec.roles);
    this.drawn = null;
    const svg = ctx.svg;
    setAttributes(mark(svg, "svg", "plot", { class: "fl-pl-plot" }), { x: 0, y: SPACE.header, width, height: this.plotHeight });
  }

  // The y at the top of the window: the cursor stands at the same height, except near the beginning and the end.
  top() {
    const { axis, pos } = this.player;
    const lowest = axis.y(axis.start) - SPACE.pad;
    const highest = Math.max(lowest, axis.length + SPACE.pad - this.plotHeight);
    return clamp(axis.y(pos) - this.plotHeight * SPACE.lead, lowest, highest);
  }

  // What changes from frame to frame.
  show() {
    const { ctx, axis, pos } = this.player;
    const top = this.top();
    const plot = mark(ctx.svg, "svg", "plot");
    if (!this.drawn || top < this.drawn.from + 4 || top + this.plotHeight > this.drawn.to - 4) this.draw(top);
    mark(plot, "g", "content", { transform: `translate(0 ${round(this.drawn.origin - top)})` });
    const y = round(axis.y(pos) - top);
    mark(plot, "rect", "veil", { x: SPACE.gutter - 6, y, width: this.width, height: Math.max(0, this.plotHeight - y), class: "fl-pl-veil" });
    mark(plot, "line", "cursor", { x1: SPACE.gutter - 6, x2: this.width, y1: y, y2: y, class: "fl-pl-cursor" });
    mark(plot, "path", "pointer", { d: `M${SPACE.gutter - 13} ${y - 4}l7 4l-7 4z`, class: "fl-pl-pointer" });
    this.showCurrent(plot, top);
    this.showLid(plot, top);
    this.showHeader();
  }

  // A ring around the event at the cursor, and its message in bold.
  showCurrent(plot, top) {
    const { trace, index, axis } = this.player;
    const who = index >= 0 ? trace.node[index] : -1;
    const m = index >= 0 ? this.player.messageAt(index) : null;
    const points = m ? messagePath(m, trace, axis, this.columns, this.delayed(m)).map(([x, v]) => [x, v - top]) : [];
    const lost = m?.lost && m.end === index;
    const [x, y] = lost ? points.at(-1) : [this.columns[who] ?? 0, axis.yOf(index) - top];
    mark(plot, "circle", "current", { cx: round(x), cy: round(y), r: lost ? 9 : 7, class: "fl-pl-current", display: who >= 0 ? null : "none" });
    mark(plot, "path", "current-line", { d: line(points), class: "fl-pl-current-line" });
  }

  showLid(plot, top) {
    const { ctx, axis, limit } = this.player;
    const y = ctx.revealed ? 0 : Math.max(0, axis.y(limit) - top + (limit > 0 ? 3 : -SPACE.pad));
    const lid = mark(plot, "g", "lid", { class: "fl-cover", display: ctx.revealed || y > this.plotHeight ? "none" : null });
    const height = Math.max(0, this.plotHeight - y - 1);
    mark(lid, "rect", "lid", { x: SPACE.gutter - 6, y: round(y), width: this.width - SPACE.gutter + 5, height: round(height), rx: 8 });
    mark(lid, "text", "words", { x: (this.width + SPACE.gutter) / 2, y: round(y + height / 2), "text-anchor": "middle" }, height > 30 ? ctx.spec.labels.covered : "");
  }

  showHeader() {
    const { trace, ctx, index, state, roleField } = this.player;
    const header = mark(ctx.svg, "g", "header");
    const free = (this.width - SPACE.gutter) / trace.names.length;
    const key = `${trace.id} ${this.width} ${index} ${this.player.target}`;
    if (this.headerKey === key) return;
    this.headerKey = key;
    marks(header, "names", trace.names, (name, i) => i, (g, name, i) => {
      const x = this.columns[i];
      const client = i >= trace.nodes.length;
      if (client) mark(g, "path", "sign", { d: SHAPES.box(x, 13, 7), class: "fl-pl-client" });
      else nodeSign(g, ctx, { x, y: 13, r: 8, status: statusAt(trace, i, index), role: roleAt(trace, state, i, roleField) });
      mark(g, "text", "name", { x: round(x), y: 42, "text-anchor": "middle", class: client ? "fl-soft" : "fl-strong" }, shortened(name, free - 6) ?? name.slice(0, 2));
    });
  }

  // ---- the content: everything within one window height above and below

  draw(top) {
    const { ctx, trace, axis } = this.player;
    const [from, to] = [top - this.plotHeight, top + 2 * this.plotHeight];
    this.drawn = { from, to, origin: from };
    const content = mark(mark(ctx.svg, "svg", "plot"), "g", "content");
    const [first, last] = axis.range(from, to);
    const y = (index) => axis.yOf(index) - from;
    this.drawTicks(content, from, to, first, last);
    this.drawCuts(content, from, to);
    this.drawLives(mark(content, "g", "lives"), from, to);
    this.drawLook(mark(content, "g", "look"), from, to);
    const dim = this.player.past !== null;
    const all = mark(content, "g", "all", { class: dim ? "fl-pl-dim" : null });
    const messages = messagesBetween(trace, first, Math.max(first, last));
    this.drawMessages(all, messages, from);
    this.drawEvents(all, first, last, y);
    const past = mark(content, "g", "past", { class: "fl-pl-past", display: dim ? null : "none" });
    if (dim) this.drawPast(past, messages, first, last, y, from);
    this.drawWords(content, from, to, first, last);
  }

  drawPast(group, messages, first, last, y, from) {
    const { past, index, trace } = this.player;
    const inside = (i) => past.has(i) || i === index;
    this.drawMessages(group, messages.filter((m) => inside(m.send) && m.end >= 0 && inside(m.end)), from);
    this.drawEvents(group, first, last, y, inside);
    let d = "";
    for (let i = first; i <= last; i++) {
      const earlier = trace.before[i];
      if (inside(i) && earlier >= 0 && inside(earlier)) d += `M${round(this.columns[trace.node[i]])} ${round(Math.max(-50, y(earlier)))}V${round(y(i))}`;
    }
    mark(group, "path", "lives", { d, class: "fl-pl-past-life" });
  }

  drawTicks(content, from, to, first, last) {
    const { axis, trace, ctx } = this.player;
    const group = mark(content, "g", "axis", { class: "fl-axis" });
    const items = axis.mode === "rows" ? rowTicks(trace, axis, first, last, ctx) : scaleTicks(axis, from, to, ctx);
    marks(group, "ticks", items, (t) => t.y, (g, t) => {
      const y = round(t.y - from);
      mark(g, "line", "grid", { x1: SPACE.gutter - 6, x2: this.width, y1: y, y2: y, class: "fl-grid" });
      mark(g, "text", "label", { x: SPACE.gutter - 18, y: y + 4, "text-anchor": "end" }, t.text);
    });
  }

  drawCuts(content, from, to) {
    const { trace, axis, ctx } = this.player;
    const bands = this.columns.slice(1, trace.nodes.length).flatMap((x, i) => cutSpans(trace, axis, i)
      .map(([a, b, pairs]) => ({ x: (x + this.columns[i]) / 2, from: Math.max(a, from), to: Math.min(b, to), pairs }))).filter((b) => b.to > b.from);
    // One band of a cut says what is cut.
    for (const band of bands) band.named = bands.find((other) => other.pairs === band.pairs) === band;
    const fill_ = hatch(ctx, "cut", { gap: 7, angle: -45 });
    marks(mark(content, "g", "cuts"), "bands", bands, (b) => `${round(b.x)} ${b.from}`, (g, b) => {
      mark(g, "rect", "band", { x: round(b.x - 9), y: round(b.from - from), width: 18, height: round(b.to - b.from), fill: fill_, class: "fl-pl-band" });
      const text = b.named ? this.cutWords(b.pairs) : "";
      const every = Math.max(240, textWidth(text) + 60);
      const at = [];
      for (let y = b.from + 20; text && y + textWidth(text) + 6 < b.to; y += every) at.push(y);
      marks(g, "words", at, (y) => y, (w, y) => mark(w, "text", "word", {
        transform: `translate(${round(b.x + 4)} ${round(y - from + textWidth(text))}) rotate(-90)`, class: "fl-pl-halo fl-strong",
      }, text));
    });
  }

  // "partition A B | C D E", or the smallest group and how many others there are.
  cutWords(pairs) {
    const { trace, words } = this.player;
    const groups = groupsOf(trace, pairs);
    const whole = `${words.partition} ${groups}`;
    if (textWidth(whole) <= 200) return whole;
    const smallest = groups.split(" | ").sort((a, b) => a.length - b.length)[0];
    return shortened(`${words.partition} ${smallest} | …`, 200);
  }

  drawLives(group, from, to) {
    const { trace, axis, ctx } = this.player;
    const end = axis.length + SPACE.pad;
    const spans = (list, last, wanted) => list.map(([i, word], k) => [i < 0 ? axis.y(axis.start) : axis.yOf(i), list[k + 1] ? axis.yOf(list[k + 1][0]) : last, word])
      .filter(([a, b, word]) => word === wanted && b > from && a < to).map(([a, b]) => [Math.max(a, from) - from, Math.min(b, to) - from]);
    const strokes = (wanted, lists) => lists.flatMap((list, i) => spans(list, end, wanted).map(([a, b]) => `M${round(this.columns[i])} ${round(a)}V${round(b)}`)).join("");
    mark(group, "path", "up", { d: strokes("up", trace.statuses), class: "fl-pl-life" });
    mark(group, "path", "leader", { d: strokes("leader", this.roles), class: "fl-pl-life-leader" });
    mark(group, "path", "leader-core", { d: strokes("leader", this.roles), class: "fl-pl-life-core" });
    mark(group, "path", "candidate", { d: strokes("candidate", this.roles), class: "fl-pl-life-candidate" });
    const clients = trace.clients.map((_, c) => `M${round(this.columns[trace.nodes.length + c])} 0V${round(to - from)}`).join("");
    mark(group, "path", "clients", { d: clients, class: "fl-pl-life-client" });
    for (const [word, options] of [["crashed", { gap: 5 }], ["paused", { gap: 6, angle: 90 }]]) {
      const boxes = trace.statuses.flatMap((list, i) => spans(list, end, word).map(([a, b]) => [this.columns[i], a, b]));
      marks(group, word, boxes, ([x, a]) => `${round(x)} ${round(a)}`, (g, [x, a, b]) =>
        mark(g, "rect", "box", { x: round(x - 5), y: round(a), width: 10, height: round(b - a), fill: hatch(ctx, word, options), class: `fl-pl-out fl-pl-out-${word}` }));
    }
  }

  drawMessages(group, messages, from) {
    const { trace, axis } = this.player;
    const hues = new Map([["", emptyLines()]]);
    for (const m of messages) {
      if (m.from === m.to) continue;
      const hue = trace.look?.hue?.(m) ?? "";
      if (!hues.has(hue)) hues.set(hue, emptyLines());
      const d = hues.get(hue);
      const points = messagePath(m, trace, axis, this.columns, this.delayed(m)).map(([x, y]) => [x, y - from]);
      const path = line(points);
      if (m.lost) {
        d.lost += path;
        d.cross += SHAPES.cross(points.at(-1)[0], points.at(-1)[1], 5);
      } else if (m.copy) d.copy += path;
      else if (m.end < 0) d.open += path;
      else d[m.reply ? "reply" : "sent"] += path;
      if (!m.lost && m.end >= 0) d.heads += headOf(points);
    }
    marks(group, "hues", [...hues], ([hue]) => hue, (g, [hue, d]) => {
      setAttributes(g, { class: hue || null });
      mark(g, "path", "copy", { d: d.copy, class: "fl-pl-copy" });
      mark(g, "path", "copy-core", { d: d.copy, class: "fl-pl-copy-core" });
      for (const name of ["sent", "reply", "open", "lost", "heads", "cross"]) mark(g, "path", name, { d: d[name], class: `fl-pl-${name}` });
    });
  }

  // What a topic adds: bars along the lines of nodes, and lines across.
  drawLook(group, from, to) {
    const { axis, trace } = this.player;
    const end = axis.length + SPACE.pad;
    const near = ([a, b]) => b > from - 20 && a < to + 20;
    const bars = (trace.look?.bars ?? []).map((bar) => [axis.yOf(bar.from), bar.to < 0 ? end : axis.yOf(bar.to), bar]).filter(near);
    marks(group, "bars", bars, ([, , bar]) => `${bar.who} ${bar.from}`, (g, [a, b, bar]) =>
      mark(g, "rect", "bar", { x: round(this.columns[bar.who] - 5), y: round(a - from), width: 10, height: round(Math.max(2, b - a)), class: bar.style }));
    const rules = (trace.look?.rules ?? []).map((rule) => [axis.yOf(rule.event), axis.yOf(rule.event), rule]).filter(near);
    marks(group, "rules", rules, ([, , rule]) => rule.event, (g, [y, , rule]) =>
      mark(g, "path", "rule", { d: `M${SPACE.gutter - 6} ${round(y - from)}H${this.width}`, class: rule.style }));
  }

  drawEvents(group, first, last, y, wanted = () => true) {
    const { trace } = this.player;
    const d = { sends: "", timers: "", notes: "", errors: "", asks: "", answers: "", heads: "", refused: "", starts: "", ended: "" };
    for (let i = first; i <= last; i++) {
      if (!wanted(i)) continue;
      const kind = trace.kind[i];
      const x = this.columns[trace.node[i]] ?? 0;
      const v = y(i);
      if (kind === K.send) d.sends += SHAPES.dot(round(x), v, 2.2);
      else if (kind === K.timer) d.timers += SHAPES.diamond(x, round(v), 5);
      else if (kind === K.note) d.notes += SHAPES.box(x, v, 3.5);
      else if (kind === K.start) d.starts += `M${round(x - 6)} ${round(v)}h12`;
      else if (kind === K.error || kind === K.crash) d.errors += SHAPES.cross(x, v, 6);
      else if (OF_CLIENTS.has(kind)) this.drawCall(d, kind, x, this.columns[trace.other[i]] ?? x, v);
      else if (kind === K.loss || kind === K.cut || kind === K.end) d.ended += `M${SPACE.gutter - 6} ${round(v)}H${this.width}`;
    }
    for (const [name, path] of Object.entries(d)) mark(group, "path", `event-${name}`, { d: path, class: `fl-pl-${name}` });
  }

  // A client stands beside the node that it asks: no time passes on the way.
  drawCall(d, kind, node, client, v) {
    if (kind === K["give up"]) d.refused += SHAPES.cross(client, v, 5);
    else if (kind === K.request) {
      d.asks += `M${round(client)} ${round(v)}H${round(node)}`;
      d.heads += headOf([[client, v], [node, v]]);
    } else {
      d[kind === K.reply ? "answers" : "refused"] += `M${round(node)} ${round(v)}H${round(client)}`;
      if (kind === K.reply) d.heads += headOf([[node, v], [client, v]]);
      else d.refused += SHAPES.bar(client - Math.sign(client - node) * 8, v, 5);
    }
  }

  drawWords(content, from, to, first, last) {
    const { past, index } = this.player;
    const near = this.placed.between(first, last).filter((w) => w.y > from && w.y < to);
    const shown = past ? near.filter((w) => [w.event, w.end].every((i) => past.has(i) || i === index)) : near;
    marks(content, "words", shown, (w) => `${w.event} ${w.note ?? ""}`, (g, w) =>
      mark(g, "text", "word", { x: round(w.x), y: round(w.y - from + 4), "text-anchor": "middle", class: `fl-pl-halo${w.note ? " fl-pl-note-word" : ""}` }, w.text));
  }

  // What is under a point of the plot (px): { event } or { message }, or null.
  hit(x, y) {
    const { trace, axis } = this.player;
    const v = y + this.top();
    let best = { distance: 10 };
    const [first, last] = axis.range(v - 12, v + 12);
    for (let i = first; i <= last; i++) {
      if (trace.node[i] < 0 || trace.kind[i] === K.lose) continue;
      const distance = Math.hypot(x - this.columns[trace.node[i]], v - axis.yOf(i));
      if (distance < best.distance) best = { distance, event: i };
    }
    const [from, to] = axis.range(v - 40, v + 40);
    for (const m of messagesBetween(trace, from - 1, Math.max(from, to))) {
      const distance = distanceToLine([x, v], messagePath(m, trace, axis, this.columns, this.delayed(m))) + 3;
      if (distance < best.distance) best = { distance, message: m };
    }
    return best.event !== undefined || best.message ? best : null;
  }
}

function scaleTicks(axis, from, to, ctx) {
  const step = ticks(0, 600 / axis.scale, 8)[1];
  const places = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  const unit = ctx.spec.player.words.time_unit;
  const found = [];
  for (let i = Math.max(0, Math.ceil(from / axis.scale / step)); i * step * axis.scale <= Math.min(to, axis.length + 1); i++) {
    found.push({ y: axis.y(i * step), text: `${ctx.number(i * step, places, true)}\u00a0${unit}` });
  }
  return found;
}

function rowTicks(trace, axis, first, last, ctx) {
  const found = [];
  let shown = null;
  for (let i = first; i <= last; i++) {
    const text = trace.untimed ? String(i + 1) : `${ctx.number(trace.at[i], 3, true)}\u00a0${ctx.spec.player.words.time_unit}`;
    if (text !== shown) found.push({ y: axis.yOf(i), text });
    shown = text;
  }
  return found;
}
