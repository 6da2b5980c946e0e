// SPDX-License-Identifier: Apache-2.0
// One benchmark in all processes of one run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "derate/observation.h"
#include "derate/verdict.h"

namespace derate::compare {

/// Why a benchmark gets no test.
struct Settled {
  Verdict verdict = Verdict::invalid;
  std::string reason;
};

class Side {
 public:
  /// `what` is "base" or "candidate", for what is said of it.
  Side(std::string what, std::span<const ProcessReport> processes, const std::string& name);

  [[nodiscard]] bool anywhere() const { return !found_.empty(); }
  /// Whether every process says that the device cannot run it.
  [[nodiscard]] bool unsupported() const;
  [[nodiscard]] std::optional<Settled> fault() const;

  // Where it is anywhere:
  [[nodiscard]] const Environment& environment() const { return *found_.front().environment; }
  [[nodiscard]] const std::string& problem() const { return first().problem; }
  [[nodiscard]] const std::string& benchmark() const { return first().benchmark; }
  [[nodiscard]] const std::string& unit() const { return first().amount_unit; }
  [[nodiscard]] const std::string& message() const { return first().message; }
  [[nodiscard]] double amount() const;
  [[nodiscard]] double amount_spread() const;   ///< of the processes, relative
  [[nodiscard]] std::string code_hash() const;  ///< of every process, or empty
  /// Heat or a weak supply that held the clock of a process down; empty for neither.
  [[nodiscard]] std::string held_down() const;
  [[nodiscard]] std::vector<double> times_s() const;
  /// Time × clock; NaN where a process has no clock.
  [[nodiscard]] std::vector<double> cycles() const;
  [[nodiscard]] std::vector<double> clocks_hz() const;

 private:
  struct Found {
    const Observation* observation;
    const Environment* environment;
  };
  [[nodiscard]] const Observation& first() const { return *found_.front().observation; }

  std::string what_;
  std::size_t processes_;
  std::vector<Found> found_;
};

}  // namespace derate::compare
