# SPDX-License-Identifier: Apache-2.0
# What the tests of gates share: a program that only claims to measure, and reading verdicts.
import json
import pathlib
import shlex
import sys

from cli import CliTest, derate

FAKE = pathlib.Path(__file__).with_name("fake_bench.py")
PYTHON = f"{shlex.quote(sys.executable)} -SE"
# With this seed base runs first in pairs 0 and 2 of stage 1, and in 0 and 3 of stage 2.
QUICK = ["--pairs", 3, "--confirm-pairs", 4, "--seed", 78]
SCREENED, CONFIRMED = 6, 8  # processes


class GateTest(CliTest):
    def setUp(self):
        self.state = self.folder()
        self.out = self.folder() / "gate"

    def command(self, *arguments, filter=True, out=True, sd=0.0003):
        words = [PYTHON, str(FAKE), "--state", str(self.state), "--sd", str(sd)]
        words += ["--out", "{out}"] if out else []
        words += ["--filter", "{filter}"] if filter else []
        return " ".join(words + [shlex.quote(str(each)) for each in arguments])

    def gate(self, *candidate, base=(), flags=(), plan=QUICK, **options):
        command = {key: options.pop(key) for key in ("filter", "out", "sd") if key in options}
        return derate("gate", "--base", self.command(*base, **command), "--candidate",
                      self.command(*candidate, **command), "--out", self.out, "--format", "json",
                      *plan, *flags, **options)

    def calls(self, side=None):
        lines = (self.state / "calls").read_text().splitlines()
        return [line.split(" ", 1) for line in lines if side in (None, line.split(" ")[0])]

    def judge(self, *candidate, code, **options):
        """Runs a gate that is to end with `code`; the verdict and the reason of each benchmark."""
        result = self.gate(*candidate, **options)
        self.assertEnds(result, code)
        return judgements(result.stdout)

    def assertOnly(self, judged, verdict, *words, benchmark="BM_work/2", others="unchanged"):
        """One benchmark has the verdict, for a reason that holds the words; the rest is well."""
        self.assertEqual(judged[benchmark][0], verdict, judged)
        for word in words:
            self.assertIn(word, judged[benchmark][1])
        for name, (other, _) in judged.items():
            if name != benchmark:
                self.assertEqual(other, others, (name, judged))


def judgements(text):
    """Benchmark -> (verdict, reason), of a comparison in JSON."""
    return {each["benchmark"]: (each["verdict"].replace("_", " "), each["reason"])
            for each in json.loads(text)["judgements"]}
