// SPDX-License-Identifier: Apache-2.0
// A line of a link is read as it was written, its bandwidth is nccl-tests', and what is wrong with
// a line is named.
#include "record/link_record.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace derate {
namespace {

LinkRecord example_link() {
  return {.scope = LinkScope::pair,
          .nodes = {"n1", "n2"},
          .devices = 16,
          .bytes = 268'435'456,
          .launches = 4,
          .samples_s = {1.1e-3, 1e-3, 1.2e-3},
          .outcome = "passed",
          .reason = "",
          .library = "NCCL 2.28.9",
          .start = "4711.0",
          .round = 3,
          .time_utc = "2026-11-30T12:00:00Z"};
}

std::string refused(const std::string& line) {
  try {
    static_cast<void>(parse_link_line(line));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// The example's line with one text in the place of another, which has to be there.
std::string changed(const std::string& from, const std::string& to) {
  std::string line = to_json_line(example_link());
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return line.replace(at, from.size(), to);
}

TEST(LinkRecord, IsReadAsItWasWritten) {
  const std::string line = to_json_line(example_link());
  EXPECT_EQ(to_json_line(parse_link_line(line)), line);
  const LinkEnd end = {"n1", 0, 8, 1, "n2 never came", "4711.0", "2026-11-30T12:00:00Z"};
  EXPECT_EQ(to_json_line(parse_link_line(to_json_line(end))), to_json_line(end));
}

// nccl-tests, doc/PERFORMANCE.md: algorithm bandwidth S / t, bus bandwidth that times 2 (n - 1) /
// n.
TEST(LinkRecord, HasTheBusBandwidthOfNcclTests) {
  LinkRecord record = example_link();
  record.samples_s = {1.1e-3};
  EXPECT_DOUBLE_EQ(record.bus_bandwidth(), 268'435'456 / 1.1e-3 * 30 / 16);
  record.devices = 2;
  record.bytes = 1'000'000;
  record.samples_s = {1e-3, 2e-3, 9e-3};
  EXPECT_DOUBLE_EQ(record.bus_bandwidth(), 5e8);
  record.outcome = "incorrect";
  EXPECT_TRUE(std::isnan(record.bus_bandwidth()));
}

TEST(LinkRecord, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(refused("{"), refused("{"));
  EXPECT_NE(refused("{").find("not JSON"), std::string::npos);
  EXPECT_EQ(refused("[]"), "is no object");
  EXPECT_EQ(refused(changed("\"schema\":1", "\"schema\":2")),
            "field \"schema\" is 2: a newer derate wrote it, this one reads up to 1");
  EXPECT_EQ(refused(changed("\"link\"", "\"lonk\"")),
            "field \"kind\" is neither link nor end: lonk");
  EXPECT_EQ(refused(changed("\"devices\":16,", "")), "field \"devices\" is missing");
  EXPECT_EQ(refused(changed("\"devices\":16", "\"devices\":-1")),
            "field \"devices\" is -1, below 1");
  EXPECT_EQ(refused(changed("\"devices\":16", "\"devices\":1e30")),
            "field \"devices\" is no count: 1e+30");
  EXPECT_EQ(refused(changed("[\"n1\",\"n2\"]", "[\"n1\",\"n1\"]")),
            "field \"nodes\" has not two different names, as scope pair has");
  EXPECT_EQ(refused(changed("0.0011,", "0,")),
            "field \"samples_s\" holds a time that is not positive: 0");
  EXPECT_EQ(refused(changed("passed", "fine")),
            "field \"outcome\" is none of passed, incorrect and failed: fine");
  EXPECT_EQ(refused(changed("2026-11-30T12", "yesterday")).substr(0, 25),
            "field \"time_utc\" is no ti");
}

}  // namespace
}  // namespace derate
