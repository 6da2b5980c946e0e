# SPDX-License-Identifier: Apache-2.0
# A cluster of many nodes on this machine: Debian's Slurm as scripts/get_slurm unpacks it, one controller
# and a slurmd for each node. Nothing is installed, nothing of the system is used or left; without munge,
# so for tests alone.
import contextlib
import getpass
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from cli import SOURCE

ROOT = SOURCE / "build" / "slurm"
LIBRARIES = ROOT / "usr/lib/x86_64-linux-gnu"
CONFIGURATION = """ClusterName=derate
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=5
MinJobAge=300
KillWait=5
SchedulerParameters=sched_interval=1,batch_sched_delay=1,bf_interval=1,sched_min_interval=0
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
PluginDir={plugins}
TopologyPlugin=topology/none
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not():
    """Why there is no cluster here; empty where there can be one."""
    if not (ROOT / "usr/sbin/slurmctld-wlm").exists():
        return "no Slurm: scripts/get_slurm fetches it"
    return ""


def free_ports(count):
    """The first of so many ports in a row that nobody listens on."""
    for first in range(40000 + os.getpid() % 50 * 200, 60000, 200):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + count):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no ports are free")


class Cluster:
    def __init__(self, folder, nodes):
        self.folder, self.nodes = pathlib.Path(folder), nodes
        self.environment = os.environ | {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{ROOT}/usr/bin:{os.environ['PATH']}",
            "LD_LIBRARY_PATH": f"{LIBRARIES}:{LIBRARIES}/slurm-wlm"}
        self.daemons = {}

    def __enter__(self):
        (self.folder / "state").mkdir(parents=True)
        host = socket.gethostname().split(".")[0]
        first = free_ports(self.nodes + 1)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=host, port=first, user=getpass.getuser(), folder=self.folder, nodes=self.nodes,
            plugins=LIBRARIES / "slurm-wlm", first=first + 1, last=first + self.nodes))
        self.start("slurmctld", "-D", "-c")
        for i in range(1, self.nodes + 1):
            self.start_node(f"n{i}")
        self.wait_for("idle", self.nodes)
        return self

    def __exit__(self, *_):
        for daemon in self.daemons.values():
            daemon.kill()
        for daemon in self.daemons.values():
            daemon.wait()
        # Steps are children of nobody by then; they are known by where they work.
        for pid in self.processes_of(str(self.folder)):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def start(self, name, *arguments):
        program = ROOT / "usr/sbin" / (name.split("-")[0] + "-wlm")
        self.daemons[name] = subprocess.Popen([program, *arguments], env=self.environment,
                                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL)

    def start_node(self, node):
        self.start(f"slurmd-{node}", "-D", "-N", node, "-d", str(ROOT / "usr/sbin/slurmstepd-wlm"))

    def run(self, *command, **options):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=250,
                              **options)

    def wait_for(self, state, count, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            said = self.run("sinfo", "--noheader", "--format=%t %D")
            there = sum(int(number) for number in re.findall(rf"(?m)^{state} (\d+)$", said.stdout))
            if there >= count:
                return
            assert time.monotonic() < deadline, f"{there} of {count} nodes are {state}: {said}"
            time.sleep(0.3)

    @staticmethod
    def processes_of(text):
        """The processes with this text in their command line or environment, but for this one."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                seen = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
                if text.encode() in seen and int(path.name) != os.getpid():
                    found.append(int(path.name))
        return found

    def kill_node(self, node):
        """Ends its slurmd and all that runs there, as when its power goes; and says so to the controller, which
        would find out after half a minute."""
        self.daemons[f"slurmd-{node}"].kill()
        self.daemons[f"slurmd-{node}"].wait()
        running = self.processes_of(f"SLURMD_NODENAME={node}\0")
        for pid in [step for pid in running for step in self.steps_of(pid)] + running:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.run("scontrol", "update", f"nodename={node}", "state=down", "reason=power")

    @staticmethod
    def steps_of(pid):
        """The slurmstepd that started a process, where that did."""
        with contextlib.suppress(OSError):
            parent = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            if pathlib.Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                return [int(parent)]
        return []
