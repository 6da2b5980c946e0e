// SPDX-License-Identifier: Apache-2.0
// JSON of others: its limits, what is said of a text beyond them, and in which line a field is.
#include "base/json.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/input_limits.h"
#include "base/safe_text.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

std::string nested(std::size_t levels, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

/// What is wrong and in which line; "read" where nothing is.
std::pair<std::string, std::size_t> fault_of(const std::string& text) {
  try {
    (void)parse_json(text);
    return {"read", 0};
  } catch (const BadJson& bad) {
    EXPECT_TRUE(try_parse_json(text).is_discarded());
    return {bad.what(), bad.line()};
  }
}

using Fault = std::pair<std::string, std::size_t>;

TEST(ParseJson, GivesWhatTheLibraryGives) {
  for (const char* text :
       {"null", "true", "-7", "18446744073709551615", "1.5e300", "\"\\u00e9\\n\"", "[]", "{}",
        R"({"b": [1, [2, {"c": {}}], -3.25, "x"], "a": {"b": null, "": false}})"}) {
    EXPECT_EQ(parse_json(text), Json::parse(text)) << text;
    EXPECT_EQ(parse_json(text).dump(), Json::parse(text).dump()) << "in the same order";
  }
}

TEST(ParseJson, EndsAtADepth) {
  constexpr std::size_t kMost = input_limits::kDeepestJson;
  EXPECT_EQ(fault_of(nested(kMost, "[", "]")).first, "read");
  EXPECT_EQ(fault_of(nested(kMost, "{\"a\":", "}")).first, "read");
  EXPECT_NE(fault_of(nested(kMost + 1, "[", "]")).first.find("[0][0]"), std::string::npos);
  for (const std::size_t levels : {kMost + 1, std::size_t{200'000}}) {
    EXPECT_NE(fault_of(nested(levels, "[", "]")).first.find("nests deeper than 64 levels"),
              std::string::npos);
    EXPECT_NE(fault_of(nested(levels, "{\"a\":", "}")).first.find("nests deeper than 64 levels"),
              std::string::npos);
  }
  const std::string open(200'000, '[');
  EXPECT_NE(fault_of("{\n\"facts\": " + open).first.find("field \"facts[0]"), std::string::npos);
  EXPECT_EQ(fault_of("{\n\"facts\": " + open).second, 2u);
}

TEST(ParseJson, NamesANumberThatIsTooLarge) {
  EXPECT_EQ(fault_of("{\"a\": 1,\n\"b\": {\"c\": [0, 1e999]}}"),
            (Fault{"field \"b.c[1]\" is 1e999, beyond what a number can hold", 2}));
  EXPECT_EQ(fault_of("-1e999").first, "the whole is -1e999, beyond what a number can hold");
  EXPECT_EQ(fault_of("1e-999").first, "read");
}

TEST(ParseJson, NamesAKeyThatIsThereTwice) {
  EXPECT_EQ(fault_of("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}"),
            (Fault{"field \"a\" stands there twice", 3}));
  EXPECT_EQ(fault_of("{\"a\": 1, \"\\u0061\": 2}").first, "field \"a\" stands there twice");
  EXPECT_EQ(fault_of("[{\"x\": {\"a\": 1,\n\"b\": [],\n\"b\": []}}]"),
            (Fault{"field \"[0].x.b\" stands there twice", 3}));
  EXPECT_EQ(fault_of("{\"a\": {\"b\": 1}, \"b\": 1}").first, "read");
}

TEST(ParseJson, SaysWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nan", "\"\xFF\"", "[1] 2", "{'a': 1}"}) {
    const std::string said = safe_text::for_terminal(fault_of(text).first);
    EXPECT_TRUE(said.starts_with("not JSON: ")) << said;
    EXPECT_EQ(said.find("exception"), std::string::npos) << said;
  }
  EXPECT_EQ(fault_of("[1,\n2,\n}").second, 3u);
}

/// As it is printed.
TEST(ParseJson, EchoesLittleAndNoControlCharacters) {
  const std::string name = "a\\n::error::\\u001b[31m" + std::string(1'000'000, 'x');
  for (const std::string& text :
       {"{\"" + name + "\": 1, \"" + name + "\": 2}", "{\"" + name + "\": 1e999}",
        "{\"" + name + "\": " + nested(100, "[", "]") + "}", "[\"" + name + "\x1b\"]"}) {
    const std::string said = safe_text::for_terminal(fault_of(text).first);
    EXPECT_NE(said, "read");
    EXPECT_LT(said.size(), 500u);
    for (const char c : said) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << said;
  }
}

TEST(LineOfField, IsThatOfItsKeyOrOfWhatShouldHoldIt) {
  const std::string text =
      "{\n\"a\": 1,\n\"b\": [\n{\"c\": 2},\n{\n\"c\":\n3, \"b\": 0}\n],\n\"d\":\n{\"e.f\": 1}\n}";
  const std::pair<const char*, std::size_t> lines[] = {
      {"", 1},     {"a", 2},      {"b", 3},  {"b[0]", 4},   {"b[0].c", 4},
      {"b[1]", 5}, {"b[1].c", 6}, {"d", 9},  {"d.e.f", 10}, {"b[2].c", 3},
      {"d.x", 9},  {"x", 1},      {"bb", 1}, {"b[1].cc", 5}};
  for (const auto& [field, line] : lines) EXPECT_EQ(line_of_field(text, field), line) << field;
}

TEST(Brief, IsOneShortLine) {
  EXPECT_EQ(brief(Json::array({1, "a", nullptr})), "[1,\"a\",null]");
  EXPECT_LE(brief(Json(std::string(1'000'000, 'x'))).size(), input_limits::kMostEchoed_bytes);
}

}  // namespace
}  // namespace derate
