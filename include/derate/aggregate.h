// SPDX-License-Identifier: Apache-2.0
// Records → rows: the rounds of one workload and problem on one device, taken together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "derate/record.h"
#include "derate/statistics.h"
#include "derate/work.h"

namespace derate {

/// A result faster than this multiple of its peak, at the highest clock that may have been, is
/// suspect. The margin is for how a clock is measured: by another load, beside the samples.
inline constexpr double kSuspectAbove = 1.02;
inline constexpr const char* kAbovePeak = "faster than its peak at the measured clock";
/// A quota below one core gives all of it for a part of each such period, the kernel's usual one.
inline constexpr double kQuotaPeriod_s = 0.1;
/// A row during which other programs had more than this share of the device is unstable.
inline constexpr double kSharedAbove = 0.10;
/// A row is unstable when the device waited for the host in more than this share of the samples.
inline constexpr double kHostBoundAbove = 0.05;
/// A row whose interval is wider than ± this fraction is unstable.
inline constexpr double kUnstableAbove = 0.05;

/// What rows of one device and one build have in common: a record's device and software fields, and
/// the time of the latest; the fields that belong to a single measurement are empty.
using Context = Record;

/// What a row keeps of a round in which variants were interleaved: its sample i was taken beside
/// sample i of the others that have the same `run` and `began`.
struct Turns {
  std::string run;
  std::string began;
  std::vector<double> rates;      ///< of each sample: FLOP/s, B/s or steps/s
  std::vector<double> clocks_hz;  ///< of each sample; NaN where not measured
};

/// One line of the report.
struct Row {
  std::shared_ptr<const Context> context;
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
  std::int64_t devices_at_once = 1;
  bool side_by_side = false;  ///< interleaved with others, which is another load than one alone

  Work work = {};                    ///< of one launch, whatever bounds it
  double amount = 0;                 ///< the part of it that achieved counts
  double peak_per_clock = kUnknown;  ///< as in Record
  std::string peak_instruction;
  std::string peak_source;
  std::string library;
  std::string algorithm = {};  ///< that the library took; several, if rounds differ, apart by " | "

  std::int64_t rounds = 0;   ///< records that hold samples
  std::int64_t samples = 0;  ///< over all rounds
  Estimate achieved = {};    ///< FLOP/s, B/s or steps/s
  double peak = kUnknown;    ///< at the specified clock, or at the maximum where none is specified
  Estimate eta = {};         ///< achieved ÷ peak
  Estimate eta_measured = {};   ///< achieved ÷ peak at the clock measured in each round
  double host_bound_share = 0;  ///< of the samples that waited for the host; worst round
  double others_share =
      kUnknown;  ///< of the device's time that other programs had; mean over the rounds
  /// Of the samples under which the sensors were read, those during which something held the clock
  /// down; and everything that did.
  double throttled_share = kUnknown;
  std::vector<std::string> throttle_reasons = {};
  // What the driver counts over all rounds, and the slowest link and memory clock under load.
  double throttled_power_s = kUnknown;
  double throttled_thermal_s = kUnknown;
  double throttled_other_s = kUnknown;
  double clock_setting = kUnknown;
  double memory_clock_ratio = kUnknown;
  double ecc_corrected = kUnknown;
  double ecc_uncorrected = kUnknown;
  std::string pcie_link = {};
  std::string pcie_link_maximum = {};
  Estimate energy = {kUnknown, {kUnknown, kUnknown, 0}};  ///< J per FLOP, byte or step
  /// Median time of the samples during which the sensors were read ÷ that of the others.
  Estimate reading_effect = {kUnknown, {kUnknown, kUnknown, 0}};
  double power_w = kUnknown;          ///< under load; middle one of the rounds
  double temperature_c = kUnknown;    ///< likewise
  double other_processes = kUnknown;  ///< that held the device; most of any round
  /// Of a calibration to compare with: η, and where no peak is known what was achieved.
  Estimate calibrated = {kUnknown, {kUnknown, kUnknown, 0}};
  Estimate calibrated_rate = {kUnknown, {kUnknown, kUnknown, 0}};
  double clock_reference_hz = kUnknown;     ///< specified clock, or the maximum
  std::string clock_specified_source = {};  ///< where the specified clock comes from
  double clock_hz = kUnknown;
  double clock_ratio = kUnknown;  ///< measured ÷ specified clock
  double spread = kUnknown;       ///< scaled MAD of the samples ÷ median; middle one of the rounds
  std::vector<Turns> turns = {};  ///< one for each round that was measured side by side
  Outcome outcome = Outcome::passed;
  std::string message = {};  ///< why, unless it passed
};

/// What bounds the row's work; Bound::compute for a word that is none.
[[nodiscard]] Bound bound_of(const Row& row);

/// The specified clock, or the maximum where none is specified; 1 for what does not follow a clock.
[[nodiscard]] double reference_clock_hz(const Record& record);

/// What differs from the usual: " (hot) (zeros) (sustained) (2 at once) (side by side)"; empty for
/// random data, cold caches, a burst, one device at a time, one variant after the other.
[[nodiscard]] std::string conditions(const Row& row);
/// The same without the data and that it was side by side, for a table in which all are.
[[nodiscard]] std::string conditions_side_by_side(const Row& row);

/// Median clock of a record's samples, and between which ends it may be; kUnknown where none was
/// measured.
[[nodiscard]] Estimate measured_clock(const Record& record);
[[nodiscard]] double measured_clock_hz(const Record& record);

/// Whether a record claims more than its peak by more than kSuspectAbove: at the highest clock that
/// its samples allow, or at the maximum clock where none was measured. Cached data may beat the
/// memory's bandwidth. A sample of a share of a core may hold one part of a period more than that.
[[nodiscard]] bool above_peak(const Record& record);

/// What a rate means for a measurement that went well otherwise.
struct Finding {
  Outcome outcome = Outcome::passed;
  std::string message = {};
};

/// Outcome::suspect for a record above its peak; Outcome::unstable where other programs had so much
/// of the device's time that without it the measured clock may have read as high as is needed.
[[nodiscard]] Finding against_peak(const Record& record);

/// Collects records one by one, keeping a few numbers of each, and makes rows of them.
class Aggregate {
 public:
  void add(const Record& record);
  /// One device after another; on each the rows by workload, variant, precision and size. Leaves
  /// the summary empty.
  [[nodiscard]] std::vector<Row> rows();
  /// Records that were added twice, as when a file is named twice, and counted once.
  [[nodiscard]] std::int64_t duplicates() const { return duplicates_; }

 private:
  /// What is kept of one record.
  struct Round {
    double achieved = 0;    // per second
    double half_width = 0;  // relative, of the interval of the round's own median
    double confidence = 0;  // of that interval
    double clock_hz = 0;
    double clock_half_width = 0;  // relative
    double spread = 0;
    double others_share = 0;  // this and the rest: NaN where not measured
    double throttled_share = 0;
    double power_w = 0;
    double temperature_c = 0;
    Estimate energy;
    Estimate reading_effect;
  };

  std::shared_ptr<const Context> context_of(const Record& record);
  std::size_t row_of(const Record& record);
  static void finish(Row& row, const std::vector<Round>& rounds);

  std::vector<std::shared_ptr<Context>> contexts_;
  std::unordered_map<std::string, std::size_t> context_places_;  // by identity
  std::vector<Row> rows_;
  std::vector<std::vector<Round>> rounds_;  // of the row at the same place
  std::unordered_map<std::string, std::size_t> index_;
  std::unordered_set<std::size_t> seen_;  // hashes of records
  std::int64_t duplicates_ = 0;
};

}  // namespace derate
