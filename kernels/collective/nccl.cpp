// SPDX-License-Identifier: Apache-2.0
// all_reduce, all_gather, reduce_scatter, broadcast and all_to_all by NCCL, over all GPUs of the
// box from one process, one rank on each: out of place, in place, and the time of one small
// message. Not yet run on a GPU.
//
// The host's clock times them, as in nccl-tests: from the first call until all GPUs have ended the
// last one. A launch begins on the first GPU when the one before has ended on all. The same memory
// every time, as there too; all_to_all in place is none that NCCL defines.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/nccl_communicators.h"
#include "backend/cuda/nccl_library.h"
#include "collective/links.h"
#include "collective/ranks.h"
#include "collective/work.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "measure/own_peak.h"

namespace derate::collective {
namespace {

using cuda::check_nccl;
using cuda::kNcclFloat32;
using cuda::kNcclSum;
using cuda::nccl;

int gpu_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());
  return 0;
}

/// How the pairs of GPUs reach each other, and what the environment tells NCCL to do.
std::string circumstances(int devices) {
  const PeerPaths paths = peer_paths(devices);
  std::string text = "every pair direct";
  if (paths.indirect > 0) {
    text = std::to_string(paths.indirect) + " of " + std::to_string(paths.pairs) +
           " pairs without a direct path, first " + paths.first_indirect;
  }
  for (const char* variable : {"NCCL_ALGO", "NCCL_PROTO", "NCCL_P2P_DISABLE", "NCCL_P2P_LEVEL",
                               "NCCL_SHM_DISABLE", "NCCL_NVLS_ENABLE"}) {
    const char* const value = std::getenv(variable);
    if (value != nullptr) text += std::string("; ") + variable + "=" + value;
  }
  return text;
}

/// One part to every rank, and one from every rank, in a group of its own or the caller's.
void send_to_all(const float* send, float* receive, std::size_t count, int ranks,
                 NcclComm communicator, cudaStream_t stream) {
  for (int peer = 0; peer < ranks; ++peer) {
    const std::size_t at = static_cast<std::size_t>(peer) * count;
    check_nccl(nccl().send(send + at, count, kNcclFloat32, peer, communicator, stream), "ncclSend");
    check_nccl(nccl().receive(receive + at, count, kNcclFloat32, peer, communicator, stream),
               "ncclRecv");
  }
}

class Collective final : public Instance {
 public:
  Collective(Operation operation, Place place, const Problem& problem, DataPattern pattern,
             Session& session)
      : operation_(operation),
        count_(static_cast<std::size_t>(count_of(operation, problem))),
        pattern_(pattern),
        launches_(cuda::NcclCommunicators::of_all(static_cast<int>(problem.at("devices"))),
                  cuda::stream_of(session)) {
    for (int rank = 0; rank < launches_.count(); ++rank) {
      const cuda::Visit visit(rank);
      ranks_.emplace_back(operation, place, problem, rank);
      ranks_.back().reset(pattern, launches_.stream(rank));
    }
    launches_.synchronize();
  }

  void launch(int) override {
    launches_.launch([this](int rank, NcclComm communicator, cudaStream_t stream) {
      const RankMemory& memory = ranks_[static_cast<std::size_t>(rank)];
      call(memory.send(), memory.receive(), communicator, stream);
    });
  }

  [[nodiscard]] bool host_takes_part() const override { return true; }
  [[nodiscard]] std::string algorithm() const override { return circumstances(launches_.count()); }

  void poison() override {
    for (int rank = 0; rank < launches_.count(); ++rank) {
      const cuda::Visit visit(rank);
      ranks_[static_cast<std::size_t>(rank)].poison(pattern_, launches_.stream(rank));
    }
    launches_.synchronize();
  }

  [[nodiscard]] std::optional<std::string> check() override {
    launches_.synchronize();
    for (int rank = 0; rank < launches_.count(); ++rank) {
      const cuda::Visit visit(rank);
      if (auto wrong = ranks_[static_cast<std::size_t>(rank)].check(pattern_)) return wrong;
    }
    return std::nullopt;
  }

 private:
  void call(const float* send, float* receive, NcclComm communicator, cudaStream_t stream) const {
    switch (operation_) {
      case Operation::all_reduce:
        return check_nccl(
            nccl().all_reduce(send, receive, count_, kNcclFloat32, kNcclSum, communicator, stream),
            "ncclAllReduce");
      case Operation::all_gather:
        return check_nccl(
            nccl().all_gather(send, receive, count_, kNcclFloat32, communicator, stream),
            "ncclAllGather");
      case Operation::reduce_scatter:
        return check_nccl(nccl().reduce_scatter(send, receive, count_, kNcclFloat32, kNcclSum,
                                                communicator, stream),
                          "ncclReduceScatter");
      case Operation::broadcast:
        return check_nccl(
            nccl().broadcast(send, receive, count_, kNcclFloat32, 0, communicator, stream),
            "ncclBroadcast");
      case Operation::all_to_all:
        return send_to_all(send, receive, count_, launches_.count(), communicator, stream);
    }
  }

  Operation operation_;
  std::size_t count_;
  DataPattern pattern_;
  std::vector<RankMemory> ranks_;  // outlives the launches, which wait for their end
  cuda::NcclLaunches launches_;
};

/// The devices of a problem: where there is one GPU, two, so that a row can say what is missing.
int wanted_devices() { return std::max(2, gpu_count()); }

using Sizes = std::vector<Problem>;

/// A collective is the box's, and not one of each of its devices: it is the first one's. Where none
/// can run, a row of the quick suite says so, and one of every other variant in the full suite.
Sizes asked(const Device& device, bool is_for_lone_gpu, const Sizes& sizes) {
  if (device.index != 0) return {};
  if (gpu_count() >= 2) return sizes;
  return is_for_lone_gpu ? Sizes{sized(kSmallest_bytes, wanted_devices())} : Sizes{};
}

Sizes largest_size(const Device& device) {
  return {sized(largest_bytes(device.memory_bytes), wanted_devices())};
}

Sizes smaller(const Device& device) { return smaller_sizes(device.memory_bytes, wanted_devices()); }

/// In the full suite alone.
Workload variant(Operation operation, std::string name, Place place) {
  return {
      .name = std::string(to_string(operation)),
      .variant = std::move(name),
      .provider = "nccl",
      .backend = "cuda",
      .precision = Precision::f32,
      .bound = Bound::link_to_peer,
      .cache = CachePolicy::hot,
      .problems = [](const Device&) { return Sizes{}; },
      .test_problem = [] { return sized(400'012, wanted_devices()); },
      .work = [operation](const Problem& problem) { return work_of(operation, problem); },
      .size_class = size_class,
      .prepare =
          [operation, place](const Problem& problem, const Operands& operands, Session& session) {
            return std::make_unique<Collective>(operation, place, problem, operands.data, session);
          },
      .more_problems =
          [](const Device& device) {
            Sizes sizes = smaller(device);
            sizes.push_back(largest_size(device).front());
            return asked(device, true, sizes);
          },
      .unsupported = [](const Device&) -> std::optional<std::string> {
        if (gpu_count() >= 2) return std::nullopt;
        return "there is no second GPU";
      },
      .refuses = [operation](const Problem& problem,
                             const Device&) { return refusal(operation, problem, gpu_count()); },
      .library = cuda::nccl_version};
}

/// The largest size in the quick suite.
Workload out_of_place(Operation operation) {
  Workload workload = variant(operation, "out_of_place", Place::apart);
  const bool is_the_one_row = operation == Operation::all_reduce;
  workload.problems = [is_the_one_row](const Device& device) {
    return asked(device, is_the_one_row, largest_size(device));
  };
  workload.more_problems = [is_the_one_row](const Device& device) {
    return asked(device, !is_the_one_row, smaller(device));
  };
  return workload;
}

/// What a message takes that is too small for any link to matter; in the quick suite of all_reduce.
Workload small_message(Operation operation) {
  Workload workload = variant(operation, "small_message", Place::apart);
  workload.bound = Bound::latency;
  const auto smallest = [] { return Sizes{sized(kSmallest_bytes, wanted_devices())}; };
  const bool is_quick = operation == Operation::all_reduce;
  workload.problems = [=](const Device& device) {
    return is_quick ? asked(device, false, smallest()) : Sizes{};
  };
  workload.more_problems = [=](const Device& device) {
    return asked(device, true, is_quick ? Sizes{} : smallest());
  };
  return workload;
}

/// Where a device is asked about that is not there, the driver's answer is an exception.
std::optional<Peak> known_link_peak(Operation operation, const Problem& problem,
                                    const Device& device) {
  if (problem.at("devices") > gpu_count()) return std::nullopt;
  return link_peak(operation, problem, device);
}

const std::vector<Registration> registrations = [] {
  std::vector<Registration> all;
  for (const Operation operation : kOperations) {
    all.emplace_back(out_of_place(operation));
    if (operation != Operation::all_to_all) {
      all.emplace_back(variant(operation, "in_place", Place::in_place));
    }
    all.emplace_back(small_message(operation));
    OwnPeakRegistration(std::string(to_string(operation)), "nccl",
                        [operation](const Problem& problem, const Device& device) {
                          return known_link_peak(operation, problem, device);
                        });
  }
  return all;
}();

}  // namespace
}  // namespace derate::collective
