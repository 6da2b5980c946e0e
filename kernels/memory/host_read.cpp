// SPDX-License-Identifier: Apache-2.0
// memory_read on the CPU: one core, or every core, reads a working set of its own over and over and
// sums its words, with the widest vectors. Bound by the level that the working set lies in: the
// loop holds eight loads, eight additions of one cycle, a counter and a branch.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "memory/host_read.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/highway.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/error.h"
#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/workload.h"
#include "memory/host_levels.h"
#include "memory/work.h"

HWY_BEFORE_NAMESPACE();
namespace derate::memory {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// `passes` times the sum of the bits of `count` elements, a multiple of 1024, modulo 2^32.
std::uint32_t read_over_and_over(const float* a, std::int64_t count, std::int64_t passes) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> words;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto at = [=](std::int64_t i) HWY_ATTR { return hn::BitCast(words, hn::Load(d, a + i)); };
  auto s0 = hn::Zero(words), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    for (std::int64_t i = 0; i < count; i += 8 * lanes) {
      s0 = hn::Add(s0, at(i)), s1 = hn::Add(s1, at(i + lanes));
      s2 = hn::Add(s2, at(i + 2 * lanes)), s3 = hn::Add(s3, at(i + 3 * lanes));
      s4 = hn::Add(s4, at(i + 4 * lanes)), s5 = hn::Add(s5, at(i + 5 * lanes));
      s6 = hn::Add(s6, at(i + 6 * lanes)), s7 = hn::Add(s7, at(i + 7 * lanes));
    }
    HWY_FENCE;  // the next pass must load again
  }
  s0 = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
  s4 = hn::Add(hn::Add(s4, s5), hn::Add(s6, s7));
  return hn::GetLane(hn::SumOfLanes(words, hn::Add(s0, s4)));
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::memory
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::memory {
namespace {

HWY_EXPORT(read_over_and_over);

constexpr std::int64_t kPage = 4096;
constexpr std::uint32_t kPoison = 0xFFFFFFFF;

class HostRead final : public Instance {
 public:
  HostRead(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : count_(problem.at("bytes") / 4),
        cores_(static_cast<int>(problem.at("cores"))),
        passes_(problem.at("passes")),
        data_(operands.data),
        pool_(session.pool()),
        sums_(static_cast<std::size_t>(cores_), {kPoison}) {
    if (problem.at("bytes") % kPage != 0 || cores_ > pool_.size()) {
      throw DeviceError("no whole pages, or more cores than there are: " + problem.str(), false);
    }
    for (int core = 0; core < cores_; ++core) sets_.emplace_back(count_);
    pool_.run([this](int core) {
      if (core >= cores_) return;
      host::Buffer<float>& set = sets_[static_cast<std::size_t>(core)];
      for (std::int64_t i = 0; i < count_; ++i) set[i] = value(core, i);
    });
  }

  void launch(int) override {
    pool_.run([this](int core) {
      if (core >= cores_) return;
      const auto place = static_cast<std::size_t>(core);
      sums_[place].value =
          HWY_DYNAMIC_DISPATCH(read_over_and_over)(sets_[place].data(), count_, passes_);
    });
  }

  [[nodiscard]] std::optional<std::string> check() override {
    std::vector<std::uint32_t> want(sums_.size());
    pool_.run([&](int core) {
      if (core >= cores_) return;
      std::uint32_t sum = 0;
      for (std::int64_t i = 0; i < count_; ++i) sum += std::bit_cast<std::uint32_t>(value(core, i));
      want[static_cast<std::size_t>(core)] = static_cast<std::uint32_t>(passes_) * sum;
    });
    for (std::size_t core = 0; core < sums_.size(); ++core) {
      if (sums_[core].value == want[core]) continue;
      return "the sum of core " + std::to_string(core) + " is " +
             std::to_string(sums_[core].value) + ", not " + std::to_string(want[core]);
    }
    return std::nullopt;
  }

 private:
  struct alignas(64) Sum {  // a line of its own: cores must not write to each other's
    std::uint32_t value;
  };

  [[nodiscard]] float value(int core, std::int64_t i) const {
    return operand(data_, kSeedA, core * count_ + i);
  }

  std::int64_t count_;
  int cores_;
  std::int64_t passes_;
  DataPattern data_;
  host::ThreadPool& pool_;
  std::vector<host::Buffer<float>> sets_;
  std::vector<Sum> sums_;
};

/// Long enough for the start of a launch, about a microsecond, to be nothing beside it.
std::int64_t passes(Level level, std::int64_t bytes) {
  constexpr std::int64_t kRead = std::int64_t{1} << 26;
  return level == Level::dram ? 1 : kRead / bytes | 1;
}

/// The curves of one core and of all.
std::vector<Problem> curves(Level level, const Device& device) {
  std::vector<int> cores = {1};
  if (device.compute_units > 1) cores.push_back(static_cast<int>(device.compute_units));
  std::vector<Problem> problems;
  for (const int busy : cores) {
    for (const std::int64_t bytes : working_sets(level, busy, device, host::data_caches())) {
      const std::int64_t whole = bytes / kPage * kPage;
      problems.push_back({{"bytes", whole}, {"cores", busy}, {"passes", passes(level, whole)}});
    }
  }
  // Of a level that this CPU does not have: no_such_level() says so.
  if (problems.empty()) problems.push_back({{"bytes", kPage}, {"cores", 1}, {"passes", 1}});
  return problems;
}

/// All cores, and the largest working set: the one of which the level below holds least.
std::vector<Problem> problems(Level level, const Device& device) {
  return {curves(level, device).back()};
}

std::vector<Problem> more_problems(Level level, const Device& device) {
  std::vector<Problem> problems = curves(level, device);
  problems.pop_back();
  return problems;
}

Work work_of(const Problem& problem) {
  const std::int64_t read = problem.at("bytes") / 4 * problem.at("cores") * problem.at("passes");
  const auto words = static_cast<double>(read);
  return {.flops = words, .bytes = 4 * words};
}

Workload workload(Level level) {
  return {.name = "memory_read",
          .variant = name_of(level),
          .provider = "derate",
          .backend = "host",
          .precision = Precision::f32,
          .bound = level == Level::dram ? Bound::memory : Bound::cache,
          .accumulator = Precision::i32,
          .cache = cache_of(level),
          .problems = [level](const Device& device) { return problems(level, device); },
          .test_problem = []() -> Problem {
            return {{"bytes", 16 * kPage}, {"cores", 1}, {"passes", 101}};
          },
          .work = work_of,
          .size_class = [level](const Problem&) { return name_of(level); },
          .prepare = [](const Problem& problem, const Operands& operands,
                        Session& session) -> std::unique_ptr<Instance> {
            return std::make_unique<HostRead>(problem, operands, host::pool_session(session));
          },
          .more_problems = [level](const Device& device) { return more_problems(level, device); },
          .unsupported = [level](const Device& device) { return no_such_level(level, device); }};
}

const Registration l1{workload(Level::l1)};
const Registration l2{workload(Level::l2)};
const Registration l3{workload(Level::l3)};
const Registration dram{workload(Level::dram)};

}  // namespace
}  // namespace derate::memory
#endif  // HWY_ONCE
