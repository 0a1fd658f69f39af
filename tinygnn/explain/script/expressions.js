// How numbers are made of others, and gradients of those behind them, as a calculator takes it.

// Texts and numbers in turn, and the function that they say; as Python's tinygnn.explain.expression.
const expression = (parts, compute) => ({ parts, compute, numbers: parts.filter((part) => typeof part === "number") });

function written(e, digits) {
  let text = "";
  e.parts.forEach((part, k) => {
    if (typeof part === "string") { text += part; return; }
    const one = general(part, digits), alone = (!text || text.endsWith("(") || text.endsWith(", ")) && !String(e.parts[k + 1]).startsWith("^");
    text += alone || !one.startsWith("-") ? one : `(${one})`;
  });
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
  while (digits < 17 && !agrees(e.compute(e.numbers.map((x) => Number(x.toPrecision(digits)))), last, state.digits)) digits += 1;
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

// Φ(x), the part of a normal distribution below x, and its density φ(x); ROOT stands in GELU's approximation.
const ROOT = Math.sqrt(2 / Math.PI), density = (x) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
function normal(x) {
  if (Number.isNaN(x) || Math.abs(x) > 38) return x > 0 ? 1 : x < 0 ? 0 : x;
  if (Math.abs(x) < 3) { // a series: φ(x)·(x + x³/3 + x⁵/15 + ...)
    let term = x, sum = x;
    for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) { term *= x * x / k; sum += term; }
    return 0.5 + density(x) * sum;
  }
  let tail = 0; // a continued fraction: 1 / (|x| + 1 / (|x| + 2 / (|x| + ...)))
  for (let k = 100; k > 0; k -= 1) tail = k / (Math.abs(x) + tail);
  const beyond = density(x) / (Math.abs(x) + tail);
  return x > 0 ? 1 - beyond : beyond;
}

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
  gelu: ([x], [how]) => how === "none" ? expression([x, "·Φ(", x, ")"], (n) => n[0] * normal(n[1]))
    : expression([x, "·(1 + tanh(√(2 / π)·(", x, " + 0.044715·", x, "^3))) / 2"], (n) => n[0] * (1 + Math.tanh(ROOT * (n[1] + 0.044715 * n[2] ** 3))) / 2),
  sin: (x) => callOf("sin", x, Math.sin), cos: (x) => callOf("cos", x, Math.cos), detach: (x) => expression([x[0]], (n) => n[0]),
  clamp: (x, [low, high]) => typeof low === "string" ? callOf("min", [high, ...x], Math.min) : typeof high === "string" ? callOf("max", [low, ...x], Math.max)
    : expression(["min(", high, ", max(", low, ", ", x[0], "))"], (n) => Math.min(n[0], Math.max(n[1], n[2]))),
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
  gelu: ([x], k, y, [how]) => {
    if (how === "none") return expression(["Φ(", x, ") + ", x, "·φ(", x, ")"], (n) => normal(n[0]) + n[1] * density(n[2]));
    const tanh = ["tanh(√(2 / π)·(", x, " + 0.044715·", x, "^3))"], t = (a, b) => Math.tanh(ROOT * (a + 0.044715 * b ** 3));
    return expression(["(1 + ", ...tanh, ") / 2 + ", x, "·(1 - ", ...tanh, "^2)·√(2 / π)·(1 + 0.134145·", x, "^2) / 2"],
      (n) => (1 + t(n[0], n[1])) / 2 + n[2] * (1 - t(n[3], n[4]) ** 2) * ROOT * (1 + 0.134145 * n[5] ** 2) / 2);
  },
  silu: ([x]) => expression(["(1 + ", x, " / (1 + exp(", x, "))) / (1 + exp(-(", x, ")))"], (n) => (1 + n[0] * sigmoid(-n[1])) * sigmoid(n[2])),
  sin: (x) => callOf("cos", x, Math.cos), cos: (x) => callOf("-sin", x, (a) => -Math.sin(a)),
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
