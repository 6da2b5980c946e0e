// SPDX-License-Identifier: Apache-2.0
// The home folder is written as "~" where a path begins with it, and only there.
#include "base/without_home.h"

#include <gtest/gtest.h>

namespace derate {
namespace {

TEST(WithoutHome, ShortensPathsThatBeginWithIt) {
  EXPECT_EQ(without_home("/home/jane/lib/x.so", "/home/jane"), "~/lib/x.so");
  EXPECT_EQ(without_home("no /home/jane/x, no /home/jane", "/home/jane"), "no ~/x, no ~");
}

TEST(WithoutHome, LeavesOtherPaths) {
  for (const char* const text : {"/home/janet/x", "/mnt/home/jane/x", "/home/jane-2", ""}) {
    EXPECT_EQ(without_home(text, "/home/jane"), text);
  }
  EXPECT_EQ(without_home("/usr/lib", ""), "/usr/lib");
  EXPECT_EQ(without_home("/usr/lib", "/"), "/usr/lib");
}

}  // namespace
}  // namespace derate
