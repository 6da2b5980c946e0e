// SPDX-License-Identifier: Apache-2.0
// One object for each model, with an object for each part of it; the samples are lists of four
// numbers, since there are hundreds.
#include "calibration/gemm_models_file.h"

#include <array>
#include <cmath>

namespace derate {
namespace {

using json::Field;
using json::Json;

const std::array kTexts = {
    Field<CalibratedGemm>{"variant", "which implementation", &CalibratedGemm::variant},
    Field<CalibratedGemm>{"provider", "whose code", &CalibratedGemm::provider},
    Field<CalibratedGemm>{"library", "library and version behind it", &CalibratedGemm::library},
    Field<CalibratedGemm>{"precision", "format of the operands", &CalibratedGemm::precision},
    Field<CalibratedGemm>{"data", "uniform", &CalibratedGemm::data},
    Field<CalibratedGemm>{"cache", "hot or cold", &CalibratedGemm::cache},
    Field<CalibratedGemm>{"mode", "burst or sustained", &CalibratedGemm::mode},
    Field<CalibratedGemm>{"compute_peak",
                          "what `flop_per_s` of `peaks` is: specified, or fastest measured",
                          &CalibratedGemm::compute_peak},
    Field<CalibratedGemm>{"memory_peak",
                          "what `bytes_per_s` is: specified, fastest measured, or assumed",
                          &CalibratedGemm::memory_peak},
    Field<CalibratedGemm>{"unstable_rows", "how many of the measurements were unstable",
                          &CalibratedGemm::unstable_rows, 4},
    Field<CalibratedGemm>{"others_share", "share of the device that other programs had, at worst",
                          &CalibratedGemm::others_share, 4}};

const std::array kPeaks = {
    Field<GemmPeaks>{"flop_per_s", "of arithmetic [FLOP/s]", &GemmPeaks::flop_per_s},
    Field<GemmPeaks>{"bytes_per_s", "of memory [B/s]", &GemmPeaks::bytes_per_s},
    Field<GemmPeaks>{"compute_units", "over which tiles spread; 0: not known",
                     &GemmPeaks::compute_units},
    Field<GemmPeaks>{"bytes_per_operand", "of an element of A and B",
                     &GemmPeaks::bytes_per_operand},
    Field<GemmPeaks>{"bytes_per_result", "of an element of C", &GemmPeaks::bytes_per_result}};

const std::array kKnee = {
    Field<GemmKnee>{"eta_compute", "share of the peak of arithmetic", &GemmKnee::eta_compute},
    Field<GemmKnee>{"eta_memory", "share of the peak of memory", &GemmKnee::eta_memory},
    Field<GemmKnee>{"launch_s", "time of a product without work [s]", &GemmKnee::launch_s},
    Field<GemmKnee>{"sharpness", "of the knee between the two", &GemmKnee::sharpness}};

const std::array kWaves = {
    Field<GemmWaves>{"edge_cost", "of a tile's edges [elements]", &GemmWaves::edge_cost},
    Field<GemmWaves>{"prologue_depth", "what a tile's start and end are worth [elements of k]",
                     &GemmWaves::prologue_depth},
    Field<GemmWaves>{"quantisation", "share of a last wave's idle units that is lost",
                     &GemmWaves::quantisation}};

const std::array kErrors = {
    Field<GemmModelData>{"waves_weight", "of the second form, in log time",
                         &GemmModelData::waves_weight},
    Field<GemmModelData>{"nugget_octaves", "noise of a sample, as a distance between shapes",
                         &GemmModelData::nugget_octaves},
    Field<GemmModelData>{"score_scale", "of the law that the errors follow",
                         &GemmModelData::score_scale},
    Field<GemmModelData>{"score_slope", "likewise", &GemmModelData::score_slope}};

constexpr const char* kSampleMeaning = "[m, n, k, time of one product in s]";

template <typename T, std::size_t N>
std::span<const Field<T>> span(const std::array<Field<T>, N>& fields) {
  return fields;
}

[[noreturn]] void refuse(const std::string& where, const std::string& sentence) {
  throw Error(ExitCode::invalid_input, fmt::format("{}: {}", where, sentence));
}

/// A part of a model, all of whose numbers are known and none below 0.
template <typename T, std::size_t N>
T part_from(const std::array<Field<T>, N>& fields, const Json& model, const char* key,
            std::int64_t schema, const std::string& where) {
  const std::string place = where + "." + key;
  const Json object = model.value(key, Json());
  T part = json::from_json(span(fields), object, schema, place);
  for (const Field<T>& field : fields) {
    const double value = part.*std::get<double T::*>(field.member);
    if (!std::isfinite(value) || value < 0) {
      refuse(place, fmt::format("field \"{}\" is invalid: {}", field.name,
                                brief(object.at(std::string(field.name)))));
    }
  }
  return part;
}

GemmSample sample_from(const Json& list, const std::string& where) {
  try {
    if (list.is_array() && list.size() == 4) {
      return {
          {json::integer_from(list[0]), json::integer_from(list[1]), json::integer_from(list[2])},
          list[3].get<double>()};
    }
  } catch (const json::NoSense&) {    // and refused below
  } catch (const Json::exception&) {  // likewise
  }
  refuse(where, fmt::format("a sample is [m, n, k, time_s], not {}", brief(list)));
}

CalibratedGemm calibrated_gemm_from(const Json& object, std::int64_t schema,
                                    const std::string& where) {
  CalibratedGemm gemm = json::from_json(span(kTexts), object, schema, where);
  gemm.model = part_from(kErrors, object, "errors", schema, where);
  gemm.model.peaks = part_from(kPeaks, object, "peaks", schema, where);
  gemm.model.knee = part_from(kKnee, object, "knee", schema, where);
  gemm.model.waves = part_from(kWaves, object, "waves", schema, where);
  gemm.model.waves.knee = part_from(kKnee, object, "waves_knee", schema, where);
  const Json samples = object.value("samples", Json());
  if (!samples.is_array()) refuse(where, "field \"samples\" is missing or of the wrong type");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    gemm.model.samples.push_back(sample_from(samples[i], fmt::format("{}.samples[{}]", where, i)));
  }
  try {
    const GemmModel checked(gemm.model);
  } catch (const Error& error) {
    refuse(where, error.what());
  }
  return gemm;
}

}  // namespace

Json json_of(const CalibratedGemm& gemm) {
  Json object = json::json_of(span(kTexts), gemm);
  object["peaks"] = json::json_of(span(kPeaks), gemm.model.peaks);
  object["knee"] = json::json_of(span(kKnee), gemm.model.knee);
  object["waves"] = json::json_of(span(kWaves), gemm.model.waves);
  object["waves_knee"] = json::json_of(span(kKnee), gemm.model.waves.knee);
  object["errors"] = json::json_of(span(kErrors), gemm.model);
  object["samples"] = Json::array();
  for (const auto& [shape, time_s] : gemm.model.samples) {
    object["samples"].push_back(Json::array({shape.m, shape.n, shape.k, json::number(time_s)}));
  }
  return object;
}

std::vector<CalibratedGemm> calibrated_gemms_from(const Json& list, std::int64_t schema,
                                                  const std::string& where) {
  if (!list.is_array()) refuse(where, "the field is missing or of the wrong type");
  std::vector<CalibratedGemm> gemms;
  for (std::size_t i = 0; i < list.size(); ++i) {
    gemms.push_back(calibrated_gemm_from(list[i], schema, fmt::format("{}[{}]", where, i)));
  }
  return gemms;
}

Json calibrated_gemm_schema() {
  Json schema = json::schema_of(span(kTexts));
  const auto add = [&](const char* key, const Json& part) {
    schema["properties"][key] = part;
    schema["required"].push_back(key);
  };
  add("peaks", json::schema_of(span(kPeaks)));
  add("knee", json::schema_of(span(kKnee)));
  add("waves", json::schema_of(span(kWaves)));
  add("waves_knee", json::schema_of(span(kKnee)));
  add("errors", json::schema_of(span(kErrors)));
  const Json sample = {{"type", "array"},
                       {"items", {{"type", "number"}}},
                       {"minItems", 4},
                       {"maxItems", 4},
                       {"description", kSampleMeaning}};
  add("samples", {{"type", "array"}, {"items", sample}, {"minItems", kFewestGemmSamples}});
  return schema;
}

std::string document_calibrated_gemms() {
  const auto part = [](const char* key, const auto& fields) {
    return fmt::format("\n#### `{}`\n\n", key) + json::document(span(fields));
  };
  return json::document(span(kTexts)) + part("peaks", kPeaks) +
         part("knee` and `waves_knee", kKnee) + part("waves", kWaves) + part("errors", kErrors) +
         fmt::format("\n#### `samples[]`\n\n`{}`, one for each shape that was measured.\n",
                     kSampleMeaning);
}

}  // namespace derate
