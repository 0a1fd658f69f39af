"""A checkpoint: every bit comes back, training goes on to the same bits, and what is changed is refused."""

import json
import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Graph, Value, cross_entropy, nn, optim, safetensors
from tinygnn.checkpoint import Checkpoint, generators_of
from tinygnn.history import Epoch, TrainingState
from tinygnn.lr_scheduler import ReduceLROnPlateau, StepLR
from tinygnn.nn import init

GRAPH = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0, 0.5], [0.0, 2.0], [3.0, 1.0]], y=[0, 1, 1])


def parts(seed=0):
    model = GNN("gcn", 2, 4, 2, 2, dropout=0.5, seed=seed)
    optimizer = optim.Adam(model.parameters(), lr=0.1, weight_decay=0.01)
    return model, optimizer, StepLR(optimizer, step_size=2)


def train(model, optimizer, scheduler, epochs):
    model.train()
    for _ in range(epochs):
        optimizer.zero_grad()
        cross_entropy(model(GRAPH), GRAPH.y).backward()
        optimizer.step()
        scheduler.step()


def bits(number):
    return struct.pack("<d", number)


@pytest.fixture
def checkpoint():
    """One in the middle of a training run."""
    these = parts()
    train(*these, 3)
    state = TrainingState.of(seed=5, monitor="val_loss")
    state.history.add(Epoch(0, 1.5, {"val": {"loss": math.nan}}, 0.1, 2.0))
    state.rng.gauss(0.0, 1.0)
    return Checkpoint.of(*these, state, {"source": "here", "rows": [0.1, -0.0, math.inf], "nothing": None})


def test_all_of_it_comes_back_from_a_file(checkpoint, tmp_path):
    checkpoint.save(tmp_path / "c.safetensors")
    back = Checkpoint.load(tmp_path / "c.safetensors")
    assert back.weights == checkpoint.weights and back.optimizer == checkpoint.optimizer | {
        "param_groups": [{**g, "betas": list(g["betas"])} for g in checkpoint.optimizer["param_groups"]]
    }
    assert back.scheduler == checkpoint.scheduler and back.generators == checkpoint.generators
    assert repr(back.notes) == repr(checkpoint.notes)
    assert back.training.rng.getstate() == checkpoint.training.rng.getstate()
    assert math.isnan(back.training.last.metrics["val"]["loss"]) and back.training.last.loss == 1.5
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


def test_the_same_moment_gives_the_same_bytes_and_no_time_is_kept(checkpoint):
    data = checkpoint.to_bytes()
    assert data == checkpoint.to_bytes() == Checkpoint.from_bytes(data).to_bytes()
    assert Checkpoint.from_bytes(data).training.last.seconds == 0.0


def test_the_file_is_one_of_weights_that_other_programs_open(checkpoint, tmp_path):
    checkpoint.save(tmp_path / "c.safetensors")
    assert safetensors.load_file(tmp_path / "c.safetensors") == checkpoint.weights
    _, metadata = safetensors.parse((tmp_path / "c.safetensors").read_bytes())
    assert json.loads(metadata["state"])["notes"]["source"] == "here"


def test_training_goes_on_to_the_same_bits():
    straight = parts()
    train(*straight, 7)
    interrupted = parts()
    train(*interrupted, 3)
    data = Checkpoint.of(*interrupted).to_bytes()
    train(*interrupted, 2)  # what happens later is not in it
    anew = parts(seed=1)
    Checkpoint.from_bytes(data).restore(*anew)
    train(*anew, 4)
    assert anew[0].state_dict() == straight[0].state_dict()
    assert (
        anew[1].state_dict() == straight[1].state_dict() and anew[2].state_dict() == straight[2].state_dict()
    )


def test_layers_that_draw_from_the_common_generator_go_on_too():
    model = nn.Dropout(0.5)
    data = Checkpoint.of(model).to_bytes()
    drawn = [init.default_rng.random() for _ in range(3)]
    Checkpoint.from_bytes(data).restore(model)
    assert [init.default_rng.random() for _ in range(3)] == drawn


def test_a_generator_of_several_layers_is_saved_once():
    model = GNN("gat", 2, 4, 3, 2, dropout=0.5, seed=0)
    assert len(generators_of(model)) == 2 and generators_of(model)[0] is init.default_rng


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_every_float_in_lists_and_alone_comes_back_bit_for_bit(raw):
    numbers = [struct.unpack("<d", struct.pack("<Q", bit))[0] for bit in raw]
    model = nn.Dropout(0.5)
    notes = {"list": numbers, "alone": numbers[0], "mixed": [numbers[0], 3, "x", None, [numbers]]}
    back = Checkpoint.from_bytes(Checkpoint.of(model, notes=notes).to_bytes()).notes
    alone = [back["alone"], back["mixed"][0], *back["mixed"][4][0], *back["list"]]
    assert list(map(bits, alone)) == list(map(bits, [numbers[0], numbers[0], *numbers, *numbers]))
    assert back["mixed"][1:4] == [3, "x", None]


@given(st.data())
def test_a_changed_byte_is_refused(data):
    model = nn.Linear(2, 1, rng=random.Random(0))
    whole = Checkpoint.of(model, notes={"a": 1}).to_bytes()
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="^FILE "):
        Checkpoint.from_bytes(bytes(changed), "FILE")


@given(st.integers(0, 10**6))
def test_a_file_that_is_cut_off_or_goes_on_is_refused(length):
    whole = Checkpoint.of(nn.Linear(2, 1, rng=random.Random(0))).to_bytes()
    for wrong in (whole[: length % len(whole)], whole + b"\0" * (1 + length % 9)):
        with pytest.raises(ValueError, match="^FILE is no sound safetensors file: .*take a copy of it"):
            Checkpoint.from_bytes(wrong, "FILE")


def test_changed_weights_with_all_else_in_order_are_refused(tmp_path):
    model = nn.Linear(2, 1, rng=random.Random(0))
    Checkpoint.of(model).save(tmp_path / "c")
    weights, metadata = safetensors.parse((tmp_path / "c").read_bytes())
    weights["bias"][0] += 1.0
    safetensors.save_file(weights, tmp_path / "c", metadata)
    with pytest.raises(ValueError) as caught:
        Checkpoint.load(tmp_path / "c")
    assert str(caught.value).startswith(f"{tmp_path / 'c'} was changed after it was written")


def test_a_foreign_file_and_a_later_form_are_refused(tmp_path):
    safetensors.save_file({"w": [1.0]}, tmp_path / "w", {"format": "pt"})
    with pytest.raises(ValueError, match="holds weights, but is no checkpoint of tinygnn.*load_file"):
        Checkpoint.load(tmp_path / "w")
    safetensors.save_file({}, tmp_path / "w", {"tinygnn": "checkpoint 9", "state": "{}", "sha256": "0"})
    with pytest.raises(ValueError, match="'checkpoint 9'.*read it with the tinygnn that wrote it"):
        Checkpoint.load(tmp_path / "w")
    (tmp_path / "w").write_bytes(b"\x80\x04\x95 a pickle")
    with pytest.raises(ValueError, match=r"w is no sound safetensors file"):
        Checkpoint.load(tmp_path / "w")


def test_a_model_of_another_size_is_named_and_stays(checkpoint):
    other = GNN("gcn", 2, 5, 2, 2, dropout=0.5, seed=0)
    before = other.state_dict()
    optimizer = optim.Adam(other.parameters())
    with pytest.raises(ValueError, match="expected"):
        checkpoint.restore(other, optimizer, StepLR(optimizer, 2))
    assert other.state_dict() == before


def test_other_parts_than_were_saved_are_refused(checkpoint):
    model, optimizer, scheduler = parts()
    with pytest.raises(ValueError, match="holds the state of a scheduler, and None was given"):
        checkpoint.restore(model, optimizer)
    with pytest.raises(ValueError, match="holds no optimizer"):
        Checkpoint.of(model).restore(model, optimizer)
    with pytest.raises(ValueError, match="2 random generators, the model 1"):
        checkpoint.restore(nn.Linear(2, 1), optimizer, scheduler)
    with pytest.raises(ValueError):
        checkpoint.restore(model, optimizer, ReduceLROnPlateau(optimizer))


def test_notes_that_json_does_not_have_are_refused():
    with pytest.raises(TypeError, match="JSON"):
        Checkpoint.of(nn.Dropout(), notes={"value": Value(1.0)}).to_bytes()
