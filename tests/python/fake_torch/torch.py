# SPDX-License-Identifier: Apache-2.0
# Stands for PyTorch on a GPU, as far as python/examples/mfu_meter.py asks it: a step takes STEP_S, of which the
# host sees nothing before it synchronises. FAKE_TORCH_DEVICE is the GPU's name.
import os
import time

STEP_S = 0.005
bfloat16 = "bfloat16"
queued_s = 0.0


class Tensor:
    def square(self):
        return self

    def mean(self):
        return self

    def backward(self):
        global queued_s
        queued_s += STEP_S


class cuda:
    @staticmethod
    def get_device_name():
        return os.environ["FAKE_TORCH_DEVICE"]

    @staticmethod
    def synchronize():
        global queued_s
        time.sleep(queued_s)
        queued_s = 0.0


def randn(*shape, device, dtype):
    assert device == "cuda"
    return Tensor()


class nn:
    class Linear:
        def __init__(self, inputs, outputs, device, dtype):
            self.size = inputs * outputs

    class Sequential:
        def __init__(self, *layers):
            self.layers = layers

        def parameters(self):
            return list(self.layers)

        def __call__(self, tokens):
            return tokens


class optim:
    class AdamW:
        def __init__(self, parameters):
            assert parameters

        def step(self):
            pass

        def zero_grad(self):
            pass
