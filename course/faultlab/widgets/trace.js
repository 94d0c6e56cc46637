// A trace in the browser: decoded from the wire, patched, and asked for states, messages and causes. No drawing here; every
// function is pure, except that `receiveTrace` remembers the traces that it has seen.
//
// Events are columns: at[i], kind[i], node[i], other[i], number[i], detail[i] (a text), extra[i]. `node` and `other` are
// places in `names`: first the nodes, then the clients; -1 is nobody. The kinds are those of faultlab/sim/trace.py.

const KINDS = ["start", "send", "duplicate", "deliver", "lose", "timer", "request", "reply", "refuse", "give up", "crash", "error", "pause",
  "resume", "cut", "loss", "skew", "note", "end"];
const K = Object.fromEntries(KINDS.map((name, i) => [name, i]));
const AT_NODE = new Set(["start", "send", "deliver", "timer", "request", "reply", "refuse", "crash", "error", "pause", "resume",
  "skew", "note"].map((name) => K[name]));
const OF_CLIENTS = new Set(["request", "reply", "refuse", "give up"].map((name) => K[name]));
const HANDLERS = new Set(["start", "deliver", "timer", "request"].map((name) => K[name]));

const EVENT_COLUMNS = { at: Float64Array, kind: Uint8Array, node: Int8Array, other: Int8Array, number: Int32Array, detail: Int32Array, extra: Int32Array };
const CHANGE_COLUMNS = { change_event: Int32Array, change_field: Int32Array, change_value: Int32Array };
const TIMER_COLUMNS = { timer_event: Int32Array, timer_name: Int32Array, timer_due: Float64Array };
const CHECKPOINT_EVERY = 256;
const GONE = -1;

// ------------------------------------------------------------------------------------------------ from the wire

function unpack(text, Type) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Type(bytes.buffer);
}

function joined(before, after, kept) {
  const all = new after.constructor(kept + after.length);
  all.set(before.subarray(0, kept));
  all.set(after, kept);
  return all;
}

// The number of elements of a sorted column that are below `value`.
function below(column, value) {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The columns of a message of Python's `Wire`, put on top of the first `kept` events of `base` (null if it is a whole trace).
function decodeTrace(wire, base) {
  const trace = { id: wire.id, kept: wire.kept, nodes: wire.nodes, clients: wire.clients, names: [...wire.nodes, ...wire.clients],
    untimed: wire.untimed, end: wire.end_s, faults: wire.faults, findings: wire.findings };
  trace.texts = base ? base.texts.slice(0, wire.texts_kept).concat(wire.texts) : wire.texts;
  const take = (columns, kept) => {
    for (const [name, Type] of Object.entries(columns)) {
      const column = unpack(wire[name], Type);
      trace[name] = base ? joined(base[name], column, kept) : column;
    }
  };
  take(EVENT_COLUMNS, wire.kept);
  take(CHANGE_COLUMNS, base ? below(base.change_event, wire.kept) : 0);
  take(TIMER_COLUMNS, base ? below(base.timer_event, wire.kept) : 0);
  trace.n = trace.at.length;
  if (trace.untimed) trace.end = Math.max(trace.end, trace.n);
  return derive(trace);
}

// Traces by their ids: all views of a widget share this module, and a patch names the trace that it changes.
const knownTraces = new Map();
const KNOWN_MAX = 4;

function receiveTrace(wire) {
  if (!knownTraces.has(wire.id)) {
    const base = wire.base === null ? null : knownTraces.get(wire.base);
    if (base === undefined) return null;
    knownTraces.set(wire.id, decodeTrace(wire, base));
    if (knownTraces.size > KNOWN_MAX) knownTraces.delete(knownTraces.keys().next().value);
  }
  return knownTraces.get(wire.id);
}

// ------------------------------------------------------------------------------------------------ what follows from the events

// messages   [{ send, end, lost, copy, reply, from, to, name, detail, place }]: `end` is -1 while it flies, `place` its number on
//            its link; sorted by `send`;  messageOf: number of the message -> its object
// before     the event before it at its node;  origin: the sending of what it receives, or -1
// statuses   for each node [[first event, "up" | "crashed" | "paused"], ...];  roles: the same for its role
// cuts       [[first event, [[from, to], ...]], ...]
function derive(trace) {
  const { n, kind, node, other, number, detail, extra } = trace;
  trace.before = new Int32Array(n).fill(-1);
  trace.origin = new Int32Array(n).fill(-1);
  trace.messages = [];
  trace.messageOf = new Map();
  trace.statuses = trace.nodes.map(() => [[-1, "up"]]);
  trace.cuts = [];
  const last = new Int32Array(trace.names.length).fill(-1);
  const asked = new Int32Array(trace.names.length).fill(-1);
  const handler = new Int32Array(trace.names.length).fill(-1);
  const sentOn = new Map();
  const again = [];
  const status = (i, word) => trace.statuses[node[i]].push([i, word]);
  for (let i = 0; i < n; i++) {
    const k = kind[i];
    const who = node[i];
    if (AT_NODE.has(k)) trace.before[i] = last[who];
    if (HANDLERS.has(k)) handler[who] = i;
    if (k === K.send || k === K.duplicate) {
      const original = k === K.duplicate ? trace.messageOf.get(extra[i]) : null;
      const link = who * 256 + other[i];
      const place = original ? original.place : (sentOn.get(link) ?? 0) + 1;
      if (!original) sentOn.set(link, place);
      const cause = handler[who];
      const message = {
        number: number[i], send: i, end: -1, lost: false, copy: k === K.duplicate, from: who, to: other[i], place, why: -1,
        reply: original ? original.reply : cause >= 0 && kind[cause] === K.deliver && other[cause] === other[i],
        name: original ? original.name : extra[i], detail: original ? original.detail : detail[i],
      };
      if (original) trace.origin[i] = original.send;
      trace.messages.push(message);
      trace.messageOf.set(number[i], message);
    } else if (k === K.deliver || k === K.lose) {
      const message = trace.messageOf.get(number[i]);
      if (message) {
        trace.origin[i] = message.send;
        // A model checker may let a message arrive again and again: each time is a line of its own.
        const arrival = message.end < 0 ? message : { ...message, copy: true };
        if (arrival !== message) again.push(arrival);
        Object.assign(arrival, { end: i, lost: k === K.lose, why: k === K.lose ? detail[i] : -1 });
      }
    } else if (k === K.start || k === K.resume) status(i, "up");
    else if (k === K.crash) status(i, "crashed");
    else if (k === K.pause) status(i, "paused");
    else if (k === K.cut) trace.cuts.push([i, readPairs(trace.texts[detail[i]])]);
    if ((k === K.request || k === K["give up"]) && other[i] >= 0) trace.origin[i] = asked[other[i]];
    if (OF_CLIENTS.has(k) && other[i] >= 0) asked[other[i]] = i;
    if (AT_NODE.has(k)) last[who] = i;
  }
  if (again.length) trace.messages = [...trace.messages, ...again].sort((a, b) => a.send - b.send || a.end - b.end);
  deriveBlocks(trace);
  deriveStates(trace);
  return trace;
}

function readPairs(text) {
  try { return JSON.parse(text ?? "[]"); } catch { return []; }
}

// For each block of 128 messages the latest event of any of them: what is visible, or in flight, is found without a look at all.
const BLOCK = 128;

function deriveBlocks(trace) {
  trace.blockEnds = new Float64Array(Math.ceil(trace.messages.length / BLOCK));
  const took = [];
  trace.messages.forEach((m, i) => {
    const block = Math.floor(i / BLOCK);
    trace.blockEnds[block] = Math.max(trace.blockEnds[block], m.end < 0 ? Infinity : m.end);
    if (m.end >= 0 && !m.lost && took.length < 1000) took.push(trace.at[m.end] - trace.at[m.send]);
  });
  // What a message usually takes: the median of the first ones.
  trace.latency = took.sort((a, b) => a - b)[took.length >> 1] ?? 0;
}

// The messages that are on their way at some event from `first` to `last`, in the order of sending.
function messagesBetween(trace, first, last) {
  const found = [];
  for (let block = 0; block < trace.blockEnds.length; block++) {
    if (trace.messages[block * BLOCK].send > last) break;
    if (trace.blockEnds[block] < first) continue;
    for (const m of trace.messages.slice(block * BLOCK, (block + 1) * BLOCK)) {
      if (m.send <= last && (m.end < 0 || m.end >= first)) found.push(m);
    }
  }
  return found;
}

// The messages in flight after event `index`.
function inFlight(trace, index) {
  return messagesBetween(trace, index, index).filter((m) => m.send <= index && (m.end < 0 || m.end > index));
}

// ------------------------------------------------------------------------------------------------ states

// `fields`: the names of all fields, the disk's after those of memory. A state is an Int32Array with a text for each node and
// field (-1: not there): state[node * fields.length + field].
function deriveStates(trace) {
  const place = new Map();
  for (let c = 0; c < trace.change_field.length; c++) {
    const text = trace.change_field[c];
    if (!place.has(text)) place.set(text, place.size);
  }
  trace.fields = [...place.keys()].map((text) => trace.texts[text]);
  trace.onDisk = trace.fields.map((name) => name.startsWith("disk."));
  trace.fieldOf = place;
  trace.checkpoints = [];
  const state = new Int32Array(trace.nodes.length * trace.fields.length).fill(GONE);
  let change = 0;
  for (let i = 0; i < trace.n; i++) {
    if (i % CHECKPOINT_EVERY === 0) trace.checkpoints.push(state.slice());
    change = advance(trace, state, i, change);
  }
}

// Bring `state` from before event `i` to after it; `change` is the place of the first change that is not applied yet.
function advance(trace, state, i, change) {
  const width = trace.fields.length;
  const offset = trace.node[i] * width;
  if (trace.kind[i] === K.crash) {
    // Memory is lost, the disk stays.
    for (let f = 0; f < width; f++) if (!trace.onDisk[f]) state[offset + f] = GONE;
  }
  while (change < trace.change_event.length && trace.change_event[change] === i) {
    state[offset + trace.fieldOf.get(trace.change_field[change])] = trace.change_value[change];
    change++;
  }
  return change;
}

// The state of all nodes after event `index`; -1 is before anything.
function stateAt(trace, index) {
  if (index < 0) return new Int32Array(trace.nodes.length * trace.fields.length).fill(GONE);
  const block = Math.floor(index / CHECKPOINT_EVERY);
  const state = trace.checkpoints[block].slice();
  let change = below(trace.change_event, block * CHECKPOINT_EVERY);
  for (let i = block * CHECKPOINT_EVERY; i <= index; i++) change = advance(trace, state, i, change);
  return state;
}

// The timers that are set after event `index`: for each node a Map from name to due moment.
function timersAt(trace, index) {
  const set = trace.nodes.map(() => new Map());
  const starts = trace.statuses.map((changes) => changes.findLast(([i, word]) => i <= index && word === "crashed")?.[0] ?? -1);
  for (let t = below(trace.timer_event, index + 1) - 1, looked = 0; t >= 0 && looked < 400; t--, looked++) {
    const i = trace.timer_event[t];
    // A message that died as it was sent is an event of its receiver; the handler that went on was the sender's.
    const owner = trace.kind[i] === K.lose ? trace.other[i] : trace.node[i];
    const name = trace.timer_name[t];
    if (set[owner] && i > starts[owner] && !set[owner].has(name)) set[owner].set(name, trace.timer_due[t]);
  }
  const now = trace.at[Math.max(0, index)];
  return set.map((timers) => new Map([...timers].filter(([, due]) => due > now || (trace.untimed && !Number.isNaN(due)))
    .map(([name, due]) => [trace.texts[name], due])));
}

const statusAt = (trace, who, index) => trace.statuses[who].findLast(([i]) => i <= index)[1];
const cutsAt = (trace, index) => trace.cuts.findLast(([i]) => i <= index)?.[1] ?? [];

// Which texts mean that a node leads, asks to lead, or follows: by the usual words, in whatever field holds the role.
const ROLE_WORDS = { leader: "leader", primary: "leader", coordinator: "leader", master: "leader", candidate: "candidate", "pre-candidate": "candidate" };

function roleOf(text) {
  return ROLE_WORDS[String(text ?? "").replace(/^['"]|['"]$/g, "").toLowerCase()] ?? "follower";
}

function roleField(trace, names) {
  const found = names.map((name) => trace.fields.indexOf(name)).find((f) => f >= 0);
  return found ?? -1;
}

function roleAt(trace, state, who, field) {
  return field < 0 ? "follower" : roleOf(trace.texts[state[who * trace.fields.length + field]]);
}

// For each node [[first event, role], ...].
function rolesOf(trace, names) {
  const field = roleField(trace, names);
  const roles = trace.nodes.map(() => [[-1, "follower"]]);
  if (field < 0) return roles;
  trace.change_event.forEach((i, c) => {
    if (trace.fieldOf.get(trace.change_field[c]) !== field) return;
    roles[trace.node[i]].push([i, roleOf(trace.texts[trace.change_value[c]])]);
  });
  return roles;
}

// ------------------------------------------------------------------------------------------------ causes

// All events that happened before event `index` (Lamport 1978), without itself.
function causalPast(trace, index) {
  const past = new Set();
  const open = [index];
  while (open.length) {
    const i = open.pop();
    for (const cause of [trace.before[i], trace.origin[i]]) {
      if (cause >= 0 && !past.has(cause)) {
        past.add(cause);
        open.push(cause);
      }
    }
  }
  return past;
}

// ------------------------------------------------------------------------------------------------ cursor

// The index of the last event at or before a moment, -1 if there is none.
const indexAt = (trace, moment) => below(trace.at, moment + 1e-9 * Math.max(1, moment)) - 1;

// A moment after event `index` and before whatever happens later: a fault there changes nothing of the past.
function momentAfter(trace, index, moment) {
  const now = Math.max(moment, index >= 0 ? trace.at[index] : 0);
  const next = below(trace.at, now) < trace.n ? trace.at.subarray(below(trace.at, now)).find((t) => t > now) ?? Infinity : Infinity;
  const taken = trace.at[below(trace.at, now)] === now;
  return taken ? now + Math.min(1e-6, (next - now) / 2) : now;
}

const GROUPS = {
  all: () => true,
  messages: (t, i) => t.kind[i] === K.send || t.kind[i] === K.deliver || t.kind[i] === K.lose || t.kind[i] === K.duplicate,
  losses: (t, i) => t.kind[i] === K.lose,
  faults: (t, i) => [K.crash, K.pause, K.resume, K.cut, K.loss, K.skew, K.error].includes(t.kind[i]) || (t.kind[i] === K.start && t.at[i] > 0),
  timers: (t, i) => t.kind[i] === K.timer,
  notes: (t, i) => t.kind[i] === K.note,
  clients: (t, i) => OF_CLIENTS.has(t.kind[i]),
  changes: (t, i) => t.change_event[below(t.change_event, i)] === i,
};

// The next event of a group after `index` (or before it), or null.
function nextOf(trace, group, index, direction) {
  for (let i = index + direction; i >= 0 && i < trace.n; i += direction) if (GROUPS[group](trace, i)) return i;
  return null;
}

// ------------------------------------------------------------------------------------------------ in words

// "A B | C D E": the groups of nodes between which messages pass in at least one direction.
function groupsOf(trace, pairs) {
  const cut = new Set(pairs.map(([a, b]) => `${a}\n${b}`));
  const open = (a, b) => !cut.has(`${a}\n${b}`) || !cut.has(`${b}\n${a}`);
  const left = [...trace.nodes];
  const groups = [];
  while (left.length) {
    const group = [left.shift()];
    for (const member of group) {
      for (const other of left.filter((name) => open(member, name))) group.push(...left.splice(left.indexOf(other), 1));
    }
    groups.push(group);
  }
  const split = groups.map((group) => group.join(" ")).join(" | ");
  return groups.length > 1 ? split : pairs.map(([a, b]) => `${a} → ${b}`).join(", ");
}

function whyLost(trace, i, words) {
  const why = trace.texts[trace.detail[i]] ?? "";
  const who = trace.names[trace.node[i]] ?? "";
  const known = { "lost by chance": words.why_chance, "the link is cut": words.why_cut, "dropped by hand": words.why_hand };
  if (why === `${who} is down`) return fill(words.why_down, { node: who });
  if (why === `${who} crashed`) return fill(words.why_crashed, { node: who });
  return known[why] ?? why;
}

// One event as a sentence.
function eventText(trace, i, words) {
  const kind = KINDS[trace.kind[i]];
  let detail = trace.texts[trace.detail[i]] ?? "";
  const values = { node: trace.names[trace.node[i]] ?? "", other: trace.names[trace.other[i]] ?? "" };
  let key = kind.replace(" ", "_");
  if (kind === "duplicate" || kind === "deliver" || kind === "lose") {
    const message = trace.messageOf.get(trace.number[i]);
    if (kind === "lose") values.why = whyLost(trace, i, words);
    detail = message ? trace.texts[message.detail] ?? "" : "";
    if (kind === "lose" && !message) key = "lose_unknown";
  } else if (kind === "start") key = { again: "start_again", "without its disk": "start_without" }[detail] ?? "start";
  else if (kind === "crash" && detail === "error") key = "crash_error";
  else if (kind === "cut") {
    const pairs = readPairs(detail);
    if (!pairs.length) key = "heal";
    values.groups = groupsOf(trace, pairs);
  }
  return fill(words[key], { ...values, detail: detail.length > 160 ? `${detail.slice(0, 160)}…` : detail });
}
