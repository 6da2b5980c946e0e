// SPDX-License-Identifier: Apache-2.0
// transfer, peer: from this GPU to every other one.
//
// Bound by what connects the two: NVLink, a PCIe switch or the host. Where the driver says that one
// GPU can reach the other's memory, the copy is direct; otherwise the driver takes it through the
// host's memory. The problem says which ("direct:1"). The runtime tells neither the kind nor the
// number of links between two GPUs, so that no peak is known.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/visit.h"
#include "derate/cuda/buffer.h"
#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/error.h"
#include "derate/workload.h"
#include "transfer/one_direction.h"
#include "transfer/work.h"

namespace derate::transfer {
namespace {

int device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());
  return 0;
}

bool reaches(int from, int to) {
  int can = 0;
  if (cudaDeviceCanAccessPeer(&can, from, to) == cudaSuccess) return can != 0;
  static_cast<void>(cudaGetLastError());
  return false;
}

/// Lets the current device write to `to` by itself. It stays so until the process ends.
void enable_access(int to) {
  const cudaError_t status = cudaDeviceEnablePeerAccess(to, 0);
  if (status == cudaErrorPeerAccessAlreadyEnabled) {
    static_cast<void>(cudaGetLastError());
    return;
  }
  cuda::check(status, "cudaDeviceEnablePeerAccess");
}

cuda::DeviceBuffer<float> allocate_on(int device, std::int64_t elements) {
  const cuda::Visit visit(device);
  return cuda::DeviceBuffer<float>(elements);
}

class Peer final : public Instance {
 public:
  Peer(const Problem& problem, const Operands& operands, Session& session)
      : elements_(elements(problem)),
        from_(session.device().index),
        to_(static_cast<int>(problem.at("to"))),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        source_(elements_),
        target_(allocate_on(to_, elements_)) {
    if (problem.at("direct") != 0) enable_access(to_);
    // The poison crosses the link like everything else: the stream is the source's.
    source_.poison(stream_);
    launch(0);
    source_.fill(pattern_, kSeedThere, stream_);
    session.synchronize();
  }

  void launch(int) override {
    cuda::check(cudaMemcpyPeerAsync(target_.data(), to_, source_.data(), from_,
                                    static_cast<std::size_t>(elements_) * sizeof(float), stream_),
                "cudaMemcpyPeerAsync");
  }

  [[nodiscard]] std::optional<std::string> check() override {
    return compare_windows(elements_, [this](std::int64_t first, std::int64_t count) {
      std::vector<float> got(static_cast<std::size_t>(count));
      const cuda::Visit visit(to_);
      cuda::check(cudaMemcpy(got.data(), target_.data() + first, got.size() * sizeof(float),
                             cudaMemcpyDeviceToHost),
                  "cudaMemcpy");
      return compare(pattern_, kSeedThere, first, got.data(), count);
    });
  }

 private:
  std::int64_t elements_;
  int from_;
  int to_;
  DataPattern pattern_;
  cudaStream_t stream_;
  cuda::DeviceBuffer<float> source_;
  cuda::DeviceBuffer<float> target_;
};

/// Every other GPU; on a machine with one a single problem, so that a row can say so.
std::vector<Problem> pairs(const Device& device) {
  std::vector<Problem> problems;
  for (int to = 0; to < device_count(); ++to) {
    if (to == device.index) continue;
    problems.push_back(
        {{"to", to}, {"direct", reaches(device.index, to) ? 1 : 0}, {"bytes", kLarge_bytes}});
  }
  if (problems.empty()) problems.push_back({{"to", 1}, {"direct", 0}, {"bytes", kLarge_bytes}});
  return problems;
}

const Registration registration{
    {.name = "transfer",
     .variant = "peer",
     .provider = "derate",
     .backend = "cuda",
     .precision = Precision::f32,
     .bound = Bound::link_to_peer,
     .problems = pairs,
     .test_problem =
         [] {
           return Problem{{"to", 1}, {"direct", reaches(0, 1) ? 1 : 0}, {"bytes", 400'012}};
         },
     .work = one_way,
     .size_class =
         [](const Problem& problem) {
           return std::string(problem.at("direct") != 0 ? "direct" : "through_host");
         },
     .prepare = [](const Problem& problem, const Operands& operands,
                   Session& session) { return std::make_unique<Peer>(problem, operands, session); },
     .unsupported = [](const Device&) -> std::optional<std::string> {
       if (device_count() >= 2) return std::nullopt;
       return "there is no second GPU";
     }}};

}  // namespace
}  // namespace derate::transfer
