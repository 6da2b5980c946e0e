// SPDX-License-Identifier: Apache-2.0
// A calibration written and read again, and files that are none.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "unit/calibration/calibrated.h"
#include "unit/own_path.h"

namespace derate {
namespace {

using namespace calibrated;
using Json = nlohmann::ordered_json;

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

}  // namespace
}  // namespace derate
