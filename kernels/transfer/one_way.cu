// SPDX-License-Identifier: Apache-2.0
// transfer, one way: host to device, and device to host, each from pinned and from pageable memory.
//
// Bound by the link for large pinned copies, which the device's copy engine does alone; by the
// host, which copies everything once more, for pageable ones; and for small ones by what it takes
// to start a copy. Pinned copies follow one another in the stream and are timed by its events; of
// pageable ones the host's part may be the longest, so that its clock times them.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "transfer/one_direction.h"
#include "transfer/work.h"

namespace derate::transfer {
namespace {

class OneWay final : public Instance {
 public:
  OneWay(Direction direction, Memory memory, const Problem& problem, const Operands& operands,
         Session& session)
      : memory_(memory),
        stream_(cuda::stream_of(session)),
        path_(direction, memory, elements(problem),
              operands.sets(one_way(problem).bytes, session.device()), operands.data, stream_) {}

  void launch(int set) override { path_.copy(set, stream_); }
  [[nodiscard]] int sets() const override { return path_.sets(); }
  [[nodiscard]] bool host_takes_part() const override { return memory_ == Memory::pageable; }
  [[nodiscard]] std::optional<std::string> check() override { return path_.check(stream_); }

 private:
  Memory memory_;
  cudaStream_t stream_;
  Path path_;
};

Workload variant(std::string name, Direction direction, Memory memory) {
  return {
      .name = "transfer",
      .variant = std::move(name),
      .provider = "derate",
      .backend = "cuda",
      .precision = Precision::f32,
      .bound = Bound::link,
      .problems =
          [](const Device& device) {
            return large_problem(device.memory_bytes, host_memory_bytes());
          },
      .test_problem =
          [] {
            return Problem{{"bytes", 400'012}};
          },
      .work = one_way,
      .size_class = size_class,
      .prepare =
          [direction, memory](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<OneWay>(direction, memory, problem, operands, session);
          },
      .more_problems = [](const Device&) { return smaller_problems(); }};
}

const Registration pinned_to_device{
    variant("pinned_to_device", Direction::to_device, Memory::pinned)};
const Registration pinned_to_host{variant("pinned_to_host", Direction::to_host, Memory::pinned)};
const Registration pageable_to_device{
    variant("pageable_to_device", Direction::to_device, Memory::pageable)};
const Registration pageable_to_host{
    variant("pageable_to_host", Direction::to_host, Memory::pageable)};

}  // namespace
}  // namespace derate::transfer
