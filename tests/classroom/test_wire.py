"""The wire: plain data crosses and comes back equal, and nothing else is built from what a submission sends."""

import base64
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_classroom.inside import wire
from attn_classroom.inside.wire import DTYPES, HEADER, MAX_AXES, MAX_DEPTH, MAX_FRAME, WireError, decode, encode, pack


def crossed(value: Any) -> Any:
    """What arrives on the other side, through JSON."""
    return decode(json.loads(json.dumps(encode(value))))


def tensor_frame(name: Any = "float32", shape: Any = (2,), raw: bytes = bytes(8)) -> dict[str, Any]:
    return {"tensor": [name, list(shape), base64.b64encode(raw).decode()]}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# -- what crosses


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (2, 3), (1, 2, 1, 2, 1, 2, 1, 2)])
def test_a_tensor_of_every_dtype_comes_back_equal(name: str, shape: tuple[int, ...]) -> None:
    tensor = (torch.arange(math.prod(shape)) % 2 - (0 if name in ("bool", "uint8") else 1)).reshape(shape)
    tensor = tensor.to(DTYPES[name])
    got = crossed(tensor)
    assert got.dtype == tensor.dtype
    assert got.shape == tensor.shape
    assert torch.equal(got, tensor)


def test_every_floating_and_whole_dtype_of_the_course_is_known() -> None:
    assert set(DTYPES) == {
        *("float16", "bfloat16", "float32", "float64"),
        *("bool", "uint8", "int8", "int16", "int32", "int64"),
    }


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).T,
        torch.ones(1).expand(4),
        torch.arange(10)[::3],
        torch.ones(2, requires_grad=True),
        torch.nn.Parameter(torch.ones(2)),
        torch.randn(3, dtype=torch.complex64, generator=torch.Generator().manual_seed(1)).conj().imag,
    ],
    ids=["transposed", "expanded", "strided", "with gradient", "parameter", "negated view"],
)
def test_a_view_crosses_as_its_values(tensor: torch.Tensor) -> None:
    got = crossed(tensor)
    assert torch.equal(got, tensor.detach().resolve_neg())
    assert type(got) is torch.Tensor
    assert not got.requires_grad


def test_nan_infinities_and_minus_zero_keep_their_bits() -> None:
    tensor = torch.tensor([math.nan, math.inf, -math.inf, -0.0])
    assert torch.equal(crossed(tensor).view(torch.int32), tensor.view(torch.int32))
    assert math.isnan(crossed(math.nan))
    assert [crossed(math.inf), crossed(-math.inf)] == [math.inf, -math.inf]


def test_an_answer_is_a_copy_that_may_be_written_to() -> None:
    tensor = torch.zeros(2)
    got = crossed(tensor)
    got += 1
    assert tensor.tolist() == [0, 0]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(3)[::-1],
        np.array(2.5),
        np.zeros((0, 2), dtype=np.int8),
        np.array([True]),
    ],
    ids=["plain", "reversed", "0-d", "empty", "bool"],
)
def test_an_array_comes_back_as_an_array(array: np.ndarray) -> None:
    got = crossed(array)
    assert isinstance(got, np.ndarray)
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -(2**70),
        0.1,
        1e-320,
        "",
        "aé中\x00",
        (),
        [],
        {},
        (1, [2, {"a": (None,)}]),
        {(1, 2): 3, 4: 5},
    ],
)
def test_plain_data_comes_back_equal_and_of_the_same_type(value: Any) -> None:
    got = crossed(value)
    assert got == value
    assert type(got) is type(value)


def test_subclasses_cross_as_what_they_hold() -> None:
    class Word(str):
        __slots__ = ()

    assert type(crossed(Word("a"))) is str
    assert type(crossed(np.float64(1.5))) is float


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers() | st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_whatever_is_plain_comes_back_equal(value: Any) -> None:
    assert crossed(value) == value
    assert repr(crossed(value)) == repr(value)  # 1 and True, 0.0 and -0.0 differ here


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["float16", "float32", "float64", "uint8", "int64"]),
    st.lists(st.integers(0, 3), max_size=MAX_AXES),
    st.binary(min_size=8, max_size=8),
)
def test_whatever_bits_a_tensor_has_come_back(name: str, shape: list[int], bits: bytes) -> None:
    dtype = DTYPES[name]
    raw = torch.frombuffer(bytearray(bits * math.prod(shape)) or bytearray(8), dtype=torch.uint8)
    tensor = raw.view(dtype)[: math.prod(shape)].reshape(shape)
    got = crossed(tensor)
    assert (got.dtype, got.shape) == (dtype, tensor.shape)
    assert encode(got) == encode(tensor)


# -- what encode refuses


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "a value of type object cannot be graded; return a tensor, a number or a text"),
        ({1}, "a value of type set cannot be graded"),
        (b"a", "a value of type bytes cannot be graded"),
        (1j, "a value of type complex cannot be graded"),
        (len, "a value of type builtin_function_or_method cannot be graded"),
        (torch.ones(1, dtype=torch.complex64), "a tensor of dtype torch.complex64 cannot be graded"),
        (np.array([object()]), "an array of dtype object cannot be graded"),
        (np.array([1], dtype=np.uint16), "a tensor of dtype torch.uint16 cannot be graded"),
        ([1, (2, {"a": object()})], "a value of type object"),
        (torch.empty(1).expand(2**23), "a tensor of shape (8388608,) is too large to be graded"),
    ],
    ids=str,
)
def test_what_is_not_plain_is_refused_by_name(value: Any, said: str) -> None:
    with pytest.raises(WireError) as error:
        encode(value)
    assert said in str(error.value)


def test_nesting_is_allowed_to_a_depth_and_refused_beyond_it() -> None:
    assert crossed(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(WireError, match=f"an answer may be nested {MAX_DEPTH} deep"):
        encode(nested(MAX_DEPTH + 1))


def test_a_dict_of_a_thousand_entries_crosses_and_a_larger_one_does_not() -> None:
    largest = dict.fromkeys(range(1000), 0)
    assert crossed(largest) == largest
    with pytest.raises(WireError, match="^a dict may have 1000 entries, this one has 1001$"):
        encode(largest | {"one more": 0})


def test_keys_that_collide_are_refused_before_a_dict_is_built_of_them() -> None:
    with pytest.raises(WireError, match="^a dict may have 1000 entries, this one has 1001$"):
        decode({"dict": [[(2**61 - 1) * number, 0] for number in range(1001)]})


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(WireError, match="deep"):
        encode(endless)


def test_functions_cross_by_number_where_they_are_kept() -> None:
    functions: list[Callable[..., Any]] = []
    sent = encode([len, {"by": abs}], functions)
    assert functions == [len, abs]
    assert decode(sent, functions.__getitem__) == [len, {"by": abs}]
    with pytest.raises(WireError):
        decode(sent)


# -- what decode refuses


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"tuple": [], "list": []},
        {"set": []},
        {"function": 0},
        {"tuple": "ab"},
        {"list": {}},
        {"dict": [[1]]},
        {"dict": [[1, 2, 3]]},
        {"dict": [1]},
        {"dict": [[{"list": []}, 1]]},
        {"dict": [[{"array": ["uint8", [1], "AA=="]}, 1]]},
        {"tensor": None},
        {"tensor": []},
        {"tensor": {}},
        {"tensor": "abc"},
        {"tensor": ["float32", [2]]},
        {"tensor": ["float32", None, ""]},
        {"tensor": ["float32", [None], ""]},
        {"tensor": ["float32", ["x"], ""]},
        {"tensor": ["float32", [math.nan], ""]},
        {"tensor": ["float32", [0], None]},
        {"tensor": ["float32", [0], "é"]},
        {"tensor": ["float32", [0], "A"]},
        {"tensor": ["float32", [0], "!!!!"]},
        {"tensor": [["float32"], [0], ""]},
        tensor_frame("complex64"),
        tensor_frame("float128"),
        tensor_frame("object"),
        tensor_frame("qint8"),
        tensor_frame(shape=(3,)),
        tensor_frame(shape=(1,)),
        tensor_frame(shape=()),
        tensor_frame(shape=(-2,)),
        tensor_frame(shape=(-1, -2)),
        tensor_frame(shape=(2**62, 2**62)),
        tensor_frame(shape=(0,)),
        tensor_frame(shape=[1] * MAX_AXES + [2]),
        tensor_frame(raw=bytes(7)),
        tensor_frame("bool", (2,), b"\x00\x02"),
        tensor_frame("bool", (2,), b"\xff\x01"),
        tensor_frame("bool", (3,), b"\x01\x80\x01"),
    ],
    ids=lambda data: json.dumps(data)[:60],
)
def test_what_encode_never_makes_is_refused(data: Any) -> None:
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        {"tensor": ["float32", [math.inf], ""]},
        {"tensor": ["float32", [0, 2**70], ""]},
        {"array": ["float32", [0, 2**62, 2**62], ""]},
        {"array": ["bfloat16", [1], "AAA="]},
        {"tensor": ["uint8", "1", "AA=="]},
        {"tensor": ["uint8", [1.9], "AA=="]},
        {"tensor": ["uint8", [True], "AA=="]},
        {"dict": ["ab"]},
    ],
    ids=lambda data: json.dumps(data)[:60],
)
def test_odd_sizes_are_refused_with_the_one_error(data: Any) -> None:
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize("kind", ["list", "tuple"])
def test_a_description_nested_too_deep_is_refused(kind: str) -> None:
    data: Any = None
    for _ in range(MAX_DEPTH + 2):
        data = {kind: [data]}
    with pytest.raises(WireError, match="deep"):
        decode(data)
    data = None
    for _ in range(MAX_DEPTH + 2):
        data = {"dict": [[1, data]]}
    with pytest.raises(WireError, match="deep"):
        decode(data)


def test_a_function_is_refused_as_a_key_and_with_a_number_that_is_none() -> None:
    for data in ({"dict": [[{"function": 0}, 1]]}, {"function": "0"}, {"function": True}, {"function": None}):
        with pytest.raises(WireError):
            decode(data, [len].__getitem__)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_a_lone_surrogate_can_be_written_to_a_file_afterwards(text: str) -> None:
    got = crossed({text: [text]})
    ((key, (value,)),) = got.items()
    assert key == value
    assert "?" in key
    key.encode()


def test_a_pair_of_surrogates_that_json_joins_is_one_character() -> None:
    assert decode(json.loads('"\\ud83d\\ude00"')) == "😀"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["tensor", "array", "tuple", "list", "dict", "function"]), inner, max_size=2
            )
            | st.tuples(st.sampled_from([*DTYPES]), inner, inner).map(list)
        ),
        max_leaves=10,
    )
)
def test_whatever_json_comes_it_is_built_or_refused(data: Any) -> None:
    try:
        value = decode(data)
    except WireError:
        return
    encode(value)  # what was built is plain


# -- frames


def test_a_frame_is_four_bytes_of_length_and_json() -> None:
    frame = pack({"a": "é", "b": [1, None]})
    (length,) = HEADER.unpack(frame[:4])
    assert length == len(frame) - 4
    assert json.loads(frame[4:]) == {"a": "é", "b": [1, None]}
    assert frame[:4] == length.to_bytes(4, "big")


@pytest.mark.parametrize(("text", "size"), [("é", 2), ("中", 3), ("😀", 4), ("\ud800", 3), ('"', 2), ("\n", 2)])
def test_a_letter_takes_no_more_bytes_in_a_frame_than_in_a_notebook(text: str, size: int) -> None:
    frame = pack({"a": text * 5})
    assert len(frame) == len(pack({"a": ""})) + 5 * size
    assert json.loads(frame[4:]) == {"a": text * 5}


def test_a_frame_as_large_as_allowed_is_sent_and_a_larger_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FRAME", 11)
    assert len(pack({"a": "bb"})) == 4 + 11
    with pytest.raises(WireError, match="too large to be sent"):
        pack({"a": "bbb"})


def test_the_largest_tensor_that_is_encoded_fits_a_frame() -> None:
    assert math.ceil(MAX_FRAME // 2 / 3) * 4 + 200 < MAX_FRAME
