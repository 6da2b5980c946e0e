// SPDX-License-Identifier: Apache-2.0
// Histories that were never measured, for the tests of what is made of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "history/track.h"
#include "history_noise.h"

namespace derate::history {

/// A history of some benchmarks that take 1 ms, on one device.
class Made {
 public:
  explicit Made(std::size_t sessions, std::size_t benchmarks = 1, double sd = 0.003,
                std::uint64_t seed = 1)
      : noise_(seed) {
    for (const char* const driver : {"1", "2"}) set.environments.push_back(environment(driver));
    for (std::size_t at = 0; at < sessions; ++at) {
      Session session;
      session.id = static_cast<std::int64_t>(at) + 1;
      set.sessions.push_back(session);
    }
    for (std::size_t at = 0; at < benchmarks; ++at) {
      Series series;
      series.benchmark = "bm" + std::to_string(at);
      series.identity = "gpu";
      for (const double log : noise_.white(sessions, sd)) {
        SessionValue value;
        value.session = static_cast<std::int64_t>(series.values.size()) + 1;
        value.time_s = 1e-3 * std::exp(log);
        value.clock_hz = 2e9;
        value.processes = 3;
        series.values.push_back(value);
      }
      set.series.push_back(series);
    }
  }

  /// Slows sessions from `first` (counted from 1) to `last` down.
  Made& slow(double factor, std::size_t first, std::size_t last, std::size_t benchmark = 0) {
    for (std::size_t at = first - 1; at < last; ++at) {
      set.series[benchmark].values[at].time_s *= factor;
    }
    return *this;
  }
  Made& driver(std::size_t first) {
    for (Series& series : set.series) {
      for (std::size_t at = first - 1; at < series.values.size(); ++at) {
        series.values[at].environment = 1;
      }
    }
    return *this;
  }
  /// Runs every `sessions` in another boot.
  Made& boot_each(std::size_t sessions) {
    each_environment([&](std::size_t session) {
      Environment in_boot = environment("1");
      in_boot.facts.push_back({"boot_id", std::to_string(session / sessions), false});
      return in_boot;
    });
    return *this;
  }
  /// Runs session `at`, counted from 0, in environment(at).
  void each_environment(const auto& environment) {
    const std::size_t first = set.environments.size();
    for (std::size_t at = 0; at < set.sessions.size(); ++at) {
      set.environments.push_back(environment(at));
    }
    for (Series& series : set.series) {
      for (std::size_t at = 0; at < series.values.size(); ++at) {
        series.values[at].environment = first + at;
      }
    }
  }
  static Environment environment(const char* driver) {
    return {{{"device_name", "Example GPU", true}, {"driver_version", driver, true}}};
  }
  Made& accept(std::int64_t since) {
    set.acceptances.push_back({1, "bm*", since, "wider tiles", "", ""});
    return *this;
  }
  [[nodiscard]] Comparison track() const { return history::track({}, set); }
  [[nodiscard]] Judgement first() const { return track().judgements.at(0); }

  SeriesSet set;

 private:
  Noise noise_;
};

}  // namespace derate::history
