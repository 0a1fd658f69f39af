// A harness for `tinygnn conformance --exec "node harness.js"`: a small autograd in JavaScript and a few layers.
// It needs node and nothing else. What it does not know it skips; docs/protocol.md says what the messages are.
"use strict";
const readline = require("readline");

// ---- numbers with gradients ----------------------------------------------------------------------------

let made = 0;

// partials[k] is d(this)/d(parents[k]), or null where nothing passes, not even an infinite gradient.
class Value {
  constructor(data, parents = [], partials = []) {
    this.data = data;
    this.grad = 0;
    this.parents = parents;
    this.partials = partials;
    this.place = made++; // a parent is made before its children
  }
}

const value = (x) => (x instanceof Value ? x : new Value(x));

// Add the gradients of Σ seeds[k] ends[k] to all leaves; values in between start anew.
function backward(ends, seeds) {
  const reached = new Set(ends);
  for (const node of reached) node.parents.forEach((parent) => reached.add(parent)); // a Set grows while it is read
  const order = [...reached].sort((a, b) => b.place - a.place);
  order.forEach((node) => node.parents.length && (node.grad = 0));
  ends.forEach((end, k) => (end.grad += seeds[k]));
  for (const node of order)
    node.parents.forEach((parent, k) => {
      if (node.partials[k] !== null) parent.grad += node.grad * node.partials[k];
    });
}

const of1 = (f, slope) => (x) => new Value(f(x.data), [x], [slope(x.data)]);
const of2 = (f, slopes) => (x, y) => {
  x = value(x);
  y = value(y);
  return new Value(f(x.data, y.data), [x, y], slopes(x.data, y.data));
};

const logistic = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const oneOver = (x) => 1 / x;
const passing = (condition) => (condition ? 1 : null);

const add = of2((x, y) => x + y, () => [1, 1]);
const sub = of2((x, y) => x - y, () => [1, -1]);
const mul = of2((x, y) => x * y, (x, y) => [y, x]);
const truediv = of2((x, y) => x / y, (x, y) => [1 / y, -x / y / y]);
const exp = of1(Math.exp, Math.exp);
const log = of1((x) => Math.log(x), oneOver);
const tanh = of1(Math.tanh, (x) => 1 - Math.tanh(x) ** 2);
const sigmoid = of1(logistic, (x) => logistic(x) * logistic(-x));
const relu = of1((x) => (x !== x ? x : x > 0 ? x : 0), (x) => passing(!(x <= 0)));
const leaky_relu = (x, slope = 0.01) =>
  of1((v) => (v > 0 ? v : v * slope), (v) => (v > 0 ? 1 : slope))(x);
const elu = (x, alpha = 1) =>
  of1((v) => (v > 0 ? v : alpha * Math.expm1(v)), (v) => (v <= 0 ? alpha * Math.exp(v) : 1))(x);
const extreme = (better) =>
  of2(
    (x, y) => (x !== x ? x : y !== y ? y : better(x, y) ? x : y),
    (x, y) => (x === y ? [0.5, 0.5] : x !== x || y !== y ? [1, 1] : [passing(better(x, y)), passing(better(y, x))]),
  );

function total(values) {
  return new Value(values.reduce((sum, v) => sum + v.data, 0), values, values.map(() => 1));
}

function dot(a, b) {
  const terms = a.map((x, k) => x.data * b[k].data);
  return new Value(
    terms.reduce((sum, term) => sum + term, 0),
    [...a, ...b],
    [...b.map((y) => y.data), ...a.map((x) => x.data)],
  );
}

const scaled = (x, factor) => mul(x, new Value(factor));
const mean = (values) => scaled(total(values), 1 / values.length);

function softmax(values) {
  const top = Math.max(...values.map((v) => v.data));
  const powers = values.map((v) => Math.exp(v.data - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const p = powers.map((power) => power / sum);
  return p.map((own, i) => new Value(own, values, p.map((other, j) => own * ((i === j) - other))));
}

function largest(values) {
  const top = Math.max(...values.map((v) => v.data));
  const winners = values.filter((v) => v.data === top).length;
  return new Value(top, values, values.map((v) => (v.data === top ? 1 / winners : null)));
}

const OPS = {
  pos: of1((x) => x, () => 1),
  neg: of1((x) => -x, () => -1),
  abs: of1(Math.abs, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  sin: of1(Math.sin, Math.cos),
  cos: of1(Math.cos, (x) => -Math.sin(x)),
  sqrt: of1(Math.sqrt, (x) => 0.5 / Math.sqrt(x)),
  silu: of1((x) => x * logistic(x), (x) => logistic(x) * (1 + x * logistic(-x))),
  exp, log, tanh, sigmoid, relu, add, sub, mul, truediv,
  leaky_relu: (x, o) => leaky_relu(x, o.negative_slope),
  elu: (x, o) => elu(x, o.alpha),
  maximum: extreme((x, y) => x > y),
  minimum: extreme((x, y) => x < y),
};

// ---- rows and matrices ---------------------------------------------------------------------------------

const transpose = (m) => (m.length ? m[0].map((_, j) => m.map((row) => row[j])) : []);
const linear = (x, weight, bias) =>
  x.map((row) => weight.map((w, j) => (bias ? add(dot(row, w), bias[j]) : dot(row, w))));
const plus = (a, b) => a.map((row, i) => row.map((x, j) => add(x, b[i][j])));

const ROWS = {
  total: ({ values }) => total(values),
  mean: ({ values }) => mean(values),
  softmax: ({ values }) => softmax(values),
  dot: ({ a, b }) => dot(a, b),
  matmul: ({ a, b }) => linear(a, transpose(b)),
  transpose: ({ matrix }) => transpose(matrix),
  linear: ({ x, weight, bias }) => linear(x, weight, bias),
};

// ---- layers --------------------------------------------------------------------------------------------

// The messages rows[k] that arrive at each node; edge k goes from edge_index[0][k] to edge_index[1][k].
function arriving(edge_index, nodes, rows) {
  const groups = Array.from({ length: nodes }, () => []);
  edge_index[1].forEach((target, k) => groups[target].push(rows[k]));
  return groups;
}

const AGGREGATIONS = { sum: total, add: total, mean, max: largest };

// Each column of each group aggregated; a group of nobody gives zeros.
const aggregated = (groups, width, aggr) =>
  groups.map((rows) =>
    Array.from({ length: width }, (_, j) =>
      rows.length ? AGGREGATIONS[aggr](rows.map((row) => row[j])) : new Value(0),
    ),
  );

function gcnConv(given, { edge_index }, settings) {
  const { add_self_loops = true, normalize = true, improved = false } = settings;
  const nodes = given.x.length;
  const fill = improved ? 2 : 1;
  let [sources, targets] = edge_index;
  let weights = given.edge_weight || sources.map(() => new Value(1));
  if (normalize && add_self_loops) {
    // Self loops that are there keep their weight, the last of several; all others are added.
    const own = Array.from({ length: nodes }, () => new Value(fill));
    const rest = [...sources.keys()].filter((k) => {
      if (sources[k] === targets[k]) own[sources[k]] = weights[k];
      return sources[k] !== targets[k];
    });
    const all = [...Array(nodes).keys()];
    weights = [...rest.map((k) => weights[k]), ...own];
    [sources, targets] = [sources, targets].map((side) => [...rest.map((k) => side[k]), ...all]);
  }
  if (normalize) {
    const degrees = arriving([sources, targets], nodes, weights).map(total);
    const inverse = degrees.map((d) =>
      d.data === 0 ? new Value(0) : new Value(d.data ** -0.5, [d], [-0.5 * d.data ** -1.5]),
    );
    weights = weights.map((w, k) => mul(mul(inverse[sources[k]], w), inverse[targets[k]]));
  }
  const h = linear(given.x, given["lin.weight"]);
  const messages = sources.map((j, k) => h[j].map((x) => mul(weights[k], x)));
  const out = aggregated(arriving([sources, targets], nodes, messages), given["lin.weight"].length, "sum");
  return given.bias ? out.map((row) => row.map((x, j) => add(x, given.bias[j]))) : out;
}

function sageConv(given, { edge_index }, settings) {
  const { aggr = "mean", normalize = false, project = false } = settings;
  if (!(aggr in AGGREGATIONS) || normalize || project) return null;
  const messages = edge_index[0].map((j) => given.x[j]);
  const heard = aggregated(arriving(edge_index, given.x.length, messages), given.x[0].length, aggr);
  const out = linear(heard, given["lin_l.weight"], given["lin_l.bias"]);
  return given["lin_r.weight"] ? plus(out, linear(given.x, given["lin_r.weight"])) : out;
}

function graphConv(given, { edge_index }, settings) {
  const { aggr = "sum" } = settings;
  if (!(aggr in AGGREGATIONS)) return null;
  const w = given.edge_weight;
  const messages = edge_index[0].map((j, k) => (w ? given.x[j].map((x) => mul(w[k], x)) : given.x[j]));
  const heard = aggregated(arriving(edge_index, given.x.length, messages), given.x[0].length, aggr);
  const out = linear(heard, given["lin_rel.weight"], given["lin_rel.bias"]);
  return plus(out, linear(given.x, given["lin_root.weight"]));
}

const ACTIVATIONS = { ReLU: relu, Tanh: tanh, Sigmoid: sigmoid };

// A Sequential, described by the case; its parameters stand under PREFIX.0.weight and so on.
function sequential(described, prefix, given, rows) {
  if (described.call === "Linear") return linear(rows, given[`${prefix}.weight`], given[`${prefix}.bias`]);
  if (described.call in ACTIVATIONS) return rows.map((row) => row.map(ACTIVATIONS[described.call]));
  if (described.call !== "Sequential") return null;
  return described.args.reduce((h, part, i) => h && sequential(part, `${prefix}.${i}`, given, h), rows);
}

function ginConv(given, { edge_index, options }, settings) {
  const eps = given.eps ? given.eps[0] : new Value(Number((options.buffers.eps || [0])[0]));
  const messages = edge_index[0].map((j) => given.x[j]);
  const heard = aggregated(arriving(edge_index, given.x.length, messages), given.x[0].length, "sum");
  const own = given.x.map((row) => row.map((x) => mul(add(eps, new Value(1)), x)));
  return sequential(settings.nn, "nn", given, plus(own, heard));
}

const LAYERS = { GCNConv: gcnConv, SAGEConv: sageConv, GraphConv: graphConv, GINConv: ginConv };

// ---- the protocol --------------------------------------------------------------------------------------

const nested = (x, f) => (Array.isArray(x) ? x.map((part) => nested(part, f)) : f(x));
const flat = (x) => (Array.isArray(x) ? x.flat(Infinity) : [x]);
const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const read = (x) => (typeof x === "string" ? WORDS[x] : x);
// JSON has no nan and no inf, and JSON.stringify(-0) is "0".
const written = (x) => (Number.isNaN(x) ? "nan" : !Number.isFinite(x) ? (x > 0 ? "inf" : "-inf") : Object.is(x, -0) ? "-0.0" : x);

// The output of a case, or null for what this harness does not know.
function computed(kase, given) {
  const { call, kind, options } = kase;
  if (kind === "op" && Object.hasOwn(OPS, call)) {
    const x = "x" in given ? given.x : read(options.x);
    const y = "y" in given ? given.y : read(options.y);
    return y === undefined ? OPS[call](x, options) : OPS[call](x, y);
  }
  if (kind === "op" && Object.hasOwn(ROWS, call) && !Object.keys(options).length) return ROWS[call](given);
  const known = ["sizes", "conv", "training", "last", "buffers"]; // options that a layer here may have
  const plain = Object.keys(options).every((name) => known.includes(name)) && !options.last;
  if (kind !== "model" || !Object.hasOwn(LAYERS, call) || !plain) return null;
  return LAYERS[call](given, kase, options.conv || {});
}

function answer({ id, case: kase }) {
  const given = {};
  for (const [name, numbers] of Object.entries(kase.inputs)) given[name] = nested(numbers, (x) => new Value(read(x)));
  const out = computed(kase, given);
  if (out === null) return { type: "skip", id, reason: `harness.js does not know this ${kase.call}` };
  const ends = flat(out);
  const seeds = flat(kase.cotangent).map(read);
  for (let i = 0; i < kase.passes; i++) backward(ends, seeds);
  const outputs = { out: nested(out, (v) => written(v.data)) };
  for (const name of Object.keys(kase.inputs)) outputs[`grad ${name}`] = nested(given[name], (v) => written(v.grad));
  return { type: "result", id, outputs };
}

const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.type === "hello") say({ type: "hello", protocol: 1, name: "harness.js", version: process.version });
  if (message.type === "bye") process.exit(0);
  if (message.type !== "run") return;
  try {
    say(answer(message));
  } catch (error) {
    say({ type: "error", id: message.id, message: String(error) });
  }
});
