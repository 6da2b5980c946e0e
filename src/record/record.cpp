// SPDX-License-Identifier: Apache-2.0
// The table of fields with units, meaning and schema version; JSON line and JSON schema are made
// from it.
#include "derate/record.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json.h"
#include "base/overloaded.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kOutcomes = {"passed",      "unstable",  "suspect",
                                                       "unsupported", "incorrect", "failed"};

const std::array kFields = {
    RecordField{"schema", "", "version of these fields", &Record::schema},
    RecordField{"run", "", "identifies the process that measured; rounds of one process share it",
                &Record::run},
    RecordField{"time_utc", "", "when the round ended, RFC 3339", &Record::time_utc},
    RecordField{"tool_version", "", "version of derate", &Record::tool_version},
    RecordField{"tool_commit", "", "commit of its sources", &Record::tool_commit},
    RecordField{"build_type", "", "CMake build type; figures of other than Release say little",
                &Record::build_type},
    RecordField{"program_id", "", "build id of the program that measured; empty where it has none",
                &Record::program_id, 5},
    RecordField{"host_id", "", "hash of the machine's name", &Record::host_id, 5},
    RecordField{"boot_id", "",
                "hash of the identity of the machine's boot; empty where none is told",
                &Record::boot_id, 7},
    RecordField{"backend", "", "host or cuda", &Record::backend},
    RecordField{"device_index", "", "position within the backend", &Record::device_index},
    RecordField{"device_name", "", "as reported by the driver or CPUID", &Record::device_name},
    RecordField{"device_architecture", "", "sm_90, zen5, ...; empty when not recognised",
                &Record::device_architecture},
    RecordField{"device_id", "", "hash of the device's identity", &Record::device_id},
    RecordField{"device_remark", "", "notes on the device", &Record::device_remark},
    RecordField{"compute_units", "", "SMs, or physical cores in use", &Record::compute_units},
    RecordField{"memory_bytes", "B", "size of the device's memory", &Record::memory_bytes},
    RecordField{"last_level_cache_bytes", "B", "size of L2 (GPU) or of the largest cache (CPU)",
                &Record::last_level_cache_bytes},
    RecordField{"driver_version", "", "GPU driver, or kernel release", &Record::driver_version},
    RecordField{"runtime_version", "", "CUDA runtime, or C library", &Record::runtime_version},
    RecordField{"library", "", "library behind the provider; empty for own code", &Record::library},
    RecordField{"algorithm", "",
                "which of its algorithms the library took, or the workload of its "
                "configurations; empty where there is one only, or it does not tell",
                &Record::algorithm, 2},
    RecordField{
        "code_hash", "",
        "hash of the machine code that ran on a GPU and of its grids; empty on the host, for "
        "a library's kernels, copies and graphs, and where the code is not known",
        &Record::code_hash, 5},
    RecordField{"workload", "", "gemm, fma_chain, vector_add, ...", &Record::workload},
    RecordField{"variant", "", "which implementation", &Record::variant},
    RecordField{"provider", "", "whose code: derate, cublas, openblas, nccl, a framework, or user",
                &Record::provider},
    RecordField{"precision", "", "format of the operands", &Record::precision},
    RecordField{"accumulator", "", "format of the sums", &Record::accumulator, 2},
    RecordField{"units", "", "vector or tensor: which units may do the arithmetic", &Record::units,
                2},
    RecordField{
        "instruction", "",
        "the one that does all the arithmetic: FFMA, wgmma, ...; empty for a program of many",
        &Record::instruction, 2},
    RecordField{"problem", "", "extents, such as m:512/n:512/k:512", &Record::problem},
    RecordField{"size_class", "", "class of problems that share a derate factor",
                &Record::size_class},
    RecordField{"bound", "",
                "what bounds the work, and which peak applies: compute, memory, cache, link, "
                "link_both_ways, "
                "link_to_peer, or latency, where each step waits for the one before",
                &Record::bound},
    RecordField{"data", "", "uniform (random) or zeros", &Record::data},
    RecordField{"cache", "", "hot, or cold (operands rotated beyond the last-level cache)",
                &Record::cache},
    RecordField{"mode", "", "burst (short, rested) or sustained (settled under load)",
                &Record::mode, 2},
    RecordField{
        "side_by_side", "",
        "when a measurement began in which variants were interleaved sample by sample on the "
        "same operands; records of it share this time; empty: measured alone",
        &Record::side_by_side, 4},
    RecordField{
        "stage", "",
        "what of the work the launches did, for an attribution (docs/attribution.md): whole, "
        "registers, ...; empty: an ordinary measurement",
        &Record::stage, 8},
    RecordField{"flops", "FLOP", "operations of one launch; a fused multiply-add is two",
                &Record::flops},
    RecordField{"bytes", "B", "unavoidable traffic of one launch, over memory or a link",
                &Record::bytes},
    RecordField{
        "steps", "",
        "steps of one launch that wait for each other, such as the loads of a pointer chase",
        &Record::steps, 3},
    RecordField{
        "peak_per_clock", "FLOP or B/s",
        "2·N: operations per clock of the whole device; for memory and links the bandwidth itself",
        &Record::peak_per_clock},
    RecordField{"peak_instruction", "",
                "the instruction that reaches it; empty for memory and links",
                &Record::peak_instruction, 2},
    RecordField{"peak_source", "", "where N, or the bandwidth, comes from", &Record::peak_source},
    RecordField{"clock_specified_hz", "Hz", "data sheet's boost clock, or nominal CPU clock",
                &Record::clock_specified_hz},
    RecordField{"clock_specified_source", "", "where it comes from",
                &Record::clock_specified_source},
    RecordField{"clock_maximum_hz", "Hz", "highest clock that driver or kernel state",
                &Record::clock_maximum_hz},
    RecordField{"clock_maximum_source", "", "where it comes from", &Record::clock_maximum_source},
    RecordField{"launches_per_sample", "", "launches timed together as one sample",
                &Record::launches_per_sample},
    RecordField{"warm_up_s", "s", "time of untimed launches before the first sample",
                &Record::warm_up_s},
    RecordField{"samples_s", "s", "time of one launch in each sample, in order, none dropped",
                &Record::samples_s},
    RecordField{"clocks_hz", "Hz", "clock measured around each sample", &Record::clocks_hz},
    RecordField{"powers_w", "W",
                "power under each sample; null where not read, empty without a sensor",
                &Record::powers_w, 2},
    RecordField{"temperatures_c", "°C", "temperature likewise", &Record::temperatures_c, 2},
    RecordField{
        "throttled", "",
        "1 for a sample during which something held the clock down, 0 where nothing did; null "
        "where not read, empty without a sensor",
        &Record::throttled, 2},
    RecordField{
        "waited_shares", "",
        "share of each sample in which a thread was ready and something else had its core, of the "
        "thread that waited longest; empty where the system does not count that",
        &Record::waited_shares, 8},
    RecordField{"power_w", "W", "power under the load of the samples, or right after it",
                &Record::power_w},
    RecordField{"power_cap_w", "W", "power limit in force", &Record::power_cap_w},
    RecordField{"temperature_c", "°C", "temperature likewise", &Record::temperature_c},
    RecordField{"energy_j", "J", "consumed from the first sample to the last, pauses included",
                &Record::energy_j, 2},
    RecordField{"energy_time_s", "s", "over which time", &Record::energy_time_s, 2},
    RecordField{"energy_step_j", "J", "the counter's largest advance: energy_j is off by less",
                &Record::energy_step_j, 6},
    RecordField{"throttle_reasons", "", "what held the clock down, comma-separated",
                &Record::throttle_reasons},
    RecordField{"throttled_power_s", "s",
                "time for which the driver counts the clock as held down because of power",
                &Record::throttled_power_s, 6},
    RecordField{"throttled_thermal_s", "s", "the same because of heat",
                &Record::throttled_thermal_s, 6},
    RecordField{"throttled_other_s", "s",
                "the same because of sync boost, the board's limit or reliability",
                &Record::throttled_other_s, 6},
    RecordField{"clock_setting", "",
                "1 where clocks that somebody set limited the clock, 0 where not",
                &Record::clock_setting, 6},
    RecordField{"memory_clock_ratio", "", "memory's clock under load ÷ its maximum",
                &Record::memory_clock_ratio, 6},
    RecordField{"ecc_corrected", "", "memory errors that ECC corrected during the samples",
                &Record::ecc_corrected, 6},
    RecordField{"ecc_uncorrected", "",
                "memory errors that ECC could not correct during the samples",
                &Record::ecc_uncorrected, 6},
    RecordField{"pcie_link", "", "PCIe generation and lanes under load: 5 x16", &Record::pcie_link,
                6},
    RecordField{"pcie_link_maximum", "", "the same, the most that device and system allow",
                &Record::pcie_link_maximum, 6},
    RecordField{
        "others_share", "",
        "share of the compute units' time that other programs had; 1 is all, none is about 0",
        &Record::others_share},
    RecordField{"other_processes", "", "other processes that held the device",
                &Record::other_processes, 2},
    RecordField{"devices_at_once", "", "devices under load at the same time, this one included",
                &Record::devices_at_once, 2},
    RecordField{"host_bound_share", "",
                "share of the samples in which the device waited for the host's launches, 0 to 1",
                &Record::host_bound_share},
    RecordField{"outcome", "", "passed, unstable, suspect, unsupported, incorrect or failed",
                &Record::outcome},
    RecordField{"message", "", "why, in one sentence, unless it passed", &Record::message}};

/// Without ".0" where it is whole.
Json shortest(double value) {
  const bool is_whole = value == std::floor(value) && std::abs(value) < 0x1p53;
  return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

/// Whole numbers exactly; others to nine significant digits, which is a picosecond in a millisecond
/// and half the bytes that a round trip would need.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const bool has_integer = std::abs(value) < 0x1p63;
  const bool has_scale = value == 0 || std::abs(value) > 1e-290;
  if (!has_integer || !has_scale) return value;
  if (std::abs(value) >= 1e9 || value == 0) return static_cast<std::int64_t>(std::round(value));
  const double scale = std::pow(10, 8 - std::floor(std::log10(std::abs(value))));
  return shortest(std::round(value * scale) / scale);
}

Json array(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

}  // namespace

std::string_view to_string(Outcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }

bool is_outcome(std::string_view word) {
  return std::find(kOutcomes.begin(), kOutcomes.end(), word) != kOutcomes.end();
}

Outcome parse_outcome(std::string_view word) {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (kOutcomes[i] == word) return static_cast<Outcome>(i);
  }
  return Outcome::failed;
}

Bound bound_of(const Record& record) { return parse_bound(record.bound).value_or(Bound::compute); }

double amount_of(const Record& record) {
  return Work{record.flops, record.bytes, record.steps}.amount(bound_of(record));
}

std::span<const RecordField> record_fields() { return kFields; }

std::string to_json_line(const Record& record) {
  Json line;
  for (const RecordField& field : kFields) {
    line[std::string(field.name)] =
        std::visit(Overloaded{[&](std::int64_t Record::*m) { return Json(record.*m); },
                              [&](double Record::*m) { return number(record.*m); },
                              [&](std::string Record::*m) { return Json(record.*m); },
                              [&](std::vector<double> Record::*m) { return array(record.*m); }},
                   field.member);
  }
  // A device name or error text that is not UTF-8 must not cost the record.
  return dumped(line);
}

std::string record_json_schema() {
  Json properties;
  Json required = Json::array();
  for (const RecordField& field : kFields) {
    Json property = std::visit(
        Overloaded{[](std::int64_t Record::*) {
                     return Json{{"type", "integer"}};
                   },
                   [](double Record::*) {
                     return Json{{"type", {"number", "null"}}};
                   },
                   [](std::string Record::*) {
                     return Json{{"type", "string"}};
                   },
                   [](std::vector<double> Record::*) {
                     return Json{{"type", "array"}, {"items", {{"type", {"number", "null"}}}}};
                   }},
        field.member);
    property["description"] = std::string(field.meaning) +
                              (field.unit.empty() ? "" : " [" + std::string(field.unit) + "]");
    properties[std::string(field.name)] = property;
    required.push_back(field.name);
  }
  properties["schema"]["const"] = kRecordSchema;
  properties["outcome"]["enum"] = kOutcomes;
  properties["mode"]["enum"] = {"burst", "sustained"};
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "derate record"},
                 {"description", "One line of records.jsonl: one measured round."},
                 {"type", "object"},
                 {"properties", properties},
                 {"required", required}};
  return schema.dump(2) + "\n";
}

}  // namespace derate
