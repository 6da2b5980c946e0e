// SPDX-License-Identifier: Apache-2.0
// launch, queued: kernels one behind the other in a stream, as many as the host has queued before
// the first one starts. Bound by the device, which ends one kernel before it begins with the next:
// the shortest time that a kernel of a stream can take, whatever it does. A host that cannot queue
// them within the head start of a sample makes it slower, and such a sample is marked.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "launch/mark_kernel.h"
#include "launch/work.h"

namespace derate::launch {
namespace {

class Queued final : public Instance {
 public:
  explicit Queued(const Session& session) : stream_(cuda::stream_of(session)), marks_(1, stream_) {}

  void launch(int) override { marks_.launch(0, ++launches_, stream_); }
  [[nodiscard]] bool is_kernels_alone() const override { return false; }
  /// Half of what a stream's queue holds.
  /// No more, so that all launches of a batch are queued before the first one starts.
  [[nodiscard]] int longest_batch() const override { return 512; }
  [[nodiscard]] std::optional<std::string> check() override { return marks_.check(launches_); }

 private:
  cudaStream_t stream_;
  Marks marks_;
  unsigned launches_ = 0;
};

const Registration queued_registration{
    {.name = "launch",
     .variant = "queued",
     .provider = "derate",
     .backend = "cuda",
     .precision = Precision::i32,
     .bound = Bound::latency,
     .problems = [](const Device&) { return std::vector{single()}; },
     .test_problem = single,
     .work = work,
     .size_class = size_class,
     .prepare = [](const Problem&, const Operands&,
                   Session& session) { return std::make_unique<Queued>(session); }}};

}  // namespace
}  // namespace derate::launch
