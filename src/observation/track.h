// SPDX-License-Identifier: Apache-2.0
// One benchmark on one side, over all processes of that side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "observation/pairing.h"

namespace derate {

struct Settled {
  Verdict verdict = Verdict::invalid;
  std::string reason;
};

class Track {
 public:
  /// `side` is "base" or "candidate", for what is said of it.
  Track(std::string side, std::string name) : side_(std::move(side)), name_(std::move(name)) {}

  /// The next process of the side. `stage` and `pair` say where it stands.
  void add(const Said& said, const std::string& stage, int pair);

  /// Why it cannot be judged, from this side alone.
  [[nodiscard]] std::optional<Settled> fault() const;
  /// Whether every process says that the device cannot run it.
  [[nodiscard]] bool unsupported() const;
  [[nodiscard]] bool anywhere() const { return present_ > 0; }
  [[nodiscard]] bool complete() const { return present_ == processes_.size(); }

  // Of a benchmark without a fault:
  [[nodiscard]] const Observation& operator[](std::size_t process) const {
    return *processes_[process].observation;
  }
  [[nodiscard]] const Environment& environment() const { return *processes_.front().environment; }
  [[nodiscard]] std::string code_hash() const;  ///< of every process, or empty
  [[nodiscard]] std::string program_id() const;
  [[nodiscard]] double amount() const;
  [[nodiscard]] double amount_spread() const;  ///< of the processes, relative
  [[nodiscard]] std::string unit() const { return processes_.front().observation->amount_unit; }
  [[nodiscard]] std::string problem() const;
  /// What was too hot or too weakly supplied for the usual clock; empty when nothing was.
  [[nodiscard]] std::string held_down() const;

 private:
  struct Process {
    const Observation* observation = nullptr;  ///< null: missing there
    const Environment* environment = nullptr;
    std::string failure;  ///< of the process
    std::string where;    ///< "stage 1, pair 3"
  };

  [[nodiscard]] std::optional<Settled> missing() const;
  [[nodiscard]] std::optional<Settled> wrong() const;
  [[nodiscard]] std::optional<Settled> changed() const;

  std::string side_;
  std::string name_;
  std::vector<Process> processes_;
  std::size_t present_ = 0;
};

}  // namespace derate
