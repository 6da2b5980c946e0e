// SPDX-License-Identifier: Apache-2.0
// Collectives over all GPUs of a box: all_reduce, all_gather, reduce_scatter, broadcast,
// all_to_all. Bound by the links between the GPUs; small messages by the time that one step takes.
//
// Sizes and bandwidths are those of nccl-tests (NVIDIA/nccl-tests, doc/PERFORMANCE.md): `bytes` is
// S, the whole array; algorithm bandwidth is S ÷ time; bus bandwidth is that times a factor by
// which it becomes what a link carries, whatever the number of GPUs. The work's bytes are S times
// the factor, so that what a row achieves is its bus bandwidth.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derate/operands.h"
#include "derate/work.h"

namespace derate::collective {

enum class Operation { all_reduce, all_gather, reduce_scatter, broadcast, all_to_all };

inline constexpr std::array kOperations = {Operation::all_reduce, Operation::all_gather,
                                           Operation::reduce_scatter, Operation::broadcast,
                                           Operation::all_to_all};

[[nodiscard]] constexpr std::string_view to_string(Operation operation) {
  constexpr std::array<std::string_view, 5> kNames = {"all_reduce", "all_gather", "reduce_scatter",
                                                      "broadcast", "all_to_all"};
  return kNames[static_cast<std::size_t>(operation)];
}

/// Whether the array is made of a part for each device, rather than whole on each.
[[nodiscard]] constexpr bool has_parts(Operation operation) {
  return operation == Operation::all_gather || operation == Operation::reduce_scatter ||
         operation == Operation::all_to_all;
}

/// What bus bandwidth is of algorithm bandwidth on n devices.
[[nodiscard]] constexpr double bus_factor(Operation operation, std::int64_t devices) {
  const auto n = static_cast<double>(devices);
  if (operation == Operation::broadcast) return 1;  // all of it has to leave the root
  return (operation == Operation::all_reduce ? 2 : 1) * (n - 1) / n;
}

/// Elements are f32. Those of a part, or of the whole array where it has none: NCCL's count.
[[nodiscard]] inline std::int64_t count_of(Operation operation, const Problem& problem) {
  const std::int64_t elements = problem.at("bytes") / static_cast<std::int64_t>(sizeof(float));
  return has_parts(operation) ? elements / problem.at("devices") : elements;
}

/// Elements of the whole array: of those that `bytes` has room for, whole parts.
[[nodiscard]] inline std::int64_t elements_of(Operation operation, const Problem& problem) {
  const std::int64_t parts = has_parts(operation) ? problem.at("devices") : 1;
  return parts * count_of(operation, problem);
}

/// On one device there is nothing to send, and no bus bandwidth.
[[nodiscard]] inline Work work_of(Operation operation, const Problem& problem) {
  const double bytes = static_cast<double>(elements_of(operation, problem)) * sizeof(float);
  return {.bytes = bytes * bus_factor(operation, problem.at("devices")), .steps = 1};
}

inline constexpr std::int64_t kSmallest_bytes = std::int64_t{1} << 10;
inline constexpr std::int64_t kLargest_bytes = std::int64_t{1} << 30;

/// "small" is mostly the time of a step, "large" mostly the links.
[[nodiscard]] inline std::string size_class(const Problem& problem) {
  const std::int64_t bytes = problem.at("bytes");
  return bytes < (1 << 20) ? "small" : bytes < (64 << 20) ? "medium" : "large";
}

[[nodiscard]] inline Problem sized(std::int64_t bytes, int devices) {
  return {{"bytes", bytes}, {"devices", devices}};
}

/// The largest that a quarter of a device's memory holds: a device may have two arrays.
[[nodiscard]] inline std::int64_t largest_bytes(std::uint64_t memory_bytes) {
  std::int64_t largest = kLargest_bytes;
  while (largest > static_cast<std::int64_t>(memory_bytes / 4) && largest > kSmallest_bytes) {
    largest /= 2;
  }
  return largest;
}

/// 1 KiB to 1 GiB in steps of eight, without the largest, which is asked for apart.
[[nodiscard]] inline std::vector<Problem> smaller_sizes(std::uint64_t memory_bytes, int devices) {
  std::vector<Problem> sizes;
  for (std::int64_t bytes = kSmallest_bytes; bytes < largest_bytes(memory_bytes); bytes *= 8) {
    sizes.push_back(sized(bytes, devices));
  }
  return sizes;
}

/// What one of the values has to become: values repeat after a prime number of elements, so that
/// what went to the wrong place is hardly right there.
inline constexpr std::int64_t kPeriod = 65'521;

/// What rank `rank` sends as element `index`: a whole number of less than 2^15 in magnitude, so
/// that the sum over 512 ranks is exact in f32 in any order.
[[nodiscard]] inline float sent(DataPattern pattern, int rank, std::int64_t index) {
  const auto place = static_cast<std::uint64_t>(index % kPeriod);
  return static_cast<float>(
      std::floor(32'768 * element(pattern, static_cast<std::uint64_t>(rank) + 1, place)));
}

[[nodiscard]] inline float sum_sent(DataPattern pattern, int devices, std::int64_t index) {
  float sum = 0;
  for (int rank = 0; rank < devices; ++rank) sum += sent(pattern, rank, index);
  return sum;
}

/// What rank `rank` has to hold as element `index` of its result.
[[nodiscard]] inline float received(Operation operation, const Problem& problem,
                                    DataPattern pattern, int rank, std::int64_t index) {
  const std::int64_t count = count_of(operation, problem);
  const auto devices = static_cast<int>(problem.at("devices"));
  const auto part = static_cast<int>(index / count);
  switch (operation) {
    case Operation::all_reduce:
      return sum_sent(pattern, devices, index);
    case Operation::all_gather:
      return sent(pattern, part, index % count);
    case Operation::reduce_scatter:
      return sum_sent(pattern, devices, rank * count + index);
    case Operation::broadcast:
      return sent(pattern, 0, index);
    case Operation::all_to_all:
      break;
  }
  return sent(pattern, part, rank * count + index % count);
}

/// Elements that a rank sends from, and receives into.
[[nodiscard]] inline std::int64_t elements_sent(Operation operation, const Problem& problem) {
  return operation == Operation::all_gather ? count_of(operation, problem)
                                            : elements_of(operation, problem);
}
[[nodiscard]] inline std::int64_t elements_received(Operation operation, const Problem& problem) {
  return operation == Operation::reduce_scatter ? count_of(operation, problem)
                                                : elements_of(operation, problem);
}

/// Why `problem` cannot be asked for where there are `devices` GPUs.
[[nodiscard]] inline std::optional<std::string> refusal(Operation operation, const Problem& problem,
                                                        int devices) {
  const std::int64_t wanted = problem.at("devices");
  if (wanted > devices) {
    return "devices:" + std::to_string(wanted) + " is more than the " + std::to_string(devices) +
           " GPUs that there are";
  }
  if (wanted < 2) return "devices:1 leaves nobody to send to";
  if (count_of(operation, problem) < 1) {
    return "bytes:" + std::to_string(problem.at("bytes")) + " has no f32 for each of the " +
           std::to_string(wanted) + " devices";
  }
  return std::nullopt;
}

}  // namespace derate::collective
