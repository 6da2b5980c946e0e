# SPDX-License-Identifier: Apache-2.0
# read_calibration.py CALIBRATION [WORKLOAD [PRECISION]]: the derate factors of a calibration.json
# with their intervals. Needs nothing but Python.
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    calibration = json.load(file)
if calibration["kind"] != "derate calibration":
    sys.exit(f"{sys.argv[1]} is not a calibration")

print(calibration["device"]["device_name"])
wanted = dict(zip(["workload", "precision"], sys.argv[2:]))
for factor in calibration["factors"]:
    eta = factor["eta"]
    if eta["value"] is None or any(factor[key] != word for key, word in wanted.items()):
        continue
    name = "/".join(factor[key] for key in ["workload", "variant", "precision", "size_class"])
    conditions = ", ".join(factor[key] for key in ["data", "cache", "mode"])
    print(f"{name} ({conditions}, {factor['devices_at_once']} at once): "
          f"eta {eta['value']:.3f}, {eta['low']:.3f} to {eta['high']:.3f}")
