# SPDX-License-Identifier: Apache-2.0
# Stands for PyTorch on a GPU, as far as scripts/gpu_check_parts/pytorch.py asks it: every matrix has one
# value throughout, so that nothing is computed but that value, and less exactly where TF32 is allowed.
# FAKE_TORCH: "absent", "no GPU", "wrong" (products), "slow" (a copy that never ends).
import os
import time

mood = os.environ.get("FAKE_TORCH", "")
if mood == "absent":
    raise ImportError("No module named 'torch'")

__version__ = "0.0.fake"
bfloat16, float32, float64 = "bfloat16", "float32", "float64"
now_ms = 0.0


class Tensor:
    def __init__(self, shape, value, dtype):
        self.shape, self.value, self.dtype = shape, value, dtype

    def like(self, value):
        return Tensor(self.shape, value, self.dtype)

    def __getitem__(self, part):
        return self

    def __matmul__(self, other):
        return self.like(self.value * other.value * self.shape[1])

    def __pow__(self, power):
        return self.like(self.value**power)

    def __sub__(self, other):
        return self.like(self.value - other.value)

    def __add__(self, other):
        return self.like(self.value + other.value)

    def __rmul__(self, factor):
        return self.like(factor * self.value)

    def __le__(self, other):
        return self.like(self.value <= other.value)

    def __bool__(self):
        return bool(self.value)

    def double(self):
        return self

    def abs(self):
        return self.like(abs(self.value))

    def sqrt(self):
        return self.like(self.value**0.5)

    def all(self):
        return self

    def uniform_(self, low, high):
        return self.like(low + 0.75 * (high - low))

    def copy_(self, source):
        took(2e-3)
        if mood == "slow":
            time.sleep(600)


def took(seconds):
    global now_ms
    now_ms += 1e3 * seconds


def zeros(shape, dtype, device):
    return Tensor(shape, 0.0, dtype)


def full(shape, value, dtype, device):
    return Tensor(shape, value, dtype)


def empty(count, device):
    return Tensor((count,), 0.0, float32)


def matmul(a, b, out):
    cut = backends.cuda.matmul.allow_tf32 and a.dtype == float32
    out.value = (a @ b).value * (1.1 if mood == "wrong" else 1.0005 if cut else 1)
    seconds = 1.4e-3 if a.dtype == bfloat16 else 22e-3
    took(seconds * (1 if a.value else 0.9))


class backends:
    class cuda:
        class matmul:
            allow_tf32 = True


class cuda:
    class Event:
        def __init__(self, enable_timing):
            self.at_ms = None

        def record(self):
            self.at_ms = now_ms

        def synchronize(self):
            pass

        def elapsed_time(self, end):
            return end.at_ms - self.at_ms

    @staticmethod
    def is_available():
        return mood != "no GPU"

    @staticmethod
    def get_device_name(index):
        return "a GPU that does not exist"

    @staticmethod
    def mem_get_info():
        return 100 << 30, 140 << 30
