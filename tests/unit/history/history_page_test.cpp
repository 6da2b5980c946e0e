// SPDX-License-Identifier: Apache-2.0
// What a history's page shows: order, levels, marks, and how much of it.
#include "history/history_page.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "made_history.h"

namespace derate::history {
namespace {

using Json = nlohmann::ordered_json;

Json data_of(const Made& made, const std::string& pattern = "*") {
  return history_data({}, made.set, made.track(), pattern);
}

TEST(HistoryPage, ShowsWhatChangedFirstAndWhatIsGoneLast) {
  Made made(30, 4);
  made.slow(1.04, 25, 30, 2);
  made.set.series[0].values.pop_back();
  const Json data = data_of(made);
  ASSERT_EQ(data.at("series").size(), 4u);
  EXPECT_EQ(data.at("series")[0].at("benchmark"), "bm2");
  EXPECT_EQ(data.at("series")[0].at("verdict"), "regression");
  EXPECT_EQ(data.at("series")[3].at("benchmark"), "bm0");
  EXPECT_TRUE(data.at("series")[3].at("verdict").is_null());
  EXPECT_EQ(data.at("sessions").size(), 30u);
  EXPECT_EQ(data.at("newest").at("judgements").at("values").size(), 3u);
}

TEST(HistoryPage, HasTheLevelsAndWhatChangedWithThem) {
  Made made(30);
  made.slow(1.04, 21, 30).driver(21);
  const Json series = data_of(made).at("series")[0];
  const Json levels = series.at("levels");
  ASSERT_EQ(levels.size(), 2u);
  EXPECT_EQ(levels[0].at("from"), 0);
  EXPECT_EQ(levels[0].at("to"), 19);
  EXPECT_EQ(levels[1].at("from"), 20);
  EXPECT_EQ(levels[1].at("to"), 29);
  EXPECT_NEAR(levels[1].at("change").get<double>(), 0.04, 0.005);
  EXPECT_NE(levels[1].at("since").get<std::string>().find(
                " % since session 21, where driver_version went from 1 to 2"),
            std::string::npos)
      << levels[1].at("since");
  EXPECT_EQ(series.at("events").dump(), R"([[20,"driver_version went from 1 to 2"]])");
}

TEST(HistoryPage, KeepsTheLevelsBeforeAnAcceptedChange) {
  Made made(40);
  made.slow(1.03, 21, 40).slow(1.05, 31, 40).accept(31);
  const Json series = data_of(made).at("series")[0];
  std::vector<int> begins;
  for (const Json& level : series.at("levels")) begins.push_back(level.at("from"));
  EXPECT_EQ(begins, (std::vector<int>{0, 20, 30}));
  EXPECT_EQ(series.at("accepted").dump(), R"([[30,"accepted from session 31 on: wider tiles"]])");
}

TEST(HistoryPage, LeavesOutAcceptancesOfOthers) {
  Made made(10);
  made.accept(5).set.acceptances[0].pattern = "another";
  EXPECT_TRUE(data_of(made).at("series")[0].at("accepted").empty());
}

TEST(HistoryPage, ASessionThatMeasuredNothingHasNoTimeAndIsInNoLevel) {
  Made made(30);
  SessionValue& failed = made.set.series[0].values[9];
  failed.time_s = kUnknown;
  failed.failed = 3;
  const Json series = data_of(made).at("series")[0];
  EXPECT_TRUE(series.at("values").at("time_s")[9].is_null());
  EXPECT_EQ(series.at("values").at("failed")[9], 3);
  EXPECT_EQ(series.at("levels").size(), 1u);
}

TEST(HistoryPage, CountsTheSeriesThatItLeavesOut) {
  const Made made(5, kMostSeriesShown + 7);
  EXPECT_EQ(data_of(made).at("series").size(), kMostSeriesShown);
  EXPECT_EQ(data_of(made).at("series_left_out"), 7);
  EXPECT_EQ(data_of(made, "bm10").at("series").size(), 1u);
  EXPECT_EQ(data_of(made, "bm10").at("series_left_out"), 0);
}

}  // namespace
}  // namespace derate::history
