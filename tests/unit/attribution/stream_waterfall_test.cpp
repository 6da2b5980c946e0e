// SPDX-License-Identifier: Apache-2.0
// Waterfalls of made-up streams whose factors are known: what is planted into one stage shows in
// its factor and in no other, they multiply exactly, and what is missing is named.
#include "attribution/stream_waterfall.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "derate/stage.h"
#include "normal_noise.h"

namespace derate {
namespace {

constexpr double kPeak = 4.0e12;

/// A stream whose factors are these.
struct Made {
  double memory_clock = 0.95;
  double refresh = 0.92;
  double turnaround = 0.9;
  double tail = 0.98;
  double launch = 0.99;
  double peak = kPeak;
  int rounds = 1;
  int turns = 20;
  double noise = 0.002;
};

/// Bytes and time of each stage: the pure read has twice, whole waves 1.03 times the bytes.
std::map<Stage, std::pair<double, double>> stages_of(const Made& made) {
  const double bytes = 4e9;
  const double read = kPeak * made.memory_clock * made.refresh;
  const double even = read * made.turnaround;
  const double whole = even * made.tail;
  const double busy_s = bytes / whole;
  const double launch_s = busy_s * (1 / made.launch - 1);
  return {{Stage::whole, {bytes, busy_s + launch_s}},
          {Stage::whole_waves, {1.03 * bytes, 1.03 * bytes / even + launch_s}},
          {Stage::read, {2 * bytes, 2 * bytes / read + launch_s}},
          {Stage::write, {bytes, bytes / read / 0.8 + launch_s}},
          {Stage::launch, {0, launch_s}}};
}

Record made_record(const Made& made, Stage stage, double bytes, double time_s, int round) {
  Record record;
  record.run = "one";
  record.backend = "cuda";
  record.device_id = "g";
  record.workload = "memory_triad";
  record.variant = "vectorized";
  record.precision = "f32";
  record.problem = "n:1";
  record.bound = "memory";
  record.side_by_side = "2026-11-30T00:00:0" + std::to_string(round) + "Z";
  record.stage = to_string(stage);
  record.bytes = bytes;
  record.outcome = "passed";
  record.peak_per_clock = made.peak;
  record.clock_specified_hz = 1;
  record.memory_clock_ratio = made.memory_clock;
  for (int turn = 0; turn < made.turns; ++turn) {
    const auto place = static_cast<std::uint64_t>(1000 * round + turn);
    record.samples_s.push_back(
        time_s * (1 + made.noise * normal_noise(static_cast<std::uint64_t>(stage) + 1, place)));
  }
  return record;
}

std::vector<Record> records_of(const Made& made) {
  std::vector<Record> records;
  for (int round = 0; round < made.rounds; ++round) {
    for (const auto& [stage, what] : stages_of(made))
      records.push_back(made_record(made, stage, what.first, what.second, round));
  }
  return records;
}

StreamWaterfall only(const std::vector<Record>& records) {
  const std::vector<StreamWaterfall> waterfalls = stream_waterfalls(records);
  EXPECT_EQ(waterfalls.size(), 1U);
  return waterfalls.empty() ? StreamWaterfall{} : waterfalls.front();
}

LossFactor named(const std::vector<LossFactor>& factors, const std::string& name) {
  for (const LossFactor& factor : factors) {
    if (factor.name == name) return factor;
  }
  ADD_FAILURE() << "there is no " << name;
  return {};
}

std::vector<std::string> names_of(const std::vector<LossFactor>& factors) {
  std::vector<std::string> names;
  for (const LossFactor& factor : factors) names.push_back(factor.name);
  return names;
}

bool has_note(const StreamWaterfall& waterfall, const std::string& note) {
  return std::count(waterfall.notes.begin(), waterfall.notes.end(), note) == 1;
}

void expect_exact_product(const StreamWaterfall& waterfall) {
  double product = waterfall.base.value;
  for (const LossFactor& factor : waterfall.factors) product *= factor.value.value;
  EXPECT_NEAR(product / waterfall.achieved.value, 1, 1e-12);
  EXPECT_NEAR(waterfall.product.value * waterfall.base.value / waterfall.achieved.value, 1, 1e-12);
}

void expect_within(const LossFactor& factor, double value) {
  // One in twenty intervals misses; twice as wide, none does.
  const auto& [low, high, confidence] = factor.value.interval;
  EXPECT_LE(std::abs(value - factor.value.value), high - low + 1e-12)
      << factor.name << " " << value << " is far from [" << low << ", " << high << "]";
  EXPECT_DOUBLE_EQ(confidence, 0.95);
  EXPECT_NEAR(factor.value.value, value, 0.005) << factor.name;
  EXPECT_EQ(factor.note, "");
}

void expect_factors_of(const Made& made) {
  const StreamWaterfall waterfall = only(records_of(made));
  EXPECT_EQ(names_of(waterfall.factors),
            (std::vector<std::string>{"memory_clock", "refresh", "turnaround", "tail", "launch"}));
  expect_within(named(waterfall.factors, "memory_clock"), made.memory_clock);
  expect_within(named(waterfall.factors, "refresh"), made.refresh);
  expect_within(named(waterfall.factors, "turnaround"), made.turnaround);
  expect_within(named(waterfall.factors, "tail"), made.tail);
  expect_within(named(waterfall.factors, "launch"), made.launch);
  EXPECT_EQ(waterfall.rounds, made.rounds);
  EXPECT_EQ(waterfall.peak, kPeak);
  EXPECT_EQ(waterfall.base_name, "peak");
  EXPECT_NEAR(waterfall.base.value / kPeak, 1, 1e-12);
  EXPECT_TRUE(waterfall.notes.empty());
  expect_exact_product(waterfall);
}

TEST(StreamWaterfall, FindsWhatIsPlantedInItsFactorAndInNoOther) {
  expect_factors_of({});
  expect_factors_of({.refresh = 0.8});
  expect_factors_of({.tail = 0.8});
  expect_factors_of({.launch = 0.7});
  expect_factors_of({.turnaround = 0.7});
  expect_factors_of({.memory_clock = 0.5});
  expect_factors_of({.tail = 0.9, .rounds = 2});
  expect_factors_of({.refresh = 0.7, .rounds = 5});
}

TEST(StreamWaterfall, WithoutNoiseIsExact) {
  const StreamWaterfall waterfall = only(records_of({.noise = 0}));
  EXPECT_NEAR(named(waterfall.factors, "launch").value.value, 0.99, 1e-12);
  EXPECT_NEAR(named(waterfall.comparisons, "reading").value.value, 1.25, 0.02);
  EXPECT_EQ(waterfall.comparisons.size(), 1U) << "a GPU has none of the host's";
}

TEST(StreamWaterfall, StartsFromThePureReadWhereNoPeakIsKnown) {
  const StreamWaterfall waterfall = only(records_of({.peak = kUnknown}));
  EXPECT_EQ(names_of(waterfall.factors),
            (std::vector<std::string>{"turnaround", "tail", "launch"}));
  EXPECT_EQ(waterfall.base_name, "read");
  EXPECT_NEAR(waterfall.base.value, kPeak * 0.95 * 0.92, 0.01 * kPeak);
  EXPECT_TRUE(
      has_note(waterfall, "the memory's peak is not known: the factors start from the stage read"));
  expect_exact_product(waterfall);
}

TEST(StreamWaterfall, SaysWhatAMixThatIsFasterThanThePureReadMeans) {
  const LossFactor mix = named(only(records_of({.turnaround = 1.3})).factors, "turnaround");
  EXPECT_NEAR(mix.value.value, 1.3, 0.005);
  EXPECT_EQ(mix.note.substr(0, 23), "above 1: loads of the c");
}

TEST(StreamWaterfall, MergesTheClockWithTheReadWhereItWasNotMeasured) {
  std::vector<Record> records = records_of({});
  for (Record& record : records) record.memory_clock_ratio = kUnknown;
  const StreamWaterfall waterfall = only(records);
  const LossFactor both = named(waterfall.factors, "memory_clock and refresh");
  EXPECT_NEAR(both.value.value, 0.95 * 0.92, 0.005);
  EXPECT_EQ(both.note, "the memory's clock was not measured");
  EXPECT_EQ(waterfall.factors.size(), 4U);
  expect_exact_product(waterfall);
}

StreamWaterfall without(Stage stage, const Made& made = {}) {
  std::vector<Record> records = records_of(made);
  std::erase_if(records, [&](const Record& record) { return record.stage == to_string(stage); });
  return only(records);
}

TEST(StreamWaterfall, MergesFactorsWhoseStageIsMissing) {
  const StreamWaterfall no_read = without(Stage::read);
  const LossFactor both = named(no_read.factors, "refresh and turnaround");
  EXPECT_NEAR(both.value.value, 0.92 * 0.9, 0.005);
  EXPECT_EQ(both.note, "the stage read was not measured");
  expect_exact_product(no_read);

  const StreamWaterfall no_waves = without(Stage::whole_waves);
  EXPECT_NEAR(named(no_waves.factors, "turnaround and tail").value.value, 0.9 * 0.98, 0.005);
  expect_exact_product(no_waves);

  const StreamWaterfall no_launch = without(Stage::launch);
  EXPECT_EQ(names_of(no_launch.factors),
            (std::vector<std::string>{"memory_clock", "refresh", "turnaround", "tail"}));
  EXPECT_TRUE(has_note(
      no_launch, "the stage launch was not measured: every rate holds the time of its launches"));
  expect_exact_product(no_launch);
}

TEST(StreamWaterfall, WithoutPeakAndReadStartsFromWholeWaves) {
  const StreamWaterfall waterfall = without(Stage::read, {.peak = kUnknown});
  EXPECT_EQ(waterfall.base_name, "whole_waves");
  EXPECT_EQ(names_of(waterfall.factors), (std::vector<std::string>{"tail", "launch"}));
  EXPECT_TRUE(
      has_note(waterfall,
               "the memory's peak is not known; the stage read was not measured: the factors start "
               "from the stage whole_waves"));
  expect_exact_product(waterfall);
}

void make_unsupported(Record& record, const std::string& message) {
  record.outcome = "unsupported";
  record.message = message;
  record.samples_s.clear();
}

TEST(StreamWaterfall, SaysWhyAStageIsMissing) {
  std::vector<Record> records = records_of({});
  for (Record& record : records) {
    if (record.stage == "read") make_unsupported(record, "no room");
  }
  EXPECT_EQ(named(only(records).factors, "refresh and turnaround").note,
            "the stage read was unsupported: no room");
}

TEST(StreamWaterfall, HasNothingToDivideByWithOneStageAlone) {
  std::vector<Record> records = records_of({.peak = kUnknown});
  std::erase_if(records, [](const Record& record) { return record.stage != "whole"; });
  const StreamWaterfall alone = only(records);
  EXPECT_TRUE(alone.factors.empty());
  EXPECT_GT(alone.achieved.value, 0);
  EXPECT_TRUE(has_note(alone, "there is neither a peak nor a stage to divide by"));

  const StreamWaterfall no_whole = without(Stage::whole);
  EXPECT_TRUE(no_whole.factors.empty());
  EXPECT_TRUE(std::isnan(no_whole.achieved.value));
  EXPECT_TRUE(has_note(no_whole, "the whole work was not measured: there is nothing to divide"));
}

TEST(StreamWaterfall, NamesDisturbedSamplesAndLeavesOutWrongOnes) {
  std::vector<Record> records = records_of({.rounds = 3});
  for (const std::size_t i : {1U, 3U, 6U}) {  // whole_waves and read, and again whole_waves
    records[i].outcome = "unstable";
    records[i].message = "the time limit came";
  }
  records[records.size() - 2].outcome = "incorrect";  // read, the last one
  const StreamWaterfall waterfall = only(records);
  EXPECT_EQ(waterfall.rounds, 2);
  EXPECT_TRUE(has_note(waterfall,
                       "unstable: whole_waves in 2, read in 1 of 3 rounds: the time limit came"));
}

TEST(StreamWaterfall, LeavesOutRoundsThatLackAStage) {
  std::vector<Record> records = records_of({.rounds = 2});
  records.erase(std::find_if(records.begin(), records.end(),
                             [](const Record& record) { return record.stage == "read"; }));
  const StreamWaterfall waterfall = only(records);
  EXPECT_EQ(waterfall.rounds, 1);
  EXPECT_TRUE(has_note(waterfall, "1 of 2 rounds lack a stage, and are left out"));
}

TEST(StreamWaterfall, SaysThatSamplesAreTooFewForAnInterval) {
  const StreamWaterfall waterfall = only(records_of({.turns = 5}));
  const LossFactor tail = named(waterfall.factors, "tail");
  EXPECT_NEAR(tail.value.value, 0.98, 0.01);
  EXPECT_TRUE(std::isnan(tail.value.interval.low));
  EXPECT_EQ(tail.note, "no interval: 5 samples of each stage, and 8 are needed");
  expect_exact_product(waterfall);
}

TEST(StreamWaterfall, LeavesOutSamplesThatOnlySomeStagesHave) {
  std::vector<Record> records = records_of({});
  records[0].samples_s.insert(records[0].samples_s.end(), 30, 1.0);
  expect_exact_product(only(records));
  EXPECT_NEAR(named(only(records).factors, "tail").value.value, 0.98, 0.005);
}

TEST(StreamWaterfall, HasNoFigureWhereLaunchesTakeAllTheTime) {
  std::vector<Record> records = records_of({});
  for (Record& record : records) {
    if (record.stage == "launch") record.samples_s.assign(20, 1.0);
  }
  const LossFactor launch = named(only(records).factors, "launch");
  EXPECT_TRUE(std::isnan(launch.value.value));
  EXPECT_EQ(launch.note, "the launches alone take as long as the work");
}

TEST(StreamWaterfall, ComparesTheHostsStages) {
  const Made made{.peak = kUnknown};
  std::vector<Record> records = records_of(made);
  const auto [bytes, time_s] = stages_of(made).at(Stage::whole);
  for (const auto& [stage, times] : {std::pair(Stage::write_allocate, 1.3),
                                     {Stage::one_core, 1.9},
                                     {Stage::small_pages, 1.2},
                                     {Stage::huge_pages, 1.0}}) {
    records.push_back(made_record(made, stage, bytes, time_s * times, 0));
  }
  const StreamWaterfall waterfall = only(records);
  EXPECT_NEAR(named(waterfall.comparisons, "streaming stores").value.value, 1.3, 0.01);
  EXPECT_NEAR(named(waterfall.comparisons, "all cores").value.value, 1.9, 0.01);
  EXPECT_NEAR(named(waterfall.comparisons, "huge pages").value.value, 1.2, 0.01);
  for (const LossFactor& ratio : waterfall.comparisons) {
    EXPECT_TRUE(ratio.value.interval.contains(ratio.value.value)) << ratio.name;
  }
  expect_exact_product(waterfall);

  make_unsupported(records.back(), "no huge pages");
  const LossFactor pages = named(only(records).comparisons, "huge pages");
  EXPECT_TRUE(std::isnan(pages.value.value));
  EXPECT_EQ(pages.note, "the stage huge_pages was unsupported: no huge pages");
}

TEST(StreamWaterfalls, KeepStreamsApartAndLeaveOtherRecordsOut) {
  std::vector<Record> records = records_of({});
  for (Record record : records_of({.tail = 0.5})) {
    record.workload = "vector_add";
    records.push_back(record);
  }
  Record ordinary = records[0];
  ordinary.stage.clear();
  records.push_back(ordinary);
  Record product = records[0];
  product.workload = "gemm";
  product.bound = "compute";
  records.push_back(product);
  const std::vector<StreamWaterfall> waterfalls = stream_waterfalls(records);
  ASSERT_EQ(waterfalls.size(), 2U);
  EXPECT_EQ(waterfalls[1].context.workload, "vector_add");
  EXPECT_EQ(waterfalls[0].context.stage, "whole");
  EXPECT_NEAR(named(waterfalls[1].factors, "tail").value.value, 0.5, 0.005);
  EXPECT_NEAR(named(waterfalls[0].factors, "tail").value.value, 0.98, 0.005);
  EXPECT_TRUE(stream_waterfalls({}).empty());
}

}  // namespace
}  // namespace derate
