// SPDX-License-Identifier: Apache-2.0
// transfer, both ways at once: a copy to the device and one of the same size back, on two streams.
//
// Bound by the link, which carries both directions at once, or by the host's memory, which is read
// and written. The second stream starts and ends with the session's, by events, so that a launch is
// over when both copies are. From pageable memory a thread that copies to the host waits for it:
// one thread then gets little more than one direction after the other, which is what the row shows.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>

#include "backend/cuda/stream.h"
#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "transfer/one_direction.h"
#include "transfer/work.h"

namespace derate::transfer {
namespace {

class BothWays final : public Instance {
 public:
  BothWays(Memory memory, const Problem& problem, const Operands& operands, Session& session)
      : memory_(memory),
        stream_(cuda::stream_of(session)),
        second_(cuda::make_stream()),
        begun_(cuda::make_event(cudaEventDisableTiming)),
        ended_(cuda::make_event(cudaEventDisableTiming)),
        there_(Direction::to_device, memory, elements(problem), sets_of(problem, operands, session),
               operands.data, stream_),
        back_(Direction::to_host, memory, elements(problem), there_.sets(), operands.data,
              stream_) {}

  void launch(int set) override {
    follow(stream_, second_.get(), begun_.get());
    there_.copy(set, stream_);
    back_.copy(set, second_.get());
    follow(second_.get(), stream_, ended_.get());
  }

  [[nodiscard]] int sets() const override { return there_.sets(); }
  [[nodiscard]] bool host_takes_part() const override { return memory_ == Memory::pageable; }

  [[nodiscard]] std::optional<std::string> check() override {
    if (auto wrong = there_.check(stream_)) return "to the device: " + *wrong;
    if (auto wrong = back_.check(stream_)) return "to the host: " + *wrong;
    return std::nullopt;
  }

 private:
  static int sets_of(const Problem& problem, const Operands& operands, const Session& session) {
    return operands.sets(both_ways(problem).bytes, session.device());
  }

  /// What `later` gets from now on waits for what `earlier` got until now.
  static void follow(cudaStream_t earlier, cudaStream_t later, cudaEvent_t event) {
    cuda::check(cudaEventRecord(event, earlier), "cudaEventRecord");
    cuda::check(cudaStreamWaitEvent(later, event, 0), "cudaStreamWaitEvent");
  }

  Memory memory_;
  cudaStream_t stream_;
  cuda::Stream second_;
  cuda::Event begun_;
  cuda::Event ended_;
  Path there_;
  Path back_;
};

Workload variant(std::string name, Memory memory) {
  return {.name = "transfer",
          .variant = std::move(name),
          .provider = "derate",
          .backend = "cuda",
          .precision = Precision::f32,
          .bound = Bound::link_both_ways,
          .problems =
              [](const Device& device) {
                return large_problem(device.memory_bytes, host_memory_bytes());
              },
          .test_problem =
              [] {
                return Problem{{"bytes", 400'012}};
              },
          .work = both_ways,
          .size_class = size_class,
          .prepare =
              [memory](const Problem& problem, const Operands& operands, Session& session) {
                return std::make_unique<BothWays>(memory, problem, operands, session);
              },
          .more_problems = [](const Device&) { return smaller_problems(); }};
}

const Registration pinned{variant("pinned_both_ways", Memory::pinned)};
const Registration pageable{variant("pageable_both_ways", Memory::pageable)};

}  // namespace
}  // namespace derate::transfer
