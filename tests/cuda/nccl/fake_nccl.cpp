// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnccl.so.2 that adds and copies host memory when a group ends, and holds its
// callers to NCCL's rules: every rank calls the same, on a stream of its own device.
// DERATE_FAKE_NCCL chooses what goes wrong, for as long as it is set, or in the one group of calls
// that DERATE_FAKE_NCCL_AT counts to:
//   init: no communicators
//
//   call: the last rank's call fails
//
//   end: the group fails
//
//   later: an error is reported afterwards, and the streams stay busy until they are aborted
//
//   hang: a rank never comes, and the streams stay busy until they are aborted
//
//   block: a rank never comes, and the group's end waits until it is aborted
//
//   wrong: one bit of the last rank's result
//
//   short: its last element is not written
#include <cuda_runtime.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct ncclComm;

struct Clique {
  std::vector<ncclComm*> ranks;
  std::vector<cudaStream_t> busy;
  std::atomic<int> aborted = 0;
  std::atomic<int> error = 0;
};

struct ncclComm {
  std::shared_ptr<Clique> clique;
  int rank;
};

namespace {

enum class Kind { all_reduce, reduce_scatter, broadcast, all_gather, send, receive };

struct Call {
  Kind kind;
  const float* send;
  float* receive;
  std::size_t count;
  int peer;  // or root
  ncclComm* communicator;
  cudaStream_t stream;
};

constexpr int kSuccess = 0, kSystemError = 2, kInvalidArgument = 4, kInvalidUsage = 5,
              kRemoteError = 6;
thread_local std::vector<Call> calls;
thread_local int depth = 0;

std::atomic<long> groups = 0;

bool goes_wrong(const std::string& how) {
  const char* const wanted = std::getenv("DERATE_FAKE_NCCL");
  const char* const at = std::getenv("DERATE_FAKE_NCCL_AT");
  return wanted != nullptr && how == wanted && (at == nullptr || std::atol(at) == groups);
}

/// The call of each rank, in the order of ranks; empty where one is missing or differs.
std::vector<Call> by_rank(const Clique& clique) {
  std::vector<Call> sorted;
  for (const ncclComm* rank : clique.ranks) {
    for (const Call& call : calls) {
      if (call.communicator == rank) sorted.push_back(call);
    }
  }
  if (sorted.size() != clique.ranks.size() || calls.size() != sorted.size()) return {};
  for (const Call& call : sorted) {
    const Call& first = sorted.front();
    if (call.kind != first.kind || call.count != first.count || call.peer != first.peer) return {};
  }
  return sorted;
}

/// The sum over ranks of elements [first, first + count) of what they send.
std::vector<float> sum(const std::vector<Call>& ranks, std::size_t first, std::size_t count) {
  std::vector<float> sums(ranks.front().send + first, ranks.front().send + first + count);
  for (std::size_t rank = 1; rank < ranks.size(); ++rank) {
    for (std::size_t i = 0; i < count; ++i) sums[i] += ranks[rank].send[first + i];
  }
  return sums;
}

/// What the root sends, without a copy of it: a test does so with a gigabyte.
void spread(const std::vector<Call>& ranks, std::size_t count) {
  const float* const root = ranks[static_cast<std::size_t>(ranks.front().peer)].send;
  for (const Call& rank : ranks) {
    const bool is_short = goes_wrong("short") && &rank == &ranks.back();
    if (rank.receive == root) continue;
    std::memcpy(rank.receive, root, (count - (is_short ? 1 : 0)) * sizeof(float));
  }
}

// Results are complete before any is written: in place they lie where others still read.
void collect(const std::vector<Call>& ranks) {
  const std::size_t count = ranks.front().count;
  const Kind kind = ranks.front().kind;
  if (kind == Kind::broadcast) return spread(ranks, count);
  std::vector<std::vector<float>> results;
  std::vector<float> shared;
  if (kind == Kind::all_reduce) shared = sum(ranks, 0, count);
  if (kind == Kind::all_gather) {
    shared.reserve(ranks.size() * count);
    for (const Call& call : ranks) shared.insert(shared.end(), call.send, call.send + count);
  }
  for (std::size_t rank = 0; rank < ranks.size() && kind == Kind::reduce_scatter; ++rank) {
    results.push_back(sum(ranks, rank * count, count));
  }
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const std::vector<float>& result = results.empty() ? shared : results[rank];
    const bool is_short = goes_wrong("short") && rank + 1 == ranks.size();
    std::memcpy(ranks[rank].receive, result.data(),
                (result.size() - (is_short ? 1 : 0)) * sizeof(float));
  }
}

/// Each message that is sent to the rank that receives it; false where one has no other end.
bool exchange() {
  std::size_t met = 0;
  for (const Call& send : calls) {
    if (send.kind != Kind::send) continue;
    for (const Call& receive : calls) {
      const bool is_other_end = receive.kind == Kind::receive &&
                                receive.communicator->rank == send.peer &&
                                receive.peer == send.communicator->rank;
      if (!is_other_end || receive.count != send.count) continue;
      std::memcpy(receive.receive, send.send, send.count * sizeof(float));
      met += 2;
    }
  }
  return met == calls.size();
}

/// Where a rank's part lies within the whole array, NCCL wants it at its own place there.
bool lies_wrong(const Call& call) {
  const std::size_t all = call.communicator->clique->ranks.size() * call.count;
  const float* const whole = call.kind == Kind::all_gather ? call.receive : call.send;
  const float* const part = call.kind == Kind::all_gather ? call.send : call.receive;
  const bool has_part = call.kind == Kind::all_gather || call.kind == Kind::reduce_scatter;
  if (!has_part || part + call.count <= whole || part >= whole + all) return false;
  return part != whole + static_cast<std::size_t>(call.communicator->rank) * call.count;
}

void keep_busy(Clique& clique) {
  for (const Call& call : calls) {
    call.stream->busy = true;
    clique.busy.push_back(call.stream);
  }
}

int end_group() {
  Clique& clique = *calls.front().communicator->clique;
  for (const Call& call : calls) {
    if (call.stream->device != call.communicator->rank || lies_wrong(call)) return kInvalidUsage;
  }
  if (goes_wrong("end")) return kSystemError;
  if (goes_wrong("later")) clique.error = kRemoteError;
  if (goes_wrong("hang") || goes_wrong("later")) {
    keep_busy(clique);
    return kSuccess;
  }
  if (goes_wrong("block")) {
    while (clique.aborted == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return kSystemError;
  }
  const bool is_messages = calls.front().kind == Kind::send || calls.front().kind == Kind::receive;
  if (is_messages) {
    if (!exchange()) return kInvalidUsage;
  } else {
    const std::vector<Call> ranks = by_rank(clique);
    if (ranks.empty()) return kInvalidUsage;
    collect(ranks);
  }
  if (goes_wrong("wrong")) {
    std::uint32_t bits = 0;
    float* const result = calls.back().receive;
    std::memcpy(&bits, result, sizeof bits);
    bits ^= 1U << 20;
    std::memcpy(result, &bits, sizeof bits);
  }
  return kSuccess;
}

int add(const Call& call, int data_type, int operation = 0) {
  if (data_type != 7 || operation != 0) return kInvalidArgument;
  const bool is_last =
      call.communicator->rank + 1 == static_cast<int>(call.communicator->clique->ranks.size());
  calls.push_back(call);
  return is_last && goes_wrong("call") ? kSystemError : kSuccess;
}

}  // namespace

extern "C" {

int ncclGetVersion(int* version) {
  *version = 22809;
  return kSuccess;
}
const char* ncclGetErrorString(int status) {
  if (status == kSystemError) return "unhandled system error";
  if (status == kRemoteError) return "remote process exited or there was a network error";
  return status == kInvalidUsage ? "invalid usage" : "another error";
}
int ncclCommInitAll(ncclComm** communicators, int count, const int*) {
  if (goes_wrong("init")) return kSystemError;
  const auto clique = std::make_shared<Clique>();
  for (int rank = 0; rank < count; ++rank) {
    communicators[rank] = new ncclComm{clique, rank};
    clique->ranks.push_back(communicators[rank]);
  }
  return kSuccess;
}
// Of several processes: fake_nccl_between.cpp.
int ncclGetUniqueId(void*) { return kInvalidUsage; }
int ncclCommInitRank(void*) { return kInvalidUsage; }
int ncclCommDestroy(ncclComm* communicator) {
  delete communicator;
  return kSuccess;
}
int ncclCommAbort(ncclComm* communicator) {
  for (const cudaStream_t stream : communicator->clique->busy) stream->busy = false;
  communicator->clique->busy.clear();
  ++communicator->clique->aborted;
  return kSuccess;  // kept: a group that blocks still looks at it
}
int ncclCommGetAsyncError(ncclComm* communicator, int* error) {
  *error = communicator->clique->error;
  return kSuccess;
}
int ncclGroupStart() {
  if (depth++ == 0) ++groups;
  return kSuccess;
}
int ncclGroupEnd() {
  if (--depth > 0 || calls.empty()) return kSuccess;
  const int status = end_group();
  calls.clear();
  return status;
}
int ncclAllReduce(const float* send, float* receive, std::size_t count, int type, int operation,
                  ncclComm* communicator, cudaStream_t stream) {
  return add({Kind::all_reduce, send, receive, count, 0, communicator, stream}, type, operation);
}
int ncclReduceScatter(const float* send, float* receive, std::size_t count, int type, int operation,
                      ncclComm* communicator, cudaStream_t stream) {
  return add({Kind::reduce_scatter, send, receive, count, 0, communicator, stream}, type,
             operation);
}
int ncclBroadcast(const float* send, float* receive, std::size_t count, int type, int root,
                  ncclComm* communicator, cudaStream_t stream) {
  return add({Kind::broadcast, send, receive, count, root, communicator, stream}, type);
}
int ncclAllGather(const float* send, float* receive, std::size_t count, int type,
                  ncclComm* communicator, cudaStream_t stream) {
  return add({Kind::all_gather, send, receive, count, 0, communicator, stream}, type);
}
int ncclSend(const float* send, std::size_t count, int type, int peer, ncclComm* communicator,
             cudaStream_t stream) {
  return add({Kind::send, send, nullptr, count, peer, communicator, stream}, type);
}
int ncclRecv(float* receive, std::size_t count, int type, int peer, ncclComm* communicator,
             cudaStream_t stream) {
  return add({Kind::receive, nullptr, receive, count, peer, communicator, stream}, type);
}
}
