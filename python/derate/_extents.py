# SPDX-License-Identifier: Apache-2.0
"""What predict_gemm() takes as extents, and what it refuses: in one sentence with argument and index."""
from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Mapping, SupportsIndex

from ._errors import UsageError

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

MOST = 1_000_000_000
_RULE = f"a whole number from 1 to {MOST}"


def is_scalar(value: object) -> bool:
    """A number of Python or NumPy, or an array without dimensions."""
    return isinstance(value, (int, float, complex)) or getattr(value, "shape", None) == () or value is None


def _fault(name: str, value: object) -> UsageError:
    return UsageError(f"{name}: {value} is not {_RULE}")


def whole(name: str, value: Any) -> int:
    """A scalar as an extent."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # of NumPy
        return whole(name, value.item())
    if isinstance(value, (int, float, SupportsIndex)) and not isinstance(value, bool):
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        try:
            extent = operator.index(value)
        except TypeError:
            raise _fault(name, value) from None
        if 1 <= extent <= MOST:
            return extent
        raise _fault(name, value)
    raise _fault(name, f"{value!r} ({type(value).__name__})")


def _as_array(name: str, value: object) -> NDArray[Any]:
    import numpy

    try:
        array = numpy.asarray(value)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{name}: is no array of one shape ({error})") from None
    if array.size == 0 and array.dtype.kind == "f":  # numpy.asarray([])
        return array.astype(numpy.int64)
    if array.dtype.kind not in "iuf":
        raise UsageError(f"{name}: an array of {array.dtype} does not hold whole numbers (dtype int64, say)")
    return array


def _require_extents(name: str, array: NDArray[Any]) -> None:
    """Names the first element that is none."""
    import numpy

    wrong = ~((array >= 1) & (array <= MOST))  # NaN is neither
    if array.dtype.kind == "f":
        wrong |= array != numpy.floor(array)
    if not wrong.any():
        return
    at = numpy.unravel_index(int(numpy.argmax(wrong)), array.shape)
    place = ", ".join(str(int(each)) for each in at)
    raise _fault(f"{name}[{place}]" if place else name, array[at])


def broadcast(extents: Mapping[str, object]) -> list[NDArray[numpy.int64]]:
    """Arrays of 64-bit integers of the shape that all of them broadcast to."""
    import numpy

    arrays = []
    for name, value in extents.items():
        array = _as_array(name, whole(name, value) if is_scalar(value) else value)
        _require_extents(name, array)
        arrays.append(array.astype(numpy.int64, copy=False))
    try:
        together = numpy.broadcast_arrays(*arrays)
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(extents, arrays))
        raise UsageError(f"the shapes of m, n and k do not broadcast: {shapes}") from None
    return [each.copy(order="C") for each in together]
