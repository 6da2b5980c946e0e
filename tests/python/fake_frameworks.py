# SPDX-License-Identifier: Apache-2.0
# Stand for PyTorch and CuPy on a machine with two GPUs, as far as derate asks them: where a result is, which
# GPU is the current one, and which stream is the current one on it.
import contextlib
import sys
import types
from unittest import mock


class _Gpus:
    """The current GPU and, on each, the current stream, as integers."""

    def __init__(self, streams):
        self.current, self.streams = 0, dict(streams)

    @contextlib.contextmanager
    def made_current(self, index):
        before, self.current = self.current, index
        try:
            yield
        finally:
            self.current = before


def _class(module, name, **members):
    return type(name, (), {"__module__": module, **members})


def fake_torch(streams, available=True):
    gpus = _Gpus(streams)
    torch = types.ModuleType("torch")
    torch.__version__ = "0.0.fake"
    torch.gpus = gpus
    torch.Device = _class("torch", "device", __init__=lambda self, text: setattr(self, "text", text),
                          __str__=lambda self: self.text)

    def tensor(kind="cuda", index=0):
        made = _class("torch", "Tensor")()
        made.device = types.SimpleNamespace(type=kind, index=index if kind == "cuda" else None)
        return made

    torch.tensor = tensor
    torch.Stream = _class("torch.cuda", "Stream")

    def stream(handle, index):
        made = torch.Stream()
        made.cuda_stream, made.device_index = handle, index
        return made

    torch.stream = stream
    torch.cuda = types.SimpleNamespace(
        is_available=lambda: available, is_initialized=lambda: available, current_device=lambda: gpus.current,
        device=gpus.made_current, current_stream=lambda: stream(gpus.streams[gpus.current], gpus.current))
    return torch


def fake_cupy(streams):
    gpus = _Gpus(streams)
    cupy = types.ModuleType("cupy")
    cupy.__version__ = "1.fake"
    cupy.gpus = gpus

    class Device:
        def __init__(self, index=None):
            self.id = gpus.current if index is None else index

        def __enter__(self):
            self.within = gpus.made_current(self.id)
            return self.within.__enter__()

        def __exit__(self, *exception):
            return self.within.__exit__(*exception)

    def array(index=0):
        made = _class("cupy", "ndarray", __cuda_array_interface__={})()
        made.device = Device(index)
        return made

    cupy.array = array
    cupy.cuda = types.SimpleNamespace(
        Device=Device, get_current_stream=lambda: types.SimpleNamespace(ptr=gpus.streams[gpus.current]))
    return cupy


def imported(**modules):
    """While it is entered these modules have been imported, and no other framework has."""
    absent = {name: None for name in ("torch", "cupy", "jax")}
    return mock.patch.dict(sys.modules, {**absent, **modules})
