# SPDX-License-Identifier: Apache-2.0
# The JUnit XML, read by junitparser, and held against the schema of Jenkins' xUnit plugin.
import unittest

from reading import GOLDEN, READERS, REGRESSED, judgements, need_module, read_back

junitparser = need_module("junitparser", "python3-junitparser")
XSD = READERS / "xunit-plugin/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd"
try:
    from lxml import etree
except ImportError:
    etree = None

FILE = GOLDEN / "comparison_junit.xml"
RESULT = {"regression": junitparser.Failure, "invalid": junitparser.Error,
          "not_comparable": junitparser.Skipped, "inconclusive": junitparser.Skipped,
          "environment": junitparser.Skipped}


class JunitParser(unittest.TestCase):
    def setUp(self):
        self.suite = next(iter(junitparser.JUnitXml.fromfile(str(FILE))))
        self.cases = {case.name: case for case in self.suite}

    def test_every_benchmark_is_a_case_with_its_result(self):
        self.assertEqual(set(self.cases), set(judgements()))
        for name, judgement in judgements().items():
            wanted = RESULT.get(judgement["verdict"])
            results = self.cases[name].result
            if wanted is None:
                self.assertEqual(results, [], name)
                continue
            self.assertEqual([type(result) for result in results], [wanted], name)
            self.assertEqual(results[0].type, judgement["verdict"])
            self.assertIn(judgement["reason"], read_back(results[0].message))

    def test_totals(self):
        self.assertEqual((self.suite.tests, self.suite.failures, self.suite.errors, self.suite.skipped),
                         (9, 2, 1, 3))
        counted = junitparser.JUnitXml.fromfile(str(FILE))
        counted.update_statistics()
        self.assertEqual((counted.tests, counted.failures, counted.errors, counted.skipped), (9, 2, 1, 3))

    def test_figures_and_environment(self):
        said = self.cases[REGRESSED].system_out
        for figure in ["change=0.0314", "change_low=0.031", "change_high=0.0318", "detectable=0.0012"]:
            self.assertIn(f"[[PROPERTY|{figure}]]", said)
        properties = {each.name: each.value for each in self.suite.properties()}
        self.assertEqual(properties["device_name"], "Example GPU")
        self.assertTrue(properties["headline"].startswith("2 of 9 benchmarks are slower: " + REGRESSED))


@unittest.skipIf(etree is None, "Python has no module lxml (python3-lxml)")
@unittest.skipUnless(XSD.exists(), "junit-10.xsd is not there (scripts/get_readers fetches it)")
class Schema(unittest.TestCase):
    def test_is_what_jenkins_accepts(self):
        schema = etree.XMLSchema(etree.parse(str(XSD)))
        schema.assertValid(etree.parse(str(FILE)))

    def test_the_schema_refuses_properties_of_a_case(self):
        tree = etree.parse(str(FILE))
        tree.find(".//testcase").insert(0, etree.Element("properties"))
        self.assertFalse(etree.XMLSchema(etree.parse(str(XSD))).validate(tree))


if __name__ == "__main__":
    unittest.main()
