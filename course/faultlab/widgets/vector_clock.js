// Processes as lanes, events as marks on them, messages as arrows: the picture is edited here and judged in Python.

const LANES = { top: 74, pitch: 92, left: 30, mark: 11, legend: 40 };

// What the browser alone decides: what a click does, where a message begins, which labels are doubted, where the keys are.
function building(view, ctx) {
  const state = (ctx.svg.flBuild ??= { tool: null, from: null, doubted: new Set(), focus: null, hint: null });
  const tools = view.labelled ? ["mark", "look", "send", "remove"] : ["look", "send", "remove"];
  return { state, tools, tool: tools.includes(state.tool) ? state.tool : tools[0] };
}

function change(ctx, what) {
  Object.assign(ctx.svg.flBuild, { hint: null }, what);
  picture.draw(ctx.view, ctx);
}

const nameOf = (place) => `${place.p}${place.at}`;
const stands = (one, other) => Boolean(one && other) && one.p === other.p && one.at === other.at;
const eventAt = (list, place) => list.find((item) => stands(item, place));
const bare = ({ p, at }) => ({ p, at });

// ---- words and chips

const pressable = (node, label, act, options) => makePressable(node, "fl-clocks-press", label, act, options);

// ---- what a click does

function act(place, ctx) {
  const { state, tool } = building(ctx.view, ctx);
  const event = eventAt(ctx.params.events, place);
  state.focus = place;
  if (tool === "send") return sendAt(place, ctx);
  if (tool === "remove") return event ? removeEvent(place, ctx) : undefined;
  if (tool === "mark") return event?.row ? doubt(place, ctx) : undefined;
  if (!event) return addEvent(place, ctx);
  return compare(place, ctx);
}

function setEvents(events, ctx, { pair = null } = {}) {
  change(ctx, { from: null });
  if (pair) ctx.set("pair", pair);
  ctx.set("events", [...events].sort((a, b) => a.at - b.at || (a.p < b.p ? -1 : 1)));
}

const addEvent = (place, ctx) => setEvents([...ctx.params.events, bare(place)], ctx);

// The newest two that were clicked; a click on one of them swaps the two.
function compare(place, ctx) {
  const [one, two] = ctx.view.pair;
  const pair = stands(place, one) || stands(place, two) ? [two, one] : [two, bare(place)];
  change(ctx, { from: null });
  ctx.set("pair", pair);
  ctx.ask();
}

function doubt(place, ctx) {
  const { doubted } = ctx.svg.flBuild;
  if (!doubted.delete(nameOf(place))) doubted.add(nameOf(place));
  change(ctx, {});
}

function removeEvent(place, ctx) {
  if (ctx.view.events.length <= 2) return change(ctx, { hint: ctx.words.not_last });
  const events = ctx.params.events.filter((item) => !stands(item, place))
    .map((item) => { const { from, ...rest } = item; return stands(from, place) ? rest : item; });
  return setEvents(events, ctx);
}

function sendAt(place, ctx) {
  const { from } = ctx.svg.flBuild;
  if (!from) {
    const refused = cannotSend(place, ctx);
    return change(ctx, refused ? { hint: refused } : { from: bare(place) });
  }
  if (stands(from, place)) return change(ctx, { from: null });
  return message(from, place, ctx);
}

const receives = (events, place) => Boolean(eventAt(events, place)?.from);
const sends = (events, place) => events.some((item) => stands(item.from, place));
const cannotSend = (place, ctx) => (receives(ctx.params.events, place) ? ctx.words.not_from : null);

function message(from, to, ctx) {
  const { events } = ctx.params;
  const refused = cannotSend(from, ctx) ?? (from.p === to.p ? ctx.words.not_same : to.at <= from.at ? ctx.words.not_left
    : receives(events, to) || sends(events, to) ? ctx.words.not_twice : null);
  if (refused) return change(ctx, { hint: refused, from: null });
  const sender = eventAt(events, from) ? [] : [bare(from)];
  const arrival = { ...(eventAt(events, to) ?? bare(to)), from: bare(from) };
  return setEvents([...events.filter((item) => !stands(item, to)), ...sender, arrival], ctx);
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const step = (width - LANES.left - 8) / view.places;
  const tools = toolRows(view, ctx, width);
  const hints = Math.max(...hintsOf(view, ctx).map((text) => inLines(text, width).length));
  const top = LANES.top + (tools.rows - 1) * 32 + (hints - 1) * 17;
  const bottom = top + view.names.length * LANES.pitch - 34;
  const legend = legendOf(view, ctx, width);
  const height = bottom + LANES.legend + legend.rows * 22;
  return {
    width, step, top, tools, legend, bottom, height,
    x: (at) => LANES.left + (at + 0.5) * step,
    y: (p) => top + 40 + view.names.indexOf(p) * LANES.pitch,
  };
}

// Things in a row that go on in the next line where there is no room.
function inRows(items, width, gap) {
  let [x, row] = [0, 0];
  const places = items.map((one) => {
    if (x && x + one.width > width) [x, row] = [0, row + 1];
    const placed = { ...one, x, row };
    x += one.width + gap;
    return placed;
  });
  return { places, rows: row + 1 };
}

function toolRows(view, ctx, width) {
  const { tools } = building(view, ctx);
  const names = view.labelled ? [...tools, "erase"] : tools;
  return inRows(names.map((name) => ({ name, width: Math.ceil(widthOf(ctx.words[name], 600)) + 20 })), width, 6);
}

function hintsOf(view, ctx) {
  const { words } = ctx;
  const usual = [words.how_look, words.how_send, words.how_remove, words.not_from];
  return view.labelled ? [...usual, ctx.say(words.how_mark, { n: 0, all: view.events.length })] : usual;
}

function hintNow(view, ctx) {
  const { state, tool } = building(view, ctx);
  const { words } = ctx;
  if (state.hint) return state.hint;
  if (tool === "send") return state.from ? ctx.say(words.how_to, { name: placeName(state.from, view, ctx) }) : words.how_send;
  if (tool !== "mark") return words[`how_${tool}`];
  const labels = view.events.filter((event) => event.given);
  const marked = labels.filter((event) => state.doubted.has(nameOf(event)));
  if (!ctx.revealed) return ctx.say(words.how_mark, { n: marked.length, all: labels.length });
  const found = marked.filter((event) => event.wrong).length;
  const wrong = labels.filter((event) => event.wrong).length;
  return ctx.say(words.how_marked, { found, wrong, false: marked.length - found });
}

const placeName = (place, view, ctx) => eventAt(view.events, place)?.name ?? ctx.say(ctx.words.free, { process: place.p, n: place.at + 1 });

// ---- the tools

function drawTools(view, ctx, frame) {
  const { state, tools, tool } = building(view, ctx);
  const group = mark(ctx.svg, "g", "tools", { role: "group", "aria-label": ctx.words.tools });
  const choose = (name) => {
    if (name !== "erase") return change(ctx, { tool: name, from: null });
    state.doubted.clear();
    ctx.set("events", ctx.params.events.map(({ row, ...rest }) => rest));
    return ctx.ask();
  };
  marks(group, "chips", frame.tools.places, ({ name }) => name, (g, { name, x, row, width }) => {
    const chosen = name === tool;
    g.flClass = `fl-clocks-chip${chosen ? " fl-clocks-chosen" : ""}`;
    setAttributes(g, { transform: `translate(${x} ${row * 32})` });
    mark(g, "rect", "box", { x: 0, y: 0, width, height: 26, rx: 13 });
    mark(g, "text", "word", { x: width / 2, y: 17, "text-anchor": "middle", class: chosen ? "fl-strong" : null }, ctx.words[name]);
    pressable(g, ctx.words[name], () => choose(name), { pressed: tools.includes(name) ? chosen : null });
  });
  const lines = inLines(hintNow(view, ctx), frame.width);
  const hint = mark(ctx.svg, "g", "hint", { "aria-live": "polite" });
  const y = 48 + (frame.tools.rows - 1) * 32;
  const warned = state.hint ? "fl-strong" : "fl-soft";
  marks(hint, "lines", lines, (_line, i) => i, (g, one, i) => mark(g, "text", "line", { x: 2, y: y + i * 17, class: warned }, one));
}

// ---- lanes and messages

function drawLanes(view, ctx, frame) {
  marks(ctx.svg, "lanes", view.names.map((name) => name), (name) => name, (g, name) => {
    const y = frame.y(name);
    mark(g, "line", "life", { x1: LANES.left - 4, x2: frame.width - 8, y1: y, y2: y, class: "fl-clocks-life", "marker-end": arrowHead(ctx, "life") });
    mark(g, "text", "name", { x: 2, y: y + 5, class: "fl-big" }, name);
  });
}

// The steps and messages of the chain that joins the two chosen events.
function chainOf(view, ctx) {
  if (!ctx.revealed) return [];
  return view.chain.slice(1).map((to, i) => [view.chain[i], to]);
}

function drawMessages(view, ctx, frame) {
  const chain = chainOf(view, ctx);
  const inChain = (one, other) => chain.some(([a, b]) => stands(a, one) && stands(b, other));
  const group = mark(ctx.svg, "g", "messages");
  const own = chain.filter(([a, b]) => a.p === b.p);
  marks(group, "steps", own, ([a, b]) => `${nameOf(a)}${nameOf(b)}`, (g, [a, b]) =>
    mark(g, "path", "line", { d: line([[frame.x(a.at), frame.y(a.p)], [frame.x(b.at), frame.y(b.p)]]), class: "fl-clocks-chain" }));
  const arrivals = view.events.filter((event) => event.from);
  marks(group, "arrows", arrivals, nameOf, (g, event) => {
    const thick = inChain(event.from, event);
    mark(g, "path", "line", {
      d: between(event.from, event, frame), class: `fl-clocks-message${thick ? " fl-clocks-chain" : ""}`,
      "marker-end": arrowHead(ctx, thick ? "chain" : "plain"),
    });
  });
}

function between(from, to, frame) {
  const [a, b] = [from, to].map((place) => [frame.x(place.at), frame.y(place.p)]);
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
  const r = LANES.mark + 2;
  return line([[a[0] + ux * r, a[1] + uy * r], [b[0] - ux * (r + 2), b[1] - uy * (r + 2)]]);
}

// ---- events

// How an event stands to event 2, as a shape: pointing to it, away from it, or round.
const STANDING = {
  before: (r) => `M${-r} ${-r - 1}L${r + 2} 0L${-r} ${r + 1}z`,
  after: (r) => `M${r} ${-r - 1}L${-r - 2} 0L${r} ${r + 1}z`,
  concurrent: (r) => SHAPES.dot(0, 0, r - 1),
  equal: (r) => SHAPES.box(0, 0, r - 1),
};

function drawCells(view, ctx, frame) {
  const { state } = building(view, ctx);
  const cells = view.names.flatMap((p) => Array.from({ length: view.places }, (_unused, at) => ({ p, at })));
  const first = view.events[0];
  const current = cells.some((cell) => stands(cell, state.focus)) ? state.focus : first;
  const names = ctx.say(ctx.words.places, { names: view.names.join(", ") });
  const group = mark(ctx.svg, "g", "cells", { role: "group", "aria-label": names });
  marks(group, "all", cells, nameOf, (g, cell) => {
    const event = eventAt(view.events, cell);
    setAttributes(g, { transform: `translate(${round(frame.x(cell.at))} ${frame.y(cell.p)})` });
    g.flPlace = cell;
    g.flClass = `fl-clocks-cell fl-clocks-${event ? "event" : "free"}${stands(cell, state.from) ? " fl-clocks-from" : ""}`;
    mark(g, "rect", "target", { x: round(-frame.step / 2), y: -34, width: round(frame.step), height: 68, class: "fl-clocks-target" });
    drawEvent(g, event, view, ctx, frame);
    const keys = keysOf(cell, view, ctx);
    pressable(g, labelOf(cell, event, view, ctx), () => act(cell, ctx), { keys, tabindex: stands(cell, current) ? 0 : -1, pressed: pressedOf(event, view, ctx) });
  });
  listen(ctx, group);
}

function pressedOf(event, view, ctx) {
  if (!event) return null;
  const { state, tool } = building(view, ctx);
  return tool === "mark" ? state.doubted.has(nameOf(event)) : view.pair.some((place) => stands(place, event));
}

function keysOf(cell, view, ctx) {
  const go = (at, by) => () => {
    const p = view.names[clamp(view.names.indexOf(cell.p) + by, 0, view.names.length - 1)];
    const place = { p, at: clamp(at, 0, view.places - 1) };
    change(ctx, { focus: place });
    ctx.svg.flChildren.get("cells").flChildren.get("all").flChildren.get(nameOf(place)).focus();
  };
  return {
    ArrowRight: go(cell.at + 1, 0), ArrowLeft: go(cell.at - 1, 0), ArrowUp: go(cell.at, -1), ArrowDown: go(cell.at, 1),
    Home: go(0, 0), End: go(view.places - 1, 0),
    Delete: () => { if (eventAt(ctx.params.events, cell)) removeEvent(cell, ctx); },
  };
}

function labelOf(cell, event, view, ctx) {
  const { words } = ctx;
  if (!event) return ctx.say(words.free, { process: cell.p, n: cell.at + 1 });
  const { state } = building(view, ctx);
  const clock = view.clocks === "neither" && !event.given ? "" : textsOf(event, view, ctx).filter(Boolean).join(", ");
  const which = view.pair.findIndex((place) => stands(place, event));
  const parts = [ctx.say(words.event, { name: event.name, kind: words[`kind_${event.kind}`], clock }).replace(/, $/, "")];
  if (which >= 0) parts.push([words.is_one, words.is_two][which]);
  if (state.doubted.has(nameOf(event))) parts.push(words.marked);
  return parts.join(", ");
}

const rowText = (row, room) => {
  const usual = `[${row.join(",")}]`;
  return room === null || widthOf(usual, 600) <= room ? usual : row.join(row.some((n) => n > 9) ? "," : "");
};

// What stands above and below an event.
function textsOf(event, view, ctx, room = null) {
  const vector = event.given || view.clocks === "vector" || view.clocks === "both" || view.mine;
  const label = event.label === null ? ctx.words.stopped : rowText(event.label, room);
  const shown = view.mine && event.wrong && !event.given ? `✗ ${label}` : label;
  const lamport = !event.given && (view.clocks === "lamport" || view.clocks === "both");
  return [vector ? shown : "", lamport ? `L ${event.lamport}` : ""];
}

function drawEvent(g, event, view, ctx, frame) {
  const r = LANES.mark;
  const which = event ? view.pair.findIndex((place) => stands(place, event)) : -1;
  const shown = event && ctx.revealed ? event.to_focus : null;
  const focused = which === 1;
  mark(g, "path", "spot", { d: event ? "" : SHAPES.dot(0, 0, 2.5), class: "fl-clocks-spot" });
  mark(g, "path", "ring", { d: which >= 0 ? SHAPES.dot(0, 0, r + (shown ? 6 : 4)) : "", class: "fl-clocks-ring" });
  const shape = !event ? "" : shown ? STANDING[shown](r) : SHAPES.dot(0, 0, r - 1);
  mark(g, "path", "body", { d: shape, class: `fl-clocks-body fl-clocks-is-${focused ? "focus" : shown ?? "unknown"}` });
  mark(g, "text", "number", { y: 4.5, "text-anchor": "middle", class: `fl-strong fl-clocks-number-${focused ? "focus" : shown ?? "unknown"}` }, which >= 0 ? String(which + 1) : "");
  const [above, below] = event ? textsOf(event, view, ctx, frame.step - 24) : ["", ""];
  drawLabel(g, event, above, view, ctx, frame);
  const verdict = event ? correction(event, view, ctx, frame) : "";
  const under = verdict || below;
  const aside = event ? besideArrows(event, 1, under, view, frame) : 0;
  mark(g, "text", "below", { x: aside, y: 33, "text-anchor": "middle", class: `fl-clocks-halo${verdict ? " fl-strong" : " fl-soft"}` }, under);
}

// Arrows arrive from the left and leave to the right: a label goes to the other side, as far as its neighbours allow. `down`
// is 1 for what stands below an event, -1 for what stands above.
function besideArrows(event, down, text, view, frame) {
  const lane = (place) => view.names.indexOf(place.p);
  const towards = (other) => Math.sign(lane(other) - lane(event)) === down;
  const room = round(clamp((frame.step - widthOf(text, 600)) / 2 - 2, 0, 16));
  if (event.from && towards(event.from)) return room;
  return view.events.some((other) => stands(other.from, event) && towards(other)) ? -room : 0;
}

function drawLabel(into, event, text, view, ctx, frame) {
  const aside = event ? besideArrows(event, -1, text, view, frame) : 0;
  const g = mark(into, "g", "above", { transform: `translate(${aside} 0)` });
  const { state } = building(view, ctx);
  const doubted = Boolean(event?.given) && state.doubted.has(nameOf(event));
  const wrong = Boolean(event?.wrong) && (view.mine ? true : ctx.revealed);
  const width = widthOf(text, 600) + 6;
  mark(g, "rect", "frame", { x: round(-width / 2), y: -36, width: round(width), height: 17, rx: 3, class: "fl-clocks-doubt", display: doubted ? null : "none" });
  mark(g, "text", "label", { y: -23, "text-anchor": "middle", class: `fl-strong fl-clocks-halo${wrong ? " fl-clocks-wrong" : ""}` }, text);
  mark(g, "path", "strike", { d: wrong && text ? `M${round(3 - width / 2)} -27.5h${round(width - 6)}` : "", class: "fl-clocks-strike" });
}

// Below a label that was given: what is right, and whether the learner found it.
function correction(event, view, ctx, frame) {
  if (!event.given || !ctx.revealed) return "";
  const doubted = ctx.svg.flBuild.doubted.has(nameOf(event));
  if (event.wrong) return `${doubted ? "✓" : "✗"} ${rowText(event.row, frame.step - 38)}`;
  return doubted ? "✗" : "";
}

// ---- a message is drawn with the pointer

function listen(ctx, group) {
  if (group.flListens) return;
  group.flListens = true;
  const { svg } = ctx;
  const cellOf = (node) => node?.closest?.(".fl-clocks-cell")?.flPlace ?? null;
  const under = (event) => cellOf(document.elementFromPoint(event.clientX, event.clientY));
  let from = null;
  const show = (d) => mark(svg, "path", "drawn", { d, class: "fl-clocks-drawn" });
  group.addEventListener("pointerdown", (event) => { from = cellOf(event.target); });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const frame = frameOf(ctx.view, ctx, ctx.width);
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const far = Math.hypot(x - frame.x(from.at), y - frame.y(from.p)) > 2 * LANES.mark;
    show(far ? line([[frame.x(from.at), frame.y(from.p)], [x, y]]) : "");
  });
  svg.addEventListener("pointerup", (event) => {
    const [start, to] = [from, under(event)];
    from = null;
    show("");
    if (start && to && !stands(start, to)) message(start, to, ctx);
  });
  for (const end of ["pointercancel", "pointerleave"]) svg.addEventListener(end, () => { from = null; show(""); });
}

// ---- below the lanes

function legendOf(view, ctx, width) {
  const items = ["before", "after", "concurrent", "chain"].map((name) => {
    const text = ctx.words[{ before: "past", after: "future" }[name] ?? name];
    return { name, text, width: Math.ceil(widthOf(text)) + 30 };
  });
  const legend = inRows(items, width, 16);
  return { ...legend, rows: legend.rows + (view.mine ? 1 : 0) };
}

function drawLegend(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "legend", { role: "group", "aria-label": ctx.words.legend, class: "fl-answer" });
  const top = frame.bottom + LANES.legend;
  marks(group, "items", frame.legend.places, ({ name }) => name, (g, { name, text, x, row }) => {
    setAttributes(g, { transform: `translate(${x + 11} ${top + row * 22})` });
    const chain = name === "chain";
    mark(g, "path", "shape", { d: chain ? "M-9 0h18" : STANDING[name](6), class: chain ? "fl-clocks-chain" : `fl-clocks-body fl-clocks-is-${name}` });
    mark(g, "text", "word", { x: 16, y: 4, class: "fl-soft" }, text);
  });
  const mine = view.mine ? `${view.mine.good ? "✓" : "✗"} ${view.mine.text}` : "";
  mark(group, "text", "mine", { x: 2, y: top + (frame.legend.rows - 1) * 22 + 4, class: "fl-strong" }, mine);
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    measureIn(ctx.svg);
    const frame = frameOf(view, ctx, ctx.width);
    drawTools(view, ctx, frame);
    drawLanes(view, ctx, frame);
    drawMessages(view, ctx, frame);
    drawCells(view, ctx, frame);
    drawLegend(view, ctx, frame);
  },

  restart(ctx) { ctx.svg.flBuild = undefined; },
};
