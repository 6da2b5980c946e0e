// SPDX-License-Identifier: Apache-2.0
// Rows → derate factors → file → rows compared with them.
#include "derate/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derate/error.h"
#include "golden/example_gpu.h"
#include "unit/own_path.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

Record gemm(double eta, const std::string& problem = "n:1") {
  Record record = example::with_samples(example::record(), 1e-3 / eta);
  record.problem = problem;
  return record;
}

std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

Calibration calibration_of(const std::vector<Record>& records) {
  return calibrate(rows_of(records));
}

/// What an Error says, after checking its code; "" when nothing is thrown.
std::string refusal(ExitCode code, const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return {};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Calibrate, PoolsTheProblemsOfASizeClass) {
  Record small = gemm(0.4, "n:0");
  small.size_class = "small";
  const Calibration calibration =
      calibration_of({small, gemm(0.8, "n:1"), gemm(0.9, "n:2"), gemm(0.85, "n:3")});
  ASSERT_EQ(calibration.factors.size(), 2u);
  const Factor& large = calibration.factors[1];
  EXPECT_EQ(calibration.factors[0].size_class, "small");
  EXPECT_NEAR(calibration.factors[0].eta.value, 0.4, 1e-12);
  EXPECT_EQ(large.problems, "n:1 n:2 n:3");
  EXPECT_EQ(large.rounds, 3);
  EXPECT_EQ(large.samples, 36);
  EXPECT_NEAR(large.eta.value, 0.85, 1e-12);        // the middle one
  EXPECT_NEAR(large.eta.interval.low, 0.8, 1e-12);  // the interval spans all three
  EXPECT_NEAR(large.eta.interval.high, 0.9, 1e-12);
  EXPECT_NEAR(large.achieved.value, 0.85 * 38.4e12, 1);
  EXPECT_DOUBLE_EQ(large.peak, 38.4e12);
  EXPECT_EQ(large.clock_hz, example::kSpecified_hz);
}

TEST(Calibrate, SpansTheIntervalsNotOnlyTheValues) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.02;
  const Factor factor = calibration_of({noisy, gemm(0.85, "n:2")}).factors.front();
  const Estimate row = rows_of({noisy}).front().eta;
  EXPECT_DOUBLE_EQ(factor.eta.interval.low, row.interval.low);
  EXPECT_LT(factor.eta.interval.low, row.value);
  EXPECT_NEAR(factor.eta.interval.high, 0.85, 1e-12);
}

TEST(Calibrate, KeepsApartWhatAFactorIsFor) {
  std::vector<Record> records(9, gemm(0.8));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  records[1].precision = "f64";
  records[2].data = "zeros";
  records[3].cache = "hot";
  records[4].variant = "naive";
  records[5].library = "examplelib 2";
  records[6].provider = "somebody";
  records[7].mode = "sustained";
  records[8].devices_at_once = 2;
  EXPECT_EQ(calibration_of(records).factors.size(), 9u);
}

TEST(Calibrate, LeavesOutWhatIsWrongFailedOrSuspect) {
  std::vector<Record> records = {gemm(0.8)};
  for (const char* outcome : {"incorrect", "failed", "suspect", "unsupported"}) {
    records.push_back(gemm(0.3, std::string("n:") + outcome));
    records.back().outcome = outcome;
  }
  const Calibration calibration = calibration_of(records);
  ASSERT_EQ(calibration.factors.size(), 1u);
  EXPECT_EQ(calibration.factors[0].problems, "n:1");
}

TEST(Calibrate, KeepsAnUnstableRowWithItsWideInterval) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.2;
  ASSERT_EQ(rows_of({noisy}).front().outcome, Outcome::unstable);
  const Interval interval = calibration_of({noisy}).factors.front().eta.interval;
  EXPECT_GT(interval.high - interval.low, 0.1);
}

TEST(Calibrate, SaysWhereAFactorIsInDoubt) {
  Record noisy = gemm(0.8);
  for (std::size_t i = 0; i < 6; ++i) noisy.samples_s[i] *= 1.2;
  Record shared = gemm(0.8);
  shared.others_share = 0.23;
  const auto doubt = [](const std::vector<Record>& records) {
    return doubt_of(calibration_of(records).factors.front());
  };
  EXPECT_EQ(doubt({gemm(0.8)}), "");
  EXPECT_EQ(doubt({noisy}), ", unstable: wide intervals or few samples");
  EXPECT_EQ(doubt({shared}), ", unstable: other programs had up to 23 % of the device");
  noisy.problem = "n:2";  // one problem of a size class is enough
  EXPECT_EQ(calibration_of({gemm(0.8), noisy}).factors.front().outcome, "unstable");
}

TEST(Calibrate, KeepsTheSpeedWhereThePeakIsUnknown) {
  Record unknown = gemm(0.8);
  unknown.peak_per_clock = kUnknown;
  const Factor factor = calibration_of({unknown}).factors.front();
  EXPECT_NEAR(factor.achieved.value, 0.8 * 38.4e12, 1);
  EXPECT_TRUE(std::isnan(factor.eta.value) && std::isnan(factor.peak));
}

TEST(Calibrate, TakesTheClockOfRowsThatKnowIt) {
  const Record blind = example::with_samples(gemm(0.8, "n:2"), 1e-3 / 0.8, 0, 12, kUnknown);
  EXPECT_EQ(calibration_of({blind, gemm(0.8)}).factors.front().clock_hz, example::kSpecified_hz);
  EXPECT_EQ(calibration_of({gemm(0.8, "n:3"), blind}).factors.front().clock_hz,
            example::kSpecified_hz);
}

TEST(Calibrate, RefusesNothing) {
  Record wrong = gemm(0.8);
  wrong.outcome = "incorrect";
  for (const std::vector<Record>& records : {std::vector<Record>{}, std::vector<Record>{wrong}}) {
    EXPECT_TRUE(holds(refusal(ExitCode::invalid_input, [&] { (void)calibration_of(records); }),
                      "no measurement passed"));
  }
}

TEST(Calibrate, RefusesMixedDevices) {
  Record other = gemm(0.8);
  other.device_id = "example-1111";
  EXPECT_TRUE(
      holds(refusal(ExitCode::invalid_input,
                    [&] {
                      (void)calibration_of({gemm(0.8), other});
                    }),
            "the records mix Example GPU (id example-0000) with Example GPU (id example-1111)"));
}

class CalibrationFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Calibration read(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_calibration(file_);
  }
  std::string refused(const std::string& text) {
    return refusal(ExitCode::invalid_input, [&] { (void)read(text); });
  }
  std::string refused_after(const std::function<void(Json&)>& edit) {
    Json json = Json::parse(to_json(calibration_of({gemm(0.8)})));
    edit(json);
    return refused(json.dump());
  }

  const std::filesystem::path folder_ = test::own_path("derate_calibration_");
  const std::filesystem::path file_ = folder_ / "calibration.json";
};

TEST_F(CalibrationFile, SurvivesWritingAndReading) {
  Record unknown = example::with_samples(example::memory_record(), 1e-3);
  unknown.peak_per_clock = kUnknown;
  unknown.power_cap_w = kUnknown;
  unknown.others_share = 0.3;
  const Calibration before = calibration_of({gemm(0.8), gemm(0.87, "n:2"), unknown});
  const Calibration after = read(to_json(before));
  EXPECT_EQ(to_json(after), to_json(before));  // every field, as far as the file holds it
  EXPECT_EQ(after.device.time_utc, before.device.time_utc);
  EXPECT_EQ(after.device.device_id, "example-0000");
  ASSERT_EQ(after.factors.size(), 2u);
  EXPECT_NEAR(after.factors[0].eta.interval.high, 0.87, 1e-9);
  EXPECT_EQ(after.factors[0].samples, 24);
  EXPECT_TRUE(std::isnan(after.factors[1].eta.value));
  EXPECT_EQ(after.factors[0].outcome, "passed");
  EXPECT_EQ(doubt_of(after.factors[1]), ", unstable: other programs had up to 30 % of the device");
  EXPECT_EQ(to_json(read_calibration(folder_)), to_json(before));  // named by its folder
}

TEST_F(CalibrationFile, IsTheSameFromTheSameRecords) {
  const std::vector<Record> records = {gemm(0.8), gemm(0.87, "n:2"), gemm(0.81), gemm(0.82)};
  EXPECT_EQ(to_json(calibration_of(records)), to_json(calibration_of(records)));
}

TEST_F(CalibrationFile, MeetsItsSchema) {
  const Json schema = Json::parse(calibration_json_schema());
  const Json file = Json::parse(to_json(calibration_of({gemm(0.8)})));
  const auto same_keys = [](const Json& properties, const Json& object) {
    EXPECT_EQ(properties.size(), object.size());
    for (const auto& [key, value] : object.items()) EXPECT_TRUE(properties.contains(key)) << key;
  };
  const Json& properties = schema.at("properties");
  same_keys(properties, file);
  same_keys(properties.at("device").at("properties"), file.at("device"));
  same_keys(properties.at("factors").at("items").at("properties"), file.at("factors")[0]);
  for (const auto& [key, value] : file.at("factors")[0].items()) {
    EXPECT_TRUE(holds(document_calibration_fields(), "`" + key + "`")) << key;
  }
}

TEST_F(CalibrationFile, RefusesWhatIsNone) {
  EXPECT_EQ(refusal(ExitCode::invalid_input, [&] { (void)read_calibration(file_); }),
            "cannot read " + file_.string() + ": No such file or directory");
  EXPECT_TRUE(refused("").starts_with(file_.string() + ", line 1: not JSON: "));
  EXPECT_TRUE(refused("{\n\"schema\": 1,").starts_with(file_.string() + ", line 2: not JSON: "));
  for (const char* text : {"[]", "7", "null", "{}", "{\"kind\": 7}",
                           "{\"schema\": 1, \"kind\": \"another tool's calibration\"}",
                           "{\"schema\": \"1\", \"kind\": \"derate calibration\"}"}) {
    EXPECT_EQ(refused(text), file_.string() + " is not a derate calibration") << text;
  }
  EXPECT_TRUE(holds(refused_after([](Json& json) {
                      json["schema"] = kCalibrationSchema + 1;
                      json["device"]["tool_version"] = "9.1.0";
                    }),
                    "schema 6 is newer than 5, which this derate reads; derate 9.1.0 wrote it"));
  EXPECT_TRUE(refused("{\"schema\": 6, \"kind\": \"derate calibration\", \"device\": 7}")
                  .ends_with("schema 6 is newer than 5, which this derate reads"));
}

TEST_F(CalibrationFile, NamesTheFieldThatMakesNoSense) {
  const auto after = [&](const char* field, const Json& value) {
    return refused_after([&](Json& json) { json["factors"][0][field] = value; });
  };
  EXPECT_TRUE(holds(after("devices_at_once", 1.7), "field \"devices_at_once\" is invalid: 1.7"));
  EXPECT_TRUE(holds(after("rounds", -1), "field \"rounds\" is invalid: -1"));
  for (const Json& eta : {Json{{"value", 0}, {"low", 0}, {"high", 1}},
                          Json{{"value", 0.5}, {"low", 0.6}, {"high", 0.7}},
                          Json{{"value", 0.5}, {"low", 0.4}, {"high", 0.45}},
                          Json{{"value", 0.5}, {"low", 0.4}, {"high", 1e308}}}) {
    EXPECT_TRUE(holds(after("eta", eta), "field \"eta\" is invalid")) << eta;
  }
  EXPECT_TRUE(holds(refused_after([](Json& json) { json["schema"] = 0; }), "is not a version"));
}

TEST_F(CalibrationFile, OfTheFirstSchemaIsRead) {
  Json json = Json::parse(to_json(calibration_of({gemm(0.8)})));
  json["schema"] = 1;
  for (const char* field : {"accumulator", "units", "mode", "devices_at_once"}) {
    json["factors"][0].erase(field);
  }
  std::ofstream(file_) << json.dump();
  const Calibration calibration = read_calibration(file_);
  EXPECT_EQ(calibration.factors.front().mode, "burst");
  EXPECT_EQ(calibration.factors.front().devices_at_once, 1);
}

TEST_F(CalibrationFile, NamesTheFieldThatIsMissingOrOfTheWrongType) {
  const Json whole = Json::parse(to_json(calibration_of({gemm(0.8)})));
  for (const auto& [key, value] : whole.at("device").items()) {
    EXPECT_TRUE(holds(refused_after([&, name = key](Json& json) { json["device"].erase(name); }),
                      "device: field \"" + key + "\" is missing"));
  }
  for (const auto& [key, value] : whole.at("factors")[0].items()) {
    const std::string wanted = "factors[0]: field \"" + key + "\" is missing or of the wrong type";
    EXPECT_TRUE(holds(
        refused_after([&, name = key](Json& json) { json["factors"][0].erase(name); }), wanted));
    EXPECT_TRUE(holds(
        refused_after([&, name = key](Json& json) { json["factors"][0][name] = Json::array({1}); }),
        wanted));
  }
  EXPECT_TRUE(holds(refused_after([](Json& json) { json["factors"][0]["eta"].erase("low"); }),
                    "factors[0]: field \"eta\""));
}

TEST_F(CalibrationFile, RefusesAWrongOutline) {
  for (const char* part : {"device", "factors", "time_utc"}) {
    EXPECT_TRUE(holds(refused_after([&](Json& json) { json.erase(part); }), part)) << part;
    for (const Json& wrong : {Json(7), Json::object({{"a", 1}}), Json::array({7})}) {
      EXPECT_TRUE(holds(refused_after([&](Json& json) { json[part] = wrong; }), part))
          << part << " " << wrong;
    }
  }
}

TEST(Compare, FillsTheRowsOfACalibratedClass) {
  const Calibration calibration = calibration_of({gemm(0.8), gemm(0.9, "n:2")});
  Record other_class = gemm(0.5);
  other_class.size_class = "small";
  std::vector<Row> rows = rows_of({gemm(0.7, "n:9"), other_class});
  compare_with(calibration, rows, false);
  ASSERT_EQ(rows.size(), 2u);
  for (const Row& row : rows) {
    EXPECT_EQ(std::isnan(row.calibrated.value), row.size_class == "small");
    if (row.size_class == "large") {
      EXPECT_NEAR(row.calibrated.value, 0.85, 1e-12);
    }
  }
}

TEST(Compare, RefusesAnotherDeviceDriverOrUnitCountUnlessForced) {
  const Calibration calibration = calibration_of({gemm(0.8)});
  const auto differing = [](const std::function<void(Record&)>& make) {
    Record record = gemm(0.7);
    make(record);
    return rows_of({record});
  };
  const std::vector<std::pair<std::vector<Row>, std::string>> cases = {
      {differing([](Record& r) { r.device_id = "example-1111"; }), "not for Example GPU (id ex"},
      {differing([](Record& r) { r.backend = "host"; }), "the calibration is for"},
      {differing([](Record& r) { r.driver_version = "99"; }), "made with driver 100.00, not 99"},
      {differing([](Record& r) { r.compute_units = 50; }), "used 100 compute units, not 50"}};
  for (auto [rows, reason] : cases) {
    const std::string said = refusal(ExitCode::not_comparable, [&, r = std::span(rows)] {
      compare_with(calibration, r, false);
    });
    EXPECT_TRUE(holds(said, reason)) << said;
    compare_with(calibration, rows, true);
    EXPECT_NEAR(rows[0].calibrated.value, 0.8, 1e-12);
  }
  EXPECT_EQ(mismatch(calibration, *rows_of({gemm(0.7)}).front().context), "");
}

TEST(RenderCalibration, EveryFormat) {
  const Calibration calibration = calibration_of({gemm(0.8), gemm(0.9, "n:2")});
  EXPECT_TRUE(holds(render(calibration, Format::table), "85.0 % [80.0, 90.0]"));
  EXPECT_TRUE(holds(render(calibration, Format::markdown), "| 85.0 % [80.0, 90.0] |"));
  EXPECT_TRUE(holds(render(calibration, Format::csv), "0.85,0.8,0.9"));
  EXPECT_EQ(render(calibration, Format::json), to_json(calibration));
}

}  // namespace
}  // namespace derate
