// SPDX-License-Identifier: Apache-2.0
// memory_latency on the CPU: one core follows pointers from line to line of its working set, in an
// order that no prefetcher knows. Bound by the latency of the level that the working set lies in,
// with that of the translation of addresses where its pages are more than the TLB holds: each load
// needs the result of the one before.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "memory/host_levels.h"

namespace derate::memory {
namespace {

struct alignas(64) Line {
  const Line* next;
};

/// A small array would lie on small pages, of which an L2 holds more than the first TLB does.
constexpr std::int64_t kLinesOfAHugePage = (std::int64_t{2} << 20) / std::int64_t{sizeof(Line)};

const Line* follow(const Line* line, std::int64_t loads) {
  for (std::int64_t i = 0; i < loads; ++i) line = line->next;
  return line;
}

class HostLatency final : public Instance {
 public:
  HostLatency(const Problem& problem, host::PoolSession& session)
      : pool_(session.pool()),
        way_(random_way(problem.at("bytes") / static_cast<std::int64_t>(sizeof(Line)))),
        stretches_{static_cast<std::int64_t>(way_.size()), problem.at("loads")},
        lines_(std::max(stretches_.lines, kLinesOfAHugePage)) {
    on_one_core([this] {
      // Put into the lines' order first, which takes a sixteenth of their memory: written at random
      // places, a gigabyte takes a second.
      std::vector<std::uint32_t> next(way_.size());
      for (std::size_t i = 0; i < way_.size(); ++i) next[way_[i]] = way_[(i + 1) % way_.size()];
      for (std::size_t i = 0; i < way_.size(); ++i) lines_[i].next = lines_.data() + next[i];
    });
  }

  void launch(int set) override {
    const Line* const begin = lines_.data() + way_[stretches_.begin(set)];
    const Line*& end = set == 0 ? end_ : end_of_others_;
    on_one_core([&] { end = follow(begin, stretches_.loads); });
  }

  [[nodiscard]] int sets() const override { return stretches_.sets(); }

  [[nodiscard]] std::optional<std::string> check() override {
    const std::uint32_t want = way_[stretches_.end(0)];
    if (end_ == lines_.data() + want) return std::nullopt;
    const std::string got = end_ == nullptr ? "nowhere" : std::to_string(end_ - lines_.data());
    return "the way ends at line " + got + ", not " + std::to_string(want);
  }

 private:
  /// On the pool's first core; the others wait.
  template <typename Task>
  void on_one_core(const Task& task) {
    pool_.run([&task](int thread) {
      if (thread == 0) task();
    });
  }

  host::ThreadPool& pool_;
  std::vector<std::uint32_t> way_;
  Stretches stretches_;
  host::Buffer<Line> lines_;
  const Line* end_ = nullptr;
  const Line* end_of_others_ = nullptr;
};

/// About a millisecond: the start of a launch is nothing beside it.
std::int64_t loads(Level level) {
  switch (level) {
    case Level::l1:
      return (1 << 20) + 1;
    case Level::l2:
      return (1 << 18) + 1;
    default:
      return (1 << 16) + 1;
  }
}

std::vector<Problem> curve(Level level, const Device& device) {
  std::vector<Problem> problems;
  for (const std::int64_t bytes : working_sets(level, 1, device, host::data_caches())) {
    problems.push_back({{"bytes", bytes}, {"loads", loads(level)}});
  }
  if (problems.empty()) problems.push_back({{"bytes", 4096}, {"loads", 1}});
  return problems;
}

Workload workload(Level level) {
  return {.name = "memory_latency",
          .variant = name_of(level),
          .provider = "derate",
          .backend = "host",
          .precision = Precision::i64,  // pointers
          .bound = Bound::latency,
          .cache = cache_of(level),
          .problems =
              [level](const Device& device) {
                // The smallest: on the fewest pages, and the least disturbed by who shares the
                // cache.
                return std::vector<Problem>{curve(level, device).front()};
              },
          .test_problem = []() -> Problem {
            return {{"bytes", 8192}, {"loads", 20'001}};
          },
          .work = chase_work,
          .size_class = [level](const Problem&) { return name_of(level); },
          .prepare = [](const Problem& problem, const Operands&,
                        Session& session) -> std::unique_ptr<Instance> {
            return std::make_unique<HostLatency>(problem, host::pool_session(session));
          },
          .more_problems =
              [level](const Device& device) {
                std::vector<Problem> problems = curve(level, device);
                problems.erase(problems.begin());
                return problems;
              },
          .unsupported = [level](const Device& device) { return no_such_level(level, device); }};
}

const Registration l1{workload(Level::l1)};
const Registration l2{workload(Level::l2)};
const Registration l3{workload(Level::l3)};
const Registration dram{workload(Level::dram)};

}  // namespace
}  // namespace derate::memory
