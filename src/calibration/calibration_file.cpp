// SPDX-License-Identifier: Apache-2.0
// The calibration's file: one table of fields for the device, one for a factor; JSON, its schema
// and its documentation are made from both.
#include <fmt/format.h>

#include <array>

#include "base/json_fields.h"
#include "base/json_file.h"
#include "base/json_text.h"
#include "calibration/gemm_models_file.h"
#include "calibration/losses_file.h"
#include "derate/calibration.h"
#include "derate/error.h"

namespace derate {
namespace {

using json::document;
using json::Field;
using json::from_json;
using json::Json;
using json::json_of;
using json::schema_of;

const std::array kDeviceFields = {
    Field<Context>{"tool_version", "version of derate", &Context::tool_version},
    Field<Context>{"tool_commit", "commit of its sources", &Context::tool_commit},
    Field<Context>{"build_type", "CMake build type", &Context::build_type},
    Field<Context>{"backend", "host or cuda", &Context::backend},
    Field<Context>{"device_index", "position within the backend", &Context::device_index},
    Field<Context>{"device_name", "as reported by the driver or CPUID", &Context::device_name},
    Field<Context>{"device_architecture", "sm_90, zen5, ...", &Context::device_architecture},
    Field<Context>{"device_id", "hash of the device's identity", &Context::device_id},
    Field<Context>{"device_remark", "notes on the device", &Context::device_remark},
    Field<Context>{"compute_units", "SMs, or physical cores in use", &Context::compute_units},
    Field<Context>{"driver_version", "GPU driver, or kernel release", &Context::driver_version},
    Field<Context>{"runtime_version", "CUDA runtime, or C library", &Context::runtime_version},
    Field<Context>{"clock_specified_hz", "specified clock [Hz]", &Context::clock_specified_hz},
    Field<Context>{"clock_specified_source", "where it comes from",
                   &Context::clock_specified_source},
    Field<Context>{"clock_maximum_hz", "maximum clock [Hz]", &Context::clock_maximum_hz},
    Field<Context>{"power_cap_w", "power limit in force [W]", &Context::power_cap_w}};

const std::array kFactorFields = {
    Field<Factor>{"workload", "gemm, fma_chain, vector_add, ...", &Factor::workload},
    Field<Factor>{"variant", "which implementation", &Factor::variant},
    Field<Factor>{"provider", "whose code", &Factor::provider},
    Field<Factor>{"library", "library and version behind it", &Factor::library},
    Field<Factor>{"precision", "format of the operands", &Factor::precision},
    Field<Factor>{"accumulator", "format of the sums", &Factor::accumulator, 2},
    Field<Factor>{"units", "vector or tensor: which may do the arithmetic", &Factor::units, 2},
    Field<Factor>{"size_class", "problems that share the factor", &Factor::size_class},
    Field<Factor>{"data", "uniform or zeros", &Factor::data},
    Field<Factor>{"cache", "hot or cold", &Factor::cache},
    Field<Factor>{"mode", "burst or sustained", &Factor::mode, 2},
    Field<Factor>{"devices_at_once", "devices under load at the same time",
                  &Factor::devices_at_once, 2},
    Field<Factor>{"bound", "what bounds the work, as in a record: which peak", &Factor::bound},
    Field<Factor>{"problems", "problems measured", &Factor::problems},
    Field<Factor>{"rounds", "independent repetitions", &Factor::rounds},
    Field<Factor>{"samples", "samples over all rounds", &Factor::samples},
    Field<Factor>{
        "achieved",
        "FLOP/s, B/s where memory, a cache or a link bounds the work, steps/s where latency does",
        &Factor::achieved},
    Field<Factor>{"peak", "at the specified clock, same unit", &Factor::peak},
    Field<Factor>{"eta", "achieved ÷ peak; null where the peak is unknown", &Factor::eta},
    Field<Factor>{"eta_measured", "achieved ÷ peak at the measured clock", &Factor::eta_measured},
    Field<Factor>{"clock_hz", "clock measured meanwhile [Hz]", &Factor::clock_hz},
    Field<Factor>{"outcome", "passed; unstable, where one of the measurements was",
                  &Factor::outcome, 4},
    Field<Factor>{"others_share", "share of the device that other programs had, at worst",
                  &Factor::others_share, 4}};

const std::span<const Field<Context>> kDevice = kDeviceFields;
const std::span<const Field<Factor>> kFactor = kFactorFields;

}  // namespace

std::string to_json(const Calibration& calibration) {
  Json file = {{"schema", kCalibrationSchema},
               {"kind", "derate calibration"},
               {"time_utc", calibration.device.time_utc},
               {"device", json_of(kDevice, calibration.device)},
               {"factors", Json::array()}};
  for (const Factor& factor : calibration.factors) {
    file["factors"].push_back(json_of(kFactor, factor));
  }
  file["gemm_models"] = Json::array();
  for (const CalibratedGemm& gemm : calibration.gemm_models) {
    file["gemm_models"].push_back(json_of(gemm));
  }
  file["losses"] = Json::array();
  for (const AttributedLoss& loss : calibration.losses) file["losses"].push_back(json_of(loss));
  return json_text(file) + "\n";
}

namespace {

/// Which derate wrote a file whose other fields nobody here knows.
std::string writer_of(const Json& json) {
  const Json device = json.value("device", Json());
  const Json version = device.is_object() ? device.value("tool_version", Json()) : Json();
  return version.is_string() ? "; derate " + version.get<std::string>() + " wrote it" : "";
}

}  // namespace

Calibration read_calibration(const std::filesystem::path& path) {
  std::error_code ignored;  // the open below says what is wrong with the path
  const std::filesystem::path file =
      std::filesystem::is_directory(path, ignored) ? path / "calibration.json" : path;
  const std::string name = file.string();
  const JsonFile whole(file);
  const Json& json = whole.root();
  if (!json.is_object() || json.value("kind", Json()) != "derate calibration" ||
      !json.value("schema", Json()).is_number_integer()) {
    throw Error(ExitCode::invalid_input, name + " is not a derate calibration");
  }
  if (json.at("schema") < 1) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: schema {} is not a version", name, json.at("schema").dump()));
  }
  if (json.at("schema") > kCalibrationSchema) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: schema {} is newer than {}, which this derate reads{}", name,
                            json.at("schema").dump(), kCalibrationSchema, writer_of(json)));
  }
  // Checked here, because reading from another type of JSON throws what no caller expects.
  if (!json.value("time_utc", Json()).is_string() || !json.value("factors", Json()).is_array()) {
    throw Error(ExitCode::invalid_input,
                name + ": field \"time_utc\" or \"factors\" is missing or of the wrong type");
  }
  const std::int64_t schema = json.at("schema");
  Calibration calibration;
  calibration.device = from_json(kDevice, json.value("device", Json()), schema, name + ", device");
  calibration.device.time_utc = json.at("time_utc");
  const Json& factors = json.at("factors");
  for (std::size_t i = 0; i < factors.size(); ++i) {
    calibration.factors.push_back(
        from_json(kFactor, factors[i], schema, fmt::format("{}, factors[{}]", name, i)));
  }
  if (schema < 3 && !json.contains("gemm_models")) return calibration;
  calibration.gemm_models =
      calibrated_gemms_from(json.value("gemm_models", Json()), schema, name + ", gemm_models");
  if (schema < 5 && !json.contains("losses")) return calibration;
  calibration.losses =
      attributed_losses_from(json.value("losses", Json()), schema, name + ", losses");
  return calibration;
}

std::string calibration_json_schema() {
  const Json properties = {
      {"schema", {{"const", kCalibrationSchema}}},
      {"kind", {{"const", "derate calibration"}}},
      {"time_utc", {{"type", "string"}, {"description", "time of the latest record"}}},
      {"device", schema_of(kDevice)},
      {"factors", {{"type", "array"}, {"items", schema_of(kFactor)}}},
      {"gemm_models", {{"type", "array"}, {"items", calibrated_gemm_schema()}}},
      {"losses", {{"type", "array"}, {"items", attributed_loss_schema()}}}};
  const Json schema = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "derate calibration"},
      {"type", "object"},
      {"properties", properties},
      {"required", {"schema", "kind", "time_utc", "device", "factors", "gemm_models", "losses"}}};
  return schema.dump(2) + "\n";
}

std::string document_calibration_fields() {
  return "### `device`\n\n" + document(kDevice) + "\n### `factors[]`\n\n" + document(kFactor) +
         "\n### `gemm_models[]`\n\n" + document_calibrated_gemms() + "\n### `losses[]`\n\n" +
         document_attributed_losses();
}

}  // namespace derate
