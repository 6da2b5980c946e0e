// SPDX-License-Identifier: Apache-2.0
// One table in four formats, with cells that would break each of them.
#include "base/table.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace derate {
namespace {

using nlohmann::json;

struct Item {
  std::string name;
  double figure = 0;
  std::int64_t count = 0;
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using ItemColumn = Column<Item>;

const std::vector<ItemColumn> kColumns = {
    {"name", "name", "", [](const Item& i) -> Value { return std::string_view(i.name); }},
    {"hidden", "", "", [](const Item&) -> Value { return std::string("made, here"); }},
    {"figure", "η", "", [](const Item& i) -> Value { return i.figure; }},
    {"count", "n", "", [](const Item& i) -> Value { return i.count; },
     [](const Item& i) { return "#" + std::to_string(i.count); }}};

std::string written(const std::vector<Item>& items, Format format) {
  std::ostringstream out;
  write(out, std::span<const ItemColumn>(kColumns), items, format);
  return out.str();
}

TEST(TableAligned, PadsTextLeftAndNumbersRight) {
  EXPECT_EQ(written({{"a", 1.5, 7}, {"long", 123.25, 10}}, Format::table),
            "name       η    n\n"
            "a        1.5   #7\n"
            "long  123.25  #10\n");
}

TEST(TableAligned, CountsCharactersNotBytes) {
  EXPECT_EQ(written({{"µµµµ", kNan, 1}, {"abcd", 1, 1}}, Format::table),
            "name  η   n\n"
            "µµµµ  –  #1\n"
            "abcd  1  #1\n");
}

TEST(TableAligned, LeavesNoSpacesAtTheEnd) {
  EXPECT_EQ(written({}, Format::table), "name  η  n\n");
  const std::vector<ItemColumn> one(1, kColumns[0]);
  std::ostringstream out;
  write(out, std::span<const ItemColumn>(one), std::vector<Item>{{"a", 0, 0}, {"", 0, 0}},
        Format::table);
  EXPECT_EQ(out.str(), "name\na\n\n");
}

/// Columns of 5, 30, 10 and 30 characters; the second and the last are text.
constexpr std::array kExtents = {
    table::Extent{"first", "first", true, 5, 5}, table::Extent{"name", "name", false, 30, 30},
    table::Extent{"rate", "rate", true, 10, 4}, table::Extent{"note", "note", false, 30, 30}};
constexpr std::array<std::string_view, 3> kLeastFirst = {"absent", "note", "first"};

table::Fit fitted(std::size_t width, std::size_t indent = 0) {
  return table::fit(kExtents, {kLeastFirst, 12}, width, indent);
}

TEST(TableFit, LeavesAllWhereThereIsRoom) {
  EXPECT_EQ(fitted(81).widths, (table::Widths{5, 30, 10, 30}));
  EXPECT_EQ(fitted(81).left_out, "");
  EXPECT_EQ(fitted(kAnyWidth).widths, fitted(81).widths);
}

TEST(TableFit, CutsTextsEvenlyBeforeAnyColumnGoes) {
  EXPECT_EQ(fitted(80).widths, (table::Widths{5, 29, 10, 29}));
  EXPECT_EQ(fitted(45).widths, (table::Widths{5, 12, 10, 12}));
}

TEST(TableFit, LeavesOutWhatMattersLeast) {
  EXPECT_EQ(fitted(44).shown, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(fitted(44).widths, (table::Widths{5, 25, 10}));
  EXPECT_EQ(fitted(44).left_out, "not shown for want of width: note (COLUMNS=81 shows it)");
  EXPECT_EQ(fitted(30).shown, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(fitted(30).left_out,
            "not shown for want of width: note, first (COLUMNS=81 shows them)");
}

TEST(TableFit, CutsFurtherBeforeTheOthersGo) {
  EXPECT_EQ(fitted(20).widths, (table::Widths{8, 10}));
  EXPECT_TRUE(fitted(18).has_intervals);
  EXPECT_FALSE(fitted(17).has_intervals);
  EXPECT_EQ(fitted(17).widths, (table::Widths{11, 4}));
  EXPECT_EQ(fitted(17).left_out,
            "not shown for want of width: note, first, intervals (COLUMNS=81 shows them)");
  EXPECT_EQ(fitted(11).widths, (table::Widths{11}));
  EXPECT_EQ(fitted(3).widths, (table::Widths{3}));
}

TEST(TableFit, AFigureGoesWithoutItsInterval) {
  EXPECT_EQ(table::without_interval("80.0 % [75.0, 85.0]"), "80.0 %");
  EXPECT_EQ(table::without_interval("–"), "–");
}

TEST(TableFit, CountsTheIndent) {
  EXPECT_EQ(fitted(83, 2).widths, fitted(81).widths);
  EXPECT_EQ(fitted(46, 2).left_out, "not shown for want of width: note (COLUMNS=83 shows it)");
}

TEST(TableAligned, HasTheWidthOfTheStreamsLines) {
  std::ostringstream out;
  set_line_width(out, 20);
  const std::vector<Item> items = {{"a name that is long", 1.5, 7}, {"short", 123.25, 10}};
  write(out, std::span<const ItemColumn>(kColumns), items, Format::table);
  EXPECT_EQ(out.str(),
            "name          η    n\n"
            "a n…ong     1.5   #7\n"
            "short    123.25  #10\n");
}

TEST(TableMarkdown, EscapesPipesAndKeepsARowOnOneLine) {
  EXPECT_EQ(written({{"a|b", 1.5, 7}, {"c\nd", 2, 8}}, Format::markdown),
            "| name | η | n |\n"
            "| --- | ---: | ---: |\n"
            "| a\\|b | 1.5 | #7 |\n"
            "| c\\\\u{a}d | 2 | #8 |\n");
}

TEST(TableCsv, QuotesWhatNeedsIt) {
  EXPECT_EQ(
      written(
          {{"plain", 1.5, 7}, {"a,b", kNan, -1}, {"say \"x\"", 1e13, 0}, {"two\nlines", 0.1, 1}},
          Format::csv),
      "name,hidden,figure,count\n"
      "plain,\"made, here\",1.5,7\n"
      "\"a,b\",\"made, here\",,-1\n"
      "\"say \"\"x\"\"\",\"made, here\",1e+13,0\n"
      "two\\u{a}lines,\"made, here\",0.1,1\n");
}

TEST(TableJson, ParsesWhateverTheText) {
  const std::string text = "quote \" backslash \\ tab \t line \n control \x01 µ 漢";
  const json parsed =
      json::parse(written({{text, kNan, 7}, {"", -2.5e-7, 1ll << 60}}, Format::json));
  ASSERT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[0].at("name"), text);
  EXPECT_TRUE(parsed[0].at("figure").is_null());
  EXPECT_EQ(parsed[0].at("hidden"), "made, here");
  EXPECT_EQ(parsed[0].size(), 4u);
  EXPECT_EQ(parsed[1].at("figure"), -2.5e-7);
  EXPECT_EQ(parsed[1].at("count"), 1ll << 60);
}

TEST(TableJson, EscapesEachCharacterThatNeedsIt) {
  for (const char* text : {"a\"b", "a\\b", "a\nb", "a\x1f", "a\x7f", "µ", "\"", "/", ""}) {
    EXPECT_EQ(json::parse(written({{text, 0, 0}}, Format::json))[0].at("name"), text);
  }
}

TEST(TableJson, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json::parse(written({{"\xff", 0, 0}}, Format::json))[0].at("name"), "\uFFFD");
}

TEST(TableJson, NothingIsAnEmptyList) {
  EXPECT_EQ(json::parse(written({}, Format::json)), json::array());
}

TEST(TableJson, InfinityIsNull) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(json::parse(written({{"", infinity, 0}}, Format::json))[0].at("figure").is_null());
}

TEST(TableNumbers, KeepTenDigitsForMachines) {
  EXPECT_EQ(json::parse(written({{"", 1.234567891e13, 0}}, Format::json))[0].at("figure"),
            1.234567891e13);
}

TEST(TableCells, TextOfAValue) {
  EXPECT_EQ(table::as_text(Value(kNan)), "–");
  EXPECT_EQ(table::as_text(Value(0.25)), "0.25");
  EXPECT_EQ(table::as_text(Value(std::int64_t{12})), "12");
  EXPECT_EQ(table::as_text(Value(std::string_view("x"))), "x");
}

}  // namespace
}  // namespace derate
