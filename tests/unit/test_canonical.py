import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.canonical import array_bytes, digest_json, quantise, to_json_bytes


def test_key_order_does_not_change_the_digest():
    assert digest_json({"b": 1, "a": [1.5, None]}) == digest_json({"a": [1.5, None], "b": 1})


def test_nan_and_infinity_are_spelled_and_differ():
    spelled = {to_json_bytes(value) for value in (math.nan, math.inf, -math.inf, "nan")}
    assert spelled == {b'{"$float":"nan"}', b'{"$float":"inf"}', b'{"$float":"-inf"}', b'"nan"'}


@given(st.floats(allow_nan=False))
def test_a_float_reads_back_to_the_same_double(value):
    import json

    read = json.loads(to_json_bytes([value])) if math.isfinite(value) else [value]
    assert read == [value]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_quantised_values_are_near_and_do_not_change_when_quantised_again(value):
    once = quantise([value])
    assert quantise(once)[0] == once[0]
    assert abs(once[0] - value) <= 5e-9 * abs(value)


def test_quantising_hides_one_ulp_and_shows_the_ninth_digit():
    value = 0.123456789
    assert quantise([np.nextafter(value, 1)])[0] == quantise([value])[0]
    assert quantise([value + 2e-9])[0] != quantise([value])[0]


def test_quantising_keeps_shape_nan_and_drops_negative_zero():
    result = quantise([[-0.0, np.nan], [np.inf, 1e-320]])
    assert result.shape == (2, 2)
    assert not np.signbit(result[0, 0])
    assert np.isnan(result[0, 1]) and np.isinf(result[1, 0])


def test_an_array_of_objects_is_refused():
    with pytest.raises(ValueError, match="pickle"):
        array_bytes(np.array([object()]))


def test_equal_arrays_have_equal_bytes_whatever_their_memory_order():
    array = np.arange(6.0).reshape(2, 3)
    assert array_bytes(np.asfortranarray(array)) == array_bytes(array)
