// SPDX-License-Identifier: Apache-2.0
// The parts of a judgement: places, weights, least of many, and a report in every format.
#include "fleet/judge.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "base/json.h"
#include "fleet/fleet_page.h"
#include "fleet/node_effect.h"
#include "fleet/slowest_of.h"
#include "fleet/weighted_median.h"
#include "fleet/write_report.h"
#include "unit/fleet/made_fleet.h"

namespace derate::fleet {
namespace {

TEST(WeightedMedian, FollowsTheWeight) {
  std::vector<WeightedValue> values = {{3, 1}, {1, 1}, {2, 5}};
  EXPECT_EQ(weighted_median(values), 2);
  values = {{1, 1}, {2, 1}, {3, 1}, {4, 1}};
  EXPECT_EQ(weighted_median(values), 2.5);
  values = {{1, 10}, {2, 1}, {3, 1}};
  EXPECT_EQ(weighted_median(values), 1);
}

TEST(SlowestOf, IsTheMeanOverResamples) {
  // Of two draws from {1, 2, 3}: 1 in 5 of 9, 2 in 3, 3 in 1.
  EXPECT_NEAR(expected_least({3, 1, 2}, 2), (5 * 1 + 3 * 2 + 1 * 3) / 9.0, 1e-12);
  EXPECT_NEAR(expected_least({1, 2, 3}, 1), 2, 1e-12);
  EXPECT_NEAR(expected_least({1, 2, 3}, 100'000), 1, 1e-9);
}

struct Places {
  std::vector<double> values;
  std::vector<int> place;
};

Places places(double of_place, double of_gpu) {
  std::mt19937_64 random(77);
  std::normal_distribution<double> normal;
  Places made;
  for (int place = 0; place < 40; ++place) {
    const double effect = of_place * normal(random);
    for (int gpu = 0; gpu < 8; ++gpu) {
      made.values.push_back(effect + of_gpu * normal(random));
      made.place.push_back(place);
    }
  }
  return made;
}

TEST(NodeEffect, TakesAwayWhatPlacesAdd) {
  const Places made = places(0.01, 0.005);
  const double before = scaled_mad(made.values);
  const double after = scaled_mad(without_place(made.values, made.place));
  EXPECT_GT(before, 0.009);
  EXPECT_LT(after, 0.0075);
}

TEST(NodeEffect, LeavesAGpuItsOwnFault) {
  Places made = places(0.01, 0.005);
  made.values[13] = -0.10;
  EXPECT_LT(without_place(made.values, made.place)[13], -0.07);
}

// All of a node's GPUs are slow: what is taken away is no more than what sound nodes add.
TEST(NodeEffect, LeavesASlowNodeItsFault) {
  Places made = places(0.005, 0.005);
  for (int gpu = 0; gpu < 8; ++gpu) made.values[80 + gpu] = -0.10;
  EXPECT_LT(without_place(made.values, made.place)[83], -0.08);
}

TEST(NodeEffect, DoesNothingWithoutNodes) {
  const Places made = places(0.01, 0.005);
  EXPECT_EQ(without_place(made.values, std::vector<int>(made.values.size(), -1)), made.values);
}

class FleetReport : public testing::Test {
 protected:
  FleetReport() {
    test::write_fleet(folder_.path(), 12, 4, [](Record& record) {
      if (record.host_id == hash_text("n5") && record.device_index == 2) {
        test::slow_down(record, 0.1);
      }
    });
    std::filesystem::remove_all(node_folder(folder_.path(), "n2"));
    records_ = read_fleet({folder_.path()});
    verdicts_ = judge_fleet(records_, References::built_in(), {});
  }

  std::string written(Format format, bool all = false) {
    std::ostringstream out;
    write_report(out, records_, verdicts_, format, all);
    return out.str();
  }

  test::FleetFolder folder_;
  FleetRecords records_;
  FleetVerdicts verdicts_;
};

TEST_F(FleetReport, SaysTheAnswerFirst) {
  EXPECT_TRUE(
      written(Format::table)
          .starts_with("44 GPUs on 11 of 12 nodes, 1056 records: 1 slow, 1 missing, 43 healthy\n"))
      << written(Format::table);
}

TEST_F(FleetReport, HasEveryGpuForMachines) {
  const nlohmann::ordered_json json = parse_json(written(Format::json));
  EXPECT_EQ(json["gpus"].size(), 45u);
  EXPECT_EQ(json["gpus"][0]["verdict"], "slow");
  EXPECT_EQ(json["gpus"][0]["node"], "n5");
  EXPECT_EQ(json["fleet"]["verdicts"]["missing"], 1);
  EXPECT_EQ(json["distributions"].size(), 4u + test::kRowsOfGpu);
  const std::string csv = written(Format::csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 46);
}

TEST_F(FleetReport, HasTheEvidenceInMarkdown) {
  const std::string text = written(Format::markdown);
  EXPECT_NE(text.find("## To drain"), std::string::npos);
  EXPECT_NE(text.find("its clock is"), std::string::npos);
}

TEST_F(FleetReport, IsAPage) {
  const std::vector<NodePair> pairs = {{"n1", "n3", 4e10, -0.2, true}};
  const nlohmann::ordered_json data = fleet_data(records_, verdicts_, pairs);
  EXPECT_EQ(data["page"], "fleet");
  EXPECT_EQ(data["map"]["nodes"].size(), 12u);
  EXPECT_EQ(data["map"]["cells"].size(), 45u);
  EXPECT_EQ(data["groups"][0]["rows"].size(), static_cast<std::size_t>(test::kRowsOfGpu));
  EXPECT_EQ(data["groups"][0]["rows"][0]["flagged"][0][1], "n5 GPU 2");
  EXPECT_EQ(data["pairs"][0][4], true);
  int counted = 0;
  for (const auto& count : data["groups"][0]["rows"][0]["histogram"]["counts"]) {
    counted += count.get<int>();
  }
  EXPECT_EQ(counted, 44);
}

}  // namespace
}  // namespace derate::fleet
