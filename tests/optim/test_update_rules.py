"""Optimizers: by hand, against the papers' formulas, against PyTorch's numbers; settings and refusals.

Numbers called PyTorch's were computed beforehand with torch 2.13.0 in float64.
"""

import math

import pytest

from tinygnn import Value, nn, optim

# Another order of the same operations, over fifty steps.
REORDERED = 1e-12


def step_with(optimizer, *gradients):
    for param, gradient in zip(optimizer.params, gradients, strict=True):
        param.grad = gradient
    optimizer.step()
    return [param.data for param in optimizer.params]


# ---- by hand -------------------------------------------------------------------------------------


def test_sgd_by_hand():
    """w - lr g."""
    sgd = optim.SGD([Value(1.0), Value(-1.0)], lr=0.5)
    assert step_with(sgd, 2.0, 0.0) == [0.0, -1.0]
    assert step_with(sgd, -1.0, 4.0) == [0.5, -3.0]


def test_momentum_by_hand():
    """b = 2, then .5 · 2 + 4 = 5."""
    sgd = optim.SGD([Value(0.0)], lr=1.0, momentum=0.5)
    assert step_with(sgd, 2.0) == [-2.0]
    assert step_with(sgd, 4.0) == [-7.0]


def test_dampening_by_hand():
    """The first b is g itself; then .5 · 2 + .25 · 4 = 2."""
    sgd = optim.SGD([Value(0.0)], lr=1.0, momentum=0.5, dampening=0.75)
    assert step_with(sgd, 2.0) == [-2.0]
    assert step_with(sgd, 4.0) == [-4.0]


def test_nesterov_by_hand():
    """g + μ b: 2 + 1 = 3, then b = 5 and 4 + 2.5 = 6.5."""
    sgd = optim.SGD([Value(0.0)], lr=1.0, momentum=0.5, nesterov=True)
    assert step_with(sgd, 2.0) == [-3.0]
    assert step_with(sgd, 4.0) == [-9.5]


def test_weight_decay_by_hand():
    """g + .5 w: 1 + 1 = 2, then 1 + 0 = 1."""
    sgd = optim.SGD([Value(2.0)], lr=1.0, weight_decay=0.5)
    assert step_with(sgd, 1.0) == [0.0]
    assert step_with(sgd, 1.0) == [-1.0]


def test_adam_by_hand():
    """The first step is lr · sign g, whatever the size of g; the second from m̂ and v̂ written out."""
    adam = optim.Adam([Value(1.0), Value(1.0)], lr=0.1, betas=(0.5, 0.75), eps=0.0)
    assert step_with(adam, 4.0, -1e-6) == pytest.approx([0.9, 1.1], rel=1e-15)
    # m = .5·2 + .5·(-4) = -1, m̂ = -1/.75; v = .75·4 + .25·16 = 7, v̂ = 7/.4375 = 16
    expected = 0.9 - 0.1 * (-1.0 / 0.75) / 4.0
    assert step_with(adam, -4.0, 0.0)[0] == pytest.approx(expected, rel=1e-15)


def test_adamw_decays_the_weight_and_leaves_the_moments_alone():
    """w (1 - lr λ), then Adam's first step of lr."""
    adamw = optim.AdamW([Value(2.0)], lr=0.1, weight_decay=0.5, eps=0.0)
    assert step_with(adamw, 3.0) == pytest.approx([2.0 * 0.95 - 0.1], rel=1e-15)
    assert adamw.state[0]["exp_avg"] == [pytest.approx(0.3, rel=1e-15)]


def test_adams_weight_decay_is_part_of_the_gradient():
    """With g = 0 the decay alone makes a whole step."""
    assert step_with(optim.Adam([Value(2.0)], lr=0.1, weight_decay=0.5), 0.0) == pytest.approx([1.9])


# ---- against the formulas ------------------------------------------------------------------------


def quartic(a, b):
    """w⁴/4 - ab + b²: curved, coupled, with gradients of either sign."""
    return 0.25 * a**4 - a * b + b**2


def gradient(a, b):
    return [a**3 - b, 2.0 * b - a]


def trajectory(optimizer, steps):
    """Where the two parameters go."""
    points = []
    for _ in range(steps):
        optimizer.zero_grad()
        quartic(*optimizer.params).backward()
        optimizer.step()
        points.append([param.data for param in optimizer.params])
    return points


def paper_sgd(w, steps, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """PyTorch's documentation of SGD, line by line, for a list of numbers."""
    b = None
    for t in range(1, steps + 1):
        g = [gi + weight_decay * wi for gi, wi in zip(gradient(*w), w, strict=True)]
        if momentum != 0.0:
            b = g if t == 1 else [momentum * bi + (1 - dampening) * gi for bi, gi in zip(b, g, strict=True)]
            g = [gi + momentum * bi for gi, bi in zip(g, b, strict=True)] if nesterov else b
        w = [wi - lr * gi for wi, gi in zip(w, g, strict=True)]
        yield w


def paper_adam(w, steps, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    """Algorithm 1 of Kingma & Ba; decoupled, algorithm 2 of Loshchilov & Hutter."""
    m, v = [0.0] * len(w), [0.0] * len(w)
    for t in range(1, steps + 1):
        g = gradient(*w)
        for i, gi in enumerate(g):
            if decoupled:
                w[i] = w[i] - lr * weight_decay * w[i]
            else:
                gi = gi + weight_decay * w[i]
            m[i] = betas[0] * m[i] + (1 - betas[0]) * gi
            v[i] = betas[1] * v[i] + (1 - betas[1]) * gi**2
            m_hat = m[i] / (1 - betas[0] ** t)
            v_hat = v[i] / (1 - betas[1] ** t)
            w[i] = w[i] - lr * m_hat / (math.sqrt(v_hat) + eps)
        yield list(w)


def paper_adamw(w, steps, weight_decay=1e-2, **options):
    return paper_adam(w, steps, weight_decay=weight_decay, decoupled=True, **options)


# (optimizer, its formula, settings, PyTorch's parameters after seven steps from 1.5 and -.8)
RUNS = [
    (optim.SGD, paper_sgd, {}, (1.4714173547237561, -0.7785160732598341)),
    (optim.SGD, paper_sgd, {"lr": 0.1}, (0.6479983930096785, 0.15482108778048606)),
    (optim.SGD, paper_sgd, {"lr": 0.05, "momentum": 0.9}, (-0.4234772556364133, 0.8482732920923582)),
    (
        optim.SGD,
        paper_sgd,
        {"lr": 0.05, "momentum": 0.9, "dampening": 0.3},
        (-0.2582470269969448, 0.7396816670383352),
    ),
    (
        optim.SGD,
        paper_sgd,
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        (-0.11996639490559666, 0.6012878056566298),
    ),
    (
        optim.SGD,
        paper_sgd,
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
        (-0.4869339915957313, 0.8358092981784777),
    ),
    (optim.Adam, paper_adam, {}, (1.4930021553598745, -0.7930011197276517)),
    (optim.Adam, paper_adam, {"lr": 0.1}, (0.8456917545797951, -0.1219435831711855)),
    (
        optim.Adam,
        paper_adam,
        {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3},
        (0.8781534508084783, -0.1401572830142006),
    ),
    (optim.Adam, paper_adam, {"lr": 0.1, "weight_decay": 0.1}, (0.8439665183779551, -0.12223810177202009)),
    (optim.AdamW, paper_adamw, {}, (1.4928973991303554, -0.7929453430188003)),
    (optim.AdamW, paper_adamw, {"lr": 0.1}, (0.8381010575387156, -0.11874709384520282)),
    (optim.AdamW, paper_adamw, {"lr": 0.1, "weight_decay": 0.5}, (0.5274758365934072, 0.007113270435402164)),
]
IDS = [f"{run[0].__name__} {run[2]}" for run in RUNS]


@pytest.mark.parametrize(("optimizer", "formula", "settings", "after_seven"), RUNS, ids=IDS)
def test_seven_steps_end_where_pytorchs_end(optimizer, formula, settings, after_seven):
    """Defaults included."""
    points = trajectory(optimizer([Value(1.5), Value(-0.8)], **settings), 7)
    assert points[-1] == pytest.approx(after_seven, rel=REORDERED)


@pytest.mark.parametrize(("optimizer", "formula", "settings", "after_seven"), RUNS, ids=IDS)
def test_fifty_steps_follow_the_papers_formula(optimizer, formula, settings, after_seven):
    """Every one of them."""
    points = trajectory(optimizer([Value(1.5), Value(-0.8)], **settings), 50)
    for point, expected in zip(points, formula([1.5, -0.8], 50, **settings), strict=True):
        assert point == pytest.approx(expected, rel=REORDERED, abs=REORDERED)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=0.05),
        lambda p: optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
        lambda p: optim.Adam(p, lr=0.05),
        lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.0),
    ],
    ids=["SGD", "nesterov", "Adam", "AdamW"],
)
def test_it_finds_the_minimum(make):
    """The gradient at the end is nearly zero."""
    [*_, (a, b)] = trajectory(make([Value(1.5), Value(-0.8)]), 1000)
    assert gradient(a, b) == pytest.approx([0.0, 0.0], abs=1e-3)


# ---- use -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
def test_a_learning_rate_changed_between_steps_is_used_from_then_on(optimizer):
    """What a schedule does."""
    changed, constant = (
        optimizer([Value(1.5), Value(-0.8)], lr=0.1),
        optimizer([Value(1.5), Value(-0.8)], lr=0.1),
    )
    assert trajectory(changed, 3) == trajectory(constant, 3)
    changed.lr = 0.0
    before = [param.data for param in changed.params]
    assert trajectory(changed, 1) == [before]
    changed.lr = 0.2
    assert trajectory(changed, 1) != trajectory(constant, 1)


def test_zero_grad_clears_the_gradients_of_its_parameters_and_of_no_others():
    """It holds some Values, not the world."""
    mine, other = Value(1.0), Value(1.0)
    mine.grad = other.grad = 3.0
    optim.SGD([mine]).zero_grad()
    assert (mine.grad, other.grad) == (0.0, 3.0)


def test_step_leaves_the_gradients_as_they_are():
    """As in PyTorch: zero_grad() is the caller's."""
    param = Value(1.0)
    param.grad = 2.0
    optim.SGD([param], weight_decay=0.5).step()
    assert param.grad == 2.0


def test_step_changes_the_values_a_module_holds():
    """The same objects, moved."""
    linear = nn.Linear(2, 2)
    weight = linear.weight[0][0]
    before = weight.data
    weight.grad = 1.0
    optim.SGD(linear.parameters(), lr=0.5).step()
    assert linear.weight[0][0] is weight
    assert weight.data == before - 0.5


def test_parameters_may_be_nested_or_come_from_a_generator():
    """A weight matrix as it stands, a part of a model, all in one list."""
    linear = nn.Linear(2, 3)
    assert len(optim.SGD([linear.weight, linear.bias]).params) == 9
    assert len(optim.SGD(p for _, p in linear.named_parameters()).params) == 9


def test_a_parameter_given_twice_is_moved_once_or_refused():
    """Two steps at a time would be wrong."""
    param = Value(1.0)
    try:
        sgd = optim.SGD([param, param], lr=0.5)
    except ValueError as error:
        assert "twice" in str(error)
    else:
        param.grad = 1.0
        sgd.step()
        assert param.data == 0.5


def test_an_infinite_gradient_raises_nothing():
    """inf and nan go where IEEE 754 sends them."""
    for optimizer in (optim.SGD, optim.Adam, optim.AdamW):
        for bad in (math.inf, -math.inf, math.nan, 1e200):
            step_with(optimizer([Value(1.0)]), bad)


def test_adam_without_eps_raises_nothing_at_a_gradient_of_zero():
    """PyTorch makes the weight nan, 0/0; nothing raises in the middle of a training run."""
    assert math.isnan(step_with(optim.Adam([Value(1.0)], eps=0.0), 0.0)[0])


def test_adam_still_steps_after_very_many_steps():
    """β**t underflows to 0 and no correction is left."""
    adam = optim.Adam([Value(1.0)], lr=0.5)
    step_with(adam, 1.0)
    adam.state[0]["step"] = 10_000_000
    assert math.isfinite(step_with(adam, 1.0)[0])


def test_repr_is_short():
    """What, how many, how fast."""
    assert repr(optim.Adam([Value(1.0)] + [Value(2.0)], lr=0.01)) == "Adam(2 parameters, lr=0.01)"


# ---- refusals ------------------------------------------------------------------------------------

SETTINGS = {
    "negative lr": (optim.SGD, {"lr": -0.1}, "lr is -0.1: it must be at least 0"),
    "lr nan": (optim.Adam, {"lr": math.nan}, "lr is nan"),
    "negative momentum": (optim.SGD, {"momentum": -0.1}, "momentum is -0.1"),
    "negative weight decay": (optim.SGD, {"weight_decay": -0.1}, "weight_decay is -0.1"),
    "nesterov without momentum": (optim.SGD, {"nesterov": True}, "nesterov needs a momentum"),
    "nesterov with dampening": (
        optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov needs .*no dampening"),
    "beta of one": (optim.Adam, {"betas": (1.0, 0.9)}, r"betas is \(1.0, 0.9\): it must be in \[0, 1\)"),
    "negative beta": (optim.AdamW, {"betas": (0.9, -0.1)}, r"betas is \(0.9, -0.1\)"),
    "negative eps": (optim.Adam, {"eps": -1e-8}, "eps is -1e-08"),
    "negative decay of AdamW": (optim.AdamW, {"weight_decay": -1.0}, "weight_decay is -1.0"),
}  # fmt: skip


@pytest.mark.parametrize(("optimizer", "settings", "message"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_outside_its_range_is_refused(optimizer, settings, message):
    """PyTorch's ranges."""
    with pytest.raises(ValueError, match=message):
        optimizer([Value(1.0)], **settings)


def test_no_parameters_are_refused_with_a_hint():
    """A generator that was used up, say."""
    with pytest.raises(ValueError, match=r"did you mean model\.parameters\(\)"):
        optim.SGD([])


@pytest.mark.parametrize("thing", [1.0, "weight", None], ids=repr)
def test_a_parameter_that_is_no_value_is_named_with_its_position(thing):
    """A float cannot be moved."""
    with pytest.raises(TypeError, match="parameter 1 is .*an optimizer changes leaf Values"):
        optim.SGD([Value(1.0), thing])


def test_a_computed_value_is_no_parameter():
    """Moving it would change nothing."""
    with pytest.raises(TypeError, match="parameter 0 is .*leaf"):
        optim.SGD([Value(1.0) * 2.0])


def test_the_base_class_takes_no_steps():
    """It only holds the parameters."""
    with pytest.raises(TypeError, match="Optimizer defines no update"):
        optim.Optimizer([Value(1.0)], {"lr": 0.1}).step()


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_betas_may_be_a_list_as_a_file_of_settings_has_them(kind):
    """The compiled engine too takes them, and makes the same step."""
    ends = []
    for betas in ((0.5, 0.75), [0.5, 0.75]):
        w = Value(1.0)
        w.grad = 0.25
        kind([w], lr=0.1, betas=betas).step()
        ends.append(w.data)
    assert ends[0] == ends[1] != 1.0
