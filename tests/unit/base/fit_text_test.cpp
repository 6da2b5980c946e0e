// SPDX-License-Identifier: Apache-2.0
// Text is cut and broken between characters, and stays what can be told apart.
#include "base/fit_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/safe_text.h"

namespace derate::fit_text {
namespace {

TEST(FitText, CountsCharactersNotBytes) {
  EXPECT_EQ(width("µ–漢"), 3u);
  EXPECT_EQ(width(""), 0u);
}

TEST(FitText, IsCutBetweenCharacters) {
  EXPECT_EQ(cut("ηηηη", 6), "η...");
  EXPECT_EQ(cut("ηηηη", 8), "ηηηη");
  EXPECT_EQ(shortened("ηηηηηηηη", 5), "ηη…ηη");
}

TEST(FitText, HasAHashWhereOthersEndAlike) {
  const std::string half(50, 'a');
  const std::string one = shortened_with_hash(half + "1" + half, 60);
  EXPECT_EQ(width(one), 60u);
  EXPECT_NE(one, shortened_with_hash(half + "2" + half, 60));
  EXPECT_EQ(shortened_with_hash(half, 60), half);
}

TEST(FitText, IsWrappedAtSpaces) {
  EXPECT_EQ(wrapped("aa bb cc", 8), (std::vector<std::string>{"aa bb cc"}));
  EXPECT_EQ(wrapped("aaa bbb ccc", 8), (std::vector<std::string>{"aaa bbb", "ccc"}));
  EXPECT_EQ(wrapped("aaaaaaaaaa", 8), (std::vector<std::string>{"aaaaaaaa", "aa"}));
}

TEST(FitText, NoLineOfAWrappedTextIsACommand) {
  const std::string filling(60, 'y');
  std::vector<std::string> texts = {std::string(200, ':')};
  for (const char* part : {"word ::error::", "a::::::::::::::::::::", "zzzzzzzzzzz::error::"}) {
    texts.push_back(part + filling);
  }
  for (const std::string& text : texts) {
    for (std::size_t width = 8; width < 40; ++width) {
      for (const std::string& line : wrapped(safe_text::for_terminal(text), width)) {
        EXPECT_LE(fit_text::width(line), width);
        const std::size_t first = line.find_first_not_of(' ');
        EXPECT_FALSE(first != std::string::npos && line.substr(first).starts_with("::")) << line;
      }
    }
  }
}

TEST(FitText, IsEchoedInABoundedRoom) {
  EXPECT_EQ(echoed("short"), "short");
  for (const std::string& text : {std::string(1 << 20, 'x'), std::string(1 << 20, '\x1b'),
                                  std::string(1 << 20, '\xff'), std::string(1 << 20, '\n')}) {
    EXPECT_LE(safe_text::for_terminal(echoed(text)).size(), 80u);
  }
}

}  // namespace
}  // namespace derate::fit_text
