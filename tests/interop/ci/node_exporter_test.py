# SPDX-License-Identifier: Apache-2.0
# node_exporter's textfile collector reads the gauges, while the file is there to be read.
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from reading import GOLDEN, need_file

PROGRAM = need_file("node_exporter") / "usr/bin/prometheus-node-exporter"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class NodeExporter(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="derate-textfile-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}/metrics"
        self.exporter = subprocess.Popen(
            [PROGRAM, f"--web.listen-address={address}", "--collector.disable-defaults",
             "--collector.textfile", f"--collector.textfile.directory={self.folder}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.exporter.wait)
        self.addCleanup(self.exporter.kill)

    def metrics(self):
        for _ in range(200):
            try:
                with urllib.request.urlopen(self.url, timeout=10) as response:
                    return response.read().decode().splitlines()
            except OSError:
                time.sleep(0.05)
        raise AssertionError("node_exporter did not answer")

    def test_passes_every_sample_on(self):
        shutil.copy(GOLDEN / "comparison.prom", self.folder / "derate.prom")
        read = self.metrics()
        self.assertIn("node_textfile_scrape_error 0", read)
        wanted = [line for line in (GOLDEN / "comparison.prom").read_text().splitlines()
                  if not line.startswith("#")]
        self.assertTrue(wanted)
        # It sorts labels; the names and values of the samples stay.
        self.assertEqual(sorted(line.split("{")[0] for line in read if line.startswith("derate_")),
                         sorted(line.split("{")[0] for line in wanted))

    def test_a_broken_file_would_be_noticed(self):
        text = (GOLDEN / "comparison.prom").read_text()
        (self.folder / "derate.prom").write_text(text.replace("\\\"quoted", "\"quoted"))
        self.assertIn("node_textfile_scrape_error 1", self.metrics())


if __name__ == "__main__":
    unittest.main()
