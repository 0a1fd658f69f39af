"""The safetensors format: bytes by hand, bit for bit there and back, and one error for each wrong file."""

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, Value, safetensors
from tinygnn.nn.module import leaves, shape

BITS = st.integers(0, 2**64 - 1)  # every float64 there is: -0.0, inf, denormals, each nan
SPECIAL = [0.0, -0.0, math.inf, -math.inf, 5e-324, -2.2250738585072009e-308, 1.7976931348623157e308]


def float_of(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def bits_of(tensor):
    return [struct.unpack("<Q", struct.pack("<d", x))[0] for x in leaves(tensor)]


def file(header, body=b"", *, size=None):
    """The bytes of a file, right or wrong, around a header given as text or to be made JSON."""
    text = header if isinstance(header, (bytes, str)) else json.dumps(header)
    text = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(text) if size is None else size) + text + body


def entry(kind="F64", sizes=(1,), offsets=(0, 8)):
    return {"dtype": kind, "shape": list(sizes), "data_offsets": list(offsets)}


def test_the_bytes_are_those_of_the_format():
    text = b'{"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}'
    text += b" " * (-len(text) % 8)
    expected = struct.pack("<Q", len(text)) + text + struct.pack("<dd", 1.0, -2.5)
    assert safetensors.save({"w": [[1.0, -2.5]]}) == expected


def test_numbers_start_at_a_multiple_of_eight_and_bools_come_last():
    data = safetensors.save({"flag": True, "w": [1.0], "n": 3})
    [size] = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    assert size % 8 == 0
    assert {name: part["data_offsets"] for name, part in header.items()} == {
        "w": [0, 8],
        "n": [8, 16],
        "flag": [16, 17],
    }
    assert safetensors.load(data) == {"w": [1.0], "n": 3, "flag": True}


@given(st.lists(st.text(max_size=6).filter(lambda name: name != "__metadata__"), max_size=3, unique=True))
def test_any_name_comes_back(names):
    tensors = {name: [float(i)] for i, name in enumerate(names)}
    assert list(safetensors.load(safetensors.save(tensors)).items()) == list(tensors.items())


@given(st.lists(BITS, min_size=6, max_size=6))
def test_every_float_comes_back_bit_for_bit_in_its_shape(bits):
    numbers = [float_of(b) for b in bits]
    tensor = [[numbers[0:2], numbers[2:4], numbers[4:6]]]
    back = safetensors.load(safetensors.save({"w": tensor}))["w"]
    assert shape(back) == [1, 3, 2] and bits_of(back) == bits


def test_the_edges_of_float64_come_back():
    back = safetensors.load(safetensors.save({"w": SPECIAL}))["w"]
    assert list(map(repr, back)) == list(map(repr, SPECIAL))


@pytest.mark.parametrize(
    "tensor", [3, [1, -2], True, [[True], [False]], [], [[], []], [[[]]], 0.5, [2**63 - 1]]
)
def test_whole_numbers_bools_scalars_and_empty_rows_stay_what_they_are(tensor):
    back = safetensors.load(safetensors.save({"t": tensor}))["t"]
    assert repr(back) == repr(tensor)


def test_whole_numbers_beside_floats_become_floats():
    assert repr(safetensors.load(safetensors.save({"t": [1, 2.5]}))["t"]) == "[1.0, 2.5]"


def test_metadata_comes_back():
    metadata = {"": "", "naïve": '{"a": "\\"quoted\\""}\n'}
    assert safetensors.parse(safetensors.save({"w": [1.0]}, metadata))[1] == metadata
    assert safetensors.parse(safetensors.save({}))[:2] == ({}, {})


@pytest.mark.parametrize(
    "kind, code, numbers",
    [("F32", "f", [1.5, -0.0, math.inf]), ("F16", "e", [0.5, -65504.0]), ("I64", "q", [-(2**63)]),
     ("U64", "Q", [2**64 - 1]), ("I32", "i", [-7]), ("U32", "I", [2**32 - 1]), ("I16", "h", [-7]),
     ("U16", "H", [65535]), ("I8", "b", [-128]), ("U8", "B", [255]), ("BOOL", "?", [True, False])],
)  # fmt: skip
def test_other_kinds_of_numbers_are_read(kind, code, numbers):
    body = struct.pack(f"<{len(numbers)}{code}", *numbers)
    data = file({"t": entry(kind, [len(numbers)], [0, len(body)])}, body)
    assert repr(safetensors.load(data)["t"]) == repr(numbers)


def test_bfloat16_is_the_upper_half_of_a_float32():
    body = struct.pack("<3H", 0x3F80, 0xC000, 0x7F80)
    data = file({"t": entry("BF16", [3], [0, 6])}, body)
    assert safetensors.load(data)["t"] == [1.0, -2.0, math.inf]


def test_tensors_may_stand_in_any_order_in_the_header():
    header = {"b": entry(offsets=[8, 16]), "none": entry(sizes=[0], offsets=[8, 8]), "a": entry()}
    assert safetensors.load(file(header, struct.pack("<dd", 1.0, 2.0))) == {
        "b": [2.0],
        "none": [],
        "a": [1.0],
    }


def test_a_model_goes_through_a_file(tmp_path):
    model, other = (GNN("gcn", 3, 4, 2, 2, seed=seed) for seed in (1, 2))
    safetensors.save_file(model.state_dict(), tmp_path / "w.safetensors", {"made": "here"})
    other.load_state_dict(safetensors.load_file(tmp_path / "w.safetensors"))
    assert other.state_dict() == model.state_dict()
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


ONE = struct.pack("<d", 1.0)
DEEP = b'{"__metadata__":' + b"[" * 100_000
WRONG = {
    "empty": (b"", "0 bytes"),
    "short": (b"1234567", "7 bytes"),
    "header beyond the end": (file("{}", size=3), "3 bytes"),
    "absurd header": (file("{}", size=2**63), str(2**63)),
    "a zip file": (b"PK\x03\x04\x14\x00\x08\x00" + b"\0" * 30, "cut off"),
    "no object": (file("[]"), "begin with '{'"),
    "space before": (file(" {}"), "begin with '{'"),
    "no JSON": (file("{'a'}"), "not JSON"),
    "two objects": (file("{}{}"), "not JSON"),
    "not UTF-8": (file(b'{"\xff": 1}'), "not UTF-8 at byte 2"),
    "nested deeply": (file(DEEP), "deep"),
    "endless number": (file('{"a": ' + "9" * 5000 + "}"), "sound"),
    "NaN": (file('{"a": NaN}'), "NaN"),
    "duplicate names": (
        file('{"a": %s, "a": %s}' % ((json.dumps(entry(sizes=[0], offsets=[0, 0])),) * 2)),
        "'a' stands twice",
    ),
    "duplicate shape": (
        file('{"a": {"dtype": "F64", "shape": [1], "shape": [1], "data_offsets": [0, 8]}}', ONE),
        "'shape' stands twice",
    ),
    "metadata of numbers": (file({"__metadata__": {"a": 1}}), "__metadata__"),
    "metadata no object": (file({"__metadata__": "a"}), "__metadata__"),
    "no entry": (file({"a": 1}), "'a' needs exactly"),
    "no offsets": (file({"a": {"dtype": "F64", "shape": [0]}}), "'a' needs exactly"),
    "more than offsets": (file({"a": {**entry(), "device": "cpu"}}, ONE), "'a' needs exactly"),
    "unknown dtype": (file({"a": entry("F8_E4M3", [1], [0, 1])}, b"\0"), "'F8_E4M3'"),
    "dtype no text": (file({"a": entry([])}, ONE), "dtype []"),
    "negative shape": (file({"a": entry(sizes=[-1])}, ONE), "shape of 'a'"),
    "true shape": (file({"a": entry(sizes=[True])}, ONE), "shape of 'a'"),
    "broken shape": (file({"a": entry(sizes=[1.0])}, ONE), "shape of 'a'"),
    "shape no list": (file({"a": {**entry(), "shape": 1}}, ONE), "shape of 'a'"),
    "seventeen dimensions": (file({"a": entry(sizes=[1] * 17)}, ONE), "shape of 'a'"),
    "three offsets": (file({"a": entry(offsets=[0, 8, 8])}, ONE), "data_offsets of 'a'"),
    "negative offset": (file({"a": entry(offsets=[-8, 0])}, ONE), "data_offsets of 'a'"),
    "shape beyond the bytes": (
        file({"a": entry(sizes=[2**40, 2**40])}, ONE),
        "needs 9671406556917033397649408",
    ),
    "end before start": (file({"a": entry(offsets=[8, 0])}, ONE), "has -8"),
    "shape too small": (file({"a": entry(sizes=[1], offsets=[0, 16])}, ONE * 2), "needs 8 bytes"),
    "rows without end": (file({"a": entry(sizes=[2**40, 0], offsets=[0, 0])}), "empty rows"),
    "hole": (file({"a": entry(), "b": entry(offsets=[16, 24])}, ONE * 3), "'b' starts at byte 16 where 8"),
    "hole at the start": (file({"a": entry(offsets=[8, 16])}, ONE * 2), "'a' starts at byte 8 where 0"),
    "overlap": (
        file({"a": entry(sizes=[2], offsets=[0, 16]), "b": entry(offsets=[8, 16])}, ONE * 2),
        "'b' starts at byte 8 where 16",
    ),
    "same place": (file({"a": entry(), "b": entry()}, ONE), "starts at byte 0 where 8"),
    "truncated": (file({"a": entry()}, ONE[:-1]), "take 8 bytes, but 7 follow"),
    "trailing": (file({"a": entry()}, ONE + b"\0"), "take 8 bytes, but 9 follow"),
    "a BOOL of 2": (file({"a": entry("BOOL", [1], [0, 1])}, b"\2"), "'a': a BOOL"),
}


@pytest.mark.parametrize("data, what", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_one_error_that_names_it(tmp_path, data, what):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        safetensors.load_file(path)
    assert str(caught.value).startswith(f"{path} is no sound safetensors file: ")
    assert what in str(caught.value) and len(str(caught.value)) < 400
    assert caught.type is ValueError


SOUND = safetensors.save({"a": [[0.5, 1.0]], "flags": [True]}, {"k": "v"})


@given(st.integers(0, len(SOUND) - 1))
def test_no_prefix_of_a_file_is_a_file(length):
    with pytest.raises(ValueError, match="no sound safetensors file"):
        safetensors.load(SOUND[:length])


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_a_changed_byte_is_read_or_refused_and_nothing_else(place, difference):
    data = bytearray(SOUND)
    data[place] ^= difference
    try:
        tensors, metadata = safetensors.parse(bytes(data))
    except ValueError as error:
        assert "no sound safetensors file" in str(error)
    else:
        assert sum(len(leaves(tensor)) for tensor in tensors.values()) == 3 and len(metadata) <= 1


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    with pytest.raises(ValueError, match="no sound safetensors file"):
        safetensors.load(struct.pack("<Q", len(noise)) + noise)


@pytest.mark.parametrize(
    "tensors, metadata, error, what",
    [
        ({"w": [[1.0], [1.0, 2.0]]}, None, ValueError, "'w' is ragged"),
        ({"w": [1.0, [2.0]]}, None, ValueError, "'w' is ragged"),
        ({"w": [2**63]}, None, ValueError, "'w' has a whole number beyond 64 bits"),
        ({"w": [10**400, 0.5]}, None, ValueError, "'w' has a whole number beyond"),
        ({"w": [2**53 + 1, 0.5]}, None, ValueError, "'w' has a whole number beyond"),
        ({"\ud800": 1.0}, None, ValueError, "surrogates"),
        ({"w": ["1.0"]}, None, TypeError, "'w' holds '1.0'"),
        ({"w": [Value(1.0)]}, None, TypeError, "'w' holds Value"),
        ({"w": [True, 1.0]}, None, TypeError, "'w' holds True"),
        ({"__metadata__": [1.0]}, None, ValueError, "name of a tensor"),
        ({3: [1.0]}, None, ValueError, "name of a tensor"),
        ({}, {"k": 1}, TypeError, "metadata 'k'"),
    ],
)
def test_what_is_no_tensor_is_not_written(tensors, metadata, error, what):
    with pytest.raises(error, match=what):
        safetensors.save(tensors, metadata)
