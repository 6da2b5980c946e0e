// SPDX-License-Identifier: Apache-2.0
// launch, round_trip: launch a kernel, wait until it has run, and only then launch the next. Bound
// by the way from host to device and back: what a program pays that needs a result before it goes
// on. The host's clock times it, since half of the way is the host's.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "launch/mark_kernel.h"
#include "launch/work.h"

namespace derate::launch {
namespace {

class RoundTrip final : public Instance {
 public:
  explicit RoundTrip(const Session& session)
      : stream_(cuda::stream_of(session)), marks_(1, stream_) {}

  void launch(int) override {
    marks_.launch(0, ++launches_, stream_);
    cuda::check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  }
  [[nodiscard]] bool host_takes_part() const override { return true; }
  [[nodiscard]] std::optional<std::string> check() override { return marks_.check(launches_); }

 private:
  cudaStream_t stream_;
  Marks marks_;
  unsigned launches_ = 0;
};

const Registration round_trip_registration{
    {.name = "launch",
     .variant = "round_trip",
     .provider = "derate",
     .backend = "cuda",
     .precision = Precision::i32,
     .bound = Bound::latency,
     .problems = [](const Device&) { return std::vector{single()}; },
     .test_problem = single,
     .work = work,
     .size_class = size_class,
     .prepare = [](const Problem&, const Operands&,
                   Session& session) { return std::make_unique<RoundTrip>(session); }}};

}  // namespace
}  // namespace derate::launch
