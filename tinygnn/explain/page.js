"use strict";
// Reads the numbers of one run of a model and shows them; everything is drawn from `D`, nothing is fetched.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const CLASS_COLOURS = ["#b9dcf2", "#f6d59a", "#b7e4d2", "#efc4dc", "#f4efa0", "#d9d9d9", "#c9c2ee", "#f3b9a8"];
const state = { node: D.node, layer: D.layers.length - 1, passing: 0, entry: 0, gradients: false, weight: null };

// ---- small helpers ---------------------------------------------------------------------------------------

function make(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "circle", "rect", "text", "title", "defs", "marker"].includes(name);
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null) element.append(child);
  return element;
}

function fill(id, ...children) { $(id).replaceChildren(...children.flat().filter((child) => child !== null)); }

const number = (x) => typeof x === "string" ? ({ nan: NaN, inf: Infinity, "-inf": -Infinity })[x] : x;
const data = (v) => number(D.data[v]);
const grad = (v) => D.grad[v] === null ? null : number(D.grad[v]);
const label = (i) => D.names[i] ?? String(i);

// Six significant digits, as Python's %.6g writes them.
function shown(x) {
  if (x === null) return "–";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const exponent = Number(x.toExponential(5).split("e")[1]);
  if (exponent < -4 || exponent >= 6) {
    const [digits, power] = x.toExponential(5).split("e");
    const value = Math.abs(Number(power));
    return `${String(Number(digits))}e${power[0]}${value < 10 ? "0" : ""}${value}`;
  }
  return String(Number(x.toFixed(5 - exponent)));
}

function pressed(handler) {
  return { click: handler, keydown: (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); handler(event); }
  } };
}

// ---- what Values are called ------------------------------------------------------------------------------

const called = new Map(Object.entries(D.parameters).map(([v, name]) => [Number(v), name]));
const sentBy = new Map(); // a Value that is sent: [passing, which message, which entry]
function name(row, text) { row.forEach((v, f) => { if (!called.has(v)) called.set(v, `${text} [${f}]`); }); }
D.layers.forEach((layer) => {
  const at = layer.name || "model";
  for (const passing of layer.passings) {
    const of = passing.name ? `, ${passing.name}` : "";
    passing.messages.forEach((row, k) => {
      const from = label(passing.sources[k]), to = label(passing.targets[k]);
      name(D.rows[row], `message ${from} → ${to}, ${at}${of}`);
      name([passing.coefficients[k]], `coefficient ${from} → ${to}, ${at}${of}`);
      name(D.rows[passing.sent[k]], `row sent by ${from}, ${at}${of}`);
      D.rows[passing.sent[k]].forEach((v, f) => {
        if (!sentBy.has(v)) sentBy.set(v, []);
        sentBy.get(v).push([passing, k, f]);
      });
    });
    for (const [i, row] of Object.entries(passing.aggregates)) name(D.rows[row], `${passing.aggr} at ${label(i)}, ${at}${of}`);
    for (const [i, row] of Object.entries(passing.outputs)) name(D.rows[row], `total at ${label(i)}, ${at}${of}`);
  }
  for (const part of [...layer.inside, { name: at, rows: layer.output }, ...layer.after]) {
    for (const [i, row] of Object.entries(part.rows)) name(D.rows[row], `${part.name} at ${label(i)}`);
  }
});
called.set(D.loss, "loss");
const nameOf = (v) => called.get(v) ?? `${D.ops[D.op[v]].replaceAll("_", " ") || "number"} no. ${v}`;

// d(value)/d(its parent number k); some operations leave it to be read off the other parents.
function partial(v, k) {
  if (D.partials[v]) return number(D.partials[v][k]);
  const parents = D.parents[v], half = Math.floor(parents.length / 2);
  const of = (p) => p < 0 ? NaN : data(p);
  switch (D.ops[D.op[v]]) {
    case "*": return of(parents[1 - k]);
    case "dot": case "affine": return k < half ? of(parents[k + half]) : k < 2 * half ? of(parents[k - half]) : 1;
    default: return 1;
  }
}

// ---- colours -----------------------------------------------------------------------------------------------

function tint(cell, x, largest) {
  cell.style.backgroundColor = "";
  if (!state.gradients || !x || !largest || Number.isNaN(x)) return;
  const strength = 0.08 + 0.5 * Math.min(1, Math.abs(x) / largest);
  cell.style.backgroundColor = x > 0 ? `rgba(0,114,178,${strength})` : `rgba(213,94,0,${strength})`;
}

const amount = (v) => state.gradients ? grad(v) : data(v);
const largestOf = (vs) => Math.max(0, ...vs.map((v) => Math.abs(amount(v) ?? 0)).filter(Number.isFinite));

// ---- the graph ---------------------------------------------------------------------------------------------

const WIDE = 640, HIGH = 470, EDGE = 26;
const spot = new Map(D.nodes.map((n) => [n.i, [EDGE + n.x * (WIDE - 2 * EDGE), EDGE + n.y * (HIGH - 2 * EDGE)]]));

function currentPassing() {
  const passings = D.layers[state.layer].passings;
  return passings[Math.min(state.passing, passings.length - 1)];
}

function strengthOf(row) {
  if (state.entry !== "length") return amount(D.rows[row][Math.min(state.entry, D.rows[row].length - 1)]) ?? 0;
  return Math.hypot(...D.rows[row].map((v) => amount(v) ?? 0));
}

function drawGraph() {
  const passing = currentPassing(), found = [];
  passing.messages.forEach((row, k) => {
    const [from, to] = [passing.sources[k], passing.targets[k]];
    if (from !== to && spot.has(from) && spot.has(to)) found.push([from, to, strengthOf(row)]);
  });
  const largest = Math.max(0, ...found.map(([, , x]) => Math.abs(x)).filter(Number.isFinite));
  const behind = [], front = [];
  for (const [a, b] of D.edges) {
    const [p, q] = [spot.get(D.nodes[a].i), spot.get(D.nodes[b].i)];
    behind.push(make("path", { class: "message", d: `M${p}L${q}`, stroke: "#c9ced4" }));
  }
  for (const [from, to, x] of found) {
    const [p, q] = [spot.get(from), spot.get(to)], share = largest ? Math.abs(x) / largest : 0;
    const bend = 0.12, mid = [(p[0] + q[0]) / 2 + (q[1] - p[1]) * bend, (p[1] + q[1]) / 2 - (q[0] - p[0]) * bend];
    const mine = to === state.node;
    if (!mine && share < 0.02) continue;
    const title = `message ${label(from)} → ${label(to)}: ${shown(x)}`;
    (mine ? front : behind).push(make("path", {
      class: `message ${x < 0 ? "minus" : "plus"}`, d: `M${p}Q${mid} ${q}`, "stroke-width": (0.7 + 5 * share).toFixed(2),
      "stroke-opacity": mine ? 1 : (0.12 + 0.4 * share).toFixed(2), "data-source": from, "data-target": to,
    }, make("title", {}, title)));
  }
  const nodes = D.nodes.map((n) => {
    const [x, y] = spot.get(n.i), chosen = n.i === state.node, text = label(n.i);
    const kind = n.class === null ? (n.target === null ? "" : `, target ${n.target}`) : `, class ${D.classes[n.class] ?? n.class}`;
    return make("g", {
      class: `node${chosen ? " chosen" : ""}${n.train ? " train" : ""}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      tabindex: chosen ? 0 : -1, role: "button", "aria-pressed": chosen, "data-node": n.i,
      "aria-label": `node ${text}${kind}${n.train ? ", in the loss" : ""}`,
      on: { ...pressed(() => choose({ node: n.i }, true)) },
    }, make("circle", { r: chosen ? 15 : 12, fill: n.class === null ? "#e4e8ec" : CLASS_COLOURS[n.class % CLASS_COLOURS.length] }),
    make("text", { y: 4 }, text.length > 5 ? `${text.slice(0, 4)}…` : text), make("title", {}, `node ${text}${kind}`));
  });
  fill("graph", ...behind, ...front, ...nodes);
  $("graph").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const k = D.nodes.findIndex((n) => n.i === state.node);
    choose({ node: D.nodes[(k + step + D.nodes.length) % D.nodes.length].i }, true);
  };
  const what = state.entry === "length" ? "length of the message row" : `entry ${state.entry} of the message`;
  const line = (kind) => make("svg", { width: 34, height: 10, "aria-hidden": "true" },
    make("path", { class: `message ${kind}`, d: "M0 5H34", "stroke-width": 4 }));
  const classes = [...new Set(D.nodes.map((n) => n.class).filter((c) => c !== null))].sort((a, b) => a - b);
  fill("keys",
    make("li", {}, line("plus"), state.entry === "length" ? " thickness: size" : " above 0"),
    state.entry === "length" ? null : make("li", {}, line("minus"), " below 0"),
    make("li", {}, `thickness: ${state.gradients ? "d loss / d " : ""}${what}, thickest ${shown(largest)}`
      + (state.gradients ? " (loss per unit of it)" : "")),
    ...classes.map((c) => make("li", {}, make("svg", { width: 14, height: 14, "aria-hidden": "true" },
      make("circle", { cx: 7, cy: 7, r: 6, fill: CLASS_COLOURS[c % CLASS_COLOURS.length], stroke: "#1a1a1a" })),
      ` ${D.classes[c] ?? `class ${c}`}`)),
    D.nodes.some((n) => n.train) ? make("li", {}, "thick ring: in the loss") : null);
}

// ---- the chain of one node ---------------------------------------------------------------------------------

function cell(v, largest) {
  const x = amount(v);
  const button = make("button", { class: "n", type: "button", "data-v": v, title: nameOf(v), on: { click: () => openValue(v, []) } }, shown(x));
  const td = make("td", {}, button);
  tint(td, x, largest);
  return td;
}

function table(part, caption, width, rows) {
  const values = rows.flatMap(([, row]) => row), largest = largestOf(values);
  const head = make("tr", {}, make("th", { scope: "col" }, "entry"),
    ...Array.from({ length: width }, (_, f) => make("th", { scope: "col" }, `[${f}]`)));
  const body = rows.map(([title, row, attributes]) => make("tr", attributes ?? {},
    make("th", { scope: "row" }, ...[title].flat()), ...row.map((v) => cell(v, largest))));
  const found = make("table", { "data-part": part }, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
  found.style.width = `${17.5 + 6.3 * width}rem`; // so that columns of all tables stand one below the other
  return found;
}

// The rows that come in; of those with many zeros the other entries alone.
function comingIn(layer, sources, caption) {
  if (sources.every((j) => typeof layer.given[j] === "number")) {
    const width = D.rows[layer.given[sources[0]]].length;
    return [table("given", caption, width, sources.map((j) => [`x of ${label(j)}`, D.rows[layer.given[j]], { "data-source": j }]))];
  }
  const lines = sources.map((j) => {
    const given = layer.given[j];
    const pairs = typeof given === "number" ? D.rows[given].map((v, f) => [f, v]) : given.slice(0, -1);
    const more = typeof given === "number" ? 0 : given.at(-1)[0] - pairs.length;
    return make("li", {}, `x of ${label(j)}: ${pairs.map(([f, v]) => `[${f}] = ${shown(amount(v) ?? data(v))}`).join(", ") || "0"}`
      + (more ? `, and ${more} more` : ""));
  });
  return [make("p", { class: "caption" }, `${caption}; entries that are not 0`), make("ul", { class: "lines" }, ...lines)];
}

function untouched(layer) {
  const rows = [layer.output[state.node], ...layer.passings.map((p) => p.outputs[state.node])].filter((row) => row !== undefined);
  return rows.length > 0 && rows.every((row) => D.rows[row].every((v) => !grad(v)));
}

function drawChain() {
  const layer = D.layers[state.layer], parts = [], me = label(state.node);
  let last = null, step = 0, told = false;
  const title = (text) => `${++step}. ${text}`;
  for (const passing of layer.passings) {
    const of = passing.name ? ` (${passing.name})` : "";
    const mine = passing.targets.map((target, k) => target === state.node ? k : -1).filter((k) => k >= 0);
    if (!mine.length) parts.push(make("p", {}, `Node ${me} hears from nobody${of}.`));
    const row = (k) => D.rows[k];
    if (mine.length && !told) {
      const sources = [...new Set(mine.map((k) => passing.sources[k]))].filter((j) => layer.given[j] !== undefined);
      told = true;
      if (sources.length) parts.push(...comingIn(layer, sources, title("What comes in: the row x_j of each neighbour")));
    }
    if (mine.length) {
      const width = row(passing.sent[mine[0]]).length;
      const made = passing.made ? `, ${passing.made}` : ", made of x_j and weights";
      parts.push(table("sent", title(`What is sent: the row of each neighbour${of}${made}`), width, mine.map((k) =>
        [`row of ${label(passing.sources[k])}`, row(passing.sent[k]), { "data-source": passing.sources[k] }])));
      const how = passing.aggr === "sum" ? `Messages: coefficient times row${of}` : `Messages${of}`;
      parts.push(table("messages", title(`${how}${passing.formula ? `, coefficient = ${passing.formula}` : ""}`), width, mine.map((k) => {
        const c = passing.coefficients[k], why = passing.why[k] ? `${passing.why[k]} = ` : "";
        const times = make("button", { class: "n", type: "button", "data-v": c, on: { click: () => openValue(c, []) } }, shown(amount(c) ?? data(c)));
        times.style.width = "auto";
        return [[why, times, ` · row of ${label(passing.sources[k])}`], row(passing.messages[k]), { "data-source": passing.sources[k] }];
      })));
      const [count, rest] = passing.more[state.node] ?? [0, null];
      if (count) parts.push(make("p", {}, `and ${count} more messages${rest === null ? "." : ", which add up to"}`));
      if (count && rest !== null && !state.gradients) parts.push(table("more", "", width, [["the others", row(rest)]]));
    }
    const sums = [];
    const aggregate = passing.aggregates[state.node], output = passing.outputs[state.node];
    if (aggregate !== undefined) sums.push([`${passing.aggr} of the messages`, row(aggregate), { class: "sum" }]);
    if (passing.terms.length && output !== undefined) {
      for (const [name, rows] of passing.terms) sums.push([name === "own" ? `+ what node ${me} adds of its own` : `+ ${name}`, row(rows[state.node])]);
      sums.push(["= total", row(output), { class: "sum" }]);
    }
    if (sums.length) {
      parts.push(table("sum", title(`All messages together${of}`), sums[0][1].length, sums));
      last = sums.at(-1)[1];
    }
  }
  const one = (part, caption, text, row) => { parts.push(table(part, title(caption), row.length, [[text, row]])); last = row; };
  for (const part of layer.inside) if (part.rows[state.node] !== undefined) one("inside", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  const out = layer.output[state.node] === undefined ? null : D.rows[layer.output[state.node]];
  if (out && !(last && out.length === last.length && out.every((v, f) => v === last[f]))) one("output", "What comes out of the layer", "output", out);
  for (const part of layer.after) if (part.rows[state.node] !== undefined) one("after", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  if (state.layer === D.layers.length - 1) parts.push(make("p", {}, "The loss, of all nodes that are in it: ",
    make("button", { class: "plain", type: "button", id: "loss", "data-v": D.loss, on: { click: () => openValue(D.loss, []) } }, shown(data(D.loss)))));
  $("chain-title").textContent = `Node ${me} in layer ${state.layer}: ${layer.name ? `${layer.name} = ` : ""}${layer.module}`;
  $("what").textContent = state.gradients
    ? "Each number is d loss / d (the number that stands there): how much the loss grows per unit of it. "
      + (untouched(layer) ? `Node ${me} does not reach the loss through this layer: its gradients are 0.` : "Click one to see more.")
    : "Each number follows from those above it. Click one to see how it was made.";
  fill("chain", ...parts);
}

// ---- one weight: its gradient and its update ---------------------------------------------------------------

const uses = new Map(); // a parameter's number: the Values made from it, and as which parent
D.parents.forEach((parents, v) => parents.forEach((p, k) => {
  if (p >= 0 && D.parameters[p] !== undefined) {
    if (!uses.has(p)) uses.set(p, []);
    uses.get(p).push([v, k]);
  }
}));
const weights = Object.entries(D.parameters).map(([v, full]) => {
  const cut = full.indexOf("[");
  return { v: Number(v), name: cut < 0 ? full : full.slice(0, cut), place: cut < 0 ? "" : full.slice(cut) };
});

function share(v, k) {
  const slope = partial(v, k), back = grad(v) ?? 0;
  return { v, slope, back, amount: slope * back };
}

function drawWeight() {
  if (!weights.length) { $("weight").hidden = true; return; }
  const w = state.weight, g = grad(w), rows = [];
  let total = 0;
  for (const [v, k] of uses.get(w) ?? []) {
    const part = share(v, k);
    total += part.amount;
    if (!part.amount) continue;
    const along = sentBy.get(v);
    const who = along ? `node ${label(along[0][0].sources[along[0][1]])}` : nameOf(v);
    rows.push({ ...part, who, along });
  }
  rows.sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
  const plain = (x) => make("td", {}, make("span", { class: "pad" }, shown(x)));
  const body = rows.slice(0, 60).map((part) => {
    const edges = (part.along ?? []).map(([passing, k, f]) => {
      const message = D.rows[passing.messages[k]][f];
      const through = part.slope * data(passing.coefficients[k]) * (grad(message) ?? 0);
      return { text: `→ ${label(passing.targets[k])}: ${shown(through)}`, through };
    }).filter((edge) => edge.through);
    return make("tr", { "data-share": part.v }, make("th", { scope: "row" },
      make("button", { class: "n", type: "button", on: { click: () => openValue(part.v, []) } }, part.who)),
      plain(part.slope), plain(part.back), plain(part.amount),
      make("td", { class: "edges" }, edges.slice(0, 6).map((edge) => edge.text).join(", ") + (edges.length > 6 ? `, and ${edges.length - 6} more` : "")));
  });
  const missing = g - total;
  if (Math.abs(missing) > 1e-7 * (Math.abs(g) + Math.max(0, ...rows.map((r) => Math.abs(r.amount))))) body.push(make("tr", {}, make("th", { scope: "row" }, "nodes that are not on this page"), make("td"), make("td"), plain(missing), make("td")));
  body.push(make("tr", { class: "sum" }, make("th", { scope: "row" }, "d loss / d w"), make("td"), make("td"), make("td", { id: "weight-gradient" }, shown(g)), make("td")));
  fill("shares", make("table", {}, make("caption", {}, `d loss / d ${nameOf(w)} = ${shown(g)}, part by part`),
    make("thead", {}, make("tr", {}, ...["through the row of", "slope", "d loss / d row", "product", "of which back along the edge to"].map((t, k) => make("th", { scope: "col", class: k === 4 ? "edges" : null }, t)))),
    make("tbody", {}, ...body)));
  drawUpdate(w, g);
}

function drawUpdate(w, g) {
  const o = D.optimizer, lines = [];
  const say = (id, left, how, x) => lines.push(make("li", { "data-line": id }, `${left} = ${how ? `${how} = ` : ""}`, make("strong", {}, shown(x))));
  let weight = data(w);
  $("update-title").textContent = "What the optimizer makes of it";
  say("w", "w", "", weight);
  if (o && o.groups && o.of[w] !== undefined) {
    const s = o.groups[o.of[w]], [b1, b2] = s.betas, m = number(o.m[w] ?? 0), v = number(o.v[w] ?? 0), p = (x) => shown(x);
    $("update-title").textContent = `Step ${s.t} of ${o.name}, lr = ${s.lr}, β1 = ${b1}, β2 = ${b2}, eps = ${s.eps}`;
    say("g", "g", "d loss / d w", g);
    if (s.maximize) { g = -g; say("g", "g", "-g, to be made large", g); }
    if (s.weight_decay && s.decoupled) { const kept = weight * (1 - s.lr * s.weight_decay); say("w", "w", `${p(weight)}·(1 - ${s.lr}·${s.weight_decay})`, kept); weight = kept; }
    else if (s.weight_decay) { const more = g + s.weight_decay * weight; say("g", "g", `${p(g)} + ${s.weight_decay}·${p(weight)}`, more); g = more; }
    const m1 = m + (1 - b1) * (g - m), v1 = b2 * v + (1 - b2) * g * g;
    const mHat = m1 / (1 - b1 ** s.t), vHat = v1 / (1 - b2 ** s.t), below = Math.sqrt(vHat) + s.eps;
    const move = below ? s.lr * mHat / below : 0;
    say("m", "m", `β1·${p(m)} + (1 - β1)·${p(g)}`, m1);
    say("v", "v", `β2·${p(v)} + (1 - β2)·(${p(g)})²`, v1);
    say("m-hat", "m̂", `${p(m1)} / (1 - β1^${s.t})`, mHat);
    say("v-hat", "v̂", `${p(v1)} / (1 - β2^${s.t})`, vHat);
    say("step", "step", `lr·${p(mHat)} / (√${p(vHat)} + eps)`, move);
    say("new", "new w", `${p(weight)} - (${p(move)})`, weight - move);
  } else {
    say("g", "g", "d loss / d w", g);
    lines.push(make("li", {}, o ? `The step of ${o.name} is in its docstring.` : "No optimizer was given."));
  }
  fill("update", ...lines);
}

function weightControls() {
  if (!weights.length) return;
  const biggest = weights.reduce((a, b) => Math.abs(grad(b.v) ?? 0) > Math.abs(grad(a.v) ?? 0) && b.name.includes("weight") ? b : a);
  state.weight = biggest.v;
  const names = [...new Set(weights.map((w) => w.name))];
  fill("weight-name", ...names.map((n) => make("option", { value: n }, n)));
  const list = () => fill("weight-place", ...weights.filter((w) => w.name === $("weight-name").value).map((w) => make("option", { value: w.v }, w.place || "(one number)")));
  $("weight-name").value = biggest.name;
  list();
  $("weight-place").value = biggest.v;
  $("weight-name").onchange = () => { list(); state.weight = Number($("weight-place").value); drawWeight(); };
  $("weight-place").onchange = () => { state.weight = Number($("weight-place").value); drawWeight(); };
}

// ---- the autograd graph of a number ------------------------------------------------------------------------

function ancestors(v) {
  const seen = new Set([v]), order = [v];
  for (const u of order) for (const p of D.parents[u]) if (p >= 0 && !seen.has(p)) { seen.add(p); order.push(p); }
  return order;
}

const groupOf = (v) => D.parameters[v] !== undefined ? "parameters" : D.group[v] >= 0 ? D.groups[D.group[v]] : "inputs and constants";

function openValue(v, trail) {
  const op = D.ops[D.op[v]], parents = D.parents[v], g = grad(v), behind = ancestors(v);
  fill("trail", ...trail.slice(-6).flatMap((u, k, all) => [make("button", { class: "n", type: "button", on: { click: () => openValue(u, trail.slice(0, trail.length - all.length + k)) } }, nameOf(u)), " › "]));
  for (const button of $("trail").querySelectorAll("button")) button.style.width = "auto";
  $("value-title").textContent = nameOf(v);
  $("value-data").textContent = shown(data(v));
  $("value-grad").textContent = g === null ? "none: it is a constant" : shown(g);
  const rows = parents.slice(0, 200).map((p, k) => {
    const slope = partial(v, k);
    return make("tr", {}, make("th", { scope: "row" }, p < 0 ? "not on this page" : make("button", { class: "n", type: "button", "data-v": p, on: { click: () => openValue(p, [...trail, v]) } }, nameOf(p))),
      ...[p < 0 ? NaN : data(p), slope, g === null ? NaN : slope * g].map((x, c) => make("td", {}, p < 0 && c === 0 ? "–" : shown(x))));
  });
  fill("value-parents", parents.length
    ? make("div", { class: "scroll" }, make("table", {},
      make("caption", {}, `${(op || "").replaceAll("_", " ")} of ${parents.length} number${parents.length > 1 ? "s" : ""}${parents.length > 200 ? ", of which the first 200" : ""}`),
      make("thead", {}, make("tr", {}, ...["made from", "number", "slope d this / d it", "adds slope · gradient to its gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...rows)))
    : make("p", {}, D.parameters[v] !== undefined ? "A parameter: it was made by nobody, training changes it." : "It was made by nobody: an input or a constant."));
  drawLayers(v, behind, trail);
  if (!$("autograd").open) $("autograd").showModal();
}

function drawLayers(v, behind, trail) {
  const members = new Map();
  for (const u of behind) { const name = groupOf(u); if (!members.has(name)) members.set(name, []); members.get(name).push(u); }
  const order = ["inputs and constants", "parameters", ...D.groups].filter((name) => members.has(name));
  const links = new Set();
  for (const u of behind) for (const p of D.parents[u]) if (p >= 0 && groupOf(p) !== groupOf(u)) links.add(`${groupOf(p)}\n${groupOf(u)}`);
  const w = 150, h = 46, across = 36, wide = order.length * (w + across) - across + 20;
  const x = (name) => 10 + order.indexOf(name) * (w + across), top = 46;
  const arrows = [...links].map((link) => {
    const [from, to] = link.split("\n"), a = x(from) + w, b = x(to), far = order.indexOf(to) - order.indexOf(from);
    const lift = far > 1 ? 18 + 6 * far : 0;
    return make("path", { class: "arrow", "marker-end": "url(#tip)", d: far > 1 ? `M${a - w / 2} ${top}C${a} ${top - lift} ${b} ${top - lift} ${b + w / 3} ${top}` : `M${a} ${top + h / 2}H${b - 2}` });
  });
  const boxes = order.map((name) => {
    const count = members.get(name).length, text = name.length > 20 ? `${name.slice(0, 19)}…` : name;
    const box = make("g", { class: "box", tabindex: 0, role: "button", "aria-expanded": false, "data-group": name, transform: `translate(${x(name)} ${top})`,
      "aria-label": `${name}: ${count} Values`, on: pressed(() => {
        for (const other of $("value-layers").querySelectorAll(".box")) { other.classList.toggle("open", other === box); other.setAttribute("aria-expanded", other === box); }
        listValues(name, members.get(name), v, trail);
      }) }, make("rect", { width: w, height: h, rx: 5 }), make("text", { x: w / 2, y: 19 }, text), make("text", { x: w / 2, y: 36 }, `${count} Value${count > 1 ? "s" : ""}`));
    return box;
  });
  const tip = make("defs", {}, make("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, make("path", { d: "M0 0L8 4L0 8z", fill: "#59616a" })));
  fill("value-layers", make("p", {}, `${behind.length - 1} Values are behind it, layer by layer; open a box to see them one by one.`),
    make("svg", { class: "layers", viewBox: `0 0 ${wide} ${top + h + 10}`, style: null, role: "group", "aria-label": "autograd graph by layer" }, tip, ...arrows, ...boxes));
  $("value-layers").querySelector("svg").style.maxWidth = `${wide}px`;
  fill("value-list");
}

function listValues(name, values, v, trail) {
  const most = 300;
  fill("value-list", make("h3", {}, `${name}: ${values.length > most ? `the ${most} closest of ${values.length}` : values.length} Values`),
    make("div", { class: "values" }, make("table", {}, make("thead", {}, make("tr", {}, ...["Value", "operation", "number", "gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...values.slice(0, most).map((u) => make("tr", {},
        make("th", { scope: "row" }, make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, u === v ? trail : [...trail, v]) } }, nameOf(u))),
        make("th", {}, (D.ops[D.op[u]] || "leaf").replaceAll("_", " ")), make("td", {}, shown(data(u))), make("td", {}, shown(grad(u)))))))));
}

// ---- controls ----------------------------------------------------------------------------------------------

function choose(change, focus) {
  Object.assign(state, change);
  const layer = D.layers[state.layer], width = Math.max(1, ...currentPassing().messages.slice(0, 1).map((row) => D.rows[row].length));
  if (state.entry !== "length" && state.entry >= width) state.entry = 0;
  $("node").value = state.node;
  $("layer").value = state.layer;
  $("passing-of").hidden = layer.passings.length < 2;
  fill("passing", ...layer.passings.map((p, k) => make("option", { value: k }, p.name || `step ${k}`)));
  $("passing").value = Math.min(state.passing, layer.passings.length - 1);
  fill("entry", ...Array.from({ length: width }, (_, f) => make("option", { value: f }, `[${f}]`)), make("option", { value: "length" }, "length"));
  $("entry").value = state.entry;
  $("title").textContent = `Node ${label(state.node)}`;
  drawGraph();
  drawChain();
  if (focus) $("graph").querySelector(".chosen")?.focus();
}

function start() {
  $("about").textContent = `${D.title} · ${D.model} · ${D.graph} · loss ${shown(data(D.loss))}`;
  fill("notes", ...D.notes.map((note) => make("li", {}, note)));
  $("graph").setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  fill("node", ...D.nodes.map((n) => make("option", { value: n.i }, label(n.i))));
  fill("layer", ...D.layers.map((layer, k) => make("option", { value: k }, `${k}: ${layer.name || layer.module}`)));
  $("node").onchange = () => choose({ node: Number($("node").value) });
  $("layer").onchange = () => choose({ layer: Number($("layer").value), passing: 0 });
  $("passing").onchange = () => choose({ passing: Number($("passing").value) });
  $("entry").onchange = () => choose({ entry: $("entry").value === "length" ? "length" : Number($("entry").value) });
  for (const radio of document.getElementsByName("mode")) radio.onchange = () => choose({ gradients: $("gradients").checked });
  weightControls();
  choose({ gradients: $("gradients").checked });
  drawWeight();
}

start();
