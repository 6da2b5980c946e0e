// SPDX-License-Identifier: Apache-2.0
// NCCL's functions, looked up in the library that was opened, and its status codes.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <source_location>
#include <string>

#include "backend/cuda/nccl_search.h"

// The few declarations of nccl.h that are needed, because no CUDA toolkit ships that header. Names,
// types and values: NCCL's documentation (docs.nvidia.com/deeplearning/nccl, API); the ABI of these
// functions has not changed since version 2.7.
extern "C" {
struct ncclComm;
using NcclComm = ncclComm*;
using NcclResult = int;  // ncclResult_t
/// ncclUniqueId, which is passed by value: where the ranks of a communicator meet.
struct NcclId {
  char bytes[128];
};
}

namespace derate::cuda {

inline constexpr NcclResult kNcclSuccess = 0;
inline constexpr NcclResult kNcclInProgress = 7;
inline constexpr int kNcclUint8 = 1;  // ncclDataType_t
inline constexpr int kNcclFloat32 = 7;
inline constexpr int kNcclSum = 0;  // ncclRedOp_t

struct NcclApi {
  using Between = NcclResult(const void*, void*, std::size_t, int, NcclComm, cudaStream_t);
  using Reduce = NcclResult(const void*, void*, std::size_t, int, int, NcclComm, cudaStream_t);
  using Send = NcclResult(const void*, std::size_t, int, int, NcclComm, cudaStream_t);
  using Receive = NcclResult(void*, std::size_t, int, int, NcclComm, cudaStream_t);

  OpenedLibrary opened = open_nccl();
  NcclResult (*version)(int*) = find<NcclResult(int*)>("ncclGetVersion");
  const char* (*error_text)(NcclResult) = find<const char*(NcclResult)>("ncclGetErrorString");
  NcclResult (*init_all)(NcclComm*, int, const int*) =
      find<NcclResult(NcclComm*, int, const int*)>("ncclCommInitAll");
  NcclResult (*unique_id)(NcclId*) = find<NcclResult(NcclId*)>("ncclGetUniqueId");
  NcclResult (*init_rank)(NcclComm*, int, NcclId,
                          int) = find<NcclResult(NcclComm*, int, NcclId, int)>("ncclCommInitRank");
  NcclResult (*destroy)(NcclComm) = find<NcclResult(NcclComm)>("ncclCommDestroy");
  NcclResult (*abort)(NcclComm) = find<NcclResult(NcclComm)>("ncclCommAbort");
  NcclResult (*asynchronous_error)(NcclComm, NcclResult*) =
      find<NcclResult(NcclComm, NcclResult*)>("ncclCommGetAsyncError");
  NcclResult (*group_start)() = find<NcclResult()>("ncclGroupStart");
  NcclResult (*group_end)() = find<NcclResult()>("ncclGroupEnd");
  Reduce* all_reduce = find<Reduce>("ncclAllReduce");
  Reduce* reduce_scatter = find<Reduce>("ncclReduceScatter");
  Reduce* broadcast = find<Reduce>("ncclBroadcast");  // its root is where the operation is
  Between* all_gather = find<Between>("ncclAllGather");
  Send* send = find<Send>("ncclSend");
  Receive* receive = find<Receive>("ncclRecv");

  [[nodiscard]] bool complete() const;

 private:
  template <typename Function>
  [[nodiscard]] Function* find(const char* name) const {
    return opened.library.function<Function>(name);
  }
};

/// Opened when it is first asked for. Throws Unsupported where there is none, DeviceError where it
/// lacks functions.
[[nodiscard]] const NcclApi& nccl();

/// "NCCL 2.28.9"; without a version where there is none.
[[nodiscard]] std::string nccl_version();

/// Which file it is, and which others it might have been; or why there is none.
[[nodiscard]] std::string nccl_origin();

/// "unhandled system error (2)": what the library says of a status.
[[nodiscard]] std::string nccl_words(NcclResult status);

/// Returns when `status` is success; otherwise throws DeviceError that names call and place.
void check_nccl(NcclResult status, const char* call,
                const std::source_location& place = std::source_location::current());

}  // namespace derate::cuda
