# SPDX-License-Identifier: Apache-2.0
# derate fleet run --kubernetes: manifests that a parser of YAML and the schema of the API take, with what they
# must say; a second start leaves out the nodes that are measured.
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from cli import DERATE, SOURCE, CliTest, derate
from fleet_data import make_replay, run_options, write_program

with contextlib.suppress(ImportError):
    import yaml

VALIDATE = SOURCE / "build" / "readers" / "kubernetes-validate"


def validator():
    """The function of kubernetes-validate; none where it, or what it needs, is not there."""
    sys.path.insert(0, str(VALIDATE))
    with contextlib.suppress(ImportError):
        import kubernetes_validate
        return kubernetes_validate.validate
    return None


class Kubernetes(CliTest):
    def setUp(self):
        if "yaml" not in globals():
            self.skipTest("no python3-yaml")
        self.fleet = self.folder() / "Fleet_A 100"

    def written(self, *arguments, options=()):
        result = derate("fleet", "run", self.fleet, "--kubernetes", *arguments, *options)
        self.assertEnds(result, 0)
        self.said = result.stdout
        return {name: yaml.safe_load((self.fleet / "kubernetes" / f"{name}.yaml").read_text())
                for name in ("job", "check")}

    EVERYTHING = ["--count", 3, "--image", "registry.example/derate:1@sha256:ab", "--namespace", "gpu-team",
                  "--gpus", 4, "--node-selector", "nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3",
                  "--node-selector", "on=true", "--tolerate", "nvidia.com/gpu", "--tolerate", "dedicated",
                  "--limit", 900, "--wait", 7200]

    def test_the_api_takes_them(self):
        validate = validator()
        if validate is None:
            self.skipTest("no kubernetes-validate: scripts/get_readers fetches it")
        for storage in (["--claim", "fleet"], ["--host-path", "/var/lib/derate"], []):
            for name, manifest in self.written(*self.EVERYTHING, *storage).items():
                with self.subTest(name=name, storage=storage):
                    validate(manifest, "1.28", strict=True)
        # It would say so.
        import kubernetes_validate
        manifest["spec"]["template"]["spec"]["restartPolcy"] = "Never"
        with self.assertRaises(kubernetes_validate.ValidationError):
            validate(manifest, "1.28", strict=True)

    def test_one_pod_measures_each_node(self):
        job = self.written(*self.EVERYTHING, "--claim", "fleet",
                           options=["--", "--filter", "gemm: \"#'\\ {x}", "--rounds", "3"])["job"]
        spec, pod = job["spec"], job["spec"]["template"]["spec"]
        self.assertEqual((job["apiVersion"], job["kind"]), ("batch/v1", "Job"))
        self.assertRegex(job["metadata"]["name"], r"^derate-fleet-a-100-\d{8}-\d{6}$")
        self.assertEqual(job["metadata"]["namespace"], "gpu-team")
        self.assertEqual((spec["completionMode"], spec["completions"], spec["parallelism"]), ("Indexed", 3, 3))
        self.assertEqual((spec["backoffLimitPerIndex"], spec["activeDeadlineSeconds"]), (0, 7200))
        self.assertEqual(pod["restartPolicy"], "Never")
        self.assertEqual(pod["nodeSelector"],
                         {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "on": "true"})
        self.assertEqual([each["key"] for each in pod["tolerations"]], ["nvidia.com/gpu", "dedicated"])
        [term] = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        self.assertEqual(term["topologyKey"], "kubernetes.io/hostname")
        labels = spec["template"]["metadata"]["labels"]
        self.assertEqual(labels | term["labelSelector"]["matchLabels"], labels)  # which it then keeps apart
        [container] = pod["containers"]
        self.assertEqual(container["resources"]["limits"], {"nvidia.com/gpu": 4})
        self.assertEqual(container["command"],
                         ["derate", "fleet", "node", "--fleet", "/fleet", "--measured-code", "75", "--limit", "900",
                          "--", "--all-devices", "--filter", "gemm: \"#'\\ {x}", "--rounds", "3"])
        self.assertEqual(container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"], "spec.nodeName")
        [mount], [volume] = container["volumeMounts"], pod["volumes"]
        self.assertEqual((mount["name"], volume["name"]), ("fleet", "fleet"))
        self.assertEqual(volume["persistentVolumeClaim"]["claimName"], "fleet")
        ignored = spec["podFailurePolicy"]["rules"][0]
        self.assertEqual((ignored["action"], ignored["onExitCodes"]["values"]), ("Ignore", [75]))

    def test_its_command_is_one_that_derate_takes(self):
        """As the container would run it, but for its folder."""
        job = self.written("--count", 1, "--claim", "fleet", options=map(str, run_options(2)))["job"]
        command = job["spec"]["template"]["spec"]["containers"][0]["command"]
        here = self.folder()
        environment = os.environ | {"NODE_NAME": "gke-1"} | make_replay(here / "replay", ["gke-1"])
        command = [str(here) if word == "/fleet" else word for word in command[1:]]
        self.assertEnds(derate(*command, env=environment), 0)
        self.assertTrue((here / "nodes/gke-1/node.json").exists())
        self.assertEnds(derate(*command, env=environment), 75)

    def test_a_folder_of_each_node_is_remembered_and_printed(self):
        job = self.written("--count", 1, "--host-path", "/var/lib/derate")["job"]
        pod = job["spec"]["template"]["spec"]
        self.assertEqual(pod["volumes"][0]["hostPath"], {"path": "/var/lib/derate", "type": "DirectoryOrCreate"})
        self.assertEqual(pod["containers"][0]["command"][3:6], ["--fleet", "/fleet", "--print"])

    def test_without_storage_records_come_as_logs(self):
        job = self.written("--count", 1, options=map(str, run_options(2)))["job"]
        self.assertIn("--print", job["spec"]["template"]["spec"]["containers"][0]["command"])
        self.assertNotIn("volumes", job["spec"]["template"]["spec"])
        self.assertIn("| derate fleet gather", self.said)

    def test_the_command_that_gathers_is_of_this_start_alone(self):
        """As a shell takes it, with a kubectl that prints the logs of the pods which it is asked for."""
        here = self.folder()
        environment = os.environ | make_replay(here / "replay", ["n1"])
        environment["PATH"] = f"{here}:{DERATE.parent}:{os.environ['PATH']}"
        write_program(here / "kubectl", f"""#!/bin/sh
printf '%s\\n' "$@" >{here}/asked
for each; do case $each in batch.kubernetes.io/job-name=*) cat {here}/"${{each#*=}}" ;; esac; done
""")
        fault = here / "replay" / "n1.fault"
        for text, end in (("exit 77", 1), ("", 0)):
            job = self.written("--namespace", "gpu-team", *(["--count", 1] if end else []),
                               options=map(str, run_options(2)) if end else [])["job"]
            fault.write_text(text)
            printed = derate("fleet", "node", "--print", "--name", "n1", *run_options(2), env=environment).stdout
            name = job["metadata"]["name"]
            (here / name).write_text(printed)
            lines = self.said.splitlines()
            self.assertEqual([line[:2] == "  " for line in lines], [False, True, False, True], self.said)
            done = subprocess.run(["sh", "-c", lines[3]], env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, end, done)
            asked = (here / "asked").read_text().splitlines()
            self.assertEqual(asked, ["logs", "--namespace", "gpu-team", "--selector",
                                     f"batch.kubernetes.io/job-name={name}", "--tail=-1", "--max-log-requests=1"])
            time.sleep(1)  # a Job's name has its second
        self.assertEqual(done.stdout, "1 of 1 nodes came whole.\n")
        # With the logs of both, as one selector of both would bring them.
        whole = self.folder() / "both"
        (whole / "nodes").mkdir(parents=True)
        (whole / "fleet.json").write_bytes((self.fleet / "fleet.json").read_bytes())
        logs = sorted(here.glob("derate-fleet-a-100-*"))
        self.assertEqual(len(logs), 2)
        self.assertEnds(derate("fleet", "gather", whole, *logs), 0)

    def test_names_fit_those_of_pods(self):
        """63 letters with the index of a pod; a slash behind the folder changes nothing."""
        for folder in ("a" * 200, "Fleet_A 100"):
            self.fleet = f"{self.folder() / folder}/"
            for name in ("job", "check"):
                result = derate("fleet", "run", self.fleet, "--kubernetes", "--count", 1, "--claim", "c")
                self.assertEnds(result, 0)
                text = (pathlib.Path(self.fleet) / "kubernetes" / f"{name}.yaml").read_text()
                made = yaml.safe_load(text)["metadata"]["name"]
                self.assertLessEqual(len(f"{made}-99999"), 63)
                self.assertRegex(made, r"^derate-(a{27}|fleet-a-100)-")

    def test_the_checking_job_ends_with_the_verdict(self):
        check = self.written("--count", 2, "--claim", "fleet")["check"]
        [container] = check["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["command"], ["derate", "check", "--validator"])
        self.assertNotIn("volumeMounts", container)
        self.assertRegex(check["metadata"]["name"], r"^derate-fleet-a-100-check-\d{8}-\d{6}$")
        self.assertIn("--validator", derate("check", "--help").stdout)

    def test_what_lies_between_nodes_is_measured_by_a_pod_on_each(self):
        self.written("--nodes", "n[1-3]", "--claim", "fleet", options=map(str, run_options(2)))
        environment = os.environ | make_replay(self.folder() / "replay", ["n2"])
        self.assertEnds(derate("fleet", "node", "--fleet", self.fleet, "--name", "n2", *run_options(2),
                               env=environment), 0)
        self.written("--claim", "fleet")
        links = yaml.safe_load((self.fleet / "kubernetes" / "links.yaml").read_text())
        if (validate := validator()) is not None:
            validate(links, "1.28", strict=True)
        spec = links["spec"]
        self.assertEqual((spec["completions"], spec["parallelism"]), (3, 3))  # the measured one too
        pod = spec["template"]["spec"]
        [term] = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        self.assertEqual([sorted(each["values"]) for each in term["matchExpressions"]], [["n1", "n2", "n3"]])
        [container] = pod["containers"]
        self.assertEqual(container["volumeMounts"][0]["mountPath"], "/fleet")
        command = container["command"]
        self.assertEqual(command[:7], ["derate", "fleet", "links", "--measure", "/fleet", "--ranks", "3"])
        # It is one that derate takes: here there is no GPU, which each rank says.
        here = self.folder()
        command = [str(here) if word == "/fleet" else word for word in command[1:]]
        done = derate(*command, "--wait", "1",
                      env=os.environ | {"NODE_NAME": "n1", "JOB_COMPLETION_INDEX": "0", "CUDA_VISIBLE_DEVICES": ""})
        self.assertNotEqual(done.returncode, 2, done.stderr)
        self.assertTrue(list((here / "links").glob("n1-0.jsonl")), done.stderr)

    def test_a_second_start_leaves_out_what_is_measured(self):
        self.written("--nodes", "n[1-3]", options=map(str, run_options(2)))
        environment = os.environ | make_replay(self.folder() / "replay", ["n2"])
        self.assertEnds(derate("fleet", "node", "--fleet", self.fleet, "--name", "n2", *run_options(2),
                               env=environment), 0)
        job = self.written()["job"]
        self.assertEqual(job["spec"]["completions"], 2)
        affinity = job["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
        [term] = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        self.assertEqual(term["matchExpressions"],
                         [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1", "n3"]},
                          {"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["n2"]}])

    def test_the_image_is_that_of_the_wheel(self):
        self.written("--count", 1)
        text = (self.fleet / "kubernetes" / "Dockerfile").read_text()
        version = derate("--version").stdout.split()[1]
        self.assertIn(f"COPY derate-{version}-*.whl /tmp/\n", text)
        run = re.search(r"RUN (.*)\n", text)[1]
        # The shell that would run it finds the wheel.
        here = self.folder()
        (here / f"derate-{version}-cp311-cp311-linux_x86_64.whl").touch()
        said = subprocess.run(["sh", "-c", run.replace("/tmp/", f"{here}/").replace("pip install", "echo", 1)],
                              capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, f"--no-cache-dir {here}/derate-{version}-cp311-cp311-linux_x86_64.whl[cuda]\n")


if __name__ == "__main__":
    unittest.main()
