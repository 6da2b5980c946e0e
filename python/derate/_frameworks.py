# SPDX-License-Identifier: Apache-2.0
"""What a function works with, by what it returns: NumPy, PyTorch, CuPy, JAX, or nothing that is known.

No framework is imported here: whoever works with one has imported it already."""
from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._errors import UsageError

_TITLES = {"numpy": "NumPy", "torch": "PyTorch", "cupy": "CuPy", "jax": "JAX"}
_ROOTS = {"jaxlib": "jax"}  # where the classes of a framework are, under another name


@dataclass(frozen=True)
class Framework:
    name: str
    """"torch", or "user" for what is not known: the provider in records."""
    version: str
    """"PyTorch 2.9.0"; empty for what is not known."""
    waits_by: str = ""
    """The method that waits for a result where calls return before it is there."""


def _first_array(result: Any) -> Any:
    """Of a tuple, list or mapping the first that belongs to a framework; otherwise the result itself."""
    parts = result.values() if isinstance(result, Mapping) else result
    if isinstance(result, (tuple, list, Mapping)):
        arrays = (_first_array(part) for part in parts)
        return next((array for array in arrays if _name_of(array)), None)
    return result


def _name_of(array: Any) -> str:
    root = type(array).__module__.partition(".")[0]
    root = _ROOTS.get(root, root)
    return root if root in _TITLES else ""


def framework_of(result: Any) -> Framework:
    """The framework that made it, or the first array within it."""
    array = _first_array(result)
    name = _name_of(array)
    if not name:
        return Framework("user", "")
    version = getattr(sys.modules.get(name), "__version__", "")
    waits_by = "block_until_ready" if array is result and hasattr(array, "block_until_ready") else ""
    if name == "jax" and not waits_by:
        raise UsageError("function: JAX returns before its work is done; return one array, so that it can "
                         "be waited for")
    return Framework(name, f"{_TITLES[name]} {version}".strip(), waits_by)


def _is_selector(text: str) -> bool:
    backend, colon, index = text.partition(":")
    return text == "host" or backend == "cuda" and (not colon or index.isascii() and index.isdecimal())


def place_of(framework: Framework, result: Any, device: Any, stream: Any) -> str:
    """The selector of the device to measure on: as the user says, or where the result is."""
    if device is not None:
        selector = str(device)  # of a torch.device too
        if not _is_selector(selector):
            raise UsageError(f"device: {selector!r} is none of \"host\", \"cuda\", \"cuda:0\", \"cuda:1\", ...")
        if selector == "host" and stream is not None:
            raise UsageError("stream: the host has none")
        return f"cuda:{_current_gpu(stream)}" if selector == "cuda" else selector
    if stream is not None:
        return place_of(framework, result, "cuda", stream)
    array = _first_array(result)
    gpu = _gpu_of(framework, array)
    if gpu is not None:
        return f"cuda:{gpu}"
    if framework.name == "user" and _gpu_frameworks():
        raise UsageError(f"device: {' and '.join(_gpu_frameworks())} may have a GPU at work, and the function "
                         "returns nothing that shows where: say device=\"cuda\" or device=\"host\", or return "
                         "a tensor")
    return "host"


def _gpu_of(framework: Framework, array: Any) -> int | None:
    """The GPU that it lies on; None for the host."""
    if framework.name == "torch":
        kind = str(array.device.type)
        if kind not in ("cpu", "cuda"):
            raise UsageError(f"function: returns a tensor on \"{kind}\": only the host and cuda devices are measured")
        return int(array.device.index or 0) if kind == "cuda" else None
    if framework.name == "cupy":
        return int(array.device.id)
    if hasattr(array, "__cuda_array_interface__"):
        raise UsageError(f"stream: {type(array).__module__.partition('.')[0]} has no current stream that is known: "
                         "say stream= and device=")
    return None


def _gpu_frameworks() -> list[str]:
    """Those that may have launched work on a GPU."""
    names = []
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        names.append("PyTorch")
    if sys.modules.get("cupy") is not None:
        names.append("CuPy")
    return names


def _current_gpu(stream: Any) -> int:
    """The one that a framework works on, by its stream or, without, by what has been imported."""
    for name in ("device_index", "device_id"):  # of a stream of PyTorch, of CuPy
        index = getattr(stream, name, None)
        if isinstance(index, int) and index >= 0:
            return index
    torch, cupy = sys.modules.get("torch"), sys.modules.get("cupy")
    if torch is not None and torch.cuda.is_available():
        return int(torch.cuda.current_device())
    if cupy is not None:
        return int(cupy.cuda.Device().id)
    return 0


@contextlib.contextmanager
def stream_of(place: str, stream: Any) -> Iterator[int | None]:
    """The stream to measure on as an integer, None for the host; its GPU is the frameworks' current one
    meanwhile, so that a function of several GPUs launches where it is timed."""
    if place == "host":
        yield None
        return
    index = int(place.partition(":")[2])
    torch, cupy = sys.modules.get("torch"), sys.modules.get("cupy")
    with contextlib.ExitStack() as current:
        if torch is not None and torch.cuda.is_available():
            current.enter_context(torch.cuda.device(index))
        if cupy is not None:
            current.enter_context(cupy.cuda.Device(index))
        yield _handle(stream) if stream is not None else _current_stream(torch, cupy)


def _current_stream(torch: Any, cupy: Any) -> int:
    handles = set()
    if torch is not None and torch.cuda.is_available():
        handles.add(int(torch.cuda.current_stream().cuda_stream))
    if cupy is not None:
        handles.add(int(cupy.cuda.get_current_stream().ptr))
    if not handles:
        raise UsageError("device: a function on a GPU needs PyTorch with CUDA or CuPy, imported by the caller, "
                         "whose current stream is timed, or stream= with the one that it launches on")
    if len(handles) > 1:
        raise UsageError("stream: PyTorch and CuPy have different current streams; say which one the function "
                         "launches on")
    return handles.pop()


def _handle(stream: Any) -> int:
    """A cudaStream_t as an integer, of the stream of a framework or such an integer itself."""
    for name in ("cuda_stream", "ptr"):
        if hasattr(stream, name):
            return int(getattr(stream, name))
    if isinstance(stream, int) and not isinstance(stream, bool) and 0 <= stream < 2**64:
        return stream
    raise TypeError(f"stream: needs a stream of PyTorch or CuPy, or a cudaStream_t as an integer, not {stream!r}")
