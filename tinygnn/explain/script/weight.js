// One weight: who contributes to its gradient, and what the optimizer makes of it.

const weights = Object.entries(D.parameters).map(([v, full]) => {
  const [, name, row, place] = full.match(/^([^[]*)(.*?)(\[\d+\])?$/s);
  return { v: Number(v), name, row, place: place ?? "(one number)" };
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
      return { text: `→\u00a0${label(passing.targets[k])}:\u00a0${shown(through)}`, through };
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
  const choose = (id, values, chosen) => {
    fill(id, ...values.map(([value, text]) => make("option", { value }, text)));
    $(id).value = chosen;
  };
  const each = (key, list) => [...new Set(list.map((w) => w[key]))].map((text) => [text, text]);
  // Of a large matrix one row's entries are listed at a time.
  const show = (w) => {
    const own = weights.filter((other) => other.name === w.name), rows = each("row", own);
    choose("weight-row", rows, w.row);
    $("weight-row").parentElement.hidden = rows.length < 2;
    choose("weight-place", own.filter((other) => other.row === w.row).map((other) => [other.v, other.place]), w.v);
    state.weight = w.v;
  };
  const first = (key, value) => weights.find((w) => w[key] === value && (key === "name" || w.name === $("weight-name").value));
  choose("weight-name", each("name", weights), biggest.name);
  show(biggest);
  $("weight-name").onchange = (event) => { show(first("name", event.target.value)); drawWeight(); };
  $("weight-row").onchange = (event) => { show(first("row", event.target.value)); drawWeight(); };
  $("weight-place").onchange = (event) => { state.weight = Number(event.target.value); drawWeight(); };
}
