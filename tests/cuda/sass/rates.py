# SPDX-License-Identifier: Apache-2.0
# How many clocks an instruction keeps its unit busy, from the rates that derate itself makes peaks
# of: what the loops are judged by is then the peak that the measurement is divided by.
import json
import subprocess

from machine_code import number_of

# One product of each architecture; of several, one whose tensor units are not halved.
PRODUCTS = {75: "T4", 80: "A100 SXM 40GB", 86: "A10", 89: "L40S", 90: "H200", 100: "B200",
            120: "RTX 5090"}
SCHEDULERS = 4  # per SM; each issues one instruction of a warp per clock


class Rates:
    def __init__(self, derate):
        self.peaks = {number: self.read(derate, name) for number, name in PRODUCTS.items()}

    @staticmethod
    def read(derate, product):
        printed = subprocess.run([derate, "peak", product, "--format", "json"],
                                 capture_output=True, text=True, check=True).stdout
        return {(peak["units"], peak["instruction"], peak["operands"], peak["accumulator"]):
                peak["fma_per_unit_and_clock"] for peak in json.loads(printed)}

    def clocks_each(self, row, architecture):
        """Of one instruction on its scheduler's quarter of the SM. Where the rate is unknown, 1 for
        vector units, which is the most that a loop can be asked, and None for tensor units."""
        rate = self.peaks.get(number_of(architecture), {}).get(row.peak)
        if not rate:
            return 1 if row.peak[0] == "vector" else None
        return row.multiply_adds * SCHEDULERS / rate
