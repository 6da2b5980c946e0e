// SPDX-License-Identifier: Apache-2.0
// Bytes as text and back: RFC 4648's own examples, and that nothing else is taken.
#include "base/base64.h"

namespace derate {
namespace {

TEST(Base64, WritesTheExamplesOfItsRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(bytes_of_base64(base64(bytes)), bytes) << i;
    bytes += static_cast<char>(i * 7 % 256);
  }
}

TEST(Base64, RefusesWhatItDoesNotWrite) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zg==Zg==", "Z g=", "Zm9", "=", "====", "Zm8=\n", "Zm-v"}) {
    EXPECT_FALSE(bytes_of_base64(text)) << text;
  }
}

}  // namespace
}  // namespace derate
