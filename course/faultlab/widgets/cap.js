// The CAP panel beside the trace player: the nodes in a line with the cut between them, writes and reads by hand, the clients' history
// in lanes with the cut across them, and what the checker says up to the cursor. All of it follows the player's one cursor.

const CAP = { bar: 22, row: 30, lane: 8, track: 26, axis: 38, right: 16, handle: 6.5, least: 0.05 };
const USUAL_SPEED = 3;  // of the player's: a run is short, but its messages are quick, so that its own would be slow

const nowOf = (player) => (player.mode === "rows" ? player.trace.at[Math.max(0, player.index)] ?? 0 : player.pos);
const lastUpTo = (items, index) => items.findLast(([event]) => event <= index);
const seconds = (player, t) => player.ctx.number(t, 2, true);
// What may be seen before the prediction, in seconds.
const hiddenFrom = (player) => (player.ctx.revealed ? Infinity : player.spec.hide_after_s);
const posAt = (player, t) => (player.mode === "rows" ? indexAt(player.trace, t) : t);

// ------------------------------------------------------------------------------------------------ nodes and sides at the cursor

function heldNow(player, who) {
  return lastUpTo(player.cap.held[who], player.index)?.slice(2) ?? ["∅", ""];
}

const pairsNow = (player) => new Set(cutsAt(player.trace, player.index).map(([a, b]) => `${a} ${b}`));

// For each node "whole", "with" or "without": whether it reaches a majority, itself counted.
function sidesNow(player) {
  const { nodes } = player.trace;
  const cut = pairsNow(player);
  if (!cut.size) return nodes.map(() => "whole");
  const meet = (a, b) => !cut.has(`${a} ${b}`) && !cut.has(`${b} ${a}`);
  return nodes.map((name) => {
    const group = [name];
    for (const one of group) group.push(...nodes.filter((other) => !group.includes(other) && meet(one, other)));
    return 2 * group.length > nodes.length ? "with" : "without";
  });
}

// After how many nodes of the line the network is cut, if it is cut there and nowhere else.
function placeOfCut(player) {
  const { nodes } = player.trace;
  const cut = pairsNow(player);
  for (let k = 1; k < nodes.length; k++) {
    const across = nodes.slice(0, k).every((a) => nodes.slice(k).every((b) => cut.has(`${a} ${b}`) && cut.has(`${b} ${a}`)));
    if (across && cut.size === 2 * k * (nodes.length - k)) return k;
  }
  return 0;
}

const groupsAfter = (player, k) => [player.trace.nodes.slice(0, k), player.trace.nodes.slice(k)];
const isOfCut = (fault) => fault.kind === "partition" || fault.kind === "heal";

// A fault of the cut at the cursor; where there is one at this very moment, it is that one which changes.
function cutNow(player, change) {
  const { panel } = player;
  const { faults } = panel.params;
  const now = nowOf(player);
  const here = faults.findIndex((f) => isOfCut(f) && Math.abs(f.at_s - now) < 1e-9);
  const at_s = here >= 0 ? faults[here].at_s : momentAfter(player.trace, player.index, now);
  player.runner.pause();
  player.forkAt = at_s;
  panel.set("faults", here >= 0 ? faults.with(here, { at_s, ...change }) : [...faults, { at_s, ...change }]);
}

// ------------------------------------------------------------------------------------------------ the line of nodes

function makeLine(player) {
  const { ctx, panel } = player;
  const { words } = ctx;
  const moment = html("span", { class: "fl-cap-moment" });
  const row = html("div", { class: "fl-cap-line" });
  const node = titled(words.line, row, "cap-line-part");
  node.firstChild.append(moment);
  let cards = [];
  let gaps = [];
  let form = "";
  function add(name, kind) {
    const ops = panel.params.ops;
    const at_s = momentAfter(player.trace, player.index, nowOf(player));
    player.runner.pause();
    player.forkAt = at_s;
    panel.set("ops", [...ops, kind === "read" ? { at_s, node: name, do: kind } : { at_s, node: name, do: kind, value: nextValue(ops) }]);
  }
  function rebuild() {
    const { nodes } = player.trace;
    cards = nodes.map((name) => makeCard(name, add));
    gaps = nodes.slice(1).map((_, i) => makeGap(player, i + 1));
    row.replaceChildren(...nodes.flatMap((_, i) => (i ? [gaps[i - 1].node, cards[i].node] : [cards[i].node])));
  }
  function draw() {
    const wanted = player.trace.nodes.join(" ");
    if (wanted !== form) rebuild();
    form = wanted;
  }
  function show() {
    const t = seconds(player, nowOf(player));
    setText(moment, fill(words.so_far, { t }));
    const side = sidesNow(player);
    const full = panel.params.ops.length >= ctx.spec.words.ops_max;
    cards.forEach((card, who) => card.show(player, who, side[who], { t, full }));
    const place = placeOfCut(player);
    gaps.forEach((gap, i) => gap.show(place === i + 1));
  }
  return { node, draw, show };
}

const nextValue = (ops) => Math.max(0, ...ops.map((op) => op.value ?? 0)) + 1;

function makeCard(name, add) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { width: 34, height: 34, viewBox: "0 0 34 34", "aria-hidden": "true" });
  const side = html("p", { class: "fl-cap-side" });
  const value = html("span", { class: "fl-cap-value" });
  const tag = html("p", { class: "fl-cap-tag" });
  const write = button("", () => add(name, "write"), { "data-ask": `write ${name}` });
  const read = button("", () => add(name, "read"), { "data-ask": `read ${name}` });
  const node = html("div", { class: "fl-cap-node", role: "group", "aria-label": name },
    html("div", { class: "fl-cap-head" }, svg, html("strong", {}, name), value), side, tag, html("div", { class: "fl-cap-ask fl-answer" }, write, read));
  function show(player, who, where, { t, full }) {
    const { words } = player.ctx;
    const status = statusAt(player.trace, who, player.index);
    nodeSign(svg, Object.create(player.ctx, { svg: { value: svg } }), { x: 17, y: 17, r: 11, status, role: "" });
    const [held, stamp] = heldNow(player, who);
    const seen = player.view.cap.shows_values;
    setText(side, status === "up" ? words[where] : words[status]);
    setText(value, seen ? fill(words.holds, { value: held }) : "x = ?");
    setText(tag, !seen ? words.unknown : stamp ? fill(words.tag, { tag: stamp }) : words.no_tag);
    node.classList.toggle("fl-cap-without", where === "without");
    const next = nextValue(player.panel.params.ops);
    setText(write, fill(words.write, { value: next }));
    setText(read, words.read);
    write.disabled = read.disabled = full;
    setAttributes(write, { "aria-label": fill(words.write_at, { t, node: name, value: next }), title: fill(words.write_at, { t, node: name, value: next }) });
    setAttributes(read, { "aria-label": fill(words.read_at, { t, node: name }), title: fill(words.read_at, { t, node: name }) });
    const told = fill(words.state, { node: name, held: value.flText, side: side.flText });
    if (!player.runner?.playing) setAttributes(node, { "aria-label": told });
  }
  return { node, show };
}

// Between two neighbours: a link, or the cut across it.
function makeGap(player, k) {
  const { words } = player.ctx;
  const [a, b] = [player.trace.nodes[k - 1], player.trace.nodes[k]];
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { viewBox: "0 0 30 76", width: 30, height: 76, "aria-hidden": "true" });
  const node = button(svg, () => {
    if (placeOfCut(player) === k) cutNow(player, { kind: "heal" });
    else cutNow(player, { kind: "partition", groups: groupsAfter(player, k) });
  }, { class: "fl-cap-gap", "data-gap": k });
  function show(isHere) {
    const cut = pairsNow(player);
    const shut = cut.has(`${a} ${b}`) || cut.has(`${b} ${a}`);
    mark(svg, "path", "link", { d: shut ? "M0 38h8M22 38h8" : "M0 38h30", class: "fl-cap-link" });
    mark(svg, "path", "cut", { d: shut ? "M15 2l-5 12l10 12l-10 12l10 12l-10 12l5 12" : "M15 8v60", class: shut ? "fl-cap-torn" : "fl-cap-whole" });
    const label = fill(isHere ? words.heal_here : words.cut_here, { a, b });
    setAttributes(node, { "aria-pressed": String(shut), "aria-label": label, title: label });
    node.disabled = !player.ctx.revealed;
  }
  return { node, show };
}

// ------------------------------------------------------------------------------------------------ where the bars stand

// Bars of one lane in rows, none over another, words inside, behind or before their bar.
function placeBars(bars, left, right) {
  const ends = [];
  for (const bar of bars) {
    const room = textWidth(bar.words);
    const inside = room + 10 <= bar.x2 - bar.x1;
    const behind = bar.x2 + 5 + room <= right;
    Object.assign(bar, { inside }, inside ? { at: bar.x1 + 6, anchor: "start" } : behind ? { at: bar.x2 + 5, anchor: "start" } : { at: bar.x1 - 5, anchor: "end" });
    const from = bar.anchor === "end" ? bar.at - room : bar.x1;
    const to = Math.max(bar.x2, bar.anchor === "start" ? bar.at + room : 0) + 8;
    let row = ends.findIndex((end) => from >= end);
    if (row < 0) row = ends.length;
    ends[row] = to;
    bar.row = row;
  }
  return Math.max(1, ends.length);
}

function barOf(op, player, x) {
  const { words } = player.ctx;
  const limit = hiddenFrom(player);
  const done = op.to_s !== null && op.to_s <= limit;
  const x1 = x(op.from_s);
  const x2 = Math.max(x1 + 5, x(done ? op.to_s : Math.min(player.view.cap.until_s, limit)));
  // What the run makes of a call is part of the answer, even where the call itself is not.
  const more = player.ctx.revealed ? [op.stale ? words.stale : "", op.lost ? words.lost_mark : ""].filter(Boolean).join(", ") : "";
  const told = done ? `${op.text}${more ? ` (${more})` : ""}` : op.asked;
  const blamed = op.blamed && player.ctx.revealed;
  return { op, x1, x2, done, blamed, words: `${blamed ? "⚠ " : ""}${told}`, status: done ? op.status : "open" };
}

function lanesOf(player, width) {
  const { trace, view, ctx } = player;
  const left = Math.ceil(Math.max(...trace.nodes.map((name) => textWidth(fill(ctx.words.client, { node: name }))))) + 12;
  const x = scale(0, view.cap.until_s, left, width - CAP.right);
  const limit = hiddenFrom(player);
  let y = CAP.track;
  const lanes = trace.nodes.map((name) => {
    const bars = view.cap.ops.filter((op) => op.node === name && op.from_s <= limit).map((op) => barOf(op, player, x));
    const rows = placeBars(bars, left, width - 4);
    const lane = { name, bars, top: y, bottom: y + rows * CAP.row + CAP.lane };
    y = lane.bottom;
    return lane;
  });
  return { left, x, lanes, top: CAP.track, bottom: y, width, height: y + CAP.axis };
}

// ------------------------------------------------------------------------------------------------ lanes

function makeLanes(player) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  const { words } = player.ctx;
  setAttributes(svg, { class: "fl-picture fl-cap-lanes", role: "group", "aria-label": words.lanes });
  // `hatch` puts its definition into the picture of the context.
  const ctx = Object.create(player.ctx, { svg: { value: svg } });
  const legend = html("ul", { class: "fl-cap-legend" }, ...SIGNS_OF_BARS.map((name) => legendItem(words[`sign_${name}`], (one) => drawSample(one, name))));
  const node = titled(words.lanes, svg, "cap-lanes-part");
  node.append(legend);
  let frame = null;
  // What is pressed or dragged here must not move the player as well.
  svg.addEventListener("keydown", (event) => {
    const { target } = event;
    if (target.matches("[role=slider]") || (target.matches("[role=button]") && (event.key === " " || event.key === "Enter"))) event.stopPropagation();
  });
  function draw() {
    const { width } = player.panel;
    frame = lanesOf(player, width);
    setAttributes(svg, { width, height: frame.height, viewBox: `0 0 ${width} ${frame.height}` });
    drawGround(svg, player, frame);
    drawCuts(svg, ctx, player, frame);
    drawBars(svg, player, frame);
    drawHandles(svg, player, frame);
  }
  function show() {
    const now = nowOf(player);
    const at = round(frame.x(Math.min(now, player.view.cap.until_s)));
    mark(svg, "line", "cursor", { x1: at, x2: at, y1: 2, y2: frame.bottom, class: "fl-pl-cursor" });
    mark(svg, "path", "pointer", { d: `M${at - 5} ${frame.bottom + 7}l5 -7l5 7z`, class: "fl-pl-pointer" });
    for (const g of frame.drawn ?? []) g.classList.toggle("fl-cap-later", (g.flDone ? g.flTo : g.flFrom) > now + 1e-9);
  }
  return { node, draw, show };
}

function drawGround(svg, player, frame) {
  const { words } = player.ctx;
  const { x, left, width } = frame;
  const ground = mark(svg, "rect", "ground", { x: left, y: 0, width: width - left, height: frame.bottom, class: "fl-cap-ground" });
  ground.onclick = (event) => player.seekPos(posAt(player, clamp(x.invert(event.clientX - svg.getBoundingClientRect().left), 0, player.view.cap.until_s)));
  marks(svg, "names", frame.lanes, (lane) => lane.name, (g, lane) => {
    mark(g, "text", "name", { x: 2, y: lane.top + CAP.bar / 2 + 6, class: "fl-strong" }, fill(words.client, { node: lane.name }));
    mark(g, "line", "line", { x1: 0, x2: width, y1: lane.bottom - 2, y2: lane.bottom - 2, class: "fl-cap-lane" });
  });
  axisX(svg, "axis", x, { y: frame.bottom + 2, label: words.time, format: (t) => player.ctx.number(t, 2) });
}

function drawCuts(svg, ctx, player, frame) {
  const limit = hiddenFrom(player);
  const shown = player.view.cap.cuts.filter((cut) => cut.from_s <= limit);
  const fillOf = hatch(ctx, "lanes-cut", { gap: 9, angle: -45 });
  marks(svg, "cuts", shown, (_cut, i) => i, (g, cut) => {
    const [x1, x2] = [frame.x(cut.from_s), frame.x(Math.min(cut.to_s, limit))];
    mark(g, "rect", "band", { x: round(x1), y: CAP.track - 4, width: round(Math.max(1, x2 - x1)), height: frame.bottom - CAP.track + 2, fill: fillOf, class: "fl-cap-band" });
    mark(g, "text", "groups", { x: round(x1 + 2), y: 15, class: "fl-strong" }, shortened(cut.text, Math.max(20, x2 - x1 - 4)) ?? "");
    const y = cut.after === null ? null : frame.lanes[cut.after - 1].bottom - 2;
    mark(g, "line", "torn", { x1: round(x1), x2: round(x2), y1: y ?? 0, y2: y ?? 0, class: "fl-cap-torn", display: y === null ? "none" : null });
  });
}

function drawBars(svg, player, frame) {
  const { words } = player.ctx;
  frame.drawn = [];
  const all = frame.lanes.flatMap((lane) => lane.bars.map((bar) => ({ ...bar, y: lane.top + bar.row * CAP.row })));
  marks(svg, "bars", all, ({ op }) => op.place, (g, bar) => {
    const { op, x1, x2, y, done } = bar;
    g.flClass = `fl-cap-bar fl-cap-${op.do} fl-cap-${bar.status}${bar.blamed ? " fl-cap-blamed" : ""}`;
    mark(g, "path", "body", { d: barPath(bar), class: "fl-cap-body" });
    const end = done && op.status === "refused";
    mark(g, "path", "end", { d: end ? SHAPES.cross(x2, y + CAP.bar / 2, 5) : "", class: "fl-cap-cross" });
    mark(g, "text", "words", { x: round(bar.at), y: y + CAP.bar / 2 + 4, "text-anchor": bar.anchor, class: [bar.blamed ? "fl-strong" : "", bar.inside ? "" : "fl-pl-halo"].filter(Boolean).join(" ") || null }, bar.words);
    const label = fill(words.op, { node: op.node, text: bar.words, word: done ? op.word : words.sign_open, a: seconds(player, op.from_s), b: done ? seconds(player, op.to_s) : "…" });
    mark(g, "title", "title", {}, label);
    makePressable(g, "fl-cap-press", label, () => player.seek(op.event));
    [g.flDone, g.flFrom, g.flTo] = [done, op.from_s, op.to_s];
    frame.drawn.push(g);
  });
}

// A box; one without an answer is open to the right.
function barPath({ x1, x2, y, status }) {
  const [a, b, h] = [round(x1), round(x2), CAP.bar];
  if (status !== "open" && status !== "down") return `M${a} ${y}H${b}V${y + h}H${a}z`;
  return `M${b} ${y}H${a}V${y + h}H${b}`;
}

const SIGNS_OF_BARS = ["answered", "refused", "open", "blamed"];
function drawSample(svg, name) {
  const g = mark(svg, "g", "bar", { class: `fl-cap-bar fl-cap-write fl-cap-${name === "blamed" ? "answered fl-cap-blamed" : name}` });
  mark(g, "path", "body", { d: name === "open" ? "M32 4H4V18H32" : "M4 4H30V18H4z", class: "fl-cap-body" });
  mark(g, "path", "end", { d: name === "refused" ? SHAPES.cross(30, 11, 5) : "", class: "fl-cap-cross" });
  mark(g, "text", "sign", { x: 17, y: 15, "text-anchor": "middle", class: "fl-strong" }, name === "blamed" ? "⚠" : "");
}

// ------------------------------------------------------------------------------------------------ the cut, moved in the lanes

// The next fault that moves or heals the cut which fault `index` begins, or -1.
function nextOfCut(faults, index) {
  const order = faults.map((f, i) => [f.at_s, i]).filter(([, i]) => isOfCut(faults[i])).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return order[order.findIndex(([, i]) => i === index) + 1]?.[1] ?? -1;
}

function drawHandles(svg, player, frame) {
  const { panel, ctx } = player;
  const { words } = ctx;
  const shown = ctx.revealed ? player.view.cap.cuts : [];
  const change = (index, what) => panel.set("faults", panel.params.faults.with(index, { ...panel.params.faults[index], ...what }));
  const round2 = (t) => Math.round(t * 100) / 100;
  marks(svg, "handles", shown, (_cut, i) => i, (g, cut, i) => {
    const y = cut.after === null ? CAP.track : frame.lanes[cut.after - 1].bottom - 2;
    const before = shown[i - 1]?.from_s ?? 0;
    const behind = shown[i + 1]?.to_s ?? player.view.cap.until_s;
    const handle = (key, value, min, max, label, set) => {
      const circle = mark(g, "circle", key, { cx: round(frame.x(value)), cy: y, r: CAP.handle });
      circle.flClass = "fl-cap-handle";
      draggable(circle, { label: fill(label, { text: cut.text }), value: round2(value), min, max, step: 0.05,
        text: `${seconds(player, value)} ${player.words.time_unit}`, at: (px) => frame.x.invert(px), set: (t) => set(round2(t)) });
      return circle;
    };
    handle("from", cut.from_s, before + (i ? CAP.least : 0), Math.max(before + CAP.least, cut.to_s - CAP.least), words.move_from, (at_s) => change(cut.begins, { at_s }));
    const mine = cut.ends === null || panel.params.faults[cut.ends]?.kind === "heal";
    const end = handle("to", cut.to_s, cut.from_s + CAP.least, behind, words.move_to, (at_s) => {
      const next = nextOfCut(panel.params.faults, cut.begins);
      if (next >= 0) change(next, { at_s });
      else panel.set("faults", [...panel.params.faults, { at_s, kind: "heal" }]);
    });
    setAttributes(end, { display: mine ? null : "none" });
    drawGrip(g, player, frame, cut, y, change);
  });
}

// The cut itself: it is dragged from one gap between two lanes to another.
function drawGrip(g, player, frame, cut, y, change) {
  const { nodes } = player.trace;
  const x = round((frame.x(cut.from_s) + frame.x(cut.to_s)) / 2);
  const grip = mark(g, "path", "grip", { d: `M${x - 14} ${y - 7}h28v14h-28z`, display: cut.after === null ? "none" : null });
  grip.flClass = "fl-cap-handle";
  mark(g, "path", "arrows", { d: `M${x - 4} ${y - 1}l4 -4l4 4M${x - 4} ${y + 1}l4 4l4 -4`, class: "fl-cap-arrows", display: cut.after === null ? "none" : null });
  if (cut.after === null) return;
  const nearest = (py) => frame.lanes.slice(0, -1).map((lane, i) => [Math.abs(lane.bottom - 2 - py), i + 1]).sort((a, b) => a[0] - b[0])[0][1];
  draggable(grip, { label: fill(player.ctx.words.move_line, { text: cut.text }), value: cut.after, min: 1, max: nodes.length - 1, step: 1,
    text: fill(player.ctx.words.line_value, { node: nodes[cut.after - 1] }), at: (_px, py) => nearest(py),
    set: (k) => change(cut.begins, { groups: groupsAfter(player, k) }) });
}

// ------------------------------------------------------------------------------------------------ what holds up to the cursor

function makeVerdict(player) {
  const { ctx } = player;
  const { words } = ctx;
  const row = () => {
    const sign = html("span", { class: "fl-pl-sign", "aria-hidden": "true" });
    const text = html("span");
    const go = button(sign, () => player.seekPos(posAt(player, player.view.cap.verdict.at_s)), { class: "fl-cap-finding" });
    go.append(text);
    return { sign, text, go, item: html("li", {}, go) };
  };
  const rows = ["linearizable", "available", "replicas"].map((name) => ({ name, ...row() }));
  const why = html("span", { class: "fl-cap-why" });
  for (const { name, go } of rows) go.dataset.verdict = name;
  const node = titled("", html("ul", { class: "fl-cap-findings" }, ...rows.map((r) => r.item)), "cap-verdict-part");
  node.firstChild.remove();
  rows[0].go.append(html("span", {}, rows[0].text, why));
  node.classList.add("fl-answer");
  function put(r, sign, text) {
    setText(r.sign, sign);
    r.sign.className = `fl-pl-sign fl-pl-${{ "✓": "ok", "⚠": "violated" }[sign] ?? "open"}`;
    setText(r.text, text);
  }
  function show() {
    const now = nowOf(player) + 1e-9;
    const { verdict } = player.view.cap;
    const broken = verdict.status === "violated" && verdict.at_s <= now;
    const later = verdict.status === "violated" && !broken ? ` ${fill(words.later, { t: seconds(player, verdict.at_s) })}` : "";
    if (verdict.status === "unknown") put(rows[0], "○", words.unknown_verdict);
    else put(rows[0], broken ? "⚠" : "✓", broken ? fill(words.violated, { t: seconds(player, verdict.at_s) }) : words.ok + later);
    rows[0].go.disabled = verdict.status !== "violated";
    setText(why, broken || (verdict.status === "ok" && now >= player.view.cap.until_s) ? `: ${verdict.reason}` : "");
    put(rows[1], ...availableNow(player, now));
    put(rows[2], ...replicasNow(player, now));
    rows[1].go.disabled = rows[2].go.disabled = true;
  }
  return { node, show };
}

function availableNow(player, now) {
  const { words } = player.ctx;
  const { ops, until_s } = player.view.cap;
  const asked = ops.filter((op) => op.from_s <= now && op.status !== "down");
  const refused = asked.filter((op) => op.status === "refused" && op.to_s <= now).length;
  const waiting = asked.filter((op) => op.to_s === null || op.to_s > now).length;
  const over = now >= until_s;
  const more = waiting ? fill(over ? words.never : words.waiting, { n: waiting }) : "";
  if (refused || (over && waiting)) return ["⚠", [fill(words.unavailable, { n: refused }), more].filter(Boolean).join("; ")];
  return [waiting ? "○" : "✓", [words.available, more].filter(Boolean).join("; ")];
}

function replicasNow(player, now) {
  const { words } = player.ctx;
  const { lost, shows_values } = player.view.cap;
  if (!shows_values) return ["○", words.unknown];
  const held = player.trace.nodes.map((name, who) => [name, heldNow(player, who)[0]]);
  const values = new Set(held.map(([, value]) => value));
  const gone = lost.at_s !== null && lost.at_s <= now ? `; ${fill(words.lost, { texts: lost.texts })}` : "";
  if (values.size === 1) return [gone ? "⚠" : "✓", fill(words.agree, { value: held[0][1] }) + gone];
  const groups = [...values].map((value) => `${held.filter(([, v]) => v === value).map(([name]) => name).join(" ")}: ${value}`);
  return ["○", fill(words.disagree, { values: groups.join("; ") })];
}

// ------------------------------------------------------------------------------------------------ the list of writes and reads

function makeAsks(player) {
  const { ctx, panel } = player;
  const { words } = ctx;
  const list = html("ul", { class: "fl-pl-faults fl-cap-asks" });
  const node = html("div", { class: "fl-cap-asked", role: "group", "aria-label": words.asks }, html("span", { class: "fl-soft" }, words.asks), list);
  function draw() {
    const ops = panel.params.ops.map((op, i) => [op, i]).sort((a, b) => a[0].at_s - b[0].at_s);
    list.replaceChildren(...ops.map(([op, i]) => {
      const text = fill(op.do === "write" ? words.asked_write : words.asked_read, { t: seconds(player, op.at_s), node: op.node, value: op.value });
      const go = button(text, () => player.seekPos(posAt(player, op.at_s)), { class: "fl-link" });
      const remove = button("×", () => panel.set("ops", panel.params.ops.filter((_, k) => k !== i)),
        { "data-remove-ask": i, title: fill(words.remove, { fault: text }), "aria-label": fill(words.remove, { fault: text }) });
      return html("li", {}, go, remove);
    }));
  }
  return { node, draw };
}

// ------------------------------------------------------------------------------------------------ put beside the player

const plainPlayer = { build: picture.build };

picture.build = (panel) => {
  // How far the run may be played before the prediction depends on what is asked.
  Object.defineProperty(panel.spec.player, "hide_after_s", { get: () => panel.spec.words.hide_after_s[panel.asked?.name] ?? 0 });
  plainPlayer.build(panel);
  const { player } = panel.ctx;
  player.cap = { held: [] };
  player.speedAt = USUAL_SPEED;
  const prepare = {
    draw() { player.cap.held = player.trace.nodes.map((_, who) => player.view.cap.held.filter((one) => one[1] === who)); },
  };
  const parts = [makeLine, makeLanes, makeVerdict].map((make) => make(player));
  for (const part of parts.toReversed()) panel.stage.prepend(part.node);
  const asks = makeAsks(player);
  panel.stage.querySelector(".fl-pl-by-hand").append(asks.node);
  player.parts.push(prepare, ...parts, asks);
};
