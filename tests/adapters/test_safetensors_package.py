"""The safetensors package reads what tinygnn writes, and the other way round, to the last bit."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import GNN, safetensors

torch = pytest.importorskip("torch", reason="makes tensors")
package = pytest.importorskip("safetensors.torch", reason="is what is compared with")

KINDS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16,
         torch.uint32, torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64]  # fmt: skip
BITS = st.lists(st.integers(0, 2**64 - 1), min_size=4, max_size=4)


def int64_bits(tensor):
    return tensor.view(torch.int64).flatten().tolist()


def our_bits(rows):
    return [struct.unpack("<q", struct.pack("<d", number))[0] for row in rows for number in row]


@given(BITS)
def test_the_package_reads_our_floats(bits):
    rows = [list(struct.unpack("<dd", struct.pack("<QQ", *bits[i : i + 2]))) for i in (0, 2)]
    read = package.load(safetensors.save({"a.weight": rows}, {"made": "here"}))
    assert list(read) == ["a.weight"] and read["a.weight"].dtype == torch.float64
    assert list(read["a.weight"].shape) == [2, 2] and int64_bits(read["a.weight"]) == our_bits(rows)


@given(BITS)
def test_we_read_the_packages_floats(bits):
    signed = [bit - 2**64 if bit >= 2**63 else bit for bit in bits]
    tensor = torch.tensor(signed, dtype=torch.int64).view(torch.float64).reshape(2, 2)
    rows = safetensors.load(package.save({"a.weight": tensor}))["a.weight"]
    assert our_bits(rows) == int64_bits(tensor)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("sizes", [[], [3], [2, 3], [2, 1, 2], [2, 0]], ids=str)
def test_we_read_every_kind_of_tensor(kind, sizes):
    tensor = torch.arange(12).to(kind)[: torch.Size(sizes).numel()].reshape(sizes)
    tensors, metadata = safetensors.parse(package.save({"t": tensor, "u": tensor.clone()}, {"k": "v"}))
    assert tensors["t"] == tensor.tolist() and tensors["u"] == tensor.tolist()
    assert metadata == {"k": "v"}


def test_the_package_reads_whole_numbers_bools_scalars_and_empty_rows():
    given = {"flags": [True, False], "w": [[0.5]], "steps": 7, "none": [[], []], "x": -0.0}
    read = package.load(safetensors.save(given))
    assert {name: tensor.tolist() for name, tensor in read.items()} == given
    assert (read["steps"].dtype, read["flags"].dtype) == (torch.int64, torch.bool)


def test_a_file_of_a_model_is_opened_by_the_package(tmp_path):
    model = GNN("gcn", 3, 4, 2, 2, seed=1)
    safetensors.save_file(model.state_dict(), tmp_path / "w.safetensors", {"epoch": "3"})
    with package.safe_open(tmp_path / "w.safetensors", "pt") as opened:
        assert opened.metadata() == {"epoch": "3"} and set(opened.keys()) == set(model.state_dict())
        for name, numbers in model.state_dict().items():
            assert opened.get_tensor(name).tolist() == numbers


@pytest.mark.parametrize(
    "header, body",
    [
        ('{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}', 16),
        ('{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 7),
        ('{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 9),
        ('{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}', 8),
        ('{"a":{"dtype":"F65","shape":[1],"data_offsets":[0,8]}}', 8),
        ("[]", 0),
    ],
)
def test_what_the_package_refuses_is_refused(header, body):
    data = struct.pack("<Q", len(header)) + header.encode() + bytes(body)
    with pytest.raises(Exception, match=r"(?i)safetensor|header|offset|metadata"):
        package.load(data)
    with pytest.raises(ValueError, match="no sound safetensors file"):
        safetensors.load(data)
