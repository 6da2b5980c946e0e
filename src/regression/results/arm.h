// SPDX-License-Identifier: Apache-2.0
// One benchmark in all processes of one arm of a comparison, the base or the candidate: whether it
// can be judged, and what its processes have in common.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "regression/results/benchmark_result.h"
#include "regression/verdict.h"

namespace derate {

/// A verdict that needs no test.
struct Settled {
  Verdict verdict = Verdict::invalid;
  std::string reason;
};

[[nodiscard]] Judgement judgement_of(std::string benchmark, Settled settled);

/// The results of one process, found by name: each of thousands of benchmarks is looked up in each
/// of dozens of processes. The report must outlive this.
class NamedResults {
 public:
  explicit NamedResults(const ProcessReport& report);

  [[nodiscard]] const ProcessReport& report() const { return *report_; }
  /// The first of that BenchmarkResult::name(), or null.
  [[nodiscard]] const BenchmarkResult* find(const std::string& name) const;

 private:
  const ProcessReport* report_;
  std::unordered_map<std::string, const BenchmarkResult*> results_;
};

[[nodiscard]] std::vector<NamedResults> named(std::span<const ProcessReport> reports);

class Arm {
 public:
  /// `arm` is "base" or "candidate", for what is said of it; `name` is BenchmarkResult::name().
  Arm(std::string arm, std::string name) : arm_(std::move(arm)), name_(std::move(name)) {}

  /// The next process. `failure` says why it may lack benchmarks, `where` which one it is ("stage
  /// 1, pair 3"); either may be empty. `build` counts from 1 where the arm has several. The report
  /// must outlive this.
  void add(const NamedResults& process, const std::string& failure = "",
           const std::string& where = "", int build = 0);

  [[nodiscard]] bool anywhere() const { return !found_.empty(); }
  [[nodiscard]] bool complete() const { return found_.size() == processes_; }
  /// Whether a process that lacks it failed.
  [[nodiscard]] bool lost() const { return !lost_by_.empty(); }
  /// Whether every process says that the device cannot run it.
  [[nodiscard]] bool unsupported() const;
  /// Why it cannot be judged: missing, failed or without a time in one of the processes.
  [[nodiscard]] std::optional<Settled> fault() const;

  /// A process whose environment is not that of the first.
  struct Change {
    EnvironmentDifference fact;
    std::string where;
  };
  /// The first such change of a hard fact, or of the fact named `also` within a build.
  [[nodiscard]] std::optional<Change> change(std::string_view also = "") const;

  // Where it is anywhere:
  [[nodiscard]] const BenchmarkResult& first() const { return *found_.front().result; }
  [[nodiscard]] const Environment& environment() const { return *found_.front().environment; }
  [[nodiscard]] std::string code_hash() const;  ///< of every process, or empty
  [[nodiscard]] double amount() const;
  [[nodiscard]] double amount_spread() const;  ///< of the processes, relative
  /// Heat or a weak supply that held the clock down in a process, not counting the first `from`;
  /// empty for neither.
  [[nodiscard]] std::string held_down(std::size_t from = 0) const;
  [[nodiscard]] std::vector<double> times_s() const;
  /// Median wall time of the processes from the one numbered `from` on, where times_s() is CPU
  /// time.
  [[nodiscard]] double wall_s(std::size_t from = 0) const;
  [[nodiscard]] std::vector<double> clocks_hz() const;
  [[nodiscard]] std::vector<double> cycles() const;  ///< time × clock; NaN without a clock

 private:
  struct Found {
    const BenchmarkResult* result;
    const Environment* environment;
    std::string where;
    int build;
  };

  template <class Figure>
  [[nodiscard]] std::vector<double> all(Figure figure) const;
  [[nodiscard]] const Environment& first_environment(int build) const;

  std::string arm_;
  std::string name_;
  std::size_t processes_ = 0;
  std::vector<Found> found_;
  std::set<int> lacking_builds_;
  std::string lost_by_;  ///< how the first process that lacks it failed
};

/// Why two arms cannot be compared: another device or driver, unit or amount of work.
[[nodiscard]] std::optional<Settled> not_comparable(const Arm& base, const Arm& candidate);

/// What candidates' environments have otherwise, once each.
class Differences {
 public:
  void add(const Arm& base, const Arm& candidate);
  [[nodiscard]] std::vector<EnvironmentDifference> take() { return std::move(all_); }

 private:
  std::vector<EnvironmentDifference> all_;
  std::set<std::tuple<std::string, std::string, std::string>> known_;  ///< name, base, candidate
};

}  // namespace derate
