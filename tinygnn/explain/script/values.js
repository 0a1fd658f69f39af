"use strict";
// Reads the numbers of one run of a model and shows them; everything is drawn from `D`, nothing is fetched.
const D = JSON.parse(document.getElementById("data").textContent);
for (const [k, slopes] of Object.entries(D.slopes)) D.slopes[k] = slopes.map(Number); // "NaN" is text there
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const CLASS_COLOURS = ["#b9dcf2", "#f6d59a", "#b7e4d2", "#efc4dc", "#f4efa0", "#d9d9d9", "#c9c2ee", "#f3b9a8"];
const state = { node: D.node, layer: D.layers.length - 1, passing: 0, entry: 0, gradients: false, weight: null, digits: 6, moment: D.moment };

// ---- moments: the numbers of one epoch ---------------------------------------------------------------------

function unpacked(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length), view = new DataView(bytes.buffer);
  for (let k = 0; k < letters.length; k += 1) bytes[k] = letters.charCodeAt(k);
  const numbers = new Float64Array(letters.length / 8);
  for (let k = 0; k < numbers.length; k += 1) numbers[k] = view.getFloat64(8 * k, true);
  return numbers;
}

const opened = new Map();
function moment(k) {
  if (!opened.has(k)) {
    const m = D.moments[k], o = m.optimizer;
    opened.set(k, { ...m, data: unpacked(m.data), grad: unpacked(m.grad), slopes: unpacked(m.slopes), optimizer: o && {
      ...o, norm: Number(o.norm), factor: Number(o.factor), after: unpacked(o.after), remembered: Object.fromEntries(Object.entries(o.remembered).map(([n, text]) => [n, unpacked(text)])),
    } });
  }
  return opened.get(k);
}
let M = moment(state.moment);

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

const SPOKEN = { "+": "sum", "-": "difference", "*": "product", "/": "quotient", "**": "power" };
const spoken = (v) => SPOKEN[opOf(v)] ?? opOf(v).replaceAll("_", " ");

function nameOf(v) {
  if (called.has(v)) return called.get(v);
  const op = spoken(v) || "number", of = D.parents[v].find((p) => called.has(p) && D.parameters[p] === undefined);
  if (of === undefined) return D.parents[v].length && D.parents[v][0] >= 0 ? `${op} of ${spoken(D.parents[v][0]) || "a number"}` : `${op} no. ${v}`;
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
