"use strict";
// Reads the numbers of one run of a model and shows them; everything is drawn from `D`, nothing is fetched.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const CLASS_COLOURS = ["#b9dcf2", "#f6d59a", "#b7e4d2", "#efc4dc", "#f4efa0", "#d9d9d9", "#c9c2ee", "#f3b9a8"];
const state = { node: D.node, layer: D.layers.length - 1, passing: 0, entry: 0, gradients: false, weight: null, digits: 6 };

// ---- moments: the numbers of one epoch ---------------------------------------------------------------------

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 8 }, (_, k) => view.getFloat64(8 * k, true));
}

const opened = new Map();
function moment(k) {
  if (!opened.has(k)) {
    const m = D.moments[k], o = m.optimizer;
    opened.set(k, { ...m, data: unpacked(m.data), grad: unpacked(m.grad), slopes: unpacked(m.slopes), optimizer: o && {
      ...o, after: unpacked(o.after), remembered: Object.fromEntries(Object.entries(o.remembered).map(([n, text]) => [n, unpacked(text)])),
    } });
  }
  return opened.get(k);
}
let M = moment(D.moment);

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

const opOf = (v) => D.ops[D.op[v]][0];
const isConstant = (v) => opOf(v) === "constant";
const data = (v) => M.data[v];
const grad = (v) => isConstant(v) ? null : M.grad[v];
const label = (i) => D.names[i] ?? String(i);

// Significant digits, as Python's %.6g writes them.
function general(x, digits) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const exponent = Number(x.toExponential(digits - 1).split("e")[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = x.toExponential(digits - 1).split("e");
    const value = Math.abs(Number(power)), short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}e${power[0]}${value < 10 ? "0" : ""}${value}`;
  }
  const text = x.toFixed(digits - 1 - exponent);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
const shown = (x) => x === null ? "–" : general(x, state.digits);

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
  for (const [j, row] of Object.entries(layer.given)) {
    if (typeof row === "number") name(D.rows[row], `x of ${label(j)}`);
    else for (const [f, v] of row.slice(0, -1)) if (!isConstant(v) && !called.has(v)) called.set(v, `x of ${label(j)} [${f}]`);
  }
  for (const passing of layer.passings) {
    const of = passing.name ? `, ${passing.name}` : "";
    passing.messages.forEach((row, k) => {
      const from = label(passing.sources[k]), to = label(passing.targets[k]);
      name(D.rows[row], `message ${from} → ${to}, ${at}${of}`);
      if (!isConstant(passing.coefficients[k])) called.set(passing.coefficients[k], `coefficient ${from} → ${to}, ${at}${of}`);
      for (const [n, vs] of Object.entries(passing.numbers)) if (!isConstant(vs[k]) && !called.has(vs[k])) called.set(vs[k], `${n} ${from} → ${to}, ${at}${of}`);
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
for (const part of D.layers.at(-1).graphs) part.rows.forEach((row, i) => name(D.rows[row], `${part.name} of graph ${i}`));
for (const [v, text] of Object.entries(D.named)) if (!called.has(Number(v))) called.set(Number(v), text);
called.set(D.loss, "loss");

function nameOf(v) {
  if (called.has(v)) return called.get(v);
  const op = opOf(v).replaceAll("_", " ") || "number", of = D.parents[v].find((p) => called.has(p) && D.parameters[p] === undefined);
  if (of === undefined) return D.parents[v].length && D.parents[v][0] >= 0 ? `${op} of ${opOf(D.parents[v][0]).replaceAll("_", " ") || "a number"}` : `${op} no. ${v}`;
  return `${op} of ${called.get(of).replace(/ \[\d+\]/, "")}`;
}

// d(value)/d(its parent number k); some operations leave it to be read off the other parents.
const DERIVED = new Set(["+", "total", "dot", "affine", "*", "", "constant"]);
const slopeAt = new Map();
D.parents.reduce((at, parents, v) => {
  if (!parents.length || D.slopes[v] || DERIVED.has(opOf(v))) return at;
  slopeAt.set(v, at);
  return at + parents.length;
}, 0);

function partial(v, k) {
  if (D.slopes[v]) return D.slopes[v][k];
  if (slopeAt.has(v)) return M.slopes[slopeAt.get(v) + k];
  const parents = D.parents[v], half = Math.floor(parents.length / 2);
  const of = (p) => p < 0 ? NaN : data(p);
  switch (opOf(v)) {
    case "*": return of(parents[1 - k]);
    case "dot": case "affine": return k < half ? of(parents[k + half]) : k < 2 * half ? of(parents[k - half]) : 1;
    default: return 1;
  }
}

// A Value: the Values made from it, and as which parent.
const uses = D.parents.map(() => []);
D.parents.forEach((parents, v) => parents.forEach((p, k) => { if (p >= 0) uses[p].push([v, k]); }));

// ---- how a number is made, as a calculator takes it ---------------------------------------------------------

// Texts and numbers in turn, and the function that they say; as Python's tinygnn.explain.expression.
const expression = (parts, compute) => ({ parts, compute, numbers: parts.filter((part) => typeof part === "number") });

function written(e, digits) {
  let text = "";
  for (const part of e.parts) {
    if (typeof part === "string") { text += part; continue; }
    const one = general(part, digits), alone = !text || text.endsWith("(") || text.endsWith(", ");
    text += alone || !one.startsWith("-") ? one : `(${one})`;
  }
  return text;
}

function agrees(computed, result, digits) {
  if (!Number.isFinite(computed) || !Number.isFinite(result)) return String(computed) === String(result);
  if (result === 0) return Math.abs(computed) < 1e-15;
  return Math.abs(computed - result) <= 1.000001 * 10 ** (Math.floor(Math.log10(Math.abs(result))) - digits + 1);
}

// The expression with as many digits of its numbers as the last digit of the result asks for.
function worked(e, result) {
  const last = Number(shown(result).replace("inf", "Infinity").replace("nan", "NaN"));
  let digits = state.digits;
  while (digits < 17 && !agrees(e.compute(e.numbers.map((x) => Number(general(x, digits).replace("inf", "Infinity")))), last, state.digits)) digits += 1;
  return written(e, digits);
}

const MOST_TERMS = 60;
function sumOfProducts(pairs, plus = [], over = null) {
  let terms = pairs.filter(([a, b]) => !(a === 0 && Number.isFinite(b)) && !(b === 0 && Number.isFinite(a)))
    .map(([a, b]) => a === 1 ? [b] : b === 1 ? [a] : [a, b]);
  terms = [...terms, ...plus.filter((x) => x !== 0).map((x) => [x])];
  if (!terms.length) return expression(["0"], () => 0);
  const rest = terms.slice(MOST_TERMS);
  if (rest.length) terms = [...terms.slice(0, MOST_TERMS), [rest.reduce((t, f) => t + f.reduce((a, b) => a * b), 0)]];
  const parts = [];
  terms.forEach((factors, k) => {
    if (k) parts.push(rest.length && k === MOST_TERMS ? ` + ${rest.length} more that give ` : " + ");
    factors.forEach((x, i) => { if (i) parts.push("·"); parts.push(x); });
  });
  const all = over === null ? parts : terms.length > 1 ? ["(", ...parts, `) / ${over}`] : [...parts, ` / ${over}`];
  const lengths = terms.map((factors) => factors.length);
  return expression(all, (x) => {
    let k = 0, sum = 0;
    for (const length of lengths) { sum += x.slice(k, k + length).reduce((a, b) => a * b, 1); k += length; }
    return sum / (over ?? 1);
  });
}

const inExps = (numbers) => numbers.flatMap((x, k) => [k ? " + exp(" : "exp(", x, ")"]);
const sumExp = (numbers) => numbers.reduce((t, x) => t + Math.exp(x), 0);
const softmaxOf = (x, i) => expression(["exp(", x[i], ") / (", ...inExps(x), ")"], (n) => Math.exp(n[0]) / sumExp(n.slice(1)));
const logSoftmaxOf = (x, i) => expression([x[i], " - log(", ...inExps(x), ")"], (n) => n[0] - Math.log(sumExp(n.slice(1))));
const callOf = (name, x, compute) => expression([`${name}(`, ...x.flatMap((n, k) => k ? [", ", n] : [n]), ")"], (n) => compute(...n));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

const meanOf = (x) => x.reduce((t, n) => t + n, 0) / x.length;
const variance = (x) => ["(", ...x.flatMap((n, k) => [k ? " + (" : "(", n, " - ", meanOf(x), ")^2"])];
const varianceOf = (n) => meanOf(n.filter((_, k) => k % 2 === 0).map((x, k) => (x - n[2 * k + 1]) ** 2));

const FORMULAS = {
  "+": (x) => sumOfProducts([], x),
  "-": (x) => expression([x[0], " - ", x[1]], (n) => n[0] - n[1]),
  "*": (x) => sumOfProducts([[x[0], x[1]]]),
  "/": (x) => expression([x[0], " / ", x[1]], (n) => n[0] / n[1]),
  "**": (x, c) => expression([x[0], "^", c.length ? c[0] : x[1]], (n) => n[0] ** n[1]),
  neg: (x) => expression(["-(", x[0], ")"], (n) => -n[0]),
  relu: (x) => expression(["max(0, ", x[0], ")"], (n) => Math.max(0, n[0])),
  leaky_relu: (x, [slope]) => x[0] > 0 ? expression([x[0]], (n) => n[0]) : expression([slope, "·", x[0]], (n) => n[0] * n[1]),
  elu: (x, [alpha]) => x[0] > 0 ? expression([x[0]], (n) => n[0]) : expression([alpha, "·(exp(", x[0], ") - 1)"], (n) => n[0] * (Math.exp(n[1]) - 1)),
  abs: (x) => callOf("abs", x, Math.abs), exp: (x) => callOf("exp", x, Math.exp), log: (x) => callOf("log", x, Math.log),
  sqrt: (x) => callOf("√", x, Math.sqrt), tanh: (x) => callOf("tanh", x, Math.tanh),
  maximum: (x) => callOf("max", x, Math.max), minimum: (x) => callOf("min", x, Math.min),
  amax: (x) => callOf("max", x, Math.max), amin: (x) => callOf("min", x, Math.min),
  sigmoid: (x) => expression(["1 / (1 + exp(-(", x[0], ")))"], (n) => sigmoid(n[0])),
  silu: (x) => expression([x[0], " / (1 + exp(-(", x[0], ")))"], (n) => n[0] * sigmoid(n[1])),
  softplus: (x) => expression(["log(1 + exp(", x[0], "))"], (n) => Math.log1p(Math.exp(n[0]))),
  softmax: (x, [i]) => softmaxOf(x, i), log_softmax: (x, [i]) => logSoftmaxOf(x, i),
  logsumexp: (x) => expression(["log(", ...inExps(x), ")"], (n) => Math.log(sumExp(n))),
  total: (x) => sumOfProducts([], x), mean: (x) => sumOfProducts([], x, x.length),
  product: (x) => expression(x.flatMap((n, k) => k ? ["·", n] : [n]), (n) => n.reduce((a, b) => a * b, 1)),
  clamp: (x, [low, high]) => expression(["min(", high, ", max(", low, ", ", x[0], "))"], (n) => Math.min(n[0], Math.max(n[1], n[2]))),
  var: (x) => expression([...variance(x), `) / ${x.length}`], varianceOf), std: (x) => expression(["√(", ...variance(x), `) / ${x.length})`], (n) => Math.sqrt(varianceOf(n))),
  median: (x) => callOf("median", x, (...n) => n.sort((a, b) => a - b)[Math.floor((n.length - 1) / 2)]),
  standardized: (x) => expression(["(", x[0], " - ", x[1], ")·", x[2]], (n) => (n[0] - n[1]) * n[2]),
  normalized: (x) => expression(["(", x[0], " - ", x[1], ")·", x[2], "·", x[3], " + ", x[4]], (n) => (n[0] - n[1]) * n[2] * n[3] + n[4]),
  leaky_dot: (x, [slope, terms]) => {
    const width = Math.floor(x.length / (terms + 1));
    return sumOfProducts(Array.from({ length: width }, (_, c) => {
      let z = 0;
      for (let term = 0; term < terms; term += 1) z += x[term * width + c];
      return [x[terms * width + c], z > 0 ? z : slope * z];
    }));
  },
};

// How a Value was made from its parents; null where no formula is known, or it was made by nobody.
function expressionOf(v) {
  const parents = D.parents[v], [op, ...constants] = D.ops[D.op[v]];
  if (!parents.length || parents.some((p) => p < 0)) return null;
  const x = parents.map(data), half = Math.floor(x.length / 2);
  if (op === "linear_combination") return sumOfProducts(x.map((n, k) => [D.slopes[v][k], n]));
  if (op === "dot" || op === "affine") return sumOfProducts(x.slice(0, half).map((n, k) => [n, x[half + k]]), x.slice(2 * half));
  return FORMULAS[op] ? FORMULAS[op](x, constants) : null;
}

// d(a Value)/d(one of its parents), where that is more than a number that stands beside it.
const SLOPES = {
  log_softmax: (x, k, y, [i]) => expression([k === i ? "1 - exp(" : "-exp(", x[k], ") / (", ...inExps(x), ")"], (n) => (k === i ? 1 : 0) - Math.exp(n[0]) / sumExp(n.slice(1))),
  softmax: (x, k, y, [i]) => expression([y, k === i ? "·(1 - exp(" : "·(-exp(", x[k], ") / (", ...inExps(x), "))"], (n) => n[0] * ((k === i ? 1 : 0) - Math.exp(n[1]) / sumExp(n.slice(2)))),
  logsumexp: (x, k) => softmaxOf(x, k),
  tanh: (x, k, y) => expression(["1 - ", y, "^2"], (n) => 1 - n[0] ** 2),
  sigmoid: (x, k, y) => expression([y, "·(1 - ", y, ")"], (n) => n[0] * (1 - n[1])),
  softplus: (x) => FORMULAS.sigmoid(x),
  log: (x) => expression(["1 / ", x[0]], (n) => 1 / n[0]),
  sqrt: (x, k, y) => expression(["1 / (2·", y, ")"], (n) => 1 / (2 * n[0])),
  "/": (x, k) => k === 0 ? expression(["1 / ", x[1]], (n) => 1 / n[0]) : expression(["-(", x[0], ") / ", x[1], "^2"], (n) => -n[0] / n[1] ** 2),
  "**": (x, k, y, c) => k === 0 && c.length ? expression([c[0], "·", x[0], "^", c[0] - 1], (n) => n[0] * n[1] ** n[2]) : null,
  elu: (x, k, y, [alpha]) => x[0] > 0 ? null : expression([alpha, "·exp(", x[0], ")"], (n) => n[0] * Math.exp(n[1])),
};

function slopeLine(u, k) {
  const [op, ...constants] = D.ops[D.op[u]], parents = D.parents[u];
  if (!SLOPES[op] || parents.some((p) => p < 0)) return null;
  const e = SLOPES[op](parents.map(data), k, data(u), constants), x = partial(u, k);
  return e && make("li", {}, `d ${nameOf(u)} / d ${nameOf(parents[k])} = ${worked(e, x)} = `, make("strong", {}, shown(x)));
}

// The gradient of a Value: what each Value made from it hands back, its slope times its own gradient.
function backwardOf(v) {
  if (v === D.loss) return expression(["1"], () => 1);
  const pairs = uses[v].map(([u, k]) => [partial(u, k), grad(u) ?? 0]);
  const e = sumOfProducts(pairs), missing = grad(v) - e.compute(e.numbers);
  if (Math.abs(missing) > 1e-9 * pairs.reduce((t, [a, b]) => t + Math.abs(a * b), Math.abs(grad(v)))) {
    return sumOfProducts(pairs, [missing]); // by Values that are not on this page
  }
  return e;
}

function line(v, text = nameOf(v), id = null) {
  const x = state.gradients ? grad(v) : data(v), e = state.gradients ? (x === null ? null : backwardOf(v)) : expressionOf(v);
  const button = opens(v, shown(x));
  const title = state.gradients ? `d loss / d ${text}` : text, how = e === null ? "" : worked(e, x);
  const rounding = e !== null && x !== 0 && Math.abs(x) < 1e-14 * e.numbers.reduce((t, n) => t + Math.abs(n), 0) ? " (what rounding leaves of 0)" : null;
  return make("li", { "data-line": id }, `${title} = ${how && how !== shown(x) ? `${how} = ` : ""}`, button, rounding);
}

// ---- colours -----------------------------------------------------------------------------------------------

function tint(cell, x, largest) {
  cell.style.backgroundColor = "";
  if (!state.gradients || !x || !largest || Number.isNaN(x)) return;
  const strength = 0.08 + 0.5 * Math.min(1, Math.abs(x) / largest);
  cell.style.backgroundColor = x > 0 ? `rgba(0,114,178,${strength})` : `rgba(213,94,0,${strength})`;
}

const amount = (v) => state.gradients ? grad(v) : data(v);
const currentEntry = (width) => state.entry === "length" ? 0 : Math.min(state.entry, width - 1);

// What another library says to a message: by how much it differs at most.
function agreement(passing, k) {
  const of = M.agreements[state.layer], at = D.layers[state.layer].passings.indexOf(passing);
  const bounds = of && (state.gradients ? of.gradients[at] : of.messages[at]);
  return bounds ? bounds[k] : null;
}
const CLOSE = -9; // above that power of ten another library does not agree
const bound = (power) => `1e${power < 0 ? "-" : "+"}${Math.abs(power) < 10 ? "0" : ""}${Math.abs(power)}`;
const within = (power) => power === null ? "–" : power === -999 ? "every bit" : power > CLOSE ? `no: ${bound(power)}` : bound(power);
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
    behind.push(make("path", { class: "message layer-edge", d: `M${p}L${q}` }));
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
  const td = make("td", {}, opens(v, shown(x)));
  tint(td, x, largest);
  return td;
}

// A number that opens its autograd graph: the sections listen for all of theirs.
function opens(v, text) {
  const button = document.createElement("button");
  button.className = "n";
  button.type = "button";
  button.dataset.v = v;
  button.textContent = text;
  return button;
}

function listen(id) {
  $(id).addEventListener("click", (event) => {
    const button = event.target.closest("button[data-v]");
    if (button) openValue(Number(button.dataset.v), []);
  });
  $(id).addEventListener("pointerover", (event) => {
    const button = event.target.closest("button[data-v]");
    if (button && !button.title) button.title = nameOf(Number(button.dataset.v));
  });
}

// extra: what stands before the numbers of each row, under a title of its own.
// Of many rows the first are shown until a button is pressed.
const MOST_ROWS = 16;
function table(part, caption, width, rows, extra = null) {
  const hidden = state.all ? [] : rows.slice(MOST_ROWS);
  if (hidden.length > 1) rows = rows.slice(0, MOST_ROWS);
  const values = rows.flatMap(([, row]) => row), largest = largestOf(values), f = currentEntry(width);
  const head = make("tr", {}, make("th", { scope: "col" }, "entry"), extra && make("th", { scope: "col" }, extra),
    ...Array.from({ length: width }, (_, c) => make("th", { scope: "col", class: c === f ? "focus" : null }, `[${c}]`)));
  const body = rows.map(([title, row, attributes, more]) => make("tr", attributes ?? {},
    make("th", { scope: "row" }, ...[title].flat()), extra && make("td", { class: "pyg" }, more ?? ""),
    ...row.map((v, c) => { const td = cell(v, largest); if (c === f) td.classList.add("focus"); return td; })));
  const found = make("table", { "data-part": part }, make("caption", {}, make("span", {}, caption)), make("thead", {}, head), make("tbody", {}, ...body));
  if (hidden.length > 1) found.tBodies[0].append(make("tr", {}, make("th", { scope: "row" },
    make("button", { class: "plain", type: "button", "data-all": part, on: { click: () => choose({ all: true }) } }, `show ${hidden.length} more rows`))));
  found.style.width = `calc(var(--first) + ${6.3 * (width + (extra ? 1 : 0))}rem)`; // so that columns of all tables stand one below the other
  return found;
}

// What a number was made of that has no name of its own, in the order in which it was made.
const MOST_LINES = 40;
function unnamed(v) {
  const found = new Set();
  const visit = [...D.parents[v]].reverse();
  while (visit.length) {
    const p = visit.pop();
    if (p < 0 || found.has(p) || called.has(p) || !D.parents[p].length) continue;
    found.add(p);
    visit.push(...D.parents[p]);
  }
  return [...found].sort((a, b) => depth(a) - depth(b) || a - b);
}

const depths = new Map();
function depth(v) { // the longest way from a leaf; the page has some hundred Values behind a number at most
  const stack = [v];
  while (stack.length) {
    const u = stack.at(-1), open = depths.has(u) ? [] : D.parents[u].filter((p) => p >= 0 && !depths.has(p));
    if (open.length) { stack.push(...open); continue; }
    stack.pop();
    if (!depths.has(u)) depths.set(u, D.parents[u].reduce((most, p) => p < 0 ? most : Math.max(most, depths.get(p) + 1), 0));
  }
  return depths.get(v);
}

// Each number after what it was made of, as far as that stands nowhere else.
function made(values, names) {
  const seen = new Set(), lines = [];
  values.forEach((v, k) => {
    const before = state.gradients ? uses[v].slice(0, 4).map(([u, slot]) => slopeLine(u, slot)).filter((li) => li !== null) : [];
    for (const u of unnamed(v)) if (!seen.has(u)) { seen.add(u); lines.push(line(u)); }
    lines.push(...before);
    lines.push(line(v, names[k], v === D.loss ? "loss" : null));
  });
  const more = lines.length - MOST_LINES;
  return more > 1 ? [...lines.slice(0, MOST_LINES - values.length), make("li", {}, `and ${more} more`), ...lines.slice(more - values.length + MOST_LINES)] : lines;
}

// The chosen entry of some rows, worked out.
function work(part, rows, names, before = []) {
  const kept = rows.map((row, k) => [row, names[k]]).filter(([row]) => row.length);
  const most = state.all ? kept.length : MOST_ROWS;
  const lines = made(kept.slice(0, most).map(([row]) => row[currentEntry(row.length)]), kept.slice(0, most).map(([row, text]) => `${text} [${currentEntry(row.length)}]`));
  return make("details", { open: true, class: "work", "data-work": part },
    make("summary", {}, state.gradients ? "worked out, back from what each goes into" : "worked out"), make("ul", { class: "lines" }, ...before, ...lines));
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

// "w / √(d_j d_i)" with the numbers of a message; "" where they say no more than the coefficient does.
function why(passing, k) {
  const at = (n) => data(passing.numbers[n][k]);
  if (!Object.keys(passing.numbers).length) return "";
  if (passing.formula.includes("score")) {
    const others = passing.targets.flatMap((t, e) => t === passing.targets[k] ? [e] : []);
    const e = softmaxOf(others.map((o) => data(passing.numbers.score[o])), others.indexOf(k));
    return passing.formula.startsWith("dropout") || passing.more[passing.targets[k]] ? "" : worked(e, data(passing.coefficients[k]));
  }
  const text = passing.formula.replace("d_j d_i", "d_j·d_i").replace(/d_j|d_i|\bw\b|\bn\b|\bs\b/g, (n) => passing.numbers[n] ? shown(at(n)) : n);
  return text === passing.formula || text === shown(data(passing.coefficients[k])) ? "" : text;
}

const SHORT = 20; // letters that have room before a coefficient

function coefficients(passing, mine) {
  const lines = state.gradients ? [] : mine.filter((k) => why(passing, k)).map((k) =>
    make("li", {}, `coefficient ${label(passing.sources[k])} → ${label(passing.targets[k])} = ${why(passing, k)} = `, make("strong", {}, shown(data(passing.coefficients[k])))));
  const told = Object.values(passing.numbers).flatMap((vs) => mine.map((k) => vs[k])).filter((v) => !isConstant(v));
  const learned = state.gradients ? mine.map((k) => passing.coefficients[k]).filter((v) => !isConstant(v)) : [];
  const values = [...new Set([...told, ...learned])];
  return [...made(values, values.map(nameOf)), ...lines];
}

function drawChain() {
  const layer = D.layers[state.layer], parts = [], me = label(state.node), beside = M.agreements[state.layer];
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
      const width = row(passing.sent[mine[0]]).length, from = mine.map((k) => label(passing.sources[k]));
      const made = passing.made ? `, ${passing.made}` : ", made of x_j and weights";
      parts.push(table("sent", title(`What is sent: the row of each neighbour${of}${made}`), width, mine.map((k, n) =>
        [`row of ${from[n]}`, row(passing.sent[k]), { "data-source": passing.sources[k] }])));
      parts.push(work("sent", mine.map((k) => row(passing.sent[k])), from.map((j) => `row of ${j}`)));
      const how = passing.aggr === "sum" ? `Messages: coefficient times row${of}` : `Messages${of}`;
      const compared = beside && !beside.reason ? `${beside.library} agrees to` : null;
      parts.push(table("messages", title(`${how}${passing.formula ? `, coefficient = ${passing.formula}` : ""}`), width, mine.map((k, n) => {
        const c = passing.coefficients[k];
        const times = opens(c, shown(data(c)));
        times.classList.add("inline");
        const how = why(passing, k);
        return [[how && how.length <= SHORT ? `${how} = ` : "", times, ` · row of ${from[n]}`], row(passing.messages[k]), { "data-source": passing.sources[k] }, within(agreement(passing, k))];
      }), compared));
      parts.push(work("messages", mine.map((k) => row(passing.messages[k])), from.map((j) => `message ${j} → ${me}`), coefficients(passing, state.all ? mine : mine.slice(0, MOST_ROWS))));
      const [count, rest] = passing.more[state.node] ?? [0, null];
      if (count) parts.push(make("p", {}, `and ${count} more messages${rest === null ? "." : ", which add up to"}`));
      if (count && rest !== null && !state.gradients) parts.push(table("more", "", width, [["the others", row(rest)]]));
    }
    const sums = [];
    const aggregate = passing.aggregates[state.node], output = passing.outputs[state.node];
    if (aggregate !== undefined) sums.push([`${passing.aggr} of the messages`, row(aggregate), { class: "sum" }]);
    if (passing.terms.length && output !== undefined) {
      for (const [term, rows] of passing.terms) sums.push([term === "own" ? `+ what node ${me} adds of its own` : `+ ${term}`, row(rows[state.node])]);
      sums.push(["= total", row(output), { class: "sum" }]);
    }
    if (sums.length) {
      parts.push(table("sum", title(`All messages together${of}`), sums[0][1].length, sums));
      parts.push(work("sum", sums.map(([, numbers]) => numbers), sums.map(([text]) => text.replace(/^[+=] /, ""))));
      last = sums.at(-1)[1];
    }
  }
  const one = (part, caption, text, row) => {
    parts.push(table(part, title(caption), row.length, [[text, row]]), work(part, [row], [text]));
    last = row;
  };
  for (const part of layer.inside) if (part.rows[state.node] !== undefined) one("inside", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  const out = layer.output[state.node] === undefined ? null : D.rows[layer.output[state.node]];
  if (out && !(last && out.length === last.length && out.every((v, f) => v === last[f]))) one("output", "What comes out of the layer", "output", out);
  for (const part of layer.after) if (part.rows[state.node] !== undefined) one("after", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  for (const part of layer.graphs) {
    const rows = part.rows.map((row) => D.rows[row]), names = rows.map((_, i) => rows.length > 1 ? `graph ${i}` : "the graph");
    parts.push(table("graphs", title(`${part.name}: ${part.module}, of all nodes`), rows[0].length, rows.map((row, i) => [names[i], row])), work("graphs", rows, names));
  }
  if (state.layer === D.layers.length - 1) parts.push(...drawLoss(title));
  if (beside) parts.push(make("p", { id: "beside" }, beside.reason ? `${beside.library} is not beside it: ${beside.reason}` : beside.outputs > CLOSE
      ? `${beside.library} gives another output of this layer: up to ${bound(beside.outputs)} away. The layer's docstring says where they differ on purpose.`
      : `${beside.library} agrees: its output of this layer is the same ${beside.outputs === -999 ? "to the last bit" : `to ${bound(beside.outputs)}`}.`));
  $("chain-title").textContent = `Node ${me} in layer ${state.layer}: ${layer.name ? `${layer.name} = ` : ""}${layer.module}`;
  $("what").textContent = state.gradients
    ? "Each number is d loss / d (the number that stands there): how much the loss grows per unit of it. "
      + (untouched(layer) ? `Node ${me} does not reach the loss through this layer: its gradients are 0.` : "Click one to see more.")
    : "Each number follows from those above it. Click one to see how it was made.";
  fill("chain", ...parts);
}

// From the outputs to the loss: what lies between them, and the loss itself.
function drawLoss(title) {
  return [make("p", { class: "caption" }, title("The loss, of the outputs of all nodes that are in it")),
    make("ul", { class: "lines", id: "loss" }, ...made([D.loss], ["loss"]))];
}

// ---- one weight: its gradient and its update ---------------------------------------------------------------

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
  for (const [v, k] of uses[w]) {
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

// The arithmetic of the optimizers, in the order of the library's own, so that every bit is the same.
const STEPS = {
  Adam(say, s, { w, g, old, first }) {
    const [b1, b2] = s.betas, [bias1, bias2] = s.biases, m = old("exp_avg"), v = old("exp_avg_sq");
    const m1 = m + (1 - b1) * (g - m);
    let v1 = b2 * v + (1 - b2) * g * g;
    say("m", "m", [b1, "·", m, " + (1 - ", b1, ")·", g], m1, (x) => x[0] * x[1] + (1 - x[2]) * x[3]);
    say("v", "v", [b2, "·", v, " + (1 - ", b2, ")·", g, "^2"], v1, (x) => x[0] * x[1] + (1 - x[2]) * x[3] ** 2);
    if (s.amsgrad) {
      const largest = first("max_exp_avg_sq") || !(old("max_exp_avg_sq") > v1) ? v1 : old("max_exp_avg_sq");
      say("largest", "largest v", ["max(", first("max_exp_avg_sq") ? v1 : old("max_exp_avg_sq"), ", ", v1, ")"], largest, (x) => Math.max(...x));
      v1 = largest;
    }
    const move = s.lr / bias1 * m1 / (Math.sqrt(v1) / Math.sqrt(bias2) + s.eps);
    say("m-hat", "m̂", [m1, " / (1 - ", b1, `^${s.t})`], m1 / bias1, (x) => x[0] / (1 - x[1] ** s.t));
    say("v-hat", "v̂", [v1, " / (1 - ", b2, `^${s.t})`], v1 / bias2, (x) => x[0] / (1 - x[1] ** s.t));
    say("step", "step", [s.lr, "·", m1 / bias1, " / (√(", v1 / bias2, ") + ", s.eps, ")"], move, (x) => x[0] * x[1] / (Math.sqrt(x[2]) + x[3]));
    return w - move;
  },
  SGD(say, s, { w, g, old, first }) {
    if (s.momentum) {
      const fresh = 1 - s.dampening, b = first("momentum_buffer") ? g : s.momentum * old("momentum_buffer") + fresh * g;
      say("b", "b", first("momentum_buffer") ? [g] : [s.momentum, "·", old("momentum_buffer"), " + ", fresh, "·", g], b, (x) => x.length > 1 ? x[0] * x[1] + x[2] * x[3] : x[0]);
      if (s.nesterov) say("g", "g", [g, " + ", s.momentum, "·", b], g + s.momentum * b, (x) => x[0] + x[1] * x[2]);
      g = s.nesterov ? g + s.momentum * b : b;
    }
    say("step", "step", [s.lr, "·", g], s.lr * g, (x) => x[0] * x[1]);
    return w - s.lr * g;
  },
  RMSprop(say, s, { w, g, old }) {
    const v = old("square_avg"), v1 = s.alpha * v + (1 - s.alpha) * g * g;
    let b = g / (Math.sqrt(v1) + s.eps);
    say("v", "v", [s.alpha, "·", v, " + (1 - ", s.alpha, ")·", g, "^2"], v1, (x) => x[0] * x[1] + (1 - x[2]) * x[3] ** 2);
    say("direction", "direction", [g, " / (√(", v1, ") + ", s.eps, ")"], b, (x) => x[0] / (Math.sqrt(x[1]) + x[2]));
    if (s.momentum) {
      const next = s.momentum * old("momentum_buffer") + b;
      say("b", "b", [s.momentum, "·", old("momentum_buffer"), " + ", b], next, (x) => x[0] * x[1] + x[2]);
      b = next;
    }
    say("step", "step", [s.lr, "·", b], s.lr * b, (x) => x[0] * x[1]);
    return w - s.lr * b;
  },
  Adagrad(say, s, { w, g, old, first }) {
    const lr = s.lr / (1 + (s.t - 1) * s.lr_decay), before = first("sum") ? s.initial_accumulator_value : old("sum"), sum = before + g * g;
    const move = lr * g / (Math.sqrt(sum) + s.eps);
    say("s", "s", [before, " + ", g, "^2"], sum, (x) => x[0] + x[1] ** 2);
    say("step", "step", [lr, "·", g, " / (√(", sum, ") + ", s.eps, ")"], move, (x) => x[0] * x[1] / (Math.sqrt(x[2]) + x[3]));
    return w - move;
  },
};
STEPS.AdamW = STEPS.Adam;

// The lines from w and g to the new w, by `say`; returns the new w.
function nextWeight(at, say) {
  const o = M.optimizer, s = o.groups[D.group_of_weight[at]], v = D.weights[at];
  let w = data(v), g = grad(v);
  if (o.factor < 1) { say("g", "g", [g, "·", o.factor], g * o.factor, (x) => x[0] * x[1]); g *= o.factor; }
  if (!o.known) return o.after[at];
  if (s.maximize) { say("g", "g", ["-(", g, ")"], -g, (x) => -x[0]); g = -g; }
  if (s.weight_decay && o.name === "AdamW") {
    const kept = w * (1 - s.lr * s.weight_decay);
    say("w", "w", [w, "·(1 - ", s.lr, "·", s.weight_decay, ")"], kept, (x) => x[0] * (1 - x[1] * x[2]));
    w = kept;
  } else if (s.weight_decay) {
    const more = g + s.weight_decay * w;
    say("g", "g", [g, " + ", s.weight_decay, "·", w], more, (x) => x[0] + x[1] * x[2]);
    g = more;
  }
  const first = (n) => !s.remembers.includes(n), old = (n) => first(n) ? 0 : o.remembered[n][at];
  let before = w;
  const next = STEPS[o.name]((id, left, parts, x, compute) => say(id, left, parts, x, compute), s, { w, g, old, first });
  say("new", "new w", [before, " - ", before - next], next, (x) => x[0] - x[1]);
  return next;
}

function drawUpdate(w, g) {
  const o = M.optimizer, at = D.weights.indexOf(w), lines = [];
  const add = (id, left, how, x) => lines.push(make("li", { "data-line": id }, `${left} = ${how ? `${how} = ` : ""}`, make("strong", {}, shown(x))));
  $("update-title").textContent = "What the optimizer makes of it";
  add("w", "w", "", data(w));
  add("g", "g", "d loss / d w", g);
  if (o) {
    const s = o.groups[D.group_of_weight[at]];
    const settings = ["lr", "betas", "momentum", "alpha", "eps", "weight_decay"].filter((n) => s[n] !== undefined && s[n] !== 0);
    $("update-title").textContent = `Step ${s.t} of ${o.name}: ${settings.map((n) => n === "betas" ? `β1 = ${s.betas[0]}, β2 = ${s.betas[1]}` : `${n} = ${s[n]}`).join(", ")}`;
    if (o.clip_norm !== null) lines.push(make("li", {}, `All gradients together have the norm ${shown(o.norm)}, at most ${o.clip_norm}: `
      + (o.factor < 1 ? `each is multiplied by ${shown(o.factor)}` : "they stay as they are")));
    const next = nextWeight(at, (id, left, parts, x, compute) => add(id, left, worked(expression(parts, compute), x), x));
    const same = Object.is(next, o.after[at]);
    lines.push(make("li", { id: "after", "data-same": same }, `The library's own step makes ${String(o.after[at])}: `
      + (o.known ? (same ? "the same number to the last bit." : `another number, this page has ${next}.`) : "its arithmetic is in its docstring.")));
  } else lines.push(make("li", {}, "No optimizer was given."));
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
  const op = opOf(v), parents = D.parents[v], g = grad(v), behind = ancestors(v), how = expressionOf(v);
  fill("trail", ...trail.slice(-6).flatMap((u, k, all) => [make("button", { class: "n", type: "button", on: { click: () => openValue(u, trail.slice(0, trail.length - all.length + k)) } }, nameOf(u)), " › "]));
  for (const button of $("trail").querySelectorAll("button")) button.style.width = "auto";
  $("value-title").textContent = nameOf(v);
  $("value-how").textContent = how === null ? "" : ` = ${worked(how, data(v))}`;
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
  drawUses(v, g, trail);
  drawLayers(v, behind, trail);
  if (!$("autograd").open) $("autograd").showModal();
}

// Where a number's gradient comes from: the Values that were made from it.
function drawUses(v, g, trail) {
  if (g === null || v === D.loss) { fill("value-uses", v === D.loss ? make("p", {}, "d loss / d loss is 1: from here on all gradients are handed back.") : null); return; }
  const rows = uses[v].slice(0, 200).map(([u, k]) => [u, partial(u, k), grad(u) ?? 0]);
  const told = rows.reduce((t, [, slope, back]) => t + slope * back, 0);
  const body = rows.map(([u, slope, back]) => make("tr", {}, make("th", { scope: "row" },
    make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, [...trail, v]) } }, nameOf(u))),
  ...[slope, back, slope * back].map((x) => make("td", {}, shown(x)))));
  if (Math.abs(g - told) > 1e-9 * rows.reduce((t, [, a, b]) => t + Math.abs(a * b), Math.abs(g))) body.push(make("tr", {}, make("th", { scope: "row" }, "Values that are not on this page"), make("td"), make("td"), make("td", {}, shown(g - told))));
  body.push(make("tr", { class: "sum" }, make("th", { scope: "row" }, "its gradient"), make("td"), make("td"), make("td", {}, shown(g))));
  fill("value-uses", make("div", { class: "scroll" }, make("table", {}, make("caption", {}, "Its gradient: what each Value made from it hands back"),
    make("thead", {}, make("tr", {}, ...["goes into", "slope d that / d this", "d loss / d that", "product"].map((t) => make("th", { scope: "col" }, t)))), make("tbody", {}, ...body))));
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
  const tip = make("defs", {}, make("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, make("path", { class: "tip", d: "M0 0L8 4L0 8z" })));
  fill("value-layers", make("p", {}, `${behind.length - 1} Values are behind it, layer by layer; open a box to see them one by one.`),
    make("svg", { class: "layers", viewBox: `0 0 ${wide} ${top + h + 10}`, role: "group", "aria-label": "autograd graph by layer" }, tip, ...arrows, ...boxes));
  $("value-layers").querySelector("svg").style.maxWidth = `${wide}px`;
  fill("value-list");
}

function listValues(name, values, v, trail) {
  const most = 300;
  fill("value-list", make("h3", {}, `${name}: ${values.length > most ? `the ${most} closest of ${values.length}` : values.length} Values`),
    make("div", { class: "values" }, make("table", {}, make("thead", {}, make("tr", {}, ...["Value", "operation", "number", "gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...values.slice(0, most).map((u) => make("tr", {},
        make("th", { scope: "row" }, make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, u === v ? trail : [...trail, v]) } }, nameOf(u))),
        make("th", {}, (opOf(u) || "leaf").replaceAll("_", " ")), make("td", {}, shown(data(u))), make("td", {}, shown(grad(u)))))))));
}

// ---- controls ----------------------------------------------------------------------------------------------

function choose(change, focus) {
  Object.assign(state, { all: state.all && change.node === undefined }, change);
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

function chooseEpoch(k) {
  M = moment(k);
  const epoch = M.epoch === null ? "" : `epoch ${M.epoch}`;
  $("epoch").value = k;
  $("epoch").setAttribute("aria-valuetext", `${epoch}, loss ${shown(data(D.loss))}`);
  $("epoch-now").textContent = `${epoch}, loss ${shown(data(D.loss))}`;
  $("about").textContent = `${M.title} · ${D.model} · ${D.graph} · loss ${shown(data(D.loss))}`;
}

function redraw() { choose({}); drawWeight(); chooseEpoch(D.moments.indexOf(D.moments.find((_, k) => moment(k) === M))); }

function start() {
  const epochs = D.moments.length;
  $("epoch-of").hidden = epochs < 2;
  $("epoch").max = epochs - 1;
  $("epoch").oninput = () => { M = moment(Number($("epoch").value)); redraw(); };
  $("digits").onchange = () => { state.digits = Number($("digits").value); redraw(); };
  fill("notes", ...D.notes.map((note) => make("li", {}, note)));
  $("graph").setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  fill("node", ...D.nodes.map((n) => make("option", { value: n.i }, label(n.i))));
  fill("layer", ...D.layers.map((layer, k) => make("option", { value: k }, `${k}: ${layer.name || layer.module}`)));
  $("node").onchange = () => choose({ node: Number($("node").value) });
  $("layer").onchange = () => choose({ layer: Number($("layer").value), passing: 0 });
  $("passing").onchange = () => choose({ passing: Number($("passing").value) });
  $("entry").onchange = () => choose({ entry: $("entry").value === "length" ? "length" : Number($("entry").value) });
  for (const radio of document.getElementsByName("mode")) radio.onchange = () => choose({ gradients: $("gradients").checked });
  listen("chain");
  weightControls();
  state.gradients = $("gradients").checked;
  redraw();
}

start();
