// SPDX-License-Identifier: Apache-2.0
// Groups benchmarks by what they compute (a text key); a group counts if it has both own code and a
// library.
#include "side_by_side.h"

#include <fmt/format.h>

#include <map>
#include <string>

namespace derate::bench {
namespace {

/// Equal for what computes the same. Sums in another format are another computation.
std::string key_of(const Comparable& benchmark) {
  const Workload& workload = *benchmark.workload;
  const bool is_hot = workload.cache == CachePolicy::hot;
  return fmt::format("{}/{}/{}/{}/{}/{}/{}", benchmark.device->selector(), workload.name,
                     to_string(workload.precision),
                     to_string(workload.accumulator.value_or(workload.precision)),
                     benchmark.problem->str(), to_string(benchmark.data), is_hot);
}

}  // namespace

std::vector<std::optional<int>> side_by_side_groups(std::span<const Comparable> benchmarks) {
  struct Members {
    bool own = false;
    bool library = false;
    std::optional<int> number = {};
  };
  std::map<std::string, Members> groups;
  for (const Comparable& benchmark : benchmarks) {
    Members& members = groups[key_of(benchmark)];
    (benchmark.workload->library ? members.library : members.own) = true;
  }
  int count = 0;
  std::vector<std::optional<int>> numbers;
  for (const Comparable& benchmark : benchmarks) {
    Members& members = groups[key_of(benchmark)];
    if (members.own && members.library && !members.number) members.number = count++;
    numbers.push_back(members.number);
  }
  return numbers;
}

}  // namespace derate::bench
