# SPDX-License-Identifier: Apache-2.0
# Records and calibration are what their JSON Schema says, and the schemas in docs/ are this build's.
import json
import unittest

from cli import BRIEF, FAULTY, SOURCE, MeasuredTest, derate, read_lines, run

try:
    import jsonschema
except ImportError:
    jsonschema = None


@unittest.skipIf(jsonschema is None, "Python has no module jsonschema (python3-jsonschema)")
class Validates(MeasuredTest):
    def validator(self, kind):
        schema = json.loads(derate("schema", kind).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def test_records(self):
        self.validator("record").validate(self.record)

    def test_records_of_every_outcome(self):
        out = self.folder() / "records.jsonl"
        run(FAULTY, "--derate_device=host", *BRIEF, "--benchmark_filter=-slow",
            f"--derate_out={out}")
        validator = self.validator("record")
        records = read_lines(out)
        self.assertLessEqual({"failed", "incorrect", "unsupported"},
                             {record["outcome"] for record in records})
        for record in records:
            validator.validate(record)

    def test_calibration(self):
        calibration = json.loads((self.measured / "calibration.json").read_text())
        self.assertTrue(calibration["factors"])
        self.validator("calibration").validate(calibration)

    def test_refuses_what_is_not_a_record(self):
        validator = self.validator("record")
        missing = dict(self.record)
        del missing["workload"]
        for wrong in [missing, self.record | {"samples_s": "fast"}, self.record | {"schema": 99},
                      self.record | {"outcome": "splendid"}]:
            self.assertFalse(validator.is_valid(wrong))

    def test_refuses_what_is_not_a_calibration(self):
        validator = self.validator("calibration")
        calibration = json.loads((self.measured / "calibration.json").read_text())
        for wrong in [calibration | {"kind": "else"}, calibration | {"factors": "many"},
                      {key: value for key, value in calibration.items() if key != "device"}]:
            self.assertFalse(validator.is_valid(wrong))


class Committed(MeasuredTest):
    def test_schemas_are_this_builds(self):
        for kind in ["record", "calibration", "verdict"]:
            with self.subTest(kind):
                path = SOURCE / "docs" / f"{kind}.schema.json"
                if not path.exists():
                    self.skipTest(f"{path.name} is not in docs/")
                self.assertEqual(path.read_text(encoding="utf-8"), derate("schema", kind).stdout)

    def test_every_field_is_in_the_schema_and_in_the_table(self):
        schema = json.loads(derate("schema", "record").stdout)
        self.assertEqual(set(schema["properties"]), set(self.record))
        table = derate("schema", "record", "--markdown").stdout
        for field in self.record:
            self.assertIn(f"| `{field}` |", table)

    def test_tables_for_people(self):
        for kind in ["record", "calibration", "verdict", "report"]:
            with self.subTest(kind):
                self.assertRegex(derate("schema", kind, "--markdown").stdout, r"(?m)^\| ?-")


if __name__ == "__main__":
    unittest.main()
