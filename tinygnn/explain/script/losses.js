// How losses are made of predictions and targets, and their slopes, as Python's tinygnn.explain.loss_expressions.

// Predictions with their targets: constants behind the loss's own, or parents of their own.
function pairsOf(x, constants, own) {
  const targets = constants[own] ?? x.slice(x.length / 2);
  return targets.map((t, k) => [x[k], t]);
}

// Terms, each { parts, compute }, with + between them.
function sumOf(terms) {
  if (!terms.length) return expression(["0"], () => 0);
  return expression(terms.flatMap((term, k) => [...(k ? [" + "] : []), ...term.parts]), (n) => {
    let at = 0;
    return terms.reduce((sum, term) => sum + term.compute(n.slice(at, at += term.numbers.length)), 0);
  });
}

const TERMS = {
  mse_loss: (p, t) => expression(["(", p, " - ", t, ")^2"], (n) => (n[0] - n[1]) ** 2),
  l1_loss: (p, t) => expression(["abs(", p, " - ", t, ")"], (n) => Math.abs(n[0] - n[1])),
  huber_loss: (p, t, delta) => Math.abs(p - t) < delta ? expression(["(", p, " - ", t, ")^2 / 2"], (n) => (n[0] - n[1]) ** 2 / 2)
    : expression([delta, "·(abs(", p, " - ", t, ") - ", delta, " / 2)"], (n) => n[0] * (Math.abs(n[1] - n[2]) - n[3] / 2)),
  smooth_l1_loss: (p, t, beta) => Math.abs(p - t) < beta ? expression(["(", p, " - ", t, ")^2 / (2·", beta, ")"], (n) => (n[0] - n[1]) ** 2 / (2 * n[2]))
    : expression(["abs(", p, " - ", t, ") - ", beta, " / 2"], (n) => Math.abs(n[0] - n[1]) - n[2] / 2),
};
const SETTINGS = { mse_loss: 0, l1_loss: 0, huber_loss: 1, smooth_l1_loss: 1 };
for (const [name, term] of Object.entries(TERMS)) {
  FORMULAS[name] = (x, c) => sumOf(pairsOf(x, c, SETTINGS[name]).map(([p, t]) => term(p, t, c[0])));
}

const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
FORMULAS.bce_with_logits = (x, c) => sumOf(pairsOf(x, c, 2).flatMap(([z, t], k) => [
  c[0][k] * c[1][k] * t ? expression([c[0][k] * c[1][k] * t, "·log(1 + exp(-(", z, ")))"], (n) => n[0] * softplus(-n[1])) : null,
  c[0][k] * (1 - t) ? expression([c[0][k] * (1 - t), "·log(1 + exp(", z, "))"], (n) => n[0] * softplus(n[1])) : null,
]).filter((term) => term !== null));

// The logits of a row and how much each class counts.
function sharesOf(x, c) {
  if (c.length === 1) return [x, c[0]];
  const [weights, smoothing] = c, wide = weights.length;
  return [x.slice(0, wide), weights.map((w, k) => w * ((1 - smoothing) * x[wide + k] + smoothing / wide))];
}
const plus = (x) => x.reduce((sum, n) => sum + n, 0);

FORMULAS.cross_entropy = (x, c) => {
  const [z, q] = sharesOf(x, c), wide = z.length;
  return q.every((share) => !share) ? sumOf([]) : expression([plus(q), "·log(", ...inExps(z), ")", ...q.flatMap((share, k) => share ? [" - ", share, "·", z[k]] : [])],
    (n) => n[0] * Math.log(sumExp(n.slice(1, 1 + wide))) - plus(n.slice(1 + wide).map((a, k, rest) => k % 2 ? 0 : a * rest[k + 1])));
};

// By a prediction, and by a target with the sign turned.
function slopeOfEntry(x, k, c, own, make) {
  const pairs = pairsOf(x, c, own), [p, t] = pairs[k % pairs.length];
  return k < pairs.length ? make(p, t) : make(t, p);
}
SLOPES.mse_loss = (x, k, y, c) => slopeOfEntry(x, k, c, 0, (p, t) => expression(["2·(", p, " - ", t, ")"], (n) => 2 * (n[0] - n[1])));
SLOPES.huber_loss = (x, k, y, c) => slopeOfEntry(x, k, c, 1, (p, t) => Math.abs(p - t) < c[0] ? expression([p, " - ", t], (n) => n[0] - n[1]) : null);
SLOPES.smooth_l1_loss = (x, k, y, c) => slopeOfEntry(x, k, c, 1, (p, t) => Math.abs(p - t) < c[0] ? expression(["(", p, " - ", t, ") / ", c[0]], (n) => (n[0] - n[1]) / n[2]) : null);
SLOPES.bce_with_logits = (x, k, y, c) => {
  const pairs = pairsOf(x, c, 2), at = k % pairs.length, [z, t] = pairs[at], w = c[0][at], positive = c[1][at];
  if (k >= pairs.length) return expression([w, "·(", positive, "·log(1 + exp(-(", z, "))) - log(1 + exp(", z, ")))"], (n) => n[0] * (n[1] * softplus(-n[2]) - softplus(n[3])));
  if (w === 1 && positive === 1) return expression(["1 / (1 + exp(-(", z, "))) - ", t], (n) => sigmoid(n[0]) - n[1]);
  return expression([w, "·((1 - ", t, ") / (1 + exp(-(", z, "))) - ", positive, "·", t, " / (1 + exp(", z, ")))"],
    (n) => n[0] * ((1 - n[1]) * sigmoid(n[2]) - n[3] * n[4] * sigmoid(-n[5])));
};
SLOPES.cross_entropy = (x, k, y, c) => {
  const [z, q] = sharesOf(x, c), wide = z.length;
  if (k >= wide) return expression([c[0][k - wide] * (1 - c[1]), "·(log(", ...inExps(z), ") - ", z[k - wide], ")"], (n) => n[0] * (Math.log(sumExp(n.slice(1, -1))) - n.at(-1)));
  return expression([plus(q), "·exp(", z[k], ") / (", ...inExps(z), ") - ", q[k]], (n) => n[0] * Math.exp(n[1]) / sumExp(n.slice(2, -1)) - n.at(-1));
};
