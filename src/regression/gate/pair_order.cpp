// SPDX-License-Identifier: Apache-2.0
// Selection sampling and shuffling (Knuth, algorithms S and P), written out since the standard
// library's shuffle and distributions differ from one to another.
#include "regression/gate/pair_order.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>

namespace derate {
namespace {

/// What is drawn of a stage, each kind from numbers of its own.
enum class Draw : std::uint32_t { first_side, builds };

std::mt19937_64 random_of(std::uint64_t seed, int stage, Draw draw) {
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(seed),
                                   static_cast<std::uint32_t>(seed >> 32),
                                   static_cast<std::uint32_t>(stage)};
  if (draw != Draw::first_side) words.push_back(static_cast<std::uint32_t>(draw));
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64(sequence);
}

std::vector<int> shuffled(int count, std::mt19937_64& random) {
  std::vector<int> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random() % left]);
  }
  return order;
}

}  // namespace

std::vector<bool> candidate_first(std::uint64_t seed, int stage, int pairs) {
  std::mt19937_64 random = random_of(seed, stage, Draw::first_side);
  std::vector<bool> order(static_cast<std::size_t>(pairs));
  std::size_t wanted = order.size() / 2 + (order.size() % 2) * (random() % 2);
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = random() % (order.size() - i) < wanted;
    if (order[i]) --wanted;
  }
  return order;
}

std::vector<BuildPair> meetings(std::uint64_t seed, int stage, int pairs,
                                const BuildCounts& builds) {
  std::mt19937_64 random = random_of(seed, stage, Draw::builds);
  const bool more_bases = builds.base > builds.candidate;
  const int more = std::max(builds.base, builds.candidate);
  const int fewer = std::min(builds.base, builds.candidate);
  const std::vector<int> names = shuffled(fewer, random);
  std::vector<BuildPair> all;
  for (int round = 0; static_cast<int>(all.size()) < pairs; ++round) {
    for (const int one : shuffled(more, random)) {
      const int other = names[static_cast<std::size_t>((one + round) % fewer)];
      all.push_back(more_bases ? BuildPair{one, other} : BuildPair{other, one});
    }
  }
  all.resize(static_cast<std::size_t>(pairs));
  return all;
}

int whole_rounds(int pairs, const BuildCounts& builds) {
  const int round = std::max(builds.base, builds.candidate);
  if (round == 1) return pairs;
  return std::max(2, (pairs + round - 1) / round) * round;
}

}  // namespace derate
