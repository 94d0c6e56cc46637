// The trace player: diagram (space.js), topology, state table, log and findings at one cursor; faults by hand.
//
// A topic that draws more beside them pushes its part here, from its own file after this one:
//
//   playerExtras.push({
//     title(ctx)               a heading, or ""
//     height(width, ctx)       px; it depends on the width only
//     draw(svg, player)        a new trace, width or language; player.view is what Python computed
//     tick(svg, player)        the cursor moved: player.index, player.pos, player.state, player.trace
//   })
//
// Helpers for it: player.value(node, field) is a text or null, player.trace and the functions of trace.js.
const playerExtras = [];

const WIDE_PX = 760;
const GAP_PX = 20;  // as in player.css
const HEIGHT_PX = { wide: 500, narrow: 430, topology: 236 };
const LOG_LINES = 9;
const LOG_BEFORE = 5;
const SPEED_PX = [20, 70, 200, 700, 3000];
const ROW_SPEEDS = [1, 3, 10, 40, 200];
const DELAYS_S = [0.01, 0.05, 0.2, 1, 5];

class TracePlayer {
  constructor(panel) {
    this.panel = panel;
    this.ctx = panel.ctx;
    this.spec = panel.spec.player;
    this.words = this.spec.words;
    this.trace = null;
    this.pos = 0;
    this.index = -1;
    this.past = null;
    this.target = "0";
    this.message = null;
    this.mode = "scale";
    this.space = new SpaceDiagram(this);
    this.parts = [makeTopology, makeLog, makeTools, makeTransport, makeFaults, makeStates, makeFindings, makeLegend].map((make) => make(this));
    this.extras = playerExtras.map((extra) => makeExtra(this, extra));
    panel.stage.classList.add("fl-pl-stage");
    panel.stage.append(...[...this.parts, ...this.extras].map((part) => part.node));
    this.spoken = html("p", { class: "fl-pl-spoken", role: "status", "aria-live": "polite" });
    panel.stage.append(this.spoken);
    this.runner = makePlayer(this.runnerView());
    this.listen();
  }

  // What makePlayer of the shell needs to move the cursor.
  runnerView() {
    const player = this;
    return {
      root: this.panel.root, ctx: this.ctx, view: {},
      get time() { return player.pos; },
      timeEnd: () => player.lastPos(), seek: (pos) => player.glide(pos), stepTo: (direction) => player.step(direction, true),
      timeBar: { speed: () => player.speed(), update: () => { player.refresh(); player.say(); } },
    };
  }

  // ---- the trace

  get view() { return this.panel.view; }
  get limit() { return this.ctx.revealed ? Infinity : this.mode === "rows" && !this.trace.untimed ? indexAt(this.trace, this.spec.hide_after_s) : this.spec.hide_after_s; }
  lastPos() { return Math.min(this.axis.end, this.limit); }
  lastIndex() { return this.axis.indexAt(this.lastPos()); }
  get roleField() { return this.trace.roleField; }
  value(who, field) { return this.trace.texts[this.state[who * this.trace.fields.length + this.trace.fields.indexOf(field)]] ?? null; }

  // Draw anew, with a new trace if `view` has one.
  draw() {
    const { trace } = this.view;
    if (trace !== this.trace) this.take(trace);
    const wide = this.panel.width >= WIDE_PX;
    this.panel.stage.classList.toggle("fl-pl-narrow", !wide);
    this.panel.stage.style.setProperty("--fl-space", `${this.ctx.width}px`);
    this.space.layout(this.ctx.width, this.ctx.height);
    this.setPast(this.past !== null);
    for (const part of this.parts) part.draw?.();
    for (const extra of this.extras) extra.draw();
    this.refresh();
  }

  take(trace) {
    const first = this.trace === null;
    const moment = first ? 0 : this.trace.untimed ? null : this.mode === "rows" ? this.trace.at[Math.max(0, this.index)] ?? 0 : this.pos;
    const index = this.index;
    this.trace = trace;
    trace.roleField = roleField(trace, this.spec.roles);
    if (first || this.home) {
      this.mode = trace.untimed ? "rows" : this.mode;
      this.scale = usualScale(trace);
    }
    this.axis = new Axis(trace, this.mode, this.scale);
    const was = this.message;
    this.message = was && (trace.messages.find((m) => m.from === was.from && m.to === was.to && m.place === was.place && m.copy === was.copy) ?? null);
    if (first || this.home) {
      const start = clamp(this.spec.start, -1, trace.n - 1);
      this.place(this.axis.posOf(start), start);
    } else {
      // The past is the same: the cursor stays where it was, unless a fault was added: then it goes there.
      const at = this.forkAt ?? moment;
      const stays = this.forkAt === undefined && index < trace.kept && (moment === null || index === indexAt(trace, moment));
      const struck = below(trace.at, this.forkAt ?? Infinity);
      const next = stays ? index : struck < trace.n && trace.at[struck] === this.forkAt ? struck : indexAt(trace, at ?? 0);
      this.place(this.mode === "rows" ? next : clamp(at, 0, this.axis.end), next);
    }
    this.home = false;
    this.forkAt = undefined;
  }

  restretch(mode, scale) {
    Object.assign(this, { mode, scale });
    this.axis = new Axis(this.trace, mode, scale);
    this.place(this.axis.posOf(this.index), this.index);
    this.draw();
  }

  // ---- the cursor

  place(pos, index) {
    const changed = index !== this.index || !this.state || this.stateOf !== this.trace;
    this.pos = pos;
    this.index = index;
    if (changed) this.state = stateAt(this.trace, index);
    this.stateOf = this.trace;
  }

  glide(pos) {
    const bounded = clamp(pos, this.axis.start, this.lastPos());
    this.place(bounded, this.axis.indexAt(bounded));
    if (this.past) this.setPast(false);
    this.refresh();
  }

  seekPos(pos) { this.runner.pause(); this.glide(pos); this.say(); }

  seek(index) {
    this.runner.pause();
    const bounded = clamp(index, -1, this.lastIndex());
    this.place(this.axis.posOf(bounded), bounded);
    if (this.past) this.setPast(true);
    this.refresh();
    this.say();
  }

  step(direction, playing = false) {
    if (playing) {
      const next = clamp(this.index + direction, -1, this.lastIndex());
      this.place(next >= this.lastIndex() ? this.lastPos() : this.axis.posOf(next), next);
      this.refresh();
    } else this.seek(this.index + direction);
  }

  jump(direction) {
    const found = nextOf(this.trace, this.group ?? "all", this.index, direction);
    if (found !== null && found <= this.lastIndex()) this.seek(found);
  }

  setPast(on) {
    const was = this.past;
    this.past = on && this.index >= 0 ? causalPast(this.trace, this.index) : null;
    if (was !== null || this.past !== null) this.space.drawn = null;
  }

  togglePast(on = this.past === null) {
    this.runner.pause();
    this.setPast(on);
    this.refresh();
    this.say();
  }

  // The message that the event at an index sends or ends.
  messageAt(index) {
    const kind = this.trace.kind[index];
    if (kind === K.send || kind === K.duplicate) return this.trace.messageOf.get(this.trace.number[index]) ?? null;
    if (kind === K.deliver || kind === K.lose) return messagesBetween(this.trace, index, index).find((m) => m.end === index) ?? null;
    return null;
  }

  select(message) {
    this.message = message;
    this.target = "message";
    const flies = message.send <= this.index && (message.end < 0 || message.end > this.index);
    if (flies) this.refresh();
    else this.seek(message.send);
  }

  selectNode(who) { this.target = String(who); this.refresh(); }

  // ---- what is shown

  refresh() {
    if (!this.trace) return;
    this.space.show();
    for (const part of this.parts) part.show?.();
    for (const extra of this.extras) extra.tick();
  }

  sentence(index = this.index) { return index < 0 ? this.words.before_all : eventText(this.trace, index, this.words); }

  clock(index = null) {
    if (this.trace.untimed) return `${this.words.step_unit}\u00a0${Math.max(0, (index ?? this.index) + 1)}`;
    const moment = index !== null ? this.trace.at[index] : this.mode === "rows" ? this.trace.at[this.index] ?? 0 : this.pos;
    return `${this.ctx.number(moment, 3, true)}\u00a0${this.words.time_unit}`;
  }

  // For those who listen: one sentence for a step, nothing while it plays.
  say() {
    clearTimeout(this.speaking);
    if (this.runner.playing) return;
    this.speaking = setTimeout(() => { this.spoken.textContent = `${this.clock()}: ${this.sentence()}`; }, 250);
  }

  speed() { return this.mode === "rows" ? ROW_SPEEDS[this.speedAt] : SPEED_PX[this.speedAt] / usualScale(this.trace); }

  // ---- keys, pointer, wheel

  listen() {
    const { svg } = this.ctx;
    setAttributes(svg, { ...OWN_KEYS, tabindex: 0, role: "slider", "aria-label": this.words.space, class: "fl-picture fl-pl-space" });
    this.panel.stage.addEventListener("keydown", (event) => this.onKey(event));
    svg.addEventListener("pointerdown", (event) => this.onPointer(event));
    svg.addEventListener("pointermove", (event) => this.onHover(event));
    svg.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (target.matches("select, textarea, input[type=number]")) return;
    const button_ = target.matches("button, summary, input[type=checkbox]");
    const actions = {
      ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1),
      Home: () => this.seek(-1), End: () => this.seekPos(this.lastPos()), n: () => this.jump(1), p: () => this.jump(-1),
      c: () => this.togglePast(), Escape: () => this.togglePast(false), "+": () => this.zoom(ZOOM_STEP), "-": () => this.zoom(1 / ZOOM_STEP),
      ...(button_ ? {} : { " ": () => this.runner.toggle() }),
    };
    if (!this.trace || !(event.key in actions)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  place_(event) {
    const box = this.ctx.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top - SPACE.header];
  }

  onPointer(event) {
    if (event.button !== 0 || !this.trace) return;
    const [x, y] = this.place_(event);
    if (y < 0) return this.onHeader(x);
    this.ctx.svg.focus({ preventScroll: true });
    const drag = { y, pos: this.pos, moved: false };
    const { svg } = this.ctx;
    const move = (e) => {
      const by = this.place_(e)[1] - drag.y;
      if (!drag.moved && Math.abs(by) < 4) return;
      drag.moved = true;
      svg.setPointerCapture(e.pointerId);
      this.seekPos(drag.pos - this.axis.pos(by));
    };
    const up = () => {
      svg.removeEventListener("pointermove", move);
      if (!drag.moved) this.onClick(x, y);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", up, { once: true });
    svg.addEventListener("pointercancel", () => svg.removeEventListener("pointermove", move), { once: true });
  }

  onHeader(x) {
    const who = this.space.columns.findIndex((column) => Math.abs(column - x) < 24);
    if (who >= 0 && who < this.trace.nodes.length) this.selectNode(who);
  }

  onClick(x, y) {
    const hit = this.space.hit(x, y);
    if (hit?.message) this.select(hit.message);
    else if (hit) {
      this.seek(hit.event);
      this.togglePast(true);
    } else {
      this.setPast(false);
      this.seekPos(this.axis.pos(y + this.space.top()));
    }
  }

  // The words of what is under the pointer.
  onHover(event) {
    if (!this.trace || event.buttons) return;
    const [x, y] = this.place_(event);
    const hit = y < 0 ? null : this.space.hit(x, y);
    const seen = hit?.event ?? hit?.message?.send;
    const text = seen === undefined || this.axis.posOf(seen) > this.limit ? "" : `${this.clock(seen)}: ${this.sentence(seen)}`;
    this.ctx.svg.style.cursor = text ? "pointer" : "";
    const tip = mark(this.ctx.svg, "title", "tip", {}, text || this.words.space_help);
    return tip;
  }

  onWheel(event) {
    if (!event.shiftKey && !event.ctrlKey) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
    else this.seekPos(this.pos + this.axis.pos(event.deltaY || event.deltaX));
  }

  zoom(factor) {
    if (this.mode === "rows") return;
    const usual = usualScale(this.trace);
    const lowest = Math.max(Math.min(usual, 360 / (this.trace.end || 1)), (this.trace.end ? 1200 / (this.trace.n / this.trace.end + 1) : 0) * 0.05);
    this.restretch("scale", clamp(this.scale * factor, Math.min(usual, lowest), usual * 40));
  }

  close() { clearTimeout(this.speaking); this.runner.close(); }
}

// ------------------------------------------------------------------------------------------------ topology

function titled(text, node, name) {
  return html("section", { class: `fl-pl-part fl-pl-${name}`, "aria-label": text }, html("h5", { class: "fl-pl-title" }, text), node);
}

function makeTopology(player) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { class: "fl-picture fl-pl-graph", role: "img", "aria-label": player.words.topology });
  const node = titled(player.words.topology, svg, "topology");
  let places = [];
  let size = {};
  function draw() {
    const { panel } = player;
    const width = Math.round(panel.width >= WIDE_PX ? panel.width - player.ctx.width - GAP_PX : (panel.width - GAP_PX) / 2);
    const height = HEIGHT_PX.topology - 24;
    setAttributes(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    const { nodes } = player.trace;
    const n = nodes.length;
    const shape = { r: n > 6 ? 12 : 17, inside: nodes.every((name) => name.length <= 3), roles: n <= 6 };
    shape.lines = (shape.inside ? 0 : 1) + (shape.roles ? 1 : 0);
    const margin = shape.r + 11 + 15 * shape.lines;
    const [rx, ry] = [Math.min(width / 2 - 62, 160), height / 2 - margin];
    const turn = n === 2 ? Math.PI : -Math.PI / 2;
    // Two neighbours may stand side by side: what is told of them has to fit between them.
    shape.told = n < 3 ? 118 : Math.min(118, 2 * rx * Math.sin(Math.PI / n) - 4);
    places = nodes.map((_, i) => [width / 2 + rx * Math.cos(turn + (2 * Math.PI * i) / n), height / 2 + ry * Math.sin(turn + (2 * Math.PI * i) / n)]);
    size = { width, height, ...shape };
  }
  function show() {
    const { trace, index } = player;
    const cut = new Set(cutsAt(trace, index).map(([a, b]) => `${a}\n${b}`));
    drawLinks(mark(svg, "g", "links"), trace, places, cut);
    drawFlying(mark(svg, "g", "flying", { "data-free": true }), player, places);
    drawNodes(mark(svg, "g", "nodes"), player, places, size);
  }
  return { node, draw, show };
}

function drawLinks(group, trace, places, cut) {
  const d = { open: "", shut: "", crosses: "" };
  for (let a = 0; a < places.length; a++) {
    for (let b = a + 1; b < places.length; b++) {
      const [out, back] = [cut.has(`${trace.nodes[a]}\n${trace.nodes[b]}`), cut.has(`${trace.nodes[b]}\n${trace.nodes[a]}`)];
      const [[x1, y1], [x2, y2]] = [places[a], places[b]];
      d[out || back ? "shut" : "open"] += line([places[a], places[b]]);
      // The cross stands near the node from which nothing gets away; in the middle if neither way is open.
      const share = out && back ? 0.5 : out ? 0.35 : 0.65;
      if (out || back) d.crosses += SHAPES.cross(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share, 4);
    }
  }
  for (const [name, path] of Object.entries(d)) mark(group, "path", name, { d: path, class: `fl-pl-link-${name}` });
}

function drawFlying(group, player, places) {
  const { trace, index } = player;
  const flying = inFlight(trace, index).filter((m) => m.from !== m.to && places[m.from] && places[m.to]);
  const spots = flying.map((m) => flyingPlace(m, player, places));
  // Words that would stand on others are left out.
  const worded = [];
  spots.forEach(([x, y], i) => { if (!worded.some((j) => Math.abs(spots[j][0] - x) < 74 && Math.abs(spots[j][1] - y) < 15)) worded.push(i); });
  marks(group, "messages", flying, (m) => `${m.number} ${m.end}`, (g, m, i) => {
    setAttributes(g, { transform: `translate(${round(spots[i][0])} ${round(spots[i][1])})`, class: m.lost ? "fl-pl-doomed" : null });
    mark(g, "circle", "dot", { r: 5, class: `fl-pl-dot${m.reply ? " fl-pl-dot-reply" : ""}` });
    mark(g, "text", "name", { x: 8, y: 4, class: "fl-pl-halo", display: worded.includes(i) ? null : "none" }, shortened(messageWords(trace, m, 66), 66) ?? "");
    g.onclick = () => player.select(m);
  });
}

// Where a message in flight is: on the line between its nodes, by its share of the way; one that will be lost gets half way.
function flyingPlace(m, { axis, pos }, places) {
  const [from, to] = [axis.posOf(m.send), m.end < 0 ? axis.end : axis.posOf(m.end)];
  const reach = m.lost || m.end < 0 ? 0.5 : 1;
  const share = to > from ? clamp(0.16 + 0.68 * reach * ((pos - from) / (to - from)), 0.16, 0.84) : 0.5;
  const [[x1, y1], [x2, y2]] = [places[m.from], places[m.to]];
  return [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
}

function drawNodes(group, player, places, { width, height, r, inside, roles, told: room }) {
  const { trace, index, state, roleField, words } = player;
  marks(group, "nodes", trace.nodes, (_, i) => i, (g, name, i) => {
    const [x, y] = places[i];
    const status = statusAt(trace, i, index);
    nodeSign(g, player.ctx, { x, y, r, status, role: roleAt(trace, state, i, roleField) });
    mark(g, "circle", "chosen", { cx: round(x), cy: round(y), r: r + 8, class: "fl-pl-chosen", display: player.target === String(i) && player.spec.editable ? null : "none" });
    const told = roles ? shortened(status === "up" ? roleWords(player, i, room) : words[`sign_${status}`], 118) ?? "" : "";
    // Words stand away from the middle, where the links are.
    const above = y < height / 2 - 4;
    const first = above ? y - r - 13 - (inside || !roles ? 0 : 15) : y + r + 18;
    const at = { x: round(clamp(x, 58, width - 58)), "text-anchor": "middle" };
    mark(g, "text", "name", { ...at, ...(inside ? { x: round(x), y: round(y + 5) } : { y: round(first) }), class: "fl-strong fl-pl-halo" }, inside ? name : shortened(name, 112));
    mark(g, "text", "role", { ...at, y: round(first + (inside ? 0 : 15)), class: "fl-soft fl-pl-halo" }, told);
    g.onclick = () => player.selectNode(i);
  });
}

// The role of a node and the field that matters first, as "leader, term 3"; the role alone where there is no room for both.
function roleWords(player, who, room) {
  const { trace, state, roleField, spec } = player;
  const bare = (text) => (text ?? "").replace(/^['"]|['"]$/g, "");
  const role = roleField < 0 ? "" : bare(trace.texts[state[who * trace.fields.length + roleField]]);
  const others = spec.fields.filter((f) => trace.fields.indexOf(f) !== roleField).slice(0, 1)
    .map((f) => [f, player.value(who, f)]).filter(([, v]) => v !== null && v.length < 14).map(([f, v]) => `${f} ${bare(v)}`);
  const both = [role, ...others].filter(Boolean).join(", ");
  return role && textWidth(both) > room ? role : both;
}

// ------------------------------------------------------------------------------------------------ log

function makeLog(player) {
  const list = html("ol", { class: "fl-pl-log" });
  const place = html("span", { class: "fl-pl-place" });
  const lines = Array.from({ length: LOG_LINES }, () => {
    const sign = html("span", { class: "fl-pl-log-sign", "aria-hidden": "true" });
    const time = html("span", { class: "fl-pl-log-time" });
    const text = html("span", { class: "fl-pl-log-text" });
    const row = html("button", { type: "button", tabindex: -1 }, sign, time, text);
    const item = html("li", {}, row);
    row.addEventListener("click", () => { if (row.flIndex !== undefined) { player.seek(row.flIndex); focusNow(); } });
    list.append(item);
    return { item, row, sign, time, text };
  });
  const focusNow = () => lines.find((l) => l.row.tabIndex === 0)?.row.focus({ preventScroll: true });
  list.addEventListener("keydown", (event) => { if (/^(Arrow|Home|End|[np]$)/.test(event.key)) queueMicrotask(focusNow); });
  function show() {
    const shown = linesAround(player);
    setText(place, fill(player.words.event_of, { i: player.index + 1, n: player.trace.n }));
    lines.forEach((l, k) => {
      const i = shown[k];
      const now = i === player.index;
      l.row.flIndex = i;
      l.row.tabIndex = now ? 0 : -1;
      l.item.style.visibility = i === undefined ? "hidden" : "";
      l.item.classList.toggle("fl-pl-now", now);
      l.item.classList.toggle("fl-pl-later", i > player.index);
      l.item.classList.toggle("fl-pl-outside", player.past !== null && !now && !player.past.has(i));
      setText(l.sign, player.past?.has(i) ? "●" : "");
      setAttributes(l.row, { "aria-current": now ? "step" : null });
      const [time, text] = i === undefined ? ["", ""] : i < 0 ? ["", player.words.before_all] : [player.clock(i), player.sentence(i)];
      setText(l.time, time);
      setText(l.text, text);
      if (l.row.title !== text) l.row.title = text;
    });
  }
  const node = titled(player.words.log, list, "log-part");
  node.firstChild.append(place);
  return { node, show };
}

const setText = (node, text) => { if (node.flText !== text) node.textContent = node.flText = text; };

// Some events before the cursor and some after it, of the chosen kind; the one at the cursor is always among them.
function linesAround(player) {
  const { trace, index } = player;
  const group = player.group ?? "all";
  const earlier = [];
  const later = [];
  for (let i = index; earlier.length < LOG_BEFORE && (i = i > 0 ? nextOf(trace, group, i, -1) : null) !== null;) earlier.unshift(i);
  const wanted = LOG_LINES - 1 - earlier.length;
  for (let i = index; later.length < wanted && (i = nextOf(trace, group, i, 1)) !== null && i <= player.lastIndex();) later.push(i);
  return [...earlier, index, ...later];
}

// ------------------------------------------------------------------------------------------------ tools above the picture

function makeTools(player) {
  const { words, panel } = player;
  const id = panel.id("group");
  const groups = { all: words.all, messages: words.messages, losses: words.losses, faults: words.fault_events, timers: words.timer_events,
    notes: words.notes, clients: words.clients, changes: words.state_changes };
  const select = html("select", { id, "data-action": "group" }, ...Object.entries(groups).map(([value, text]) => html("option", { value }, text)));
  select.addEventListener("change", () => { player.group = select.value; player.refresh(); });
  const previous = button("‹", () => player.jump(-1), { "data-action": "previous", title: words.previous_kind, "aria-label": words.previous_kind });
  const next = button("›", () => player.jump(1), { "data-action": "next", title: words.next_kind, "aria-label": words.next_kind });
  const past = button(words.past, () => player.togglePast(), { "data-action": "past", "aria-pressed": "false", title: words.past_help });
  const mode = html("select", { "data-action": "mode", "aria-label": words.mode },
    html("option", { value: "scale" }, words.mode_scale), html("option", { value: "rows" }, words.mode_rows));
  mode.addEventListener("change", () => {
    const wanted = mode.value;  // read first: pausing writes the tools anew
    player.runner.pause();
    player.restretch(wanted, player.scale);
  });
  const zooms = [["−", 1 / ZOOM_STEP, words.zoom_out, "zoom-out"], ["+", ZOOM_STEP, words.zoom_in, "zoom-in"]]
    .map(([sign, factor, label, action]) => button(sign, () => player.zoom(factor), { "data-action": action, title: label, "aria-label": label }));
  const node = html("div", { class: "fl-pl-tools" },
    html("span", { class: "fl-pl-set" }, html("label", { for: id }, words.jump), select, previous, next), past,
    html("span", { class: "fl-pl-set fl-pl-right" }, mode, ...zooms));
  function show() {
    setAttributes(past, { "aria-pressed": String(player.past !== null) });
    if (mode.value !== player.mode) mode.value = player.mode;
    mode.hidden = player.trace.untimed;
    for (const zoom of zooms) zoom.disabled = player.mode === "rows";
  }
  return { node, show };
}

// ------------------------------------------------------------------------------------------------ time bar

function makeTransport(player) {
  const { panel, words } = player;
  const { labels } = panel;
  const back = iconButton("back", labels.back, () => player.step(-1), "back");
  const play = iconButton("play", labels.play, () => player.runner.toggle(), "play");
  const forward = iconButton("forward", labels.forward, () => player.step(1), "forward");
  const range = html("input", { type: "range", min: 0, step: "any", "aria-label": labels.time, "data-action": "time" });
  const strip = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(strip, { class: "fl-pl-strip", "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 1000 10" });
  const clock = html("output", { class: "fl-clock" });
  const speed = html("select", { "aria-label": labels.speed, "data-action": "speed" });
  player.speedAt = 1;
  speed.addEventListener("change", () => { player.speedAt = Number(speed.value); });
  range.addEventListener("input", () => {
    const wanted = Number(range.value);  // read first: pausing writes the bar anew
    player.seekPos(wanted);
  });
  const node = html("div", { class: "fl-time fl-pl-time", role: "group", "aria-label": labels.time },
    back, play, forward, html("div", { class: "fl-pl-scrub" }, range, strip), clock, speed);
  function draw() {
    const numbers = player.mode === "rows" ? ROW_SPEEDS : SPEED_PX.map((px) => nice(px / usualScale(player.trace)));
    const text = player.mode === "rows" ? words.per_second : words.times;
    speed.replaceChildren(...numbers.map((n, i) => html("option", { value: i }, fill(text, { n: player.ctx.number(n, 4) }))));
    speed.value = String(player.speedAt);
    setAttributes(range, { min: player.axis.start, max: Math.max(player.axis.end, player.axis.start + 1e-6) });
    drawStrip(strip, player);
  }
  function show() {
    const { axis, pos } = player;
    range.value = pos;
    range.style.setProperty("--fl-share", `${round(((pos - axis.start) / (axis.end - axis.start || 1)) * 100)}%`);
    setText(clock, player.clock());
    const text = fill(words.event_of, { i: player.index + 1, n: player.trace.n });
    setAttributes(range, { "aria-valuetext": player.runner?.playing ? clock.flText : `${clock.flText}, ${text}` });
    setAttributes(player.ctx.svg, { "aria-valuemin": 0, "aria-valuemax": player.trace.n, "aria-valuenow": player.index + 1,
      "aria-valuetext": player.runner?.playing ? clock.flText : player.sentence() });
    const playing = Boolean(player.runner?.playing);
    if (node.flPlaying !== playing) play.flIcon(playing ? "pause" : "play", playing ? labels.pause : labels.play);
    node.flPlaying = playing;
  }
  return { node, draw, show };
}

const nice = (x) => +x.toPrecision(1);

// Where something happened: faults above, losses below, on the whole length of the run.
function drawStrip(strip, player) {
  const { trace, axis } = player;
  const span = axis.end - axis.start || 1;
  const found = { fault: new Set(), loss: new Set() };
  for (let i = 0; i < trace.n; i++) {
    const name = trace.kind[i] === K.lose ? "loss" : trace.kind[i] !== K.send && trace.kind[i] !== K.deliver && GROUPS.faults(trace, i) ? "fault" : null;
    if (name && axis.posOf(i) <= player.limit) found[name].add(Math.round(((axis.posOf(i) - axis.start) / span) * 1000));
  }
  const path = (set, rest) => [...set].map((x) => `M${x} ${rest}`).join("");
  mark(strip, "path", "fault", { d: path(found.fault, "0v6"), class: "fl-pl-strip-fault" });
  mark(strip, "path", "loss", { d: path(found.loss, "7v3"), class: "fl-pl-strip-loss" });
}

// ------------------------------------------------------------------------------------------------ faults by hand

const MESSAGES_OFFERED_MAX = 30;

function makeFaults(player) {
  const { words, panel, spec } = player;
  const target = html("select", { "data-action": "target" });
  const lead = html("label", { class: "fl-pl-moment" });
  const actions = html("span", { class: "fl-pl-set" });
  const apart = html("span", { class: "fl-pl-set fl-pl-apart" });
  const list = html("ul", { class: "fl-pl-faults" });
  const row = html("div", { class: "fl-pl-set" }, lead, target, apart, actions);
  const node = html("section", { class: "fl-pl-part fl-pl-by-hand fl-answer", "aria-label": words.faults }, row, list);
  node.hidden = !spec.editable;
  const away = new Set();
  let shownKey = null;
  target.id = panel.id("target");
  lead.htmlFor = target.id;
  target.addEventListener("change", () => {
    const chosen = offered(player.message).find((m) => `message ${m.number}` === target.value);
    if (chosen) return player.select(chosen);
    player.target = target.value;
    player.refresh();
  });

  const moment = () => momentAfter(player.trace, player.index, player.mode === "rows" ? player.trace.at[player.index] ?? 0 : player.pos);
  function add(fault) {
    const at_s = moment();
    player.runner.pause();
    player.forkAt = at_s;
    panel.set("faults", [...panel.params.faults, { at_s, ...fault }]);
  }
  const act = (action, fault) => button(words[`do_${action}`], () => add(fault()), { "data-fault": action });

  function nodeActions(name, status) {
    if (status === "crashed") return [act("restart", () => ({ kind: "restart", node: name })), act("restart_empty", () => ({ kind: "restart", node: name, disk: false }))];
    const pause = status === "paused" ? act("resume", () => ({ kind: "resume", node: name })) : act("pause", () => ({ kind: "pause", node: name }));
    return [act("crash", () => ({ kind: "crash", node: name })), pause];
  }
  function networkActions(isCut) {
    const groups = () => [player.trace.nodes.filter((n) => away.has(n)), player.trace.nodes.filter((n) => !away.has(n))];
    const cut = act("partition", () => ({ kind: "partition", groups: groups() }));
    cut.disabled = !away.size || away.size === player.trace.nodes.length;
    const heal = act("heal", () => ({ kind: "heal" }));
    heal.disabled = !isCut;
    return [cut, heal];
  }
  function messageActions(m) {
    const { nodes } = player.trace;
    const fault = (kind, more = {}) => ({ kind, node: nodes[m.from], other: nodes[m.to], number: m.place, ...more });
    const by = html("select", { "data-action": "delay", "aria-label": words.do_delay },
      ...DELAYS_S.map((s) => html("option", { value: s }, `${player.ctx.number(s, 2)}\u00a0${words.time_unit}`)));
    by.value = String(DELAYS_S.find((s) => s > 3 * player.trace.latency) ?? DELAYS_S.at(-1));
    return [act("drop", () => fault("drop")), act("duplicate", () => fault("duplicate")), act("delay", () => fault("delay", { by_s: Number(by.value) })), by];
  }
  function rebuildApart() {
    apart.replaceChildren(words.apart, ...player.trace.nodes.map((name) => {
      const box = html("input", { type: "checkbox", "data-apart": name });
      box.checked = away.has(name);
      box.addEventListener("change", () => { away[box.checked ? "add" : "delete"](name); shownKey = null; player.refresh(); });
      return html("label", {}, box, name);
    }));
  }
  // The messages that can be chosen without pointing at one: those under way, and the one that was pointed at.
  function offered(chosen) {
    const flying = inFlight(player.trace, player.index).filter((m) => m.from !== m.to).slice(0, MESSAGES_OFFERED_MAX);
    return chosen && !flying.some((m) => m.number === chosen.number) ? [chosen, ...flying] : flying;
  }
  function rebuildTarget(chosen) {
    const { nodes, texts } = player.trace;
    const options = nodes.map((name, i) => [String(i), fill(words.to_node, { node: name })]);
    options.push(["network", words.to_network]);
    for (const m of offered(chosen)) {
      options.push([`message ${m.number}`, fill(words.to_message, { name: texts[m.name], source: nodes[m.from], target: nodes[m.to] })]);
    }
    target.replaceChildren(...options.map(([value, text]) => html("option", { value }, text)));
    target.value = player.target === "message" ? `message ${chosen.number}` : player.target;
  }
  function show() {
    if (!spec.editable) return;
    setText(lead, fill(words.fault_at, { t: player.ctx.number(player.mode === "rows" ? player.trace.at[player.index] ?? 0 : player.pos, 3, true) }));
    if (player.runner?.playing && shownKey !== null) return;
    const m = player.message;
    if (player.target === "message" && !m) player.target = "0";
    const { trace, index } = player;
    const status = trace.nodes[player.target] ? statusAt(trace, Number(player.target), index) : "";
    const isCut = cutsAt(trace, index).length > 0;
    const flies = m !== null && m.send <= index && (m.end < 0 || m.end > index);
    const key = [trace.id, player.target, status, isCut, m?.number, flies, ...offered(m).map((one) => one.number)].join(" ");
    if (key === shownKey) return;
    shownKey = key;
    rebuildTarget(m);
    apart.hidden = player.target !== "network";
    if (player.target === "network") rebuildApart();
    const found = player.target === "network" ? networkActions(isCut) : player.target === "message" ? messageActions(m) : nodeActions(trace.nodes[player.target], status);
    if (player.target === "message" && !flies) for (const one of found) one.disabled = true;
    actions.replaceChildren(...found);
  }
  function draw() {
    shownKey = null;
    const { faults } = panel.params;
    const chips = (faults ?? []).map((fault, i) => {
      const text = faultText(player, fault);
      const go = button(text, () => player.seekPos(player.mode === "rows" ? indexAt(player.trace, fault.at_s) : fault.at_s), { class: "fl-link" });
      const remove = button("×", () => panel.set("faults", panel.params.faults.filter((_, k) => k !== i)),
        { "data-remove": i, title: fill(words.remove, { fault: text }), "aria-label": fill(words.remove, { fault: text }) });
      return html("li", {}, go, remove);
    });
    list.replaceChildren(...(chips.length ? chips : [html("li", { class: "fl-pl-none" }, words.none_yet)]));
  }
  return { node, draw, show };
}

function faultText(player, fault) {
  const { words, ctx } = player;
  const key = fault.kind === "restart" && fault.disk === false ? "f_restart_empty" : `f_${fault.kind}`;
  const text = fill(words[key] ?? String(fault.kind), {
    node: fault.node ?? "", other: fault.other ?? "", number: fault.number ?? "", by: ctx.number(fault.by_s ?? 0, 3), rate: ctx.number(fault.rate ?? 1, 3),
    groups: (fault.groups ?? []).map((g) => g.join(" ")).join(" | "),
  });
  return fill(words.f_at, { t: ctx.number(fault.at_s, 3), fault: text });
}

// ------------------------------------------------------------------------------------------------ states

function makeStates(player) {
  const { words } = player;
  const table = html("table", { class: "fl-pl-table" });
  const full = html("p", { class: "fl-pl-full", "aria-live": "polite" }, "\u00a0");
  const frame = html("div", { class: "fl-pl-table-frame" }, table);
  const node = titled(words.states, frame, "states");
  node.append(full);
  let cells = new Map();
  let order = [];
  let form = "";
  let seen = "";

  function draw() {
    const { trace, spec } = player;
    const wanted = [...new Set([...spec.fields, ...trace.fields.filter((_, f) => f === trace.roleField), ...trace.fields])];
    order = wanted.map((name) => trace.fields.indexOf(name)).filter((f) => f >= 0);
    const next = JSON.stringify([trace.nodes, order.map((f) => trace.fields[f]), trace.timer_event.length > 0]);
    if (next !== form) rebuild(trace);
    form = next;
    seen = "";
  }
  function rebuild(trace) {
    cells = new Map();
    const head = html("thead", {}, html("tr", {}, html("th", { scope: "col" }, words.field), ...trace.nodes.map((name) => html("th", { scope: "col" }, name))));
    const row = (key, title, note) => html("tr", {}, html("th", { scope: "row", title: note }, ...title), ...trace.nodes.map((_, who) => {
      const cell = html("td");
      cells.set(`${key} ${who}`, cell);
      return cell;
    }));
    const rows = order.map((f) => row(f, trace.onDisk[f] ? [trace.fields[f].slice(5), " ", html("span", { class: "fl-pl-disk" }, words.disk)] : [trace.fields[f]],
      trace.onDisk[f] ? words.on_disk : trace.fields[f]));
    if (trace.timer_event.length) rows.push(row("timers", [html("i", {}, words.timers)], words.timers));
    table.replaceChildren(html("caption", {}, words.states_after), head, html("tbody", {}, ...rows));
  }
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell?.flFull) setText(full, cell.flFull);
  });
  let told = false;

  function show() {
    const { trace, index, state, past } = player;
    if (past) setText(full, fill(words.past_count, { past: past.size, before: Math.max(0, index) }));
    const key = `${trace.id} ${index} ${past !== null}`;
    if (key === seen) return;
    seen = key;
    if (told && !past) setText(full, "\u00a0");
    told = past !== null;
    const changed = changesNow(trace, index);
    const width = trace.fields.length;
    trace.nodes.forEach((name, who) => {
      for (const f of order) {
        const text = trace.texts[state[who * width + f]] ?? "";
        showCell(cells.get(`${f} ${who}`), text, changed.has(`${who} ${f}`), () => beforeValue(trace, index, who, f), { node: name, field: trace.fields[f] });
      }
    });
    showTimers();
  }
  function showTimers() {
    const { trace, index, ctx } = player;
    if (!cells.has("timers 0")) return;
    timersAt(trace, index).forEach((timers, who) => {
      const text = [...timers].sort((a, b) => a[1] - b[1]).map(([name, due]) => fill(words.timer_at, { name, t: ctx.number(due, 3) })).join(", ");
      showCell(cells.get(`timers ${who}`), trace.untimed ? [...timers.keys()].join(", ") : text, false, null, { node: trace.nodes[who], field: words.timers });
    });
  }
  function showCell(cell, text, isNew, before, { node: name, field }) {
    const shown = (isNew ? "▸ " : "") + (text.length > 200 ? `${text.slice(0, 200)}…` : text);
    if (cell.flText === shown && cell.flNew === isNew && cell.flFullText === text) return;
    setText(cell, shown);
    cell.flNew = isNew;
    cell.flFullText = text;
    cell.classList.toggle("fl-pl-new", isNew);
    const was = isNew ? before() : null;
    cell.flFull = fill(words.full, { node: name, field, value: text || "–" });
    cell.title = isNew ? `${text}\n${was === null ? words.nothing_before : fill(words.was, { value: was })}` : text;
  }
  return { node, draw, show };
}

// What the handler of the event at the cursor changed, as "node field": the cursor may stand at a message that it sent.
function changesNow(trace, index) {
  const changed = new Set();
  for (let i = index; i >= 0 && trace.node[i] === trace.node[index] && trace.at[i] === trace.at[index]; i--) {
    for (let c = below(trace.change_event, i); trace.change_event[c] === i; c++) changed.add(`${trace.node[i]} ${trace.fieldOf.get(trace.change_field[c])}`);
    if (HANDLERS.has(trace.kind[i])) break;
  }
  return changed;
}

function beforeValue(trace, index, who, field) {
  let i = index;
  while (i >= 0 && !HANDLERS.has(trace.kind[i])) i--;
  const text = stateAt(trace, i - 1)[who * trace.fields.length + field];
  return text < 0 ? null : trace.texts[text];
}

// ------------------------------------------------------------------------------------------------ findings, legend, extras

const FINDING_SIGNS = { ok: "✓", violated: "⚠", open: "○" };

function makeFindings(player) {
  const { words } = player;
  const list = html("ul", { class: "fl-pl-findings" });
  const node = titled(words.findings, list, "findings-part");
  node.classList.add("fl-answer");
  function draw() {
    const { findings } = player.trace;
    node.hidden = !findings.length;
    list.replaceChildren(...findings.map((f) => {
      const text = html("span", {}, html("strong", {}, f.name), ` – ${words[`${f.kind}_${f.status}`] ?? f.status}${f.because ? `: ${f.because}` : ""}`);
      const sign = html("span", { class: `fl-pl-sign fl-pl-${f.status}`, "aria-hidden": "true" }, FINDING_SIGNS[f.status]);
      const go = button(sign, () => player.seek(f.event), { class: "fl-pl-finding", "data-finding": f.name });
      go.append(text);
      go.disabled = f.event < 0;
      return html("li", {}, go);
    }));
  }
  return { node, draw };
}

function makeLegend(player) {
  const { words, ctx } = player;
  const signs = [
    ["message", "M2 4L34 14"], ["reply", "M2 4L34 14", "fl-pl-reply"], ["lost", "M2 4L22 10", "fl-pl-lost", "M18 6l8 8m-8 0l8 -8"], ["copy", "M2 4L34 14", "fl-pl-copy"],
    ["timer", SHAPES.diamond(18, 9, 5), "fl-pl-timers"], ["note", SHAPES.box(18, 9, 3.5), "fl-pl-notes"], ["error", SHAPES.cross(18, 9, 6), "fl-pl-errors"],
  ];
  const items = signs.map(([name, d, style = "fl-pl-sent", cross = ""]) => legendItem(words[`sign_${name}`], (svg) => {
    mark(svg, "path", "sign", { d, class: style });
    if (name === "copy") mark(svg, "path", "core", { d, class: "fl-pl-copy-core" });
    mark(svg, "path", "cross", { d: cross, class: "fl-pl-cross" });
  }));
  for (const [name, status, role] of [["crashed", "crashed", ""], ["paused", "paused", ""], ["leader", "up", "leader"], ["candidate", "up", "candidate"]]) {
    items.push(legendItem(words[`sign_${name}`], (svg) => nodeSign(svg, ctx, { x: 18, y: 12, r: 7, status, role })));
  }
  items.push(legendItem(words.sign_partition, (svg) => mark(svg, "rect", "band", { x: 2, y: 3, width: 32, height: 16, fill: hatch(ctx, "cut", { gap: 7, angle: -45 }), class: "fl-pl-band" })));
  const node = html("details", { class: "fl-fold fl-pl-legend" }, html("summary", {}, words.legend), html("ul", {}, ...items), html("p", {}, words.keys));
  return { node };
}

function legendItem(text, drawSign) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { width: 36, height: 24, class: "fl-pl-sample", "aria-hidden": "true" });
  drawSign(svg);
  return html("li", {}, svg, text);
}

function makeExtra(player, extra) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { class: "fl-picture fl-pl-extra fl-answer" });
  const node = titled("", svg, "extra-part");
  node.classList.add("fl-answer");
  return {
    node,
    draw() {
      const width = Math.round(node.clientWidth) || player.panel.width;
      const title = extra.title?.(player.ctx) ?? "";
      const heading = node.querySelector("h5");
      setText(heading, title);
      heading.hidden = !title;
      const height = extra.height(width, player.ctx);
      setAttributes(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
      extra.draw(svg, player);
    },
    tick() { extra.tick?.(svg, player); },
  };
}

// ------------------------------------------------------------------------------------------------ for the shell

const picture = {
  width: (width) => (width >= WIDE_PX ? Math.round(width * 0.61) : width),
  height: (width) => (width >= WIDE_PX ? HEIGHT_PX.wide : HEIGHT_PX.narrow),
  build(panel) { panel.ctx.player = new TracePlayer(panel); },
  receive(view) {
    const trace = receiveTrace(view.trace);
    return trace && { ...view, trace };
  },
  have: (view) => view.trace?.id ?? null,
  restart(ctx) { ctx.player.home = true; },
  draw(view, ctx) { ctx.player.draw(); },
  close(panel) { panel.ctx.player.close(); },
};

// A trace on a page of its own: `data` is what a widget would hold. Nothing asks Python.
function mountPlayer(el, data) {
  const model = { get: (name) => data[name], set() {}, save_changes() {}, on() {}, off() {} };
  return mountPanel(model, el, picture);
}
