// SPDX-License-Identifier: Apache-2.0
// The peaks that `derate peak` prints of a device: arithmetic, memory, and the link to the host.
#include "report/peak_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace derate::cli {
namespace {

Device gpu(Fact link) {
  Device device;
  device.backend = "cuda";
  device.architecture = "sm_90";
  device.compute_units = 100;
  device.memory_bytes_per_s = {4e12, "invented"};
  device.link_bytes_per_s = std::move(link);
  return device;
}

std::string printed(const Device& device, Format format) {
  std::ostringstream out;
  write_peaks(out, peaks_of(device, {}), false, format);
  return out.str();
}

TEST(PeakTable, EndsWithTheLinkToTheHost) {
  const Device device = gpu({63e9, "PCIe 5.0 x16"});
  const PeakLine line = peaks_of(device, {}).back();
  EXPECT_EQ(line.bandwidth_of, "link");
  EXPECT_EQ(line.maximum, 63e9);
  EXPECT_EQ(line.source, "one way: PCIe 5.0 x16");
  const std::string table = printed(device, Format::table);
  const std::string last = table.substr(table.rfind('\n', table.size() - 2) + 1);
  EXPECT_TRUE(last.starts_with("link ")) << last;
  EXPECT_NE(last.find("63.00 GB/s"), std::string::npos) << last;
  EXPECT_NE(printed(device, Format::json).find("\"units\": \"link\""), std::string::npos);
}

TEST(PeakTable, HasNoLinkWhereNoneIsKnown) {
  const Device device = gpu({{}, "this GPU and the host share page tables"});
  EXPECT_EQ(peaks_of(device, {}).back().bandwidth_of, "memory");
  EXPECT_EQ(printed(device, Format::table).find("link"), std::string::npos);
}

/// A driver may answer anything.
TEST(PeakDescription, IsALineForEachFactWhateverTheDriverSays) {
  Device device = gpu({});
  device.architecture = "::error::x\n<b>";
  device.clock_maximum_hz = {1e9, "driver\x1b[31m\n##[group]"};
  device.note = "a|b\u202e";
  for (const Format format : {Format::table, Format::markdown}) {
    std::ostringstream out;
    write_description(out, device, format);
    const std::string text = out.str();
    for (const char* foreign : {"\n::", "\x1b", "##", "\u202e"}) {
      EXPECT_EQ(text.find(foreign), std::string::npos) << text;
    }
    EXPECT_FALSE(text.starts_with("::")) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5) << text;
  }
}

}  // namespace
}  // namespace derate::cli
