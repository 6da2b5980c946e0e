// SPDX-License-Identifier: Apache-2.0
// Finds the best row of each class: of a device alone, of random data from memory, sustained rather
// than in a burst, stable rather than not, then the fastest.
#include "report/device_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <tuple>

namespace derate {
namespace {

/// Which rows may stand for a class; an empty word stands for any.
struct Wanted {
  std::string_view name;
  std::string_view workload;
  std::string_view variant;
  std::string_view precision;
  std::string_view what;  ///< empty: workload and variant
  int rank = 0;           ///< left out first: the largest
};

// A second line of the same name and rank is for devices that have no row for the first.
constexpr std::array kWanted = {
    Wanted{"f32", "fma_chain", "", "f32", "FMA chain", 0},
    Wanted{"f32", "gemm", "", "f32", "", 1},
    Wanted{"f64", "gemm", "", "f64", "", 2},
    Wanted{"f64", "fma_chain", "", "f64", "FMA chain", 2},
    Wanted{"tf32", "gemm", "", "tf32", "", 10},
    Wanted{"tf32", "mma_chain", "", "tf32", "MMA chain", 10},
    Wanted{"bf16", "gemm", "", "bf16", "", 3},
    Wanted{"bf16", "mma_chain", "", "bf16", "MMA chain", 3},
    Wanted{"f16", "gemm", "", "f16", "", 9},
    Wanted{"f16", "mma_chain", "", "f16", "MMA chain", 9},
    Wanted{"fp8", "gemm", "", "fp8", "", 4},
    Wanted{"fp8", "mma_chain", "", "fp8", "MMA chain", 4},
    Wanted{"i8", "gemm", "", "i8", "", 11},
    Wanted{"i8", "mma_chain", "", "i8", "MMA chain", 11},
    Wanted{"fp4", "gemm", "", "fp4", "", 8},
    Wanted{"fp4", "mma_chain", "", "fp4", "MMA chain", 8},
    Wanted{"DRAM", "memory_read", "DRAM", "", "read", 5},
    Wanted{"DRAM", "memory_triad", "", "", "triad", 12},
    Wanted{"DRAM", "vector_add", "", "", "add", 12},
    Wanted{"link", "transfer", "pinned_to_device", "", "from host", 6},
    Wanted{"DRAM", "memory_latency", "DRAM", "", "latency", 7},
    Wanted{"launch", "launch", "queued", "", "queued", 13},
    Wanted{"launch", "launch", "thread_pool", "", "thread pool", 13},
};

bool stands_for(const Row& row, const Wanted& wanted) {
  const auto is = [](std::string_view want, std::string_view have) {
    return want.empty() || want == have;
  };
  const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
  const bool usual = row.data == "uniform" || row.data.empty();
  const bool of_memory = bound_of(row) == Bound::memory || row.workload == "gemm";
  const bool from_memory = row.cache != "hot" || !of_memory;
  return right && usual && from_memory && row.achieved.value > 0 &&
         is(wanted.workload, row.workload) && is(wanted.variant, row.variant) &&
         is(wanted.precision, row.precision);
}

/// Greater is better.
auto preference(const Row& row) {
  return std::tuple(row.devices_at_once == 1, !row.side_by_side, row.mode == "sustained",
                    row.outcome == Outcome::passed, row.achieved.value);
}

const Row* best_of(std::span<const Row> device, const Wanted& wanted) {
  const Row* best = nullptr;
  for (const Row& row : device) {
    if (!stands_for(row, wanted)) continue;
    if (best == nullptr || preference(row) > preference(*best)) best = &row;
  }
  return best;
}

/// A figure beside a range. Without either, and without an interval, nothing is judged.
Standing beside(const Estimate& figure, const std::optional<Usual>& usual) {
  const bool judges = usual && usual->is_range() && figure.interval.confidence > 0;
  if (!judges) return Standing::not_judged;
  if (figure.interval.high < usual->low) return Standing::low;
  return figure.interval.low > usual->high ? Standing::above : Standing::within;
}

}  // namespace

std::vector<DeviceClass> device_classes(std::span<const Row> device, const References& references,
                                        std::size_t most) {
  struct Found {
    DeviceClass device_class;
    int rank;
  };
  std::vector<Found> found;
  for (const Wanted& wanted : kWanted) {
    const auto is_shown = [&](const Found& each) {
      return each.device_class.name == wanted.name && each.rank == wanted.rank;
    };
    const Row* const row = best_of(device, wanted);
    if (row == nullptr || std::any_of(found.begin(), found.end(), is_shown)) continue;
    const std::string what =
        wanted.what.empty() ? row->workload + " " + row->variant : std::string(wanted.what);
    found.push_back(
        {{std::string(wanted.name), what, row, references.usual(*row), std::nullopt}, wanted.rank});
  }
  while (found.size() > most) {
    found.erase(std::max_element(found.begin(), found.end(),
                                 [](const Found& a, const Found& b) { return a.rank < b.rank; }));
  }
  std::vector<DeviceClass> classes;
  for (Found& each : found) classes.push_back(std::move(each.device_class));
  return classes;
}

bool shown_at_measured_clock(std::span<const Row> device) {
  if (device.front().context->backend != "host") return false;
  return std::any_of(device.begin(), device.end(), [](const Row& row) {
    return bound_of(row) == Bound::compute && row.clock_ratio > kTurbo &&
           !std::isnan(row.eta_measured.value);
  });
}

Standing standing_elsewhere(const DeviceClass& device_class) {
  return beside(device_class.row->eta, device_class.usual);
}

Standing standing_earlier(const DeviceClass& device_class) {
  return beside(device_class.row->achieved, device_class.before);
}

Standing standing_of(const DeviceClass& device_class) {
  const Standing elsewhere = standing_elsewhere(device_class);
  const Standing earlier = standing_earlier(device_class);
  for (const Standing each : {Standing::low, Standing::within, Standing::above}) {
    if (elsewhere == each || earlier == each) return each;
  }
  return Standing::not_judged;
}

}  // namespace derate
