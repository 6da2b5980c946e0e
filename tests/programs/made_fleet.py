# SPDX-License-Identifier: Apache-2.0
# Fleets that never were, made of a record of an invented GPU.
import copy
import json
import random

from cli import SOURCE

BASE = json.loads((SOURCE / "tests" / "golden" / "records.jsonl").read_text().splitlines()[0])
ROWS = ["compute", "compute", "memory", "memory"]


def records_of(node, gpus=4, rounds=3, plant=None, day=0):
    """Of every GPU, row and round, with noise of 0.3 % and 0.5 % between GPUs, whatever the day."""
    noise = random.Random(node if day == 0 else f"{node} {day}")
    for gpu in range(gpus):
        level = random.Random(f"{node}/{gpu}").gauss(0, 0.005)
        for round_ in range(rounds):
            for row, bound in enumerate(ROWS):
                record = copy.deepcopy(BASE)
                record.update(run=node, host_id=f"{hash_of(node):016x}", device_index=gpu, bound=bound,
                              device_id=f"{hash_of(f'{node}/{gpu}'):016x}", problem=f"n:{row + 1}",
                              time_utc=f"2026-01-{2 + day:02}T03:0{round_}:05Z")
                time_s = 0.004 * (1 - level + noise.gauss(0, 0.003))
                if plant:
                    time_s *= plant(record)
                record["samples_s"] = [time_s] * 3
                record["clocks_hz"] = [1.44e9 * (1 + level)] * 3
                yield record


def hash_of(text):
    """The same in every process."""
    return random.Random(text).getrandbits(64)


def write_node(folder, node, **what):
    path = folder / node / "records.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records_of(node, **what)))
    return path


def write_fleet(folder, nodes=12, slow=None, **what):
    """Folders of derate run; the GPU `slow`, (node, GPU), takes a tenth longer."""
    for node in (f"n{number}" for number in range(1, nodes + 1)):
        write_node(folder, node, plant=lambda record, node=node: (
            1.1 if (node, record["device_index"]) == slow else 1), **what)
