// SPDX-License-Identifier: Apache-2.0
// Groups the series, splits the logarithms of each group's times into a level of each device and a
// movement of each session, and takes the movement out.
#include "history/group_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "derate/statistics.h"
#include "record/name_on_device.h"

namespace derate::history {
namespace {

/// A session that a device measured, as a place in its series.
struct DriftCell {
  std::size_t series = 0;  ///< of the group
  std::size_t value = 0;
  std::int64_t session = 0;
  double log_time = 0;
};

/// One benchmark on the devices of one kind.
class DriftGroup {
 public:
  DriftGroup(std::string benchmark, std::string product)
      : benchmark_(std::move(benchmark)), product_(std::move(product)) {}

  void add(const Series& series) {
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      const double time_s = series.values[i].time_s;
      if (!(time_s > 0)) continue;
      cells_.push_back({series_.size(), i, series.values[i].session, std::log(time_s)});
    }
    series_.push_back(series);
  }

  [[nodiscard]] std::size_t devices() const { return series_.size(); }
  [[nodiscard]] const std::string& product() const { return product_; }

  /// The devices against the group, and the group.
  void append_to(std::vector<Series>& to) {
    polish();
    for (const DriftCell& cell : cells_) {
      series_[cell.series].values[cell.value].time_s =
          std::exp(cell.log_time - movements_.at(cell.session));
    }
    to.push_back(of_group());
    for (Series& series : series_) {
      // A clock that falls with heat or age is what is looked for, and excuses nothing.
      for (SessionValue& value : series.values) value.clock_hz = kUnknown;
      to.push_back(std::move(series));
    }
  }

 private:
  /// Tukey's median polish: log time = level of the device + movement of the session + the rest.
  void polish() {
    levels_.assign(series_.size(), 0);
    constexpr int kPasses = 6;  // medians settle within a few
    for (int pass = 0; pass < kPasses; ++pass) {
      std::map<std::int64_t, std::vector<double>> by_session;
      for (const DriftCell& cell : cells_) {
        by_session[cell.session].push_back(cell.log_time - levels_[cell.series]);
      }
      for (auto& [session, logs] : by_session) movements_[session] = median(std::move(logs));
      std::vector<std::vector<double>> by_device(series_.size());
      for (const DriftCell& cell : cells_) {
        by_device[cell.series].push_back(cell.log_time - movements_.at(cell.session));
      }
      for (std::size_t i = 0; i < series_.size(); ++i) levels_[i] = median(std::move(by_device[i]));
      centre();
    }
  }

  /// Devices keep the times of their group as a whole: the movements are around 0.
  void centre() {
    std::vector<double> all;
    for (const auto& [session, movement] : movements_) all.push_back(movement);
    const double middle = median(std::move(all));
    for (auto& [session, movement] : movements_) movement -= middle;
    for (double& level : levels_) level += middle;
  }

  /// What the devices did together: the time of the device in the middle.
  [[nodiscard]] Series of_group() const {
    std::vector<double> known;
    for (const double level : levels_) {
      if (!std::isnan(level)) known.push_back(level);
    }
    const double middle = median(std::move(known));
    Series group = series_.front();
    group.benchmark =
        name_on_device(benchmark_, fmt::format("all {} {}", series_.size(), product_));
    group.values.clear();
    for (const auto& [session, movement] : movements_) {
      SessionValue value = first_of(session);
      value.time_s = std::exp(middle + movement);
      group.values.push_back(std::move(value));
    }
    return group;
  }

  /// Facts of a session as one of its devices has them; clocks are the devices' median.
  [[nodiscard]] SessionValue first_of(std::int64_t session) const {
    SessionValue value;
    std::vector<double> clocks_hz;
    for (const DriftCell& cell : cells_) {
      if (cell.session != session) continue;
      const SessionValue& one = series_[cell.series].values[cell.value];
      if (value.session == 0) value = one;
      if (one.clock_hz > 0) clocks_hz.push_back(one.clock_hz);
    }
    value.clock_hz = clocks_hz.empty() ? kUnknown : median(std::move(clocks_hz));
    return value;
  }

  std::string benchmark_;
  std::string product_;
  std::vector<Series> series_;
  std::vector<DriftCell> cells_;
  std::vector<double> levels_;                ///< of the devices
  std::map<std::int64_t, double> movements_;  ///< of the sessions
};

/// Facts that make two devices of one kind; state, such as a driver, changes with time.
std::string kind_of(const Environment& environment) {
  std::string kind;
  for (const std::string_view fact : {"backend", "device_name", "device_architecture",
                                      "compute_units", "build_type", "devices_at_once"}) {
    kind += fmt::format("{}={}\n", fact, environment.value(fact));
  }
  return kind;
}

}  // namespace

GroupDrift against_groups(const SeriesSet& set) {
  std::map<std::pair<std::string, std::string>, DriftGroup> groups;
  for (const Series& series : set.series) {
    const Environment& environment = set.environments.at(series.values.back().environment);
    std::string benchmark(parts_of_name(series.benchmark).benchmark);
    groups
        .try_emplace({benchmark, kind_of(environment)}, benchmark,
                     std::string(environment.value("device_name")))
        .first->second.add(series);
  }
  GroupDrift drift;
  drift.set.environments = set.environments;
  drift.set.sessions = set.sessions;
  drift.set.acceptances = set.acceptances;
  std::map<std::string, std::size_t> small;  // the largest, by product
  for (auto& [key, group] : groups) {
    if (group.devices() >= kLeastOfADriftGroup) {
      group.append_to(drift.set.series);
    } else {
      small[group.product()] = std::max(small[group.product()], group.devices());
    }
  }
  for (const auto& [product, devices] : small) {
    drift.notes.push_back(fmt::format(
        "{} of {} cannot be told from their group, which takes {}: derate track judges each by its "
        "own past",
        devices, product, kLeastOfADriftGroup));
  }
  return drift;
}

}  // namespace derate::history
