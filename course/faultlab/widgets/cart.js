// The picture of the cart: the screens of phone and tablet side by side, and below them what was done and what was sent.

const SCREEN = { gap: 24, head: 44, row: 38, pad: 12 };
const SEQUENCE = { row: 26, line: 26 };

// What the browser alone decides: the item whose quantity is being set, on which device.
const choosing = (ctx) => (ctx.svg.flChoosing ??= { device: null, item: null, from: null });

function choose(ctx, device, item) {
  const now = choosing(ctx);
  const again = now.device === device && now.item === item;
  Object.assign(now, again ? { device: null, item: null } : { device, item, from: document.activeElement });
  picture.draw(ctx.view, ctx);
}

function act(ctx, step) {
  Object.assign(choosing(ctx), { device: null, item: null });
  ctx.set("steps", [...ctx.params.steps, step]);
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const top = how * 17 + 50;
  const screen = (width - SCREEN.gap) / 2;
  const rows = view.devices[0].rows.length;
  const body = top + SCREEN.head;
  const setting = body + rows * SCREEN.row + 12;
  const asking = setting + 62;
  const footer = asking + 84;
  const bottom = footer + 66;
  const title = bottom + 34;
  const lines = title + 18;
  const end = lines + view.steps.length * SEQUENCE.row + 14;
  const server = view.server ? inLines(ctx.say(ctx.words.server, { listed: view.server }), width * 0.5, 600).length : 1;
  return { width, how, top, screen, body, setting, asking, footer, bottom, title, lines, end, height: end + 12 + server * 17 };
}

const screenX = (frame, i) => i * (frame.screen + SCREEN.gap);

// ---- what is pressed

function chip(parent, key, text, { x, y, width = null, height = 26, label = text, act: pressed, enabled = true, on = null, tone = "" }) {
  const g = mark(parent, "g", key, { transform: `translate(${round(x)} ${round(y)})` });
  const wide = width ?? Math.ceil(widthOf(text, 600)) + 16;
  mark(g, "rect", "box", { x: 0, y: 0, width: round(wide), height, rx: 7 });
  mark(g, "text", "word", { x: round(wide / 2), y: height / 2 + 4.5, "text-anchor": "middle", class: on ? "fl-strong" : null }, text);
  g.flClass = `fl-cart-chip ${tone} ${on ? "fl-cart-on" : ""}`;
  makePressable(g, "fl-cart-press", label, pressed, { pressed: on, disabled: !enabled });
  return x + wide + 5;
}

// ---- the row of buttons above

function drawActions(view, ctx, frame) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "actions");
  paragraph(group, "how", words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  const y = frame.how * 17 + 8;
  const { steps } = ctx.params;
  const x = chip(group, "undo", `↶ ${words.undo}`, { x: 0, y, label: words.undo, act: () => ctx.set("steps", ctx.params.steps.slice(0, -1)), enabled: steps.length > 0 });
  chip(group, "clear", words.clear, { x, y, act: () => ctx.set("steps", []), enabled: steps.length > 0 });
  mark(group, "text", "steps", { x: frame.width, y: y + 17, "text-anchor": "end", class: "fl-strong" }, ctx.say(words.steps, { n: view.steps.length, all: view.max }));
}

// ---- one screen

function drawScreen(g, device, i, { view, ctx, frame }) {
  const x = screenX(frame, i);
  setAttributes(g, { transform: `translate(${round(x)} 0)` });
  const height = frame.bottom - frame.top;
  const look = device.online ? "" : "fl-cart-cut";
  mark(g, "rect", "case", { x: 0, y: frame.top, width: round(frame.screen), height, rx: i ? 14 : 22, class: `fl-cart-case ${look}` });
  mark(g, "text", "name", { x: SCREEN.pad + 4, y: frame.top + 28, class: "fl-big" }, device.title);
  drawSwitch(g, device, { view, ctx, frame });
  const answer = mark(g, "g", "answer", { class: "fl-answer" });
  marks(answer, "rows", device.rows, (row) => row.item, (one, row, k) => drawRow(one, row, k, { device, view, ctx, frame }));
  drawSetting(answer, device, { view, ctx, frame });
  drawQuestion(answer, device, { view, ctx, frame });
  drawUnsent(g, device, { ctx, frame });
}

function drawSwitch(g, device, { view, ctx, frame }) {
  const { words } = ctx;
  const text = device.online ? `● ${words.online}` : `✕ ${words.offline}`;
  const width = Math.ceil(Math.max(widthOf(`● ${words.online}`, 600), widthOf(`✕ ${words.offline}`, 600))) + 18;
  const label = ctx.say(device.online ? words.go_offline : words.go_online, { at: device.title });
  chip(g, "switch", text, {
    x: frame.screen - SCREEN.pad - width, y: frame.top + 9, width, label, on: device.online, enabled: !view.full,
    act: () => act(ctx, { do: device.online ? "offline" : "online", at: device.name }),
  });
}

function drawRow(g, row, k, { device, view, ctx, frame }) {
  const { words } = ctx;
  const y = frame.body + k * SCREEN.row;
  const right = frame.screen - SCREEN.pad;
  const names = { at: device.title, item: row.title, n: row.quantity };
  const asked = device.questions.some((one) => one.item === row.item);
  const there = row.quantity > 0;
  mark(g, "line", "line", { x1: SCREEN.pad, x2: round(right), y1: y, y2: y, class: "fl-cart-rule" });
  mark(g, "text", "item", { x: SCREEN.pad + 4, y: y + 24, class: there ? "fl-strong" : "fl-soft" }, `${row.title}${asked ? " ?" : ""}`);
  const step = (doing) => () => act(ctx, { do: doing, at: device.name, item: row.item, quantity: 1 });
  const button = (key, text, back, doing, enabled) =>
    chip(g, key, text, { x: right - back, y: y + 6, width: 28, label: ctx.say(words[key], names), act: step(doing), enabled: enabled && !view.full });
  button("fewer", "−", 142, "fewer", there);
  const now = choosing(ctx);
  chip(g, "choose", `${row.quantity}${asked ? "?" : ""}`, {
    x: right - 109, y: y + 6, width: 40, label: ctx.say(words.choose, names), on: now.device === device.name && now.item === row.item,
    tone: asked ? "fl-cart-asked" : "fl-cart-quantity", act: () => choose(ctx, device.name, row.item), enabled: !view.full,
  });
  button("more", "+", 64, "add", row.quantity < view.quantity_max);
  button("remove", "✕", 28, "remove", there);
}

// ---- the strip in which a quantity is set

function drawSetting(g, device, { view, ctx, frame }) {
  const now = choosing(ctx);
  const row = now.device === device.name ? device.rows.find((one) => one.item === now.item) : null;
  const y = frame.setting;
  mark(g, "text", "setting", { x: SCREEN.pad + 4, y: y + 12, class: row ? "fl-strong" : "fl-soft" }, row ? ctx.say(ctx.words.set_to, { item: row.title }) : ctx.words.set_hint);
  const width = Math.min(30, (frame.screen - 2 * SCREEN.pad - 9 * 3) / 10);
  const digits = row ? Array.from({ length: view.quantity_max + 1 }, (_v, n) => n) : [];
  marks(g, "digits", digits, (n) => n, (one, n) => chip(one, "digit", String(n), {
    x: SCREEN.pad + n * (width + 3), y: y + 20, width, label: ctx.say(ctx.words.set, { at: device.title, item: row.title, n }),
    act: () => {
      choosing(ctx).from?.focus();  // the digits go away, and with them the focus
      act(ctx, { do: "set", at: device.name, item: row.item, quantity: n });
    },
  }));
}

// ---- the screen that asks

function drawQuestion(g, device, { view, ctx, frame }) {
  const { words } = ctx;
  const one = device.questions[0];
  const y = frame.asking;
  const inner = frame.screen - 2 * SCREEN.pad;
  mark(g, "rect", "ask", { x: SCREEN.pad, y, width: round(inner), height: 74, rx: 8, class: one ? "fl-cart-ask" : "fl-cart-calm" });
  const said = one?.quantities.map(({ to, who }) => (who ? ctx.say(words.says, { n: to, who }) : String(to)));
  const text = one ? ctx.say(words.asks, { item: one.title, listed: said.join(` ${words.or} `) }) : words.no_question;
  const lines = inLines(text, inner - 16, one ? 600 : 400).slice(0, 2);
  marks(g, "asks", lines, (_line, i) => i, (t, line, i) => mark(t, "text", "line", { x: SCREEN.pad + 8, y: y + 18 + i * 16, class: one ? "fl-strong" : "fl-soft" }, line));
  const quantities = one ? [...one.quantities.map(({ to }) => to), ...(one.quantities.some(({ to }) => to === 0) ? [] : [0])] : [];
  marks(g, "settle", quantities, (n) => n, (chips, n, i) => chip(chips, "choice", n ? String(n) : "✕", {
    x: SCREEN.pad + 8 + i * 44, y: y + 41, width: 38, tone: "fl-cart-answer", enabled: !view.full,
    label: ctx.say(words.settle, { at: device.title, item: one.title, n }),
    act: () => act(ctx, n ? { do: "set", at: device.name, item: one.item, quantity: n } : { do: "remove", at: device.name, item: one.item, quantity: 1 }),
  }));
}

function drawUnsent(g, device, { ctx, frame }) {
  const { words } = ctx;
  const width = frame.screen - 2 * SCREEN.pad - 8;
  const some = device.unsent.length > 0;
  const text = some ? `◌ ${ctx.say(words.unsent, { listed: device.unsent.join(", ") })}` : `✓ ${words.all_sent}`;
  const all = inLines(text, width, some ? 600 : 400);
  const lines = all.length > 2 ? [all[0], fitting(all.slice(1).join(" "), width, 600)] : all;
  const y = frame.footer + 10;
  marks(g, "unsent", lines, (_line, i) => i, (t, line, i) => mark(t, "text", "line", { x: SCREEN.pad + 4, y: y + i * 17, class: some ? "fl-strong" : "fl-soft" }, line));
  mark(g, "text", "sent", { x: SCREEN.pad + 4, y: y + 38, class: "fl-soft" }, ctx.say(words.sent, { n: device.sent }));
}

// ---- what was done, and what was sent: time goes down

function drawSequence(view, ctx, frame) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "sequence");
  mark(group, "text", "title", { x: 0, y: frame.title, class: "fl-strong" }, words.happened);
  const x = { phone: SEQUENCE.line, server: frame.width / 2, tablet: frame.width - SEQUENCE.line };
  mark(group, "text", "server", { x: round(x.server), y: frame.lines - 1, "text-anchor": "middle", class: "fl-soft" }, view.server_title);
  const y = (i) => frame.lines + 6 + i * SEQUENCE.row;
  mark(group, "line", "mid", { x1: round(x.server), x2: round(x.server), y1: y(0), y2: frame.end - 8, class: "fl-cart-line" });
  drawLines(group, view, { x, y, frame });
  marks(group, "steps", view.steps, (_step, i) => i, (g, step, i) => {
    const phone = step.at === "phone";
    const at = x[step.at];
    const switched = step.do === "offline" || step.do === "online";
    mark(g, "text", "n", { x: phone ? 14 : frame.width - 14, y: y(i) + 16, "text-anchor": phone ? "end" : "start", class: "fl-soft" }, String(i + 1));
    mark(g, "path", "mark", { d: SHAPES[switched ? (step.do === "offline" ? "cross" : "diamond") : "dot"](at, y(i) + 12, 4.5), class: switched ? "fl-cart-switch" : "fl-cart-dot" });
    mark(g, "text", "label", { x: round(at + (phone ? 12 : -12)), y: y(i) + 10, "text-anchor": phone ? "start" : "end", class: switched ? "fl-soft" : "fl-strong" }, step.label);
    // The sender gets the server's state in return: one arrow with two heads.
    marks(g, "sent", step.messages.filter(([, to]) => to !== step.at), ([from, to]) => `${from} ${to}`, (one, [from, to]) => {
      const way = Math.sign(x[to] - x[from]);
      const down = y(i) + 15;
      mark(one, "line", "arrow", { x1: round(x[from] + way * 6), x2: round(x[to] - way * 6), y1: down, y2: down + 3, class: "fl-cart-arrow", "marker-end": arrowHead(ctx, "plain"), "marker-start": from === step.at ? arrowHead(ctx, "plain") : null });
    });
  });
  const answer = mark(group, "g", "answer", { class: "fl-answer" });
  const lines = inLines(ctx.say(words.server, { listed: view.server }), frame.width * 0.5, 600);
  marks(answer, "holds", lines, (_l, i) => i, (g, line, i) => mark(g, "text", "line", { x: round(x.server), y: frame.end + 8 + i * 17, "text-anchor": "middle", class: "fl-strong" }, line));
}

// A device's line is dashed as long as it is offline.
function drawLines(group, view, { x, y, frame }) {
  for (const name of ["phone", "tablet"]) {
    const pieces = { on: "", off: "" };
    let online = true;
    let from = y(0);
    const until = (to) => { pieces[online ? "on" : "off"] += `M${x[name]} ${from}V${to}`; from = to; };
    view.steps.forEach((step, i) => {
      if (step.at !== name || !(step.do === "offline" || step.do === "online")) return;
      until(y(i) + 12);
      online = step.do === "online";
    });
    until(frame.end - 8);
    mark(group, "path", `${name}-on`, { d: pieces.on, class: "fl-cart-line" });
    mark(group, "path", `${name}-off`, { d: pieces.off, class: "fl-cart-line fl-cart-alone" });
  }
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
    marks(ctx.svg, "screens", view.devices, (device) => device.name, (g, device, i) => drawScreen(g, device, i, { view, ctx, frame }));
    drawSequence(view, ctx, frame);
    view.devices.forEach((_device, i) => cover(ctx, {
      key: `cover${i}`, x: screenX(frame, i) + 6, y: frame.body, width: frame.screen - 12, height: frame.footer - frame.body - 6,
    }));
  },

  restart(ctx) {
    Object.assign(choosing(ctx), { device: null, item: null });
  },
};
