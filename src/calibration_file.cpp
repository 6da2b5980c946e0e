// SPDX-License-Identifier: Apache-2.0
// The calibration's file: one table of fields for the device, one for a factor; JSON, its schema
// and its documentation are made from both.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "derate/calibration.h"
#include "derate/error.h"
#include "derate/units.h"
#include "overloaded.h"
#include "table.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

/// A member of T that is text, a whole number, a number, or an estimate (value, low, high).
template <typename T>
struct Field {
  std::string_view name;
  std::string_view meaning;
  std::variant<std::string T::*, std::int64_t T::*, double T::*, Estimate T::*> member;
  std::int64_t since = 1;  ///< schema that brought it; older files have its default
};

const std::array kDeviceFields = {
    Field<Context>{"tool_version", "version of derate", &Context::tool_version},
    Field<Context>{"tool_commit", "commit of its sources", &Context::tool_commit},
    Field<Context>{"build_type", "CMake build type", &Context::build_type},
    Field<Context>{"backend", "host or cuda", &Context::backend},
    Field<Context>{"device_index", "position within the backend", &Context::device_index},
    Field<Context>{"device_name", "as the driver or CPUID says it", &Context::device_name},
    Field<Context>{"device_architecture", "sm_90, zen5, ...", &Context::device_architecture},
    Field<Context>{"device_id", "hash of the device's identity", &Context::device_id},
    Field<Context>{"device_remark", "what a reader should know of it", &Context::device_remark},
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
    Field<Factor>{"clock_hz", "clock measured meanwhile [Hz]", &Factor::clock_hz}};

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.9g}", value));  // as many digits as the records have
}

double number_from(const Json& value) { return value.is_null() ? kUnknown : value.get<double>(); }

/// A value of the right type that no measurement can have.
struct NoSense {};

std::int64_t integer_from(const Json& value) {
  if (value.is_number() && !value.is_number_integer()) throw NoSense{};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > (1ULL << 62)) throw NoSense{};
  const auto number = value.get<std::int64_t>();
  if (number < 0) throw NoSense{};  // counts, all of them
  return number;
}

/// Every estimate of a factor is a rate or a share of one: positive, and within its interval.
Estimate estimate_from(const Json& value) {
  const Estimate estimate = {number_from(value.at("value")),
                             {number_from(value.at("low")), number_from(value.at("high")), 0.95}};
  const Interval& interval = estimate.interval;
  if (estimate.value <= 0 || interval.low > estimate.value || interval.high < estimate.value) {
    throw NoSense{};  // not for unknown ones, which are NaN
  }
  return estimate;
}

template <typename T>
Json json_of(std::span<const Field<T>> fields, const T& item) {
  Json object;
  for (const Field<T>& field : fields) {
    object[std::string(field.name)] =
        std::visit(Overloaded{[&](std::string T::*member) { return Json(item.*member); },
                              [&](std::int64_t T::*member) { return Json(item.*member); },
                              [&](double T::*member) { return number(item.*member); },
                              [&](Estimate T::*member) {
                                const Estimate& estimate = item.*member;
                                return Json{{"value", number(estimate.value)},
                                            {"low", number(estimate.interval.low)},
                                            {"high", number(estimate.interval.high)}};
                              }},
                   field.member);
  }
  return object;
}

template <typename T>
T from_json(std::span<const Field<T>> fields, const Json& object, std::int64_t schema,
            const std::string& where) {
  T item;
  for (const Field<T>& field : fields) {
    if (field.since > schema && object.is_object() && !object.contains(field.name)) continue;
    try {
      const Json& value = object.at(std::string(field.name));
      std::visit(Overloaded{[&](std::string T::*member) { item.*member = value; },
                            [&](std::int64_t T::*member) { item.*member = integer_from(value); },
                            [&](double T::*member) { item.*member = number_from(value); },
                            [&](Estimate T::*member) { item.*member = estimate_from(value); }},
                 field.member);
    } catch (const NoSense&) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}: field \"{}\" makes no sense: {}", where, field.name,
                              object.at(std::string(field.name)).dump()));
    } catch (const Json::exception&) {
      throw Error(
          ExitCode::invalid_input,
          fmt::format("{}: field \"{}\" is missing or of the wrong type", where, field.name));
    }
  }
  return item;
}

template <typename T>
Json schema_of(std::span<const Field<T>> fields) {
  Json number_or_null = {{"type", {"number", "null"}}};
  Json estimate = {{"type", "object"},
                   {"properties",
                    {{"value", number_or_null}, {"low", number_or_null}, {"high", number_or_null}}},
                   {"required", {"value", "low", "high"}}};
  Json properties;
  Json required = Json::array();
  for (const Field<T>& field : fields) {
    Json property = std::visit(Overloaded{[](std::string T::*) {
                                            return Json{{"type", "string"}};
                                          },
                                          [](std::int64_t T::*) {
                                            return Json{{"type", "integer"}};
                                          },
                                          [&](double T::*) { return number_or_null; },
                                          [&](Estimate T::*) { return estimate; }},
                               field.member);
    property["description"] = field.meaning;
    properties[std::string(field.name)] = property;
    required.push_back(field.name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

template <typename T>
std::string document(std::span<const Field<T>> fields) {
  std::ostringstream out;
  out << "| field | meaning |\n| --- | --- |\n";
  for (const Field<T>& field : fields) {
    table::write_markdown(out, std::array<std::string, 2>{"`" + std::string(field.name) + "`",
                                                          std::string(field.meaning)});
  }
  return out.str();
}

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
  return file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Calibration read_calibration(const std::filesystem::path& path) {
  std::error_code ignored;  // the open below says what is wrong with the path
  const std::filesystem::path file =
      std::filesystem::is_directory(path, ignored) ? path / "calibration.json" : path;
  const std::string name = file.string();
  std::ifstream in(file);
  if (!in) {
    throw Error(ExitCode::invalid_input,
                fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
  const Json json = Json::parse(in, nullptr, false);
  if (json.is_discarded()) throw Error(ExitCode::invalid_input, name + " is not JSON");
  if (!json.is_object() || json.value("kind", Json()) != "derate calibration" ||
      !json.value("schema", Json()).is_number_integer()) {
    throw Error(ExitCode::invalid_input, name + " is not a derate calibration");
  }
  if (json["schema"] < 1) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: schema {} is not a version", name, json["schema"].dump()));
  }
  if (json["schema"] > kCalibrationSchema) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: schema {} is newer than {}, which this derate reads", name,
                            json["schema"].dump(), kCalibrationSchema));
  }
  // Checked here, because reading from another type of JSON throws what no caller expects.
  if (!json.value("time_utc", Json()).is_string() || !json.value("factors", Json()).is_array()) {
    throw Error(ExitCode::invalid_input,
                name + ": field \"time_utc\" or \"factors\" is missing or of the wrong type");
  }
  const std::int64_t schema = json["schema"];
  Calibration calibration;
  calibration.device = from_json(kDevice, json.value("device", Json()), schema, name + ", device");
  calibration.device.time_utc = json["time_utc"];
  const Json& factors = json["factors"];
  for (std::size_t i = 0; i < factors.size(); ++i) {
    calibration.factors.push_back(
        from_json(kFactor, factors[i], schema, fmt::format("{}, factors[{}]", name, i)));
  }
  return calibration;
}

std::string render(const Calibration& calibration, Format format) {
  if (format == Format::json) return to_json(calibration);
  using C = Column<Factor>;
  const std::array columns = {
      C{"workload", "workload", "",
        [](const Factor& f) -> Value { return std::string_view(f.workload); }},
      C{"variant", "variant", "",
        [](const Factor& f) -> Value { return std::string_view(f.variant); }},
      C{"provider", "provider", "",
        [](const Factor& f) -> Value { return std::string_view(f.provider); }},
      C{"precision", "type", "",
        [](const Factor& f) -> Value { return std::string_view(f.precision); },
        [](const Factor& f) {
          const bool same = f.accumulator.empty() || f.accumulator == f.precision;
          return same ? f.precision : f.precision + "→" + f.accumulator;
        }},
      C{"size_class", "sizes", "",
        [](const Factor& f) -> Value { return std::string_view(f.size_class); }},
      C{"data", "data", "", [](const Factor& f) -> Value { return std::string_view(f.data); }},
      C{"cache", "cache", "", [](const Factor& f) -> Value { return std::string_view(f.cache); }},
      C{"mode", "mode", "", [](const Factor& f) -> Value { return std::string_view(f.mode); }},
      C{"devices_at_once", "at once", "",
        [](const Factor& f) -> Value { return f.devices_at_once; }},
      C{"achieved", "achieved", "", [](const Factor& f) -> Value { return f.achieved.value; },
        [](const Factor& f) {
          return format_rate(f.achieved.value, parse_bound(f.bound).value_or(Bound::compute),
                             f.precision);
        }},
      C{"eta", "η [95 % interval]", "", [](const Factor& f) -> Value { return f.eta.value; },
        [](const Factor& f) { return format_percent(f.eta); }},
      C{"eta_low", "", "", [](const Factor& f) -> Value { return f.eta.interval.low; }},
      C{"eta_high", "", "", [](const Factor& f) -> Value { return f.eta.interval.high; }},
      C{"eta_measured", "η at clock [95 % interval]", "",
        [](const Factor& f) -> Value { return f.eta_measured.value; },
        [](const Factor& f) { return format_percent(f.eta_measured); }},
      C{"eta_measured_low", "", "",
        [](const Factor& f) -> Value { return f.eta_measured.interval.low; }},
      C{"eta_measured_high", "", "",
        [](const Factor& f) -> Value { return f.eta_measured.interval.high; }},
      C{"rounds", "rounds", "", [](const Factor& f) -> Value { return f.rounds; }},
      C{"samples", "n", "", [](const Factor& f) -> Value { return f.samples; }}};
  std::ostringstream out;
  write(out, std::span<const C>(columns), calibration.factors, format);
  return out.str();
}

std::string calibration_json_schema() {
  const Json properties = {
      {"schema", {{"const", kCalibrationSchema}}},
      {"kind", {{"const", "derate calibration"}}},
      {"time_utc", {{"type", "string"}, {"description", "time of the latest record"}}},
      {"device", schema_of(kDevice)},
      {"factors", {{"type", "array"}, {"items", schema_of(kFactor)}}}};
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "derate calibration"},
                       {"type", "object"},
                       {"properties", properties},
                       {"required", {"schema", "kind", "time_utc", "device", "factors"}}};
  return schema.dump(2) + "\n";
}

std::string document_calibration_fields() {
  return "### `device`\n\n" + document(kDevice) + "\n### `factors[]`\n\n" + document(kFactor);
}

}  // namespace derate
