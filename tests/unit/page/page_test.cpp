// SPDX-License-Identifier: Apache-2.0
// Data within a page: valid JSON, and nothing that HTML would take for its own.
#include "page/page.h"

#include <gtest/gtest.h>

#include <string>

#include "derate/statistics.h"
#include "page/page_json.h"

namespace derate::page {
namespace {

TEST(Page, DataCannotEndItsElement) {
  const Json data = {{"</script><!-- & ]]>", "\xE2\x80\xA8 and \xE2\x80\xA9 and \xFF"}};
  const std::string text = json_for_script(data);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos) << text;
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c < '\x7f') << text;
  const Json read = Json::parse(text);
  EXPECT_EQ(read.begin().key(), "</script><!-- & ]]>");
  EXPECT_EQ(read.begin().value(), "\xE2\x80\xA8 and \xE2\x80\xA9 and \xEF\xBF\xBD");
}

TEST(Page, HoldsItsDataOnce) {
  const std::string text = html({{"devices", Json::array()}});
  EXPECT_EQ(text.find("<!DOCTYPE html>"), 0u);
  const std::size_t data = text.find(R"({"devices":[]})");
  ASSERT_NE(data, std::string::npos);
  EXPECT_EQ(text.find(R"({"devices":[]})", data + 1), std::string::npos);
  EXPECT_EQ(text.find("@page"), std::string::npos) << "a marker was left";
}

TEST(PageNumber, KeepsDigitsAtEveryScale) {
  EXPECT_EQ(number(1234567.8).dump(), "1234570.0");
  EXPECT_EQ(number(0.000123456789).dump(), "0.000123457");
  EXPECT_EQ(number(-98.7654321, 3).dump(), "-98.8");
  EXPECT_EQ(number(0).dump(), "0.0");
  EXPECT_TRUE(number(kUnknown).is_null());
  EXPECT_TRUE(number(HUGE_VAL).is_null());
  EXPECT_EQ(number(5e-324).get<double>(), 5e-324);
  EXPECT_EQ(number(1e300).get<double>(), 1e300);
}

}  // namespace
}  // namespace derate::page
