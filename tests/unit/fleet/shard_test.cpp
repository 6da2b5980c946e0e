// SPDX-License-Identifier: Apache-2.0
// Compressed records are those that went in.
#include "fleet/shard.h"

#include <zstd.h>

#include "unit/fleet/fleet_files.h"

namespace derate::fleet {
namespace {

class Shard : public test::FleetTest {
 protected:
  static std::string expanded(const std::string& shard) {
    std::string text(std::size_t{4} << 20, '\0');
    const std::size_t size = ZSTD_decompress(text.data(), text.size(), shard.data(), shard.size());
    EXPECT_EQ(ZSTD_isError(size), 0U) << ZSTD_getErrorName(size);
    if (ZSTD_isError(size) != 0) return "";
    text.resize(size);
    return text;
  }
};

TEST_F(Shard, HoldsTheFilesOneAfterTheOther) {
  std::string large;
  for (int i = 0; large.size() < 1'000'000; ++i) large += "{\"line\":" + std::to_string(i) + "}\n";
  write(fleet_ / "a", large);
  write(fleet_ / "b", "");
  write(fleet_ / "c", "{\"cut\":");  // gets its line end
  write(fleet_ / "d", "{}\n");
  const std::string shard = compressed({fleet_ / "a", fleet_ / "b", fleet_ / "c", fleet_ / "d"});
  EXPECT_EQ(expanded(shard), large + "{\"cut\":\n{}\n");
  EXPECT_LT(shard.size(), large.size() / 5);
}

TEST_F(Shard, HasTheChecksumOfItsContent) {
  write(fleet_ / "a", "{}\n");
  const std::string shard = compressed({fleet_ / "a"});
  constexpr unsigned char kChecksumFlag = 4;  // of the frame's descriptor, behind its magic number
  EXPECT_NE(static_cast<unsigned char>(shard.at(4)) & kChecksumFlag, 0);
}

}  // namespace
}  // namespace derate::fleet
