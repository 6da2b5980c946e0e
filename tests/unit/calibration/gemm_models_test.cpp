// SPDX-License-Identifier: Apache-2.0
// Rows of many shapes → models in the calibration → file → the same models.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "derate/calibration.h"
#include "derate/error.h"
#include "golden/example_gpu.h"
#include "unit/gemm_model/synthetic_gemms.h"
#include "unit/own_path.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

const GemmTruth kTruth{.peaks = {38.4e12, 2e12, 0, 4, 4}};

/// A record of each of `count` shapes, of which `edit` makes something else.
std::vector<Record> records_of(std::size_t count, const std::function<void(Record&)>& edit = {},
                               double factor = 1) {
  std::vector<Record> records;
  for (const GemmSample& sample : synthetic_gemms(kTruth, count, 7)) {
    Record record = example::with_samples(example::record(), factor * sample.time_s);
    const GemmShape& shape = sample.shape;
    record.problem = "m:" + std::to_string(shape.m) + "/n:" + std::to_string(shape.n) +
                     "/k:" + std::to_string(shape.k);
    record.flops = gemm_flop(shape);
    if (edit) edit(record);
    records.push_back(record);
  }
  return records;
}

std::vector<Record> operator+(std::vector<Record> a, const std::vector<Record>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Calibration calibration_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return calibrate(summary.rows());
}

void by_library(Record& record) {
  record.variant = "library";
  record.provider = "examplelib";
  record.library = "examplelib 1.2";
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

TEST(CalibratedGemm, IsFittedToTheMedianTimes) {
  const Calibration calibration = calibration_of(records_of(120));
  ASSERT_EQ(calibration.gemm_models.size(), 1u);
  const CalibratedGemm& gemm = calibration.gemm_models.front();
  EXPECT_EQ(gemm.variant + gemm.provider + gemm.precision + gemm.data + gemm.cache + gemm.mode,
            "tiledderatef32uniformcoldburst");
  EXPECT_EQ(gemm.model.samples.size(), 120u);
  EXPECT_EQ(gemm.model.peaks.compute_units, 100);
  EXPECT_EQ(gemm.model.peaks.bytes_per_operand, 4);
  EXPECT_NEAR(gemm.model.knee.eta_compute, 0.8, 0.03);
  for (const GemmSample& truth : synthetic_gemms(kTruth, 40, 11)) {
    const GemmPrediction found = predict_gemm(calibration, "f32", truth.shape);
    EXPECT_NEAR(found.time_s / kTruth.time_s(truth.shape), 1, 0.15) << truth.shape.m;
  }
}

TEST(CalibratedGemm, SaysHowManyOfItsMeasurementsWereUnstable) {
  std::vector<Record> records = records_of(40);
  EXPECT_EQ(doubt_of(calibration_of(records).gemm_models.front()), "");
  records[3].others_share = records[7].others_share = 0.4;
  EXPECT_EQ(doubt_of(calibration_of(records).gemm_models.front()),
            ", 2 of its measurements unstable: other programs had up to 40 % of the device");
}

TEST(CalibratedGemm, TakesTheSpecifiedPeaksWhereTheyAreKnown) {
  Record stream = example::with_samples(example::memory_record(), 1e-3 / 0.9);
  const auto peaks_of = [&](bool knows_compute, bool has_stream, bool knows_memory) {
    std::vector<Record> records = records_of(30, [&](Record& record) {
      if (!knows_compute) record.peak_per_clock = kUnknown;
    });
    stream.peak_per_clock = knows_memory ? example::kBandwidth : kUnknown;
    if (has_stream) records.push_back(stream);
    return calibration_of(records).gemm_models.at(0);
  };
  const CalibratedGemm known = peaks_of(true, true, true);
  EXPECT_EQ(known.compute_peak + ", " + known.memory_peak, "specified, specified");
  EXPECT_DOUBLE_EQ(known.model.peaks.flop_per_s, 38.4e12);
  EXPECT_DOUBLE_EQ(known.model.peaks.bytes_per_s, 2e12);
  const CalibratedGemm measured = peaks_of(false, true, false);
  EXPECT_EQ(measured.compute_peak + ", " + measured.memory_peak,
            "fastest measured, fastest measured");
  EXPECT_NEAR(measured.model.peaks.bytes_per_s, 0.9 * 2e12, 1e6);
  EXPECT_LT(measured.model.peaks.flop_per_s, 38.4e12);
  EXPECT_EQ(peaks_of(true, false, true).memory_peak, "assumed");
}

TEST(CalibratedGemm, NeedsThirtyDifferentShapesThatPassed) {
  EXPECT_EQ(calibration_of(records_of(30)).gemm_models.size(), 1u);
  EXPECT_TRUE(calibration_of(records_of(29)).gemm_models.empty());
  // The same shapes again, with sums in another format.
  const auto again = records_of(29, [](Record& record) { record.accumulator = "f64"; });
  EXPECT_TRUE(calibration_of(records_of(29) + again).gemm_models.empty());
  std::vector<Record> one_wrong = records_of(30);
  one_wrong.back().outcome = "incorrect";
  EXPECT_TRUE(calibration_of(one_wrong).gemm_models.empty());
}

TEST(CalibratedGemm, KeepsApartWhatAModelIsFor) {
  std::vector<Record> records = records_of(30);
  const std::vector<std::function<void(Record&)>> edits = {
      [](Record& r) { r.mode = "sustained"; }, [](Record& r) { r.cache = "hot"; },
      [](Record& r) { r.precision = "f64"; },  [](Record& r) { r.variant = "naive"; },
      [](Record& r) { r.provider = "else"; },  [](Record& r) { r.library = "examplelib 2"; }};
  for (const auto& edit : edits) records = records + records_of(30, edit);
  EXPECT_EQ(calibration_of(records).gemm_models.size(), 1 + edits.size());
  const auto half_sustained = records_of(15) + records_of(30, [i = 0](Record& r) mutable {
                                if (++i > 15) r.mode = "sustained";
                              });
  EXPECT_TRUE(calibration_of(half_sustained).gemm_models.empty());
}

TEST(CalibratedGemm, IsOfRandomDataOneDeviceAndGemmOnly) {
  const std::vector<std::function<void(Record&)>> edits = {
      [](Record& r) { r.data = "zeros"; }, [](Record& r) { r.devices_at_once = 2; },
      [](Record& r) { r.workload = "gemv"; },
      [](Record& r) { r.problem = r.problem.substr(0, r.problem.rfind('/')); }};
  for (const auto& edit : edits) {
    EXPECT_TRUE(calibration_of(records_of(40, edit)).gemm_models.empty());
  }
}

TEST(CalibratedGemm, OfALibraryGoesFirstThenSustained) {
  const auto both = [](Record& record) {
    by_library(record);
    record.mode = "sustained";
  };
  const auto sustained = [](Record& record) { record.mode = "sustained"; };
  const Calibration all =
      calibration_of(records_of(30) + records_of(30, by_library, 1.3) + records_of(30, both, 1.5) +
                     records_of(30, sustained, 1.2));
  ASSERT_EQ(all.gemm_models.size(), 4u);
  const auto chosen = [](const Calibration& calibration, std::string_view provider = {}) {
    const CalibratedGemm* gemm = gemm_model_of(calibration, "f32", provider);
    return gemm == nullptr ? "none" : gemm->provider + " " + gemm->mode;
  };
  EXPECT_EQ(chosen(all), "examplelib sustained");
  EXPECT_EQ(chosen(all, "derate"), "derate sustained");
  EXPECT_EQ(chosen(all, "nobody"), "none");
  EXPECT_EQ(chosen(calibration_of(records_of(30, sustained) + records_of(30, by_library))),
            "examplelib burst");
  EXPECT_EQ(gemm_model_of(all, "f64"), nullptr);
  // Of two variants the one that reaches more, wherever it stands.
  const auto naive = [](Record& record) { record.variant = "naive"; };
  EXPECT_EQ(
      gemm_model_of(calibration_of(records_of(30) + records_of(30, naive, 9)), "f32")->variant,
      "tiled");
}

TEST(CalibratedGemm, ThatIsNotThereIsRefusedWithTheWayToGetIt) {
  const Calibration calibration = calibration_of(records_of(30));
  const GemmShape shape{64, 64, 64};
  EXPECT_TRUE(holds(
      refusal(ExitCode::not_comparable, [&] { (void)predict_gemm(calibration, "bf16", shape); }),
      "no GEMM model for bf16: derate run --suite shapes measures"));
  EXPECT_TRUE(holds(refusal(ExitCode::not_comparable,
                            [&] { (void)predict_gemm(calibration, "f32", shape, "cublas"); }),
                    "for f32 by cublas"));
}

class CalibratedGemmFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Calibration read(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_calibration(file_);
  }
  std::string refused_after(const std::function<void(Json&)>& edit) {
    Json json = Json::parse(to_json(calibration_));
    edit(json["gemm_models"]);
    return refusal(ExitCode::invalid_input, [&] { (void)read(json.dump()); });
  }

  const Calibration calibration_ = calibration_of(records_of(30) + records_of(60, by_library));
  const std::filesystem::path folder_ = test::own_path("derate_gemm_");
  const std::filesystem::path file_ = folder_ / "calibration.json";
};

TEST_F(CalibratedGemmFile, GivesTheSamePredictions) {
  const Calibration after = read(to_json(calibration_));
  EXPECT_EQ(to_json(after), to_json(calibration_));
  ASSERT_EQ(after.gemm_models.size(), 2u);
  for (const char* provider : {"derate", "examplelib"}) {
    for (const GemmSample& sample : synthetic_gemms(kTruth, 20, 3)) {
      const auto was = predict_gemm(calibration_, "f32", sample.shape, provider);
      const auto is = predict_gemm(after, "f32", sample.shape, provider);
      EXPECT_NEAR(is.time_s / was.time_s, 1, 1e-6);
      EXPECT_NEAR(is.interval_s.low / was.interval_s.low, 1, 1e-6);
      EXPECT_EQ(is.bound, was.bound);
    }
  }
}

TEST_F(CalibratedGemmFile, HasASampleALine) {
  const std::string text = to_json(calibration_);
  const GemmSample& first = calibration_.gemm_models[0].model.samples[0];
  EXPECT_TRUE(holds(text, "\n        [" + std::to_string(first.shape.m) + "," +
                              std::to_string(first.shape.n) + ","));
}

TEST_F(CalibratedGemmFile, OfSchemaTwoHasNone) {
  Json json = Json::parse(to_json(calibration_));
  json["schema"] = 2;
  json.erase("gemm_models");
  EXPECT_TRUE(read(json.dump()).gemm_models.empty());
  json["schema"] = 3;
  EXPECT_TRUE(holds(refusal(ExitCode::invalid_input, [&] { (void)read(json.dump()); }),
                    "gemm_models: the field is missing"));
}

TEST_F(CalibratedGemmFile, MeetsItsSchema) {
  const Json schema = Json::parse(calibration_json_schema()).at("properties").at("gemm_models");
  const Json model = Json::parse(to_json(calibration_)).at("gemm_models")[0];
  const Json& properties = schema.at("items").at("properties");
  EXPECT_EQ(properties.size(), model.size());
  EXPECT_EQ(schema.at("items").at("required").size(), model.size());
  for (const auto& [key, value] : model.items()) {
    ASSERT_TRUE(properties.contains(key)) << key;
    EXPECT_TRUE(holds(document_calibration_fields(), key)) << key;
    if (!value.is_object()) continue;
    EXPECT_EQ(properties.at(key).at("properties").size(), value.size()) << key;
  }
}

TEST_F(CalibratedGemmFile, NamesWhatMakesNoSense) {
  const std::string first = file_.string() + ", gemm_models[0]";
  for (const auto& [part, field] :
       {std::pair("knee", "sharpness"), std::pair("peaks", "flop_per_s"),
        std::pair("waves", "quantisation"), std::pair("errors", "score_scale")}) {
    for (const Json& wrong : {Json(-1), Json()}) {
      EXPECT_TRUE(holds(refused_after([&](Json& json) { json[0][part][field] = wrong; }),
                        first + "." + part + ": field \"" + field + "\" is invalid"));
    }
    EXPECT_TRUE(holds(refused_after([&](Json& json) { json[0][part].erase(field); }),
                      first + "." + part + ": field \"" + field + "\" is missing"));
    EXPECT_TRUE(holds(refused_after([&](Json& json) { json[0].erase(part); }), first + "." + part));
  }
  EXPECT_TRUE(holds(refused_after([](Json& json) { json[0]["knee"]["sharpness"] = 0.5; }),
                    first + ": a GEMM model: a parameter is invalid"));
  EXPECT_TRUE(holds(refused_after([](Json& json) { json[0].erase("mode"); }),
                    first + ": field \"mode\" is missing"));
}

TEST_F(CalibratedGemmFile, NamesSamplesThatAreNone) {
  for (const char* wrong : {"7", "[64, 64, 1e-5]", "[64, 64, 1.5, 1e-5]", "[-64, 64, 64, 1e-5]",
                            "[64, 64, 64, \"1\"]", "[64, 64, 64, null]"}) {
    EXPECT_TRUE(
        holds(refused_after([&](Json& json) { json[0]["samples"][3] = Json::parse(wrong); }),
              "gemm_models[0].samples[3]: a sample is [m, n, k, time_s], not"))
        << wrong;
  }
  for (const char* wrong : {"[64, 64, 0, 1e-5]", "[64, 64, 64, 0]"}) {
    EXPECT_TRUE(
        holds(refused_after([&](Json& json) { json[0]["samples"][3] = Json::parse(wrong); }),
              "gemm_models[0]: a GEMM model: 64 x 64"))
        << wrong;
  }
  EXPECT_TRUE(holds(refused_after([](Json& json) { json[1]["samples"].erase(0); }),
                    "29 shapes are too few"));
  for (const char* wrong : {"null", "7", "{}", "[7]", "[[]]"}) {
    EXPECT_TRUE(holds(refused_after([&](Json& json) { json = Json::parse(wrong); }), "gemm_models"))
        << wrong;
  }
}

TEST(Factors, AreFoundByWorkloadAndPrecision) {
  std::vector<Record> records(6, example::with_samples(example::record(), 1e-3 / 0.8));
  records[1] = example::with_samples(example::record(), 1e-3 / 0.9);
  records[1].variant = "faster";
  records[2] = example::with_samples(records[2], 1e-3 / 0.95);
  records[2].cache = "hot";
  records[3].data = "zeros";
  records[4].devices_at_once = 2;
  records[5].problem = "m:64/n:64/k:64";
  records[5].size_class = "small";
  const Calibration burst = calibration_of(records);
  EXPECT_EQ(factor_of(burst, "gemm", "f32")->variant, "faster");
  EXPECT_EQ(factor_of(burst, "gemm", "f32")->cache, "cold");
  ASSERT_NE(factor_of(burst, "gemm", "f32", "small"), nullptr);
  EXPECT_EQ(factor_of(burst, "gemm", "f32", "small")->size_class, "small");
  EXPECT_EQ(factor_of(burst, "gemm", "f64"), nullptr);
  EXPECT_EQ(factor_of(burst, "fft", "f32"), nullptr);
  Record sustained = records[0];
  sustained.mode = "sustained";
  records.push_back(sustained);
  EXPECT_EQ(factor_of(calibration_of(records), "gemm", "f32")->mode, "sustained");
  EXPECT_EQ(factor_of(calibration_of({records[3], records[4], records[2]}), "gemm", "f32")->cache,
            "hot");
}

}  // namespace
}  // namespace derate
