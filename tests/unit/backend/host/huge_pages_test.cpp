// SPDX-License-Identifier: Apache-2.0
// What smaps says of huge pages, and that arrays lie in the pages that were asked for, by the
// kernel's own account.
#include "backend/host/huge_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "derate/host/buffer.h"

namespace derate::host {
namespace {

constexpr const char* kSmaps =
    "00400000-00452000 r-xp 00000000 08:02 173521  /usr/bin/one\n"
    "Rss:                 300 kB\n"
    "AnonHugePages:         0 kB\n"
    "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n"
    "Size:               4096 kB\n"
    "Rss:                4096 kB\n"
    "AnonHugePages:      2048 kB\n"
    "ShmemPmdMapped:        0 kB\n"
    "7f0000400000-7f0000800000 ---p 00000000 00:00 0 \n"
    "Rss:                   0 kB\n"
    "AnonHugePages:         0 kB\n"
    "7f0000800000-7f0000a00000 rw-p 00000000 00:00 0 \n"
    "Rss:                2048 kB\n"
    "AnonHugePages:      2048 kB\n";

std::optional<double> share(const std::string& text, std::uintptr_t begin, std::uintptr_t end) {
  std::istringstream smaps(text);
  return share_in_huge_pages(smaps, begin, end);
}

TEST(HugePages, AreCountedInTheMappingsThatOverlap) {
  EXPECT_EQ(share(kSmaps, 0x7f0000000000, 0x7f0000400000), 0.5);
  EXPECT_EQ(share(kSmaps, 0x7f0000001000, 0x7f0000002000), 0.5);
  EXPECT_EQ(share(kSmaps, 0x7f0000800000, 0x7f0000a00000), 1.0);
  EXPECT_EQ(share(kSmaps, 0x7f0000000000, 0x7f0000a00000), 4096.0 / 6144.0);
  EXPECT_EQ(share(kSmaps, 0x00400000, 0x00401000), 0.0);
}

TEST(HugePages, AreUnknownWhereNothingWasTouchedOrCounted) {
  EXPECT_EQ(share(kSmaps, 0x7f0000400000, 0x7f0000800000), std::nullopt);
  EXPECT_EQ(share(kSmaps, 0x1000, 0x2000), std::nullopt);
  EXPECT_EQ(share("1000-2000 rw-p 0 0 0\nRss: 4 kB\n", 0x1000, 0x2000), std::nullopt);
  EXPECT_EQ(share("", 0x1000, 0x2000), std::nullopt);
  EXPECT_EQ(share("1000-2000 rw-p 0\nRss: x\nAnonHugePages: -1 kB\n", 0x1000, 0x2000),
            std::nullopt);
}

/// Of an array that was written to; empty where this kernel tells none.
std::optional<double> share_of_array(Pages pages, std::int64_t count) {
  Buffer<float> buffer(count, pages);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % (std::size_t{2} << 20), 0U);
  std::memset(buffer.data(), 1, static_cast<std::size_t>(count) * sizeof(float));
  return share_in_huge_pages(buffer.data(), static_cast<std::size_t>(count) * sizeof(float));
}

TEST(HugePages, HoldNothingThatIsToLieInSmallOnes) {
  const std::optional<double> small = share_of_array(Pages::small, 2 << 20);
  if (!small) GTEST_SKIP() << "this kernel does not count huge pages";
  EXPECT_EQ(*small, 0);
}

TEST(HugePages, HoldWhatIsToLieInThemWhereTheSystemGivesThem) {
  const std::optional<double> huge = share_of_array(Pages::huge, 2 << 20);
  if (huge.value_or(0) == 0) GTEST_SKIP() << "this system gives no huge pages";
  EXPECT_GT(*huge, 0.5);
}

TEST(Buffer, OfPagesOfItsOwnCanBeFilledToItsEndsAndMoved) {
  for (const Pages pages : {Pages::usual, Pages::small, Pages::huge}) {
    for (const std::int64_t count : {1, 1000, (1 << 19) - 1, 1 << 19, (1 << 19) + 1}) {
      Buffer<float> buffer(count, pages);
      buffer[0] = 1;
      buffer[count - 1] = 2;
      const Buffer<float> moved = std::move(buffer);
      EXPECT_EQ(moved[count - 1], 2);
    }
  }
}

}  // namespace
}  // namespace derate::host
