// SPDX-License-Identifier: Apache-2.0
// An all-gather of bytes. The host looks at its end instead of waiting for it, since no call of
// CUDA can be told to wait no longer.
#include "backend/cuda/nccl_exchange.h"

#include <fmt/format.h>

#include <cstring>
#include <thread>

#include "backend/cuda/visit.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

using std::chrono::steady_clock;

constexpr auto kNote_bytes = static_cast<std::int64_t>(sizeof(LinkNote));

}  // namespace

LinkExchange::LinkExchange(const NcclId& id, int rank, int ranks, int device)
    : communicators_(id, ranks, rank, {device}),
      device_(device),
      stream_([device] {
        const Visit visit(device);
        return make_stream();
      }()),
      ended_(make_event(cudaEventDisableTiming)),
      send_(kNote_bytes),
      receive_(kNote_bytes * ranks) {}

std::vector<LinkNote> LinkExchange::all(const LinkNote& own, std::chrono::duration<double> timeout,
                                        const std::string& what) {
  const Visit visit(device_);
  std::vector<char> bytes(sizeof own);
  std::memcpy(bytes.data(), &own, sizeof own);
  send_.upload(bytes, stream_.get());
  check_nccl(nccl().all_gather(send_.data(), receive_.data(), sizeof own, kNcclUint8,
                               communicators_.of(0), stream_.get()),
             "ncclAllGather");
  check(cudaEventRecord(ended_.get(), stream_.get()), "cudaEventRecord");
  wait(timeout, what);
  const std::vector<char> got = receive_.to_host(0, receive_.count(), stream_.get());
  std::vector<LinkNote> notes(got.size() / sizeof(LinkNote));
  std::memcpy(notes.data(), got.data(), got.size());
  return notes;
}

void LinkExchange::wait(std::chrono::duration<double> timeout, const std::string& what) {
  const auto begin = steady_clock::now();
  while (cudaEventQuery(ended_.get()) == cudaErrorNotReady) {
    std::string reason = communicators_.asynchronous_error();
    if (reason.empty() && steady_clock::now() - begin > timeout) {
      reason = fmt::format("a rank did not come to {} within {:g} s", what, timeout.count());
    } else if (!reason.empty()) {
      reason += ", before " + what;
    }
    if (!reason.empty()) {
      communicators_.abort(reason);
      throw DeviceError(reason, false);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace derate::cuda
