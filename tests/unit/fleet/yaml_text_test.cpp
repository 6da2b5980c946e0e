// SPDX-License-Identifier: Apache-2.0
// YAML for people; tests/programs/fleet_kubernetes_test.py has a parser of YAML read it.
#include "fleet/yaml_text.h"

namespace derate::fleet {
namespace {

TEST(YamlText, IsBlocksOfIndentedLines) {
  const nlohmann::ordered_json json = {
      {"kind", "Job"},
      {"spec", {{"count", 3}, {"on", true}, {"app.kubernetes.io/name", "yes: no # \"x\""}}},
      {"list", {1, "a", {{"key", "b"}, {"more", {{"c", nullptr}}}}, {{2, 3}}}},
      {"none", nlohmann::ordered_json::array()},
      {"empty", nlohmann::ordered_json::object()}};
  EXPECT_EQ(yaml_text(json),
            "kind: \"Job\"\n"
            "spec:\n"
            "  count: 3\n"
            "  \"on\": true\n"
            "  \"app.kubernetes.io/name\": \"yes: no # \\\"x\\\"\"\n"
            "list:\n"
            "  - 1\n"
            "  - \"a\"\n"
            "  - key: \"b\"\n"
            "    more:\n"
            "      c: null\n"
            "  -\n"
            "    -\n"
            "      - 2\n"
            "      - 3\n"
            "none: []\n"
            "empty: {}\n");
}

}  // namespace
}  // namespace derate::fleet
