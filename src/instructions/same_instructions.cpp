// SPDX-License-Identifier: Apache-2.0
// Compares the benchmark's functions instruction by instruction, then whatever both call.
#include "instructions/same_instructions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/input_limits.h"
#include "instructions/benchmark_functions.h"
#include "instructions/decode.h"

namespace derate::instructions {
namespace {

struct Pair {
  const Function* one;
  const Function* other;
  [[nodiscard]] bool operator<(const Pair& pair) const {
    return std::pair(one, other) < std::pair(pair.one, pair.other);
  }
};

bool is_of_google_benchmark(const Function& function) {
  return function.name.starts_with("_ZN9benchmark") || function.name.starts_with("_ZNK9benchmark");
}

class CodeComparison {
 public:
  CodeComparison(const Program& one, const Program& other) : one_(one), other_(other) {}

  void add(const Pair& pair) {
    if (known_.insert(pair).second) pairs_.push_back(pair);
  }

  /// Whether all that was added is the same, and all that it calls.
  bool holds() {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (!same(Pair(pairs_[i]))) return false;
    }
    return true;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Pair& pair : pairs_) names.emplace_back(pair.one->name);
    return names;
  }

 private:
  bool same(const Pair& pair) {
    if (pair.one->name != pair.other->name) return false;
    const auto ones = instructions_of(one_, *pair.one, left_);
    const auto others = instructions_of(other_, *pair.other, left_);
    if (!ones || !others || ones->size() != others->size()) return false;
    left_ -= std::min(left_, ones->size());
    for (std::size_t i = 0; i < ones->size(); ++i) {
      const Instruction& a = (*ones)[i];
      const Instruction& b = (*others)[i];
      if (a.text != b.text) return false;
      if (a.other == nullptr || b.other == nullptr || is_of_google_benchmark(*a.other)) continue;
      add({a.other, b.other});
    }
    return true;
  }

  const Program& one_;
  const Program& other_;
  std::set<Pair> known_;
  std::vector<Pair> pairs_;
  std::size_t left_ = input_limits::kMostInstructions;
};

}  // namespace

std::vector<std::string> same_functions(const Program& one, const Program& other,
                                        const std::string& benchmark) {
  const std::vector<const Function*> ones = functions_of_benchmark(one, benchmark);
  const std::vector<const Function*> others = functions_of_benchmark(other, benchmark);
  if (one.machine() != other.machine() || ones.empty() || ones.size() != others.size()) return {};
  CodeComparison comparison(one, other);
  for (std::size_t i = 0; i < ones.size(); ++i) comparison.add({ones[i], others[i]});
  return comparison.holds() ? comparison.names() : std::vector<std::string>();
}

}  // namespace derate::instructions
