// SPDX-License-Identifier: Apache-2.0
// What the registrations of gemm on a GPU have in common: all but a variant's name, its sizes and
// how it multiplies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/workload.h"
#include "gemm/device.h"
#include "gemm/shapes.h"
#include "hardware/peak.h"

namespace derate::gemm {

/// What the suites ask of a variant.
struct Sizes {
  std::vector<std::int64_t> quick;  ///< edges of cubes
  std::vector<std::int64_t> full;   ///< the same; those of the quick suite need not be left out
  std::int64_t shapes = 0;          ///< how many
  double speed = 1;                 ///< roughly, of the peak: a slow variant gets smaller shapes
  std::int64_t granule = 1;         ///< extents must be multiples of it
};

/// Multiples of tiles and of none; 1000, 2000 and 4000 of vectors still, 4097 of nothing.
inline const std::vector<std::int64_t> kCubes = {256,  512,  1000, 1024, 1536, 2000, 2048,
                                                 3072, 4000, 4096, 4097, 6144, 8192};
inline const std::vector<std::int64_t> kSmallerCubes = {256, 512, 1000, 1024, 2000, 2048, 4096};

template <typename T>
double peak_flops(const Device& device) {
  constexpr double kOfNone = 1e13;  // where no peak is known
  const std::optional<Peak> peak =
      peak_of(device, Bound::compute, kFormatOf<T>, OperandOf<T>::kUnits);
  return (peak ? peak->specified() : std::nullopt).value_or(kOfNone);
}

/// Cubes of these edges, as far as one operand set fits into six tenths of the memory and a launch
/// would take less than a quarter of a second at the device's peak (f64 on a consumer GPU does
/// not).
template <typename T>
std::vector<Problem> cubes(const std::vector<std::int64_t>& edges, const Device& device) {
  constexpr double kLongest_s = 0.25;
  std::vector<Problem> problems;
  for (const std::int64_t edge : edges) {
    const Work amount = work_of<T>(cube(edge));
    const bool fits = amount.bytes <= 0.6 * static_cast<double>(device.memory_bytes);
    if (fits && amount.flops <= kLongest_s * peak_flops<T>(device)) problems.push_back(cube(edge));
  }
  return problems;
}

/// Where a device is too slow or too small for all that the quick suite asks for, the largest of
/// the others that it can do.
template <typename T>
std::vector<Problem> quick_cubes(const Sizes& sizes, const Device& device) {
  std::vector<Problem> problems = cubes<T>(sizes.quick, device);
  if (!problems.empty()) return problems;
  problems = cubes<T>({512, 1024, 2048, 4096}, device);
  if (problems.size() > 1) problems.erase(problems.begin(), problems.end() - 1);
  return problems;
}

/// The cubes of the full suite that the quick one has not.
template <typename T>
std::vector<Problem> more_cubes(const Sizes& sizes, const Device& device) {
  const std::vector<Problem> quick = quick_cubes<T>(sizes, device);
  std::vector<Problem> problems;
  for (const Problem& problem : cubes<T>(sizes.full, device)) {
    const bool is_new = std::none_of(quick.begin(), quick.end(), [&](const Problem& other) {
      return other.str() == problem.str();
    });
    if (is_new && problem.at("m") % sizes.granule == 0) problems.push_back(problem);
  }
  return problems;
}

/// Launches that take some 20 ms at most, on matrices of at most three tenths of the memory.
template <typename T>
std::vector<Problem> device_shapes(const Sizes& sizes, const Device& device) {
  constexpr double kLongest_s = 0.02;
  const double most_flops = kLongest_s * sizes.speed * peak_flops<T>(device);
  const auto bytes = static_cast<double>(std::max(sizeof(T), sizeof(Result<T>)));
  return shapes(
      sizes.shapes,
      limits_of(most_flops, 0.3 * static_cast<double>(device.memory_bytes) / bytes, sizes.granule));
}

/// Edges that are multiples of no tile.
inline Problem device_test_problem() { return {{"m", 131}, {"n", 65}, {"k", 70}}; }

template <typename T>
Workload device_workload(std::string variant, std::string provider, const Sizes& sizes,
                         decltype(Workload::prepare) prepare) {
  return {
      .name = "gemm",
      .variant = std::move(variant),
      .provider = std::move(provider),
      .backend = "cuda",
      .precision = kFormatOf<T>,
      .bound = Bound::compute,
      .units = OperandOf<T>::kUnits,
      .accumulator = OperandOf<T>::kSums,
      .problems = [sizes](const Device& device) { return quick_cubes<T>(sizes, device); },
      .test_problem = device_test_problem,
      .work = work_of<T>,
      .size_class = size_class,
      .prepare = std::move(prepare),
      .more_problems = [sizes](const Device& device) { return more_cubes<T>(sizes, device); },
      .shapes = [sizes](const Device& device) { return device_shapes<T>(sizes, device); },
      .refuses = refused<T>,
  };
}

/// The same for own code that needs nothing but the operands.
template <typename T>
Workload own_workload(std::string variant, const Sizes& sizes, Multiply<T> multiply) {
  return device_workload<T>(
      std::move(variant), "derate", sizes,
      [multiply = std::move(multiply)](const Problem& problem, const Operands& operands,
                                       Session& session) {
        return std::make_unique<DeviceInstance<T>>(problem, operands, session, multiply);
      });
}

}  // namespace derate::gemm
