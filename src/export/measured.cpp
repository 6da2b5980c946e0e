// SPDX-License-Identifier: Apache-2.0
// Selects the usable rows of one device and mode, prefers a library's products to our own, and
// groups efficiencies into steps at geometric midpoints.
#include "export/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "derate/error.h"
#include "derate/work.h"
#include "gemm_model/shape_of_problem.h"

namespace derate::exports {
namespace {

bool usable(const Row& row) {
  return row.rounds > 0 && row.data == "uniform" && row.devices_at_once == 1 &&
         (row.outcome == Outcome::passed || row.outcome == Outcome::unstable);
}

Product product_of(const Row& row) {
  const GemmShape shape = gemm_shape_of(row.problem);
  Product product{&row, double(shape.m), double(shape.n), double(shape.k), 0, 0};
  product.flops = 2 * product.m * product.n * product.k;
  GemmPeaks widths;
  set_gemm_widths(widths, row.precision);
  product.bytes = gemm_bytes(widths, shape);
  return product;
}

bool same_device(const Context& a, const Context& b) {
  return a.backend == b.backend && a.device_id == b.device_id && a.device_name == b.device_name;
}

/// The machines of whose GPUs there are rows; those that older records do not name are left out.
std::set<std::string> machines_of_gpus(std::span<const Row> rows) {
  std::set<std::string> found;
  for (const Row& row : rows) {
    const Context& device = *row.context;
    if (device.backend != "host" && !device.host_id.empty()) found.insert(device.host_id);
  }
  return found;
}

}  // namespace

Measured measured(std::span<const Row> rows, std::string_view mode, Of of) {
  Measured result{nullptr, std::string(mode), {}, {}};
  std::set<std::string> machines;
  if (of == Of::machine) machines = machines_of_gpus(rows);
  std::vector<const Row*> of_host;
  std::vector<const Row*> of_device;
  for (const Row& row : rows) {
    if (!usable(row)) continue;
    const bool is_host = row.context->backend == "host" && machines.contains(row.context->host_id);
    (is_host ? of_host : of_device).push_back(&row);
  }
  if (mode.empty()) {
    const auto is_sustained = [](const Row* row) { return row->mode == "sustained"; };
    result.mode = std::ranges::any_of(of_device, is_sustained) ? "sustained" : "burst";
  }
  for (const Row* row : of_host) {
    result.host = row->context;
    if (row->mode == result.mode) result.host_rows.push_back(row);
  }
  for (const Row* each : of_device) {
    const Row& row = *each;
    if (row.mode != result.mode) continue;
    if (result.device && !same_device(*result.device, *row.context)) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("the records are of several devices ({} and {}): name one with "
                              "--device",
                              result.device->device_name, row.context->device_name));
    }
    result.device = row.context;
    result.rows.push_back(&row);
  }
  if (!result.device) {
    throw Error(ExitCode::invalid_input,
                fmt::format("the records hold no {} row on random data that an export could be "
                            "made of",
                            result.mode));
  }
  if (mode.empty() && result.mode == "burst") {
    result.notes.emplace_back(
        "all figures are of bursts: hours of training run slower where power or heat hold the "
        "clock down (derate run --mode sustained)");
  }
  return result;
}

std::vector<Product> products(const Measured& measured, std::string_view precision) {
  std::map<std::string, const Row*> library;
  std::map<std::string, const Row*> own;
  for (const Row* row : measured.rows) {
    if (row->workload != "gemm" || row->precision != precision) continue;
    const Row*& best = (row->provider == "derate" ? own : library)[row->problem];
    if (best == nullptr || best->achieved.value < row->achieved.value) best = row;
  }
  std::vector<Product> found;
  for (const auto& [problem, row] : library.empty() ? own : library) {
    const Product product = product_of(*row);
    if (product.flops > 0) found.push_back(product);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Product& a, const Product& b) { return a.flops < b.flops; });
  return found;
}

std::vector<const Row*> streams(std::span<const Row* const> rows) {
  std::vector<const Row*> found;
  for (const Row* row : rows) {
    if (bound_of(*row) == Bound::memory && row->cache == "cold") found.push_back(row);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Row* a, const Row* b) { return a->amount < b->amount; });
  return found;
}

double stream_bytes_per_s(const std::vector<const Row*>& streams) {
  std::vector<double> rates;
  for (const Row* row : streams) {
    if (row->amount >= streams.back()->amount / 2) rates.push_back(row->achieved.value);
  }
  return median(rates);
}

const Row* largest(const Measured& measured, std::string_view workload, std::string_view variant) {
  const Row* found = nullptr;
  for (const Row* row : measured.rows) {
    if (row->workload != workload || row->variant != variant) continue;
    if (found == nullptr || found->amount < row->amount) found = row;
  }
  return found;
}

Peak peak_above(std::span<const Row* const> rows) {
  Peak specified{0, "the specified one"};
  Peak at_clock{0, "that at the measured clock, as the specified one was exceeded"};
  Peak fastest{0, "the fastest rate that was measured, as no peak is known or it was exceeded"};
  for (const Row* row : rows) {
    // A row without a peak leaves NaN, which no comparison below accepts.
    specified.per_s = row->peak > 0 ? std::max(specified.per_s, row->peak) : kUnknown;
    const double peak =
        row->peak_per_clock * (follows_the_clock(bound_of(*row)) ? row->clock_hz : 1);
    at_clock.per_s = peak > 0 ? std::max(at_clock.per_s, peak) : kUnknown;
    fastest.per_s = std::max(fastest.per_s, row->achieved.value);
  }
  if (fastest.per_s <= specified.per_s) return specified;
  if (fastest.per_s <= at_clock.per_s) return at_clock;
  return fastest;
}

std::vector<Step> steps(std::vector<Point> points) {
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.amount > b.amount; });
  constexpr double kWithin = 4;
  std::vector<Point> groups;
  for (std::size_t first = 0; first < points.size();) {
    std::vector<double> logarithms;
    std::vector<double> efficiencies;
    std::size_t next = first;
    for (; next < points.size() && points[next].amount * kWithin > points[first].amount; ++next) {
      logarithms.push_back(std::log(points[next].amount));
      efficiencies.push_back(points[next].efficiency);
    }
    groups.push_back({std::exp(median(logarithms)), median(efficiencies)});
    first = next;
  }
  std::vector<Step> found;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const bool is_last = i + 1 == groups.size();
    found.push_back(
        {is_last ? 0 : std::sqrt(groups[i].amount * groups[i + 1].amount), groups[i].efficiency});
  }
  return found;
}

}  // namespace derate::exports
