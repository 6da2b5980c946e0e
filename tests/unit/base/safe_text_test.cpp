// SPDX-License-Identifier: Apache-2.0
// Foreign text in each medium: nothing in it is obeyed, and it can be told from every other text.
#include "base/safe_text.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace derate::safe_text {
namespace {

void append_utf8(std::string& out, unsigned long code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// What was spelt out is read back: that this works shows that no two texts look the same.
std::string read_back(std::string_view seen) {
  std::string out;
  while (!seen.empty()) {
    const bool is_code = seen.starts_with("\\u{");
    if (is_code || seen.starts_with("\\x{")) {
      const unsigned long code = std::stoul(std::string(seen.substr(3)), nullptr, 16);
      if (is_code) {
        append_utf8(out, code);
      } else {
        out += static_cast<char>(code);
      }
      seen.remove_prefix(seen.find('}') + 1);
    } else {
      out += seen.front();
      seen.remove_prefix(1);
    }
  }
  return out;
}

/// Without the backslashes that a reader of Markdown or of quotes takes away.
std::string without_backslashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && !std::isalnum(text[i + 1])) ++i;
    out += text[i];
  }
  return out;
}

const std::vector<std::string>& fragments() {
  static const std::vector<std::string> all = {"a",
                                               "b",
                                               "1.",
                                               " ",
                                               "  ",
                                               "\t",
                                               "\n",
                                               "\r\n",
                                               std::string(1, '\0'),
                                               "\x1b[31m",
                                               "\x7f",
                                               "\u0085",
                                               "\u009b",
                                               "\u00a0",
                                               "\u00ad",
                                               "\u061c",
                                               "\u200b",
                                               "\u200d",
                                               "\u200e",
                                               "\u2028",
                                               "\u2029",
                                               "\u202e",
                                               "\u2066",
                                               "\u2069",
                                               "\u3000",
                                               "\ufeff",
                                               "\uffff",
                                               "\U000e0041",
                                               "\xff",
                                               "\xc0\x80",
                                               "\xed\xa0\x80",
                                               "\xe2\x82",
                                               "\\",
                                               "\\u{1b}",
                                               "\\x{ff}",
                                               "u{",
                                               "x{",
                                               "{",
                                               "}",
                                               ":",
                                               "::",
                                               "::error::",
                                               "#",
                                               "##",
                                               "##[group]",
                                               "##vso[x]",
                                               "%",
                                               "%0A",
                                               "=",
                                               "+",
                                               "-",
                                               "@",
                                               "'",
                                               "\"",
                                               "`",
                                               "``",
                                               "|",
                                               "\\|",
                                               "<script>",
                                               "&lt;",
                                               "<!--",
                                               "*",
                                               "_",
                                               "~",
                                               "[a](b)",
                                               "$x$",
                                               ",",
                                               ";",
                                               "η",
                                               "漢",
                                               "🚀"};
  return all;
}

/// Every fragment alone, then texts of several, the same every time.
std::vector<std::string> texts() {
  std::vector<std::string> all = fragments();
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = 1 + random() % 6; n > 0; --n) text += fragments()[random() % fragments().size()];
    all.push_back(text);
  }
  return all;
}

bool is_command(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return (first != std::string_view::npos && line.substr(first).starts_with("::")) ||
         line.find("##") != std::string_view::npos;
}

bool holds_unseen(std::string_view text) {
  for (const char* unseen :
       {"\u0085", "\u009b", "\u00a0", "\u00ad", "\u061c", "\u200b", "\u200d", "\u200e", "\u2028",
        "\u2029", "\u202e", "\u2066", "\u2069", "\u3000", "\ufeff", "\uffff", "\U000e0041"}) {
    if (text.find(unseen) != std::string_view::npos) return true;
  }
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

TEST(SafeText, LeavesOrdinaryNamesAlone) {
  for (const char* name : {"BM_Copy<int, std::allocator<int>>/8", "C:\\bench\\new\\times.json",
                           "^gemm\\d+\\.(f32|f64)$", "gemm/tiled/f32 m:512,n:512,k:512",
                           "η 100 % 🚀 漢字 é", "#1", "a:b::c", "$HOME/it's \"x\""}) {
    EXPECT_EQ(for_terminal(name), name);
  }
  EXPECT_EQ(for_markdown("host/chain memory_copy [95.1, 97.2] > 3"),
            "host/chain memory_copy [95.1, 97.2] > 3");
}

TEST(SafeText, SpellsOutWhatIsNotSeen) {
  EXPECT_EQ(for_terminal("a\tb\r\nc\x1b[0m\x7f\u0085"),
            "a\\u{9}b\\u{d}\\u{a}c\\u{1b}[0m\\u{7f}\\u{85}");
  EXPECT_EQ(for_terminal("\u202e\u2066\u200b\ufeff\u2028"),
            "\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{2028}");
  EXPECT_EQ(for_terminal("\xff|\xC0\x80|\xED\xA0\x80|\xE2\x82"),
            "\\x{ff}|\\x{c0}\\x{80}|\\x{ed}\\x{a0}\\x{80}|\\x{e2}\\x{82}");
  EXPECT_EQ(for_terminal("a "), "a\\u{20}");
  EXPECT_EQ(for_terminal("\\u{9}"), "\\u{5c}u{9}");
}

TEST(SafeText, IsNoCommandOfARunner) {
  EXPECT_EQ(for_terminal("  ::error::x"), "  \\u{3a}:error::x");
  EXPECT_EQ(for_terminal("a ##[group]b ###"), "a #\\u{23}[group]b #\\u{23}\\u{23}");
}

TEST(SafeText, IsSeenOnOneLineAndReadBack) {
  for (const std::string& text : texts()) {
    const std::string seen = for_terminal(text);
    EXPECT_FALSE(holds_unseen(seen)) << seen;
    EXPECT_FALSE(is_command(seen)) << seen;
    EXPECT_EQ(read_back(seen), text) << seen;
  }
}

TEST(SafeText, IsReadBackFromEachMedium) {
  std::set<std::string> codes;
  std::set<std::string> distinct;
  for (const std::string& text : texts()) {
    EXPECT_EQ(read_back(without_backslashes(for_quotes(text))), text);
    EXPECT_EQ(read_back(without_backslashes(for_markdown(text))), text) << for_markdown(text);
    distinct.insert(text);
    codes.insert(for_markdown_code(text));
    for (const std::string& made :
         {for_markdown(text), for_markdown_code(text), for_csv(text), for_xml(text),
          for_quotes(text), for_annotation(text), for_annotation_property(text)}) {
      EXPECT_FALSE(holds_unseen(made)) << made;
      EXPECT_EQ(made.find("##"), std::string::npos) << made;
    }
  }
  EXPECT_EQ(codes.size(), distinct.size());
}

struct Case {
  std::string text;
  std::string made;
};

TEST(SafeText, MarkdownHasNoMarkup) {
  const std::vector<Case> cases = {{"<script>", "\\<script>"},
                                   {"a|b", "a\\|b"},
                                   {"a\\|b", "a\\\\\\|b"},
                                   {"`a` *b* ~~c~~", "\\`a\\` \\*b\\* \\~\\~c\\~\\~"},
                                   {"_a_ b_c", "\\_a\\_ b_c"},
                                   {"[a](b) [a]: b", "[a\\](b) [a\\]: b"},
                                   {"&lt; a & b", "\\&lt; a & b"},
                                   {"@you me@here", "\\\\u{40}you me@here"},
                                   {"- a", "\\- a"},
                                   {"12. a", "12\\. a"},
                                   {"# a", "\\# a"},
                                   {"> a", "\\> a"},
                                   {"    a", "\\\\u{20}   a"},
                                   {"-5 % of 1.5", "-5 % of 1.5"}};
  for (const Case& each : cases) EXPECT_EQ(for_markdown(each.text), each.made);
}

TEST(SafeText, MarkdownCodeEndsWhereItEnds) {
  const std::vector<Case> cases = {{"", ""},           {"a<b>", "`a<b>`"},
                                   {"a`b", "``a`b``"}, {"`a``", "``` `a`` ```"},
                                   {"a|b", "`a\\|b`"}, {"a\\|b", "`a\\u{5c}\\|b`"}};
  for (const Case& each : cases) EXPECT_EQ(for_markdown_code(each.text), each.made);
}

TEST(SafeText, CsvHoldsNoFormula) {
  const std::vector<Case> cases = {
      {"=1+1", "'=1+1"},     {"+1", "'+1"},        {"-1", "'-1"},  {"@SUM(A1)", "'@SUM(A1)"},
      {"'=1", "''=1"},       {"\t=1", "\\u{9}=1"}, {"a=1", "a=1"}, {"a,\"b\"", "\"a,\"\"b\"\"\""},
      {"=a,b", "\"'=a,b\""}, {"\r=1", "\\u{d}=1"}};
  for (const Case& each : cases) EXPECT_EQ(for_csv(each.text), each.made);
}

TEST(SafeText, OthersEscapeTheirOwn) {
  EXPECT_EQ(for_xml("<a b=\"c\">&'"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
  EXPECT_EQ(for_quotes("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(for_annotation("50 %: a,b\n"), "50 %25: a,b\\u{a}");
  EXPECT_EQ(for_annotation_property("50 %: a,b"), "50 %25%3A a%2Cb");
}

TEST(SafeText, JsonKeepsTheTextItself) {
  using nlohmann::json;
  for (const std::string& text : texts()) {
    const std::string dump =
        json{{"key", text}}.dump(1, ' ', false, json::error_handler_t::replace);
    const std::string made = for_json(dump);
    EXPECT_EQ(json::parse(made), json::parse(dump)) << made;
    EXPECT_EQ(made.find("##"), std::string::npos) << made;
    std::string line = made;
    std::erase(line, '\n');
    EXPECT_FALSE(holds_unseen(line)) << line;
  }
}

TEST(SafeText, OfAnyLengthIsMadeInOnePass) {
  // Quadratic work over them would take minutes.
  for (const char* part : {":", "::", " ", "#", "\\u{", "1", "`", "|", "\x1b", "\xff", "@a"}) {
    std::string text;
    while (text.size() < 400'000) text += part;
    EXPECT_GE(for_terminal(text).size(), text.size());
    EXPECT_GE(for_markdown(text).size(), text.size());
    EXPECT_GE(for_markdown_code(text).size(), text.size());
  }
}

}  // namespace
}  // namespace derate::safe_text
