// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnccl.so.2 whose communicators reach over processes, by files that they all map:
// one for each id, in the folder DERATE_FAKE_MEETING. Work is done by a thread, and streams are
// busy until it ends, as those of GPUs are. It takes as long as DERATE_FAKE_SPEEDS says ("n3=0.8
// n1-n5=0.7" of the usual), on a clock that stands still otherwise. DERATE_FAKE_BETWEEN has what
// goes wrong in this process, "WHAT@N" in the Nth all-reduce: wrong, error (reported later), hang,
// exit; or init. DERATE_FAKE_BUSY_US keeps the streams busy for that long in each all-reduce.
#include <cuda_runtime.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kSuccess = 0, kSystemError = 2, kInvalidArgument = 4, kInvalidUsage = 5,
              kRemoteError = 6;
constexpr int kMostRanks = 64;
constexpr std::size_t kSlot_bytes = std::size_t{128} << 10;

/// In the mapped file. Two slots for each rank: one is written while others still read the other.
struct Shared {
  std::atomic<int> present[kMostRanks];
  std::atomic<long> posted[kMostRanks];
  std::atomic<int> broken;
  char nodes[kMostRanks][32];
  char slots[2][kMostRanks][kSlot_bytes];
};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::atomic<long> reductions = 0;

bool goes_wrong(const std::string& how, long reduction) {
  return variable("DERATE_FAKE_BETWEEN") == how + "@" + std::to_string(reduction);
}

std::chrono::microseconds busy() {
  return std::chrono::microseconds(std::atol(variable("DERATE_FAKE_BUSY_US").c_str()));
}

void nap() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace

struct ncclComm {
  Shared* shared = nullptr;
  int rank = 0;
  int ranks = 0;
  long done = 0;  // collectives
  std::atomic<bool> aborted = false;
  std::atomic<int> error = 0;
};

struct UniqueId {
  char bytes[128];
};

namespace {

struct Call {
  bool is_sum;
  const void* send;
  void* receive;
  std::size_t bytes;
  ncclComm* communicator;
  cudaStream_t stream;
};

struct Joining {
  ncclComm** into;
  int ranks;
  UniqueId id;
  int rank;
};

thread_local std::vector<Call> calls;
thread_local std::vector<Joining> joinings;
thread_local int depth = 0;

/// Relative to the usual: the slowest of the nodes and links that take part.
double speed(const ncclComm& communicator) {
  double slowest = 1;
  std::istringstream words(variable("DERATE_FAKE_SPEEDS"));
  const auto has = [&](const std::string& node) {
    for (int rank = 0; rank < communicator.ranks; ++rank) {
      if (node == communicator.shared->nodes[rank]) return true;
    }
    return false;
  };
  for (std::string word; words >> word;) {
    const std::string who = word.substr(0, word.find('='));
    const std::size_t dash = who.find('-');
    const bool is_there = dash == std::string::npos
                              ? has(who)
                              : has(who.substr(0, dash)) && has(who.substr(dash + 1));
    if (is_there) slowest = std::min(slowest, std::stod(word.substr(word.find('=') + 1)));
  }
  return slowest;
}

/// Within 0.3 % of 1, the same for all ranks, another for every collective.
double noise(const ncclComm& communicator) {
  std::uint64_t state = static_cast<std::uint64_t>(communicator.done) + 1;
  for (int rank = 0; rank < communicator.ranks; ++rank) {
    for (const char* at = communicator.shared->nodes[rank]; *at != '\0'; ++at) {
      state = (state ^ static_cast<unsigned char>(*at)) * 6'364'136'223'846'793'005ULL + rank;
    }
  }
  return 1 + 0.003 * (2 * static_cast<double>(state >> 40) / (1 << 24) - 1);
}

char* slot(const Call& call, int rank) {
  return call.communicator->shared->slots[call.communicator->done % 2][rank];
}

bool all_posted(const Call& call) {
  for (int rank = 0; rank < call.communicator->ranks; ++rank) {
    if (call.communicator->shared->posted[rank] <= call.communicator->done) return false;
  }
  return true;
}

void collect(const Call& call) {
  const int ranks = call.communicator->ranks;
  if (!call.is_sum) {
    for (int rank = 0; rank < ranks; ++rank) {
      std::memcpy(static_cast<char*>(call.receive) + static_cast<std::size_t>(rank) * call.bytes,
                  slot(call, rank), call.bytes);
    }
    return;
  }
  const std::size_t count = call.bytes / sizeof(float);
  std::vector<float> sums(count);
  for (int rank = 0; rank < ranks; ++rank) {
    const auto* const values = reinterpret_cast<const float*>(slot(call, rank));
    for (std::size_t i = 0; i < count; ++i) sums[i] += values[i];
  }
  std::memcpy(call.receive, sums.data(), call.bytes);
}

/// One group's calls, of all communicators of this process in it. False: it never ends.
bool perform(const std::vector<Call>& group) {
  const long reduction = group.front().is_sum ? ++reductions : 0;
  if (goes_wrong("exit", reduction)) _exit(9);
  if (goes_wrong("error", reduction)) group.front().communicator->error = kRemoteError;
  if (goes_wrong("hang", reduction) || goes_wrong("error", reduction)) return false;
  for (const Call& call : group) {
    std::memcpy(slot(call, call.communicator->rank), call.send, call.bytes);
    call.communicator->shared->posted[call.communicator->rank] = call.communicator->done + 1;
  }
  for (const Call& call : group) {
    while (!all_posted(call)) {
      if (call.communicator->aborted) return false;
      // Of a process that has gone the others learn by their connections.
      if (call.communicator->shared->broken != 0) call.communicator->error = kRemoteError;
      nap();
    }
    collect(call);
  }
  if (goes_wrong("wrong", reduction)) ++*static_cast<float*>(group.back().receive);
  const Call& first = group.front();
  if (first.is_sum) std::this_thread::sleep_for(busy());
  first.stream->took_ns +=
      static_cast<long>(1e6 / speed(*first.communicator) * noise(*first.communicator));
  for (const Call& call : group) ++call.communicator->done;
  return true;
}

/// A thread that does what was launched, in order.
class Worker {
 public:
  static Worker& of_process() {
    static auto& worker = *new Worker;  // outlives whoever still waits at exit
    return worker;
  }
  void launch(std::vector<Call> group) {
    const std::lock_guard lock(mutex_);
    for (const Call& call : group) call.stream->busy = true;
    groups_.push_back(std::move(group));
    changed_.notify_all();
  }
  /// A stream whose work never ends is busy until somebody aborts, which returns when nothing of it
  /// touches streams or memory any more.
  void abort(ncclComm* communicator) {
    communicator->aborted = true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !is_queued(communicator); });
    for (const Call& call : stuck_) call.stream->busy = false;
    stuck_.clear();
  }

 private:
  Worker() {
    std::thread([this] { work(); }).detach();
  }
  [[noreturn]] void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !groups_.empty(); });
      const std::vector<Call> group = groups_.front();
      lock.unlock();
      // Behind what hangs nothing is done.
      ncclComm* const first = group.front().communicator;
      const bool ended = !is_stuck(first) && !first->aborted && perform(group);
      lock.lock();
      groups_.pop_front();
      if (!ended && !group.front().communicator->aborted) {
        stuck_.insert(stuck_.end(), group.begin(), group.end());
      } else {
        for (const Call& call : group) call.stream->busy = is_wanted(call.stream);
      }
      changed_.notify_all();
    }
  }
  [[nodiscard]] bool is_stuck(const ncclComm* communicator) {
    const std::lock_guard lock(mutex_);
    for (const Call& call : stuck_) {
      if (call.communicator == communicator) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_queued(const ncclComm* communicator) const {
    for (const std::vector<Call>& group : groups_) {
      if (group.front().communicator == communicator) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_wanted(cudaStream_t stream) const {
    for (const std::vector<Call>& group : groups_) {
      for (const Call& call : group) {
        if (call.stream == stream) return true;
      }
    }
    return false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<Call>> groups_;
  std::vector<Call> stuck_;
};

/// The file of an id, mapped; it is as large as it may get, and holds nothing at first.
Shared* mapped(const UniqueId& id) {
  const int file = open(id.bytes, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(Shared)) != 0) return nullptr;
  void* const at = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return at == MAP_FAILED ? nullptr : static_cast<Shared*>(at);
}

/// Waits for the others, for ever where one does not come.
int join_all() {
  for (const Joining& joining : joinings) {
    auto* const communicator = new ncclComm;
    communicator->shared = mapped(joining.id);
    if (communicator->shared == nullptr || joining.ranks > kMostRanks) return kSystemError;
    communicator->rank = joining.rank;
    communicator->ranks = joining.ranks;
    const std::string node = variable("DERATE_FAKE_NODE");
    node.copy(communicator->shared->nodes[joining.rank], 31);
    communicator->shared->present[joining.rank] = 1;
    *joining.into = communicator;
  }
  for (const Joining& joining : joinings) {
    for (int rank = 0; rank < joining.ranks; ++rank) {
      while ((*joining.into)->shared->present[rank] == 0) nap();
    }
  }
  joinings.clear();
  return kSuccess;
}

int flush() {
  if (depth > 0) return kSuccess;
  if (!joinings.empty()) return join_all();
  if (!calls.empty()) Worker::of_process().launch(calls);
  calls.clear();
  return kSuccess;
}

int add(const Call& call) {
  if (call.bytes > kSlot_bytes || call.communicator->ranks > kMostRanks) return kInvalidArgument;
  calls.push_back(call);
  return flush();
}

}  // namespace

extern "C" {

int ncclGetVersion(int* version) {
  *version = 22809;
  return kSuccess;
}
const char* ncclGetErrorString(int status) {
  if (status == kRemoteError) return "remote process exited or there was a network error";
  return status == kSystemError ? "unhandled system error" : "another error";
}
int ncclGetUniqueId(UniqueId* id) {
  static std::atomic<int> count = 0;
  const std::string common = variable("NCCL_COMM_ID");
  const std::string name =
      common.empty() ? std::to_string(getpid()) + "_" + std::to_string(++count) : common;
  std::memset(id, 0, sizeof *id);
  const std::string path = variable("DERATE_FAKE_MEETING") + "/" + name;
  path.copy(id->bytes, sizeof id->bytes - 1);
  return kSuccess;
}
int ncclCommInitRank(ncclComm** communicator, int ranks, UniqueId id, int rank) {
  if (variable("DERATE_FAKE_BETWEEN") == "init") return kSystemError;
  joinings.push_back({communicator, ranks, id, rank});
  return flush();
}
int ncclCommInitAll(ncclComm**, int, const int*) { return kInvalidUsage; }
int ncclCommDestroy(ncclComm*) { return kSuccess; }  // a late thread may still look at it
int ncclCommAbort(ncclComm* communicator) {
  communicator->shared->broken = 1;
  Worker::of_process().abort(communicator);
  return kSuccess;
}
int ncclCommGetAsyncError(ncclComm* communicator, int* error) {
  *error = communicator->error;
  return kSuccess;
}
int ncclGroupStart() {
  ++depth;
  return kSuccess;
}
int ncclGroupEnd() {
  --depth;
  return flush();
}
int ncclAllReduce(const void* send, void* receive, std::size_t count, int type, int operation,
                  ncclComm* communicator, cudaStream_t stream) {
  if (type != 7 || operation != 0) return kInvalidArgument;
  return add({true, send, receive, count * sizeof(float), communicator, stream});
}
int ncclAllGather(const void* send, void* receive, std::size_t count, int type,
                  ncclComm* communicator, cudaStream_t stream) {
  if (type != 1) return kInvalidArgument;
  return add({false, send, receive, count, communicator, stream});
}
int ncclReduceScatter() { return kInvalidUsage; }
int ncclBroadcast() { return kInvalidUsage; }
int ncclSend() { return kInvalidUsage; }
int ncclRecv() { return kInvalidUsage; }
}
