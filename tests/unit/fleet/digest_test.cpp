// SPDX-License-Identifier: Apache-2.0
// Digests are those of xxh128sum, in one piece or in several.
#include "fleet/digest.h"

#include <gtest/gtest.h>

namespace derate::fleet {
namespace {

TEST(Digest, IsThatOfXxh128sum) {
  EXPECT_EQ(xxh3_128_of(""), "99aa06d3014798d86001c324468d497f");
  std::string bytes;
  for (int i = 0; i < 700'000; ++i) bytes += static_cast<char>(i % 251);
  Digest digest;
  for (std::size_t at = 0; at < bytes.size(); at += 65'537) {
    digest.add(std::string_view(bytes).substr(at, 65'537));
  }
  EXPECT_EQ(digest.text(), xxh3_128_of(bytes));
  EXPECT_EQ(xxh3_128_of(bytes), "dfb6f6edc65afc87ba720342ab994bcc");
}

}  // namespace
}  // namespace derate::fleet
