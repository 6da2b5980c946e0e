// SPDX-License-Identifier: Apache-2.0
// The rows of which exports are made, and what several of them need: products by precision, streams
// of memory, peaks that nothing exceeds, curves over the size of an operation.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "derate/aggregate.h"

namespace derate::exports {

/// Of one device, right, on random data, one device at a time, in one mode.
struct Measured {
  std::shared_ptr<const Context> device;
  std::string mode;
  std::vector<const Row*> rows;
  std::vector<std::string> notes;
  /// The CPU of the GPU's machine and its rows in that mode; empty unless they were asked for.
  std::shared_ptr<const Context> host = nullptr;
  std::vector<const Row*> host_rows = {};
};

/// What an export is of: with `machine` the CPU beside a GPU is no second device.
enum class Of { device, machine };

/// Throws Error(invalid_input) as export_rows() does.
[[nodiscard]] Measured measured(std::span<const Row> rows, std::string_view mode,
                                Of of = Of::device);

/// A matrix product C = A·B that was measured.
struct Product {
  const Row* row;
  double m;
  double n;
  double k;
  double flops;
  double bytes;  ///< that cannot be avoided: each operand and the result once
};

/// The products of a precision, by size: those of a library where one was measured, since programs
/// call it, else our own; of several variants the fastest for each size.
[[nodiscard]] std::vector<Product> products(const Measured& measured, std::string_view precision);

/// Rows that stream through the memory of the device whose rows these are, cold, by size.
[[nodiscard]] std::vector<const Row*> streams(std::span<const Row* const> rows);
[[nodiscard]] inline std::vector<const Row*> streams(const Measured& measured) {
  return streams(measured.rows);
}

/// Middle of the rates of the rows that move the most: at least half as much as the largest; NaN
/// without any.
[[nodiscard]] double stream_bytes_per_s(const std::vector<const Row*>& streams);

/// The row of a workload's variant that moves or computes the most; null where it was not measured.
[[nodiscard]] const Row* largest(const Measured& measured, std::string_view workload,
                                 std::string_view variant);

/// A peak in FLOP/s or B/s that none of the rows exceeds: estimators refuse an efficiency above 1.
struct Peak {
  double per_s = kUnknown;
  std::string what;  ///< "the specified one", ...
};
/// The specified one, or where rows exceed it that at the measured clock, or where nothing else is
/// known the fastest row itself.
[[nodiscard]] Peak peak_above(std::span<const Row* const> rows);

/// From an amount of work on, the share of the peak that is reached.
struct Step {
  double at_least;  ///< FLOP or B
  double efficiency;
};
struct Point {
  double amount;
  double efficiency;
};
/// Points as steps, the largest first, the last from 0 on. Points within a factor of 4 are one step
/// at their median, which ends half way to the next, in the logarithm.
[[nodiscard]] std::vector<Step> steps(std::vector<Point> points);

}  // namespace derate::exports
