// SPDX-License-Identifier: Apache-2.0
// One communicator for each GPU of this process, which are all of the box or some of a group of
// several processes, and the group calls on them. A thread looks after them: where NCCL reports an
// error later, or a collective does not end, it aborts them, so that whoever waits for a stream
// returns and the program goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backend/cuda/nccl_library.h"
#include "backend/cuda/stream.h"

namespace derate::cuda {

/// For how long a collective may make no progress: more than the slowest of 1 GiB takes, less than
/// derate_bench waits for a row. DERATE_NCCL_TIMEOUT_S has another time in seconds.
inline constexpr std::chrono::seconds kNcclTimeout{30};
inline constexpr const char* kNcclTimeoutVariable = "DERATE_NCCL_TIMEOUT_S";
/// The one that holds. Throws DeviceError where the variable is no time.
[[nodiscard]] std::chrono::duration<double> nccl_timeout();

class NcclCommunicators {
 public:
  /// Of CUDA's devices 0 to `count` - 1. Those of the last call are kept, because making them takes
  /// seconds, unless they failed. Throws DeviceError.
  [[nodiscard]] static std::shared_ptr<NcclCommunicators> of_all(int count);

  explicit NcclCommunicators(int count);
  /// This process' part in a group of `ranks` devices of several processes, which meet at `id`: of
  /// these devices of its own, ranks from `first_rank` on. Returns when all have come: whoever
  /// cannot wait for ever has to end the process. Throws DeviceError.
  NcclCommunicators(const NcclId& id, int ranks, int first_rank, std::vector<int> devices);
  ~NcclCommunicators();
  NcclCommunicators(const NcclCommunicators&) = delete;
  NcclCommunicators& operator=(const NcclCommunicators&) = delete;

  [[nodiscard]] int count() const { return static_cast<int>(all_.size()); }
  /// Of the communicator `rank` of this process; where it has all of them that is the rank.
  [[nodiscard]] NcclComm of(int rank) const { return all_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] int device(int rank) const { return devices_[static_cast<std::size_t>(rank)]; }
  /// In all processes.
  [[nodiscard]] int ranks() const { return ranks_; }
  /// Throws DeviceError once they have been aborted.
  void check_alive() const;
  [[nodiscard]] bool failed() const;

  /// What NCCL found wrong since: a sentence, or empty.
  [[nodiscard]] std::string asynchronous_error() const;
  /// Ends what is under way, because of `reason`. From any thread, once.
  void abort(const std::string& reason);

 private:
  std::vector<int> devices_;
  int ranks_;
  std::vector<NcclComm> all_;
  mutable std::mutex mutex_;
  std::string failure_;
};

/// Launches of collectives on all of them.
class NcclLaunches {
 public:
  /// The first device's work goes to `first`, that of others to streams made here. The current
  /// device has to be the first. Throws DeviceError.
  NcclLaunches(std::shared_ptr<NcclCommunicators> communicators, cudaStream_t first);
  /// Waits for what is under way, or for its end by force.
  ~NcclLaunches();
  NcclLaunches(const NcclLaunches&) = delete;
  NcclLaunches& operator=(const NcclLaunches&) = delete;

  [[nodiscard]] int count() const { return communicators_->count(); }
  [[nodiscard]] int device(int rank) const { return communicators_->device(rank); }
  [[nodiscard]] cudaStream_t stream(int rank) const;

  using Call = std::function<void(int rank, NcclComm communicator, cudaStream_t stream)>;
  /// `call` for each rank in one group; the first stream goes on when all of them have ended.
  /// Returns at once. Throws DeviceError, also for what went wrong with the launches before.
  void launch(const Call& call);
  /// Waits for all streams. Throws DeviceError.
  void synchronize() const;

 private:
  void join();
  void watch(std::chrono::duration<double> timeout);
  [[nodiscard]] bool is_busy() const;

  std::shared_ptr<NcclCommunicators> communicators_;
  cudaStream_t first_;
  std::vector<Stream> others_;
  std::vector<Event> ended_;  ///< on each of the others
  Event all_ended_;           ///< on the first
  std::mutex calling_;        ///< held while NCCL is called
  std::atomic<long> launches_ = 0;
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  std::thread watcher_;
};

}  // namespace derate::cuda
