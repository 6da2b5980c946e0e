// SPDX-License-Identifier: Apache-2.0
// launch on the CPU: the thread pool starts a piece of work on every core and waits for all of
// them, the round trip that every kernel of the host pays once per launch. Bound by how fast cores
// see what another one wrote.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/host/pool_session.h"
#include "derate/workload.h"
#include "launch/work.h"

namespace derate::launch {
namespace {

class PoolRoundTrip final : public Instance {
 public:
  explicit PoolRoundTrip(host::PoolSession& session)
      : pool_(session.pool()), marks_(static_cast<std::size_t>(pool_.size())) {}

  void launch(int) override {
    ++launches_;
    pool_.run([this](int thread) { marks_[static_cast<std::size_t>(thread)].value = launches_; });
  }

  [[nodiscard]] std::optional<std::string> check() override {
    for (std::size_t thread = 0; thread < marks_.size(); ++thread) {
      const std::uint64_t got = marks_[thread].value;
      if (launches_ > 0 && got == launches_) continue;
      return "thread " + std::to_string(thread) + " left " + std::to_string(got) + " behind, not " +
             std::to_string(launches_);
    }
    return std::nullopt;
  }

 private:
  /// On a cache line of its own, so that the threads do not wait for one another's stores.
  struct alignas(64) Mark {
    std::uint64_t value = 0;
  };

  host::ThreadPool& pool_;
  std::vector<Mark> marks_;
  std::uint64_t launches_ = 0;
};

const Registration registration{
    {.name = "launch",
     .variant = "thread_pool",
     .provider = "derate",
     .backend = "host",
     .precision = Precision::i32,
     .bound = Bound::latency,
     .problems = [](const Device&) { return std::vector{single()}; },
     .test_problem = single,
     .work = work,
     .size_class = size_class,
     .prepare = [](const Problem&, const Operands&, Session& session) -> std::unique_ptr<Instance> {
       return std::make_unique<PoolRoundTrip>(host::pool_session(session));
     }}};

}  // namespace
}  // namespace derate::launch
