# SPDX-License-Identifier: Apache-2.0
# Loads and stores in the machine code: how wide they are, which cache may serve them, and how many
# are under way before one is waited for. What the fields mean was read from code that nvcc 13.0
# makes of PTX instructions whose meaning is documented; memory_test.py compiles those again and
# compares.
import dataclasses

from machine_code import number_of

ACCESSES = {0x181: "LDG", 0x186: "STG", 0x184: "LDS", 0x188: "STS"}
LOADS = frozenset({"LDG", "LDS"})
GLOBAL = frozenset({"LDG", "STG"})
BYTES_OF = {4: 4, 5: 8, 6: 16}  # of the field of the width; smaller ones are not used here
# Of a load from global memory: strong within the SM is what ld.ca becomes, which L1 serves; strong
# within the GPU is ld.cg, which L2 serves.
SCOPES = {75: {7: "", 3: "constant", 8: "SM", 10: "GPU"},
          80: {0: "", 4: "constant", 5: "SM", 7: "GPU"}}
EVICT_FIRST = 0  # of ld.cs and st.cs; all others have 1
SOURCES = (24, 32, 64)  # lowest bits of the registers that an instruction may read
IADD3 = 0x210  # three registers


@dataclasses.dataclass(frozen=True)
class Access:
    operation: str  # LDG, STG, LDS, STS
    bytes: int
    scope: str = ""  # of an LDG: "", constant, SM or GPU
    is_streamed: bool = False  # evicted first

    def __str__(self):
        parts = [self.operation, f"{8 * self.bytes}", self.scope and f"scope {self.scope}",
                 "evict-first" if self.is_streamed else ""]
        return " ".join(part for part in parts if part)


def operation_of(instruction):
    return ACCESSES.get(instruction.field(0, 9))


def access_of(instruction):
    """None for what is neither a load nor a store."""
    operation = operation_of(instruction)
    if operation is None:
        return None
    width = instruction.field(73, 3)
    assert width in BYTES_OF, f"{operation} has a width of code {width}"
    scope = ""
    if operation == "LDG":
        scopes = SCOPES[75 if number_of(instruction.architecture) < 80 else 80]
        code = instruction.field(77, 4)
        scope = scopes.get(code, f"of code {code}")
    is_streamed = operation in GLOBAL and instruction.field(84, 3) == EVICT_FIRST
    return Access(operation, BYTES_OF[width], scope, is_streamed)


def target(instruction):
    return instruction.field(16, 8)


def address(instruction):
    """The register that holds it, and what is added to that."""
    return instruction.field(24, 8), instruction.field(40, 24)


def registers_written(load):
    """Those that a load fills."""
    first = target(load)
    return set(range(first, first + access_of(load).bytes // 4))


def in_flight(code, wanted):
    """Of these loads, how many come before the first sum that needs one of them."""
    pending, most = set(), 0
    for instruction in code:
        if access_of(instruction) == wanted:
            pending |= registers_written(instruction)
            most += 1
        elif instruction.field(0, 12) == IADD3:
            if any(instruction.field(low, 8) in pending for low in SOURCES):
                break
    return most
