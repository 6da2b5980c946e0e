// SPDX-License-Identifier: Apache-2.0
// A stream's lines have the width that was set for it, and any width where none was.
#include "base/line_width.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace derate {
namespace {

std::string paragraph(std::string_view text, std::size_t width, Format format = Format::table) {
  std::ostringstream out;
  set_line_width(out, width);
  write_paragraph(out, text, format);
  return out.str();
}

TEST(LineWidth, IsAnyUnlessItWasSet) {
  std::ostringstream out;
  EXPECT_EQ(line_width(out), kAnyWidth);
  set_line_width(out, 80);
  EXPECT_EQ(line_width(out), 80u);
  std::ostringstream other;
  EXPECT_EQ(line_width(other), kAnyWidth);
  set_line_width(out, kAnyWidth);
  EXPECT_EQ(line_width(out), kAnyWidth);
}

TEST(Paragraph, IsAsItIsWhereLinesHaveAnyWidth) {
  EXPECT_EQ(paragraph("  one two\nthree", kAnyWidth), "  one two\nthree\n");
}

TEST(Paragraph, FillsLines) {
  EXPECT_EQ(paragraph("one two\nthree four", 10), "one two\nthree four\n");
  EXPECT_EQ(paragraph("one two\nthree four", 13), "one two three\nfour\n");
}

TEST(Paragraph, KeepsItsMargin) {
  EXPECT_EQ(paragraph("  one two three", 11), "  one two\n  three\n");
  std::string far(40, ' ');
  far += "one two";
  EXPECT_EQ(paragraph(far, 12), "    one two\n");
}

TEST(Paragraph, BreaksAWordThatIsTooLong) {
  EXPECT_EQ(paragraph(std::string(12, 'x'), 10), std::string(10, 'x') + "\nxx\n");
}

TEST(Paragraph, OfMarkdownStaysOneLine) {
  EXPECT_EQ(paragraph("one two three", 8, Format::markdown), "one two three\n");
}

TEST(Sentence, IsMadeSafe) {
  std::ostringstream out;
  write_sentence(out, "a\nb");
  write_sentence(out, "a|b", Format::markdown);
  EXPECT_EQ(out.str(), "a\\u{a}b\na\\|b\n");
}

}  // namespace
}  // namespace derate
