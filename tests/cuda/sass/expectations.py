# SPDX-License-Identifier: Apache-2.0
# What the loop of every chain, probe and register-blocked product must hold. A row is one kernel on
# the architectures that it is built for; a kernel of these workloads without a row fails the test.
import dataclasses
import re

WORKLOADS = ("fma_chain::", "mma_chain::", "gemm::blocked<", "gemm::multistage<",
             "gemm::mma_sync<true, ", "gemm::tma_wgmma", "gemm::tcgen05")
WARP = 32
# As in derate/stage.h; a kernel has the number of its stage in its name.
WHOLE, WHOLE_WAVES, SHARED, REGISTERS = 0, 1, 5, 6


@dataclasses.dataclass(frozen=True)
class Row:
    name: str  # workload/variant/precision, as in the registry, and which of its kernels
    kernel: str  # pattern of the demangled name
    architectures: str  # pattern; on others no loop may do arithmetic
    counted: dict  # operation: how many of it one pass through the loop executes
    multiply_adds: int  # of one instruction, over the 32 threads of a warp
    peak: tuple  # units, instruction, operands, accumulator: which peak of `derate peak` it is for
    at_least: float  # of that peak, from what the other instructions of the loop leave
    others: dict = dataclasses.field(default_factory=dict)  # likewise, but not counted
    shown: bool = True  # on the page of results; what only awkward sizes run is not
    waits: bool = False  # at a barrier in shared memory, which is a loop within the loop
    compiled_for: str = ""  # the one architecture that its file is compiled for; "": all

    def covers(self, kernel):
        return re.fullmatch(self.kernel, kernel.name) is not None

    def expects_code(self, kernel):
        return re.fullmatch(self.architectures, kernel.architecture) is not None


def chain(name, arithmetic, counted, instruction, operands, *, accumulator=None, lanes=1,
          architectures="sm_.*", at_least=0.99):
    """A chain of an instruction that makes one multiply-add, or a few, in each thread."""
    return Row(f"fma_chain/{name}", f"fma_chain::registers<fma_chain::{arithmetic}, .*>",
               architectures, counted, WARP * lanes,
               ("vector", instruction, operands, accumulator or operands), at_least)


def tensor(variant, number_format, counted, multiply_adds, architectures):
    """A chain of matrix products. Conversions and additions would be a format that is emulated;
    wgmma begins and waits once per loop, more often where the compiler serialises."""
    operands, accumulator = TENSOR_FORMATS[number_format]
    return Row(f"mma_chain/{variant}/{operands}",
               f"mma_chain::{variant}<mma_chain::{number_format}>", architectures, counted,
               multiply_adds, ("tensor", INSTRUCTIONS[variant], operands, accumulator), 0.99,
               {"F2FP": 0, "FADD": 0, "WARPGROUP": 2 if variant == "wgmma" else 0})


def scaled_tensor(number_format, operands, counted, multiply_adds):
    """A chain with block scales, compiled for the family of compute capability 12.x alone."""
    return Row(f"mma_chain/mma_scaled/{operands}",
               f"mma_chain::mma_sync<mma_chain::{number_format}>", FAMILY_12X, counted,
               multiply_adds, ("tensor", "mma.sync block_scale", operands, "f32"), 0.99,
               {"F2FP": 0, "FADD": 0}, compiled_for=FAMILY_12X)


def tcgen05(number_format, operands, counted, depth, scaled=False):
    """A chain of tcgen05, compiled for the family of compute capability 10.x alone. One warp issues
    what all four schedulers' tensor units do, so that a quarter is its own's; each loop commits its
    own instructions and waits for those of the one before."""
    variant = "tcgen05_scaled" if scaled else "tcgen05"
    instruction = "tcgen05 block_scale" if scaled else "tcgen05"
    return Row(f"mma_chain/{variant}/{operands}", f"mma_chain::tcgen05<mma_chain::{number_format}>",
               FAMILY_10X, counted, 128 * 256 * depth // 4,
               ("tensor", instruction, operands, "f32"), 0.99,
               {"F2FP": 0, "FADD": 0, "UTCBAR": 1, "LDTM": 0}, compiled_for=FAMILY_10X)


def product(name, kernel, multiply_adds, at_least, *, architectures="sm_.*", others=None,
            shown=True):
    """One stage of a matrix product in f32: what is not a multiply-add moves the operands."""
    return Row(f"gemm/{name}", f"gemm::{kernel}", architectures, {"FFMA": multiply_adds}, WARP,
               ("vector", "FFMA", "f32", "f32"), at_least, others or {}, shown=shown)


def multistage(tile, depth, columns, aligned, unaligned, note=""):
    """One of its tiles, with rows of B that can be copied four floats at a time and without."""
    name = f"multistage/f32, {tile.replace(', ', ' x ')}{note}"
    kernel = rf"multistage<gemm::Tile<{tile}, {depth}, {columns}, \d>, "
    multiply_adds = 8 * columns * depth
    loads = (2 + columns // 4) * depth  # of 128 bits

    def row(label, is_aligned, stage, at_least, shown=False, **others):
        return product(name + label, f"{kernel}{is_aligned}, Stage {stage}>", multiply_adds,
                       at_least, architectures=FROM_80, others=others, shown=shown)

    return (row("", "true", WHOLE, aligned, shown=True), row("", "false", WHOLE, unaligned),
            row(", whole waves", "true", WHOLE_WAVES, aligned),
            row(", whole waves", "false", WHOLE_WAVES, unaligned),
            row(", shared", "(true|false)", SHARED, 0.88, LDS=loads, BAR=1, **NO_COPIES),
            row(", registers", "(true|false)", REGISTERS, 0.985, LDS=0, BAR=0, **NO_COPIES,
                **NOT_HOISTED))


def blocked_tensor(name, block, instructions):
    """One tile of gemm/mma_sync."""
    return Row(f"gemm/{name}", f"gemm::mma_sync<true, gemm::Block<{block}.*", FROM_80,
               {"HMMA": instructions}, 16 * 8 * 16, ("tensor", "mma.sync", "bf16", "f32"), 0.99,
               {"F2FP": 0, "FADD": 0})


def wgmma_stage(stage, label, shown=False):
    """A stage of gemm/tma_wgmma. It begins and waits once, and waits for the next one's copies after
    it; another warp makes them."""
    return Row(f"gemm/tma_wgmma/bf16{label}", f"gemm::tma_wgmma<Stage {stage}>", "sm_90a",
               {"HGMMA": 4}, 64 * 256 * 16 // 4, ("tensor", "wgmma", "bf16", "f32"), 0.99,
               {"F2FP": 0, "FADD": 0, "WARPGROUP": 2, **NO_COPIES}, shown=shown, waits=True)


def tcgen05_stage(stage, share, label, shown=False):
    """A stage of gemm/tcgen05, in which one or two blocks share an instruction: in either case it is
    what one SM's tensor units do. One warp issues it, commits it and waits for the next copies."""
    return Row(f"gemm/tcgen05/bf16{', pair' if share == 2 else ''}{label}",
               f"gemm::tcgen05<Stage {stage}, {share}>", FAMILY_10X, {"UTCHMMA": 4},
               128 * 256 * 16 // 4, ("tensor", "tcgen05", "bf16", "f32"), 0.99,
               {"F2FP": 0, "FADD": 0, "UTCBAR": 1, "LDTM": 0, **NO_COPIES}, shown=shown, waits=True,
               compiled_for=FAMILY_10X)


TENSOR_FORMATS = {"F16": ("f16", "f32"), "Bf16": ("bf16", "f32"), "Tf32": ("tf32", "f32"),
                  "E4m3": ("fp8", "f32"), "S8": ("i8", "i32"), "F64": ("f64", "f64")}
INSTRUCTIONS = {"mma_sync": "mma.sync", "wgmma": "wgmma"}

# Two pipes share the work of HFMA2 on some chips, and the compiler has to alternate between them.
ONE_PIPE = {"HFMA2": 512}
TWO_PIPES = {"HFMA2": 256, "HFMA2.MMA": 256}
FROM_80 = "sm_(8|9|1).*"
FAMILY_12X = "sm_120f"
FAMILY_10X = "sm_100f"
NO_COPIES = {"LDG": 0, "LDGSTS": 0, "UTMALDG": 0, "LDSM": 0}
# Products that a compiler takes out of a loop leave additions in it.
NOT_HOISTED = {"FADD": 0, "FMUL": 0}

ROWS = (
    chain("registers/f32", "Fma<float>", {"FFMA": 512}, "FFMA", "f32"),
    chain("registers/f64", "Fma<double>", {"DFMA": 512}, "DFMA", "f64"),
    chain("packed/f32", "Ffma2", {"FFMA2": 512}, "FFMA2", "f32", lanes=2,
          architectures="sm_10[03].*"),
    chain("registers/f16", "Hfma2", TWO_PIPES, "HFMA2", "f16", lanes=2,
          architectures="sm_(80|90a?)"),
    chain("registers/f16", "Hfma2", ONE_PIPE, "HFMA2", "f16", lanes=2,
          architectures="sm_(75|8[679]|1.*)"),
    chain("registers/bf16", "Hfma2Bf16", TWO_PIPES, "HFMA2.BF16", "bf16", lanes=2,
          architectures="sm_90a?"),
    chain("registers/bf16", "Hfma2Bf16", ONE_PIPE, "HFMA2.BF16", "bf16", lanes=2,
          architectures="sm_(8.|1.*)"),
    chain("registers/i32", "Imad", {"IMAD": 512}, "IMAD", "i32"),
    chain("registers/i8", "Dp4a", {"IDP": 512}, "DP4A", "i8", accumulator="i32", lanes=4),
    # Multiply-adds: rows x columns x depth of one instruction.
    tensor("mma_sync", "F16", {"HMMA": 256}, 16 * 8 * 8, "sm_75"),
    tensor("mma_sync", "F16", {"HMMA": 128}, 16 * 8 * 16, FROM_80),
    tensor("mma_sync", "Bf16", {"HMMA": 128}, 16 * 8 * 16, FROM_80),
    tensor("mma_sync", "Tf32", {"HMMA": 128}, 16 * 8 * 8, FROM_80),
    tensor("mma_sync", "E4m3", {"QMMA": 128}, 16 * 8 * 32, "sm_(89|12.*)"),
    tensor("mma_sync", "S8", {"IMMA": 512}, 8 * 8 * 16, "sm_75"),
    tensor("mma_sync", "S8", {"IMMA": 128}, 16 * 8 * 32, FROM_80),
    tensor("mma_sync", "F64", {"DMMA": 512}, 8 * 8 * 4, "sm_80|sm_10.*"),
    tensor("mma_sync", "F64", {"DMMA": 64}, 16 * 8 * 16, "sm_90a?"),
    scaled_tensor("Mxfp8", "fp8", {"QMMA": 128}, 16 * 8 * 32),
    scaled_tensor("Nvfp4", "fp4", {"OMMA": 128}, 16 * 8 * 64),
    tcgen05("F16", "f16", {"UTCHMMA": 8}, 16),
    tcgen05("Bf16", "bf16", {"UTCHMMA": 8}, 16),
    tcgen05("Tf32", "tf32", {"UTCHMMA": 8}, 8),
    tcgen05("WideE4m3", "fp8", {"UTCQMMA": 8}, 32),
    tcgen05("Mxfp8", "fp8", {"UTCQMMA": 8}, 32, scaled=True),
    tcgen05("Nvfp4", "fp4", {"UTCOMMA": 8}, 64, scaled=True),
    # Four warps issue it together, so that a quarter is each one's.
    tensor("wgmma", "F16", {"HGMMA": 8}, 64 * 256 * 16 // 4, "sm_90a"),
    tensor("wgmma", "Bf16", {"HGMMA": 8}, 64 * 256 * 16 // 4, "sm_90a"),
    tensor("wgmma", "Tf32", {"HGMMA": 8}, 64 * 256 * 8 // 4, "sm_90a"),
    tensor("wgmma", "E4m3", {"QGMMA": 8}, 64 * 256 * 32 // 4, "sm_90a"),
    tensor("wgmma", "S8", {"IGMMA": 8}, 64 * 256 * 32 // 4, "sm_90a"),
    # Multiply-adds: of one thread, per stage.
    product("blocked/f32", "blocked<true, true>", 8 * 8 * 8, 0.87),
    product("blocked/f32", "blocked<(?!true, true).*>", 8 * 8 * 8, 0.86, shown=False),
    *multistage("128, 256", 16, 16, 0.925, 0.91),
    *multistage("128, 128", 8, 8, 0.845, 0.82),
    *multistage("64, 64", 16, 4, 0.83, 0.81),
    *multistage("128, 128", 8, 16, 0.895, 0.88, ", 8 x 16 sums"),
    *multistage("64, 128", 8, 8, 0.86, 0.84),
    # Not a chain: what else the loop holds are copies, reads of shared memory and their addresses,
    # no conversion, and no addition outside the tensor units.
    blocked_tensor("mma_sync/bf16", "128, 128, 64, 64, ", 64),
    blocked_tensor("mma_sync/bf16, 128 x 256", "128, 256, 64, 64, ", 64),
    blocked_tensor("mma_sync/bf16, 64 x 64", "64, 64, 32, 32, ", 16),
    wgmma_stage(WHOLE, "", shown=True),
    wgmma_stage(WHOLE_WAVES, ", whole waves"),
    wgmma_stage(SHARED, ", shared"),
    *(tcgen05_stage(stage, share, label, shown=stage == WHOLE) for share in (1, 2)
      for stage, label in ((WHOLE, ""), (WHOLE_WAVES, ", whole waves"), (SHARED, ", shared"))),
)


def row_of(kernel):
    """The kernel's row for its architecture, else any: that then tells what must not be there."""
    rows = [row for row in ROWS if row.covers(kernel)]
    here = [row for row in rows if row.expects_code(kernel)]
    assert len(here) <= 1, f"{len(here)} rows cover {kernel.name} on {kernel.architecture}"
    return next(iter(here + rows), None)


def needs_row(kernel):
    return kernel.name.startswith(WORKLOADS)
