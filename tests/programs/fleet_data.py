# SPDX-License-Identifier: Apache-2.0
# What the tests of fleets share: records of made-up nodes, which a program replays in place of measuring,
# since many nodes on one machine would disturb each other.
import hashlib
import json
import os
import pathlib
import random
import subprocess

from cli import SOURCE, read_lines

REPLAY = pathlib.Path(__file__).with_name("fleet_replay.sh")
ROUNDS = 5


def run_options(rounds=ROUNDS):
    return ["--", "--device", "host", "--rounds", rounds, "--no-attribution", "--bench", REPLAY]


def records_of(node, round_number, noise, slower):
    """Three products on a GPU of this node, in one round."""
    for i, record in enumerate(read_lines(SOURCE / "tests/golden/records.jsonl")[:3]):
        time_s = record["samples_s"][0] * slower * (1 + noise.gauss(0, 0.003))
        yield record | {
            "run": f"{node}-{round_number}", "device_id": f"GPU-{node}", "problem": f"m:{4096 << i}/n:4096/k:4096",
            "host_id": hashlib.sha256(node.encode()).hexdigest()[:16],
            "samples_s": [time_s * (1 + noise.gauss(0, 0.001)) for _ in record["samples_s"]]}


def make_replay(folder, nodes, slower=None, rounds=ROUNDS):
    """Records of each node: those of nodes in `slower` take so many times as long."""
    noise = random.Random(11)
    folder.mkdir(exist_ok=True)
    for node in nodes:
        share = 1 + noise.gauss(0, 0.005)
        for number in range(1, rounds + 1):
            lines = [json.dumps(each) + "\n"
                     for each in records_of(node, number, noise, share * (slower or {}).get(node, 1))]
            (folder / f"{node}.{number}").write_text("".join(lines))
    return {"DERATE_REPLAY": str(folder)}


def end_of(fleet, node):
    return json.loads((fleet / "nodes" / node / "node.json").read_text())


def records_in(fleet, node):
    """What zstd makes of a node's records."""
    shard = fleet / "nodes" / node / "records.jsonl.zst"
    text = subprocess.run(["zstd", "-dcq", shard], capture_output=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


def path_with(folder, environment=os.environ):
    return f"{folder}:{environment['PATH']}"
