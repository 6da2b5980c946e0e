// SPDX-License-Identifier: Apache-2.0
// One measured round of one workload and problem, self-contained: device, software, samples,
// verdict. The field table below drives reading, writing and the documentation (docs/record.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "derate/statistics.h"
#include "derate/work.h"

namespace derate {

/// Version of the record's fields. Readers take every version up to their own.
inline constexpr std::int64_t kRecordSchema = 8;

/// How a measurement ended.
enum class Outcome {
  passed,       ///< result right, interval narrow
  unstable,     ///< result right, but the time limit came before the interval was narrow
  suspect,      ///< faster than the peak at the measured clock: a bug, not a success
  unsupported,  ///< the device cannot run it
  incorrect,    ///< wrong result; never timed
  failed        ///< the device or a library refused
};

[[nodiscard]] std::string_view to_string(Outcome outcome);
/// Whether `word` is one of the above.
[[nodiscard]] bool is_outcome(std::string_view word);
/// Outcome::failed for a word that is none of the above.
[[nodiscard]] Outcome parse_outcome(std::string_view word);

/// Sensor readings of a measurement, under its load where that lasts long enough, otherwise right
/// after it; NaN or empty where there is no sensor.
struct Telemetry {
  double power_w = kUnknown;
  double temperature_c = kUnknown;
  /// Share of the compute units' time that other programs had since the last reading: 1 is all of
  /// it, none is about 0.
  double others_share = kUnknown;
  /// Other processes that held the device at the last reading.
  double other_processes = kUnknown;
  /// What the device consumed since the last call, and over which time; with pauses in between.
  double energy_j = kUnknown;
  double energy_time_s = kUnknown;
  /// The largest advance of the energy counter between two readings: energy_j is off by less.
  double energy_step_j = kUnknown;
  std::string throttle_reasons;  ///< "power_cap,thermal"; empty when nothing held the clock down
  // For how long the clock was held down since the last call, as the driver counts: because of
  // power, of heat, or for sync boost, the board's limit or its reliability.
  double throttled_power_s = kUnknown;
  double throttled_thermal_s = kUnknown;
  double throttled_other_s = kUnknown;
  double clock_setting = kUnknown;  ///< 1 where clocks that somebody set limited the clock, or 0
  double memory_clock_ratio = kUnknown;  ///< memory's clock ÷ its maximum
  double ecc_corrected = kUnknown;       ///< errors since the last call
  double ecc_uncorrected = kUnknown;
  std::string pcie_link;          ///< "5 x16": generation and lanes
  std::string pcie_link_maximum;  ///< that device and system allow together
};

/// Plain data with SI units in the names; kUnknown (JSON null) where something is not known.
struct Record : Telemetry {
  std::int64_t schema = kRecordSchema;
  std::string run;
  std::string time_utc;
  std::string tool_version;
  std::string tool_commit;
  std::string build_type;
  std::string program_id;
  std::string host_id;
  std::string boot_id;

  std::string backend;
  std::int64_t device_index = 0;
  std::string device_name;
  std::string device_architecture;
  std::string device_id;
  std::string device_remark;
  double compute_units = 0;
  double memory_bytes = 0;
  double last_level_cache_bytes = 0;
  std::string driver_version;
  std::string runtime_version;
  std::string library;
  std::string algorithm;
  std::string code_hash;

  std::string workload;
  std::string variant;
  std::string provider;
  std::string precision;
  std::string accumulator;
  std::string units;
  std::string instruction;
  std::string problem;
  std::string size_class;
  std::string bound;
  std::string data;
  std::string cache;
  std::string mode = "burst";
  std::string side_by_side;
  std::string stage;
  double flops = 0;
  double bytes = 0;
  double steps = 0;

  double peak_per_clock = kUnknown;
  std::string peak_instruction;
  std::string peak_source;
  double clock_specified_hz = kUnknown;
  std::string clock_specified_source;
  double clock_maximum_hz = kUnknown;
  std::string clock_maximum_source;

  std::int64_t launches_per_sample = 0;
  double warm_up_s = 0;
  std::vector<double> samples_s;
  std::vector<double> clocks_hz;
  std::vector<double> powers_w;
  std::vector<double> temperatures_c;
  std::vector<double> throttled;
  std::vector<double> waited_shares;
  double power_cap_w = kUnknown;
  std::int64_t devices_at_once = 1;
  double host_bound_share = 0;

  std::string outcome;
  std::string message;
};

/// What bounds the record's work; Bound::compute for a word that is no bound.
[[nodiscard]] Bound bound_of(const Record& record);
/// What one launch amounts to: FLOP, B, or steps.
[[nodiscard]] double amount_of(const Record& record);

/// One field: its name in JSON, its unit, what it means, and where it lives in a Record.
struct RecordField {
  std::string_view name;
  std::string_view unit;
  std::string_view meaning;
  std::variant<std::int64_t Record::*, double Record::*, std::string Record::*,
               std::vector<double> Record::*>
      member;
  std::int64_t since = 1;  ///< schema that brought it; older records have its default
};

/// Every field, in the order in which they are written.
[[nodiscard]] std::span<const RecordField> record_fields();

/// The record as one line of JSON, without the line end.
[[nodiscard]] std::string to_json_line(const Record& record);

/// JSON Schema (draft 2020-12) of a record, made from the field table.
[[nodiscard]] std::string record_json_schema();

}  // namespace derate
