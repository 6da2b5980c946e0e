// SPDX-License-Identifier: Apache-2.0
// Communicators are looked at ten times a second. They are aborted while no call is under way,
// except where a call itself does not return.
#include "backend/cuda/nccl_communicators.h"

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "backend/cuda/visit.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{100};

std::string seconds_text(std::chrono::duration<double> time) {
  char text[32] = {};
  std::snprintf(text, sizeof text, "%g s", time.count());
  return text;
}

}  // namespace

std::chrono::duration<double> nccl_timeout() {
  const char* const text = std::getenv(kNcclTimeoutVariable);
  if (text == nullptr || *text == '\0') return kNcclTimeout;
  char* end = nullptr;
  const double time_s = std::strtod(text, &end);
  if (*end == '\0' && time_s > 0 && time_s < 1e6) return std::chrono::duration<double>(time_s);
  throw DeviceError(std::string(kNcclTimeoutVariable) + " is \"" + text +
                        "\", which is no number of seconds above 0",
                    false);
}

std::shared_ptr<NcclCommunicators> NcclCommunicators::of_all(int count) {
  // Never destroyed: at exit the driver may be gone before them.
  static auto& kept = *new std::shared_ptr<NcclCommunicators>;
  if (!kept || kept->count() != count || kept->failed()) {
    kept.reset();
    kept = std::make_shared<NcclCommunicators>(count);
  }
  return kept;
}

NcclCommunicators::NcclCommunicators(int count)
    : devices_(static_cast<std::size_t>(count)),
      ranks_(count),
      all_(static_cast<std::size_t>(count)) {
  std::iota(devices_.begin(), devices_.end(), 0);
  check_nccl(nccl().init_all(all_.data(), count, nullptr), "ncclCommInitAll");
}

NcclCommunicators::NcclCommunicators(const NcclId& id, int ranks, int first_rank,
                                     std::vector<int> devices)
    : devices_(std::move(devices)), ranks_(ranks), all_(devices_.size()) {
  check_nccl(nccl().group_start(), "ncclGroupStart");
  NcclResult status = kNcclSuccess;
  for (int i = 0; i < count() && status == kNcclSuccess; ++i) {
    const Visit visit(device(i));
    status = nccl().init_rank(&all_[static_cast<std::size_t>(i)], ranks, id, first_rank + i);
  }
  const NcclResult end = nccl().group_end();  // or the next call would still belong to it
  check_nccl(status != kNcclSuccess ? status : end, "ncclCommInitRank");
}

NcclCommunicators::~NcclCommunicators() {
  if (failed()) return;
  for (NcclComm each : all_) static_cast<void>(nccl().destroy(each));
}

bool NcclCommunicators::failed() const {
  const std::lock_guard lock(mutex_);
  return !failure_.empty();
}

void NcclCommunicators::check_alive() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) throw DeviceError(failure_, false);
}

std::string NcclCommunicators::asynchronous_error() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return "";
  for (int rank = 0; rank < count(); ++rank) {
    NcclResult status = kNcclSuccess;
    if (nccl().asynchronous_error(of(rank), &status) != kNcclSuccess) continue;
    if (status == kNcclSuccess || status == kNcclInProgress) continue;
    return "NCCL reports on cuda:" + std::to_string(device(rank)) + ": " + nccl_words(status);
  }
  return "";
}

void NcclCommunicators::abort(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) return;
  failure_ = reason;
  for (NcclComm each : all_) static_cast<void>(nccl().abort(each));
}

NcclLaunches::NcclLaunches(std::shared_ptr<NcclCommunicators> communicators, cudaStream_t first)
    : communicators_(std::move(communicators)),
      first_(first),
      all_ended_(make_event(cudaEventDisableTiming)) {
  for (int rank = 1; rank < count(); ++rank) {
    const Visit visit(device(rank));
    others_.push_back(make_stream());
    ended_.push_back(make_event(cudaEventDisableTiming));
  }
  watcher_ = std::thread([this, timeout = nccl_timeout()] { watch(timeout); });
}

NcclLaunches::~NcclLaunches() {
  for (int rank = 0; rank < count(); ++rank) {
    static_cast<void>(cudaStreamSynchronize(stream(rank)));
  }
  {
    const std::lock_guard lock(stop_mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  watcher_.join();
}

cudaStream_t NcclLaunches::stream(int rank) const {
  return rank == 0 ? first_ : others_[static_cast<std::size_t>(rank - 1)].get();
}

void NcclLaunches::launch(const Call& call) {
  const std::lock_guard lock(calling_);
  communicators_->check_alive();
  ++launches_;
  check_nccl(nccl().group_start(), "ncclGroupStart");
  try {
    for (int rank = 0; rank < count(); ++rank) {
      communicators_->check_alive();  // the watcher may have aborted them during the last call
      call(rank, communicators_->of(rank), stream(rank));
    }
  } catch (...) {
    // The group has to end, or the next call would still belong to it.
    static_cast<void>(nccl().group_end());
    communicators_->abort("an earlier call of NCCL failed on these communicators");
    throw;
  }
  const NcclResult status = nccl().group_end();
  communicators_->check_alive();  // aborted meanwhile, which says more
  if (status != kNcclSuccess) {
    communicators_->abort("an earlier call of NCCL failed on these communicators");
    check_nccl(status, "ncclGroupEnd");
  }
  join();
}

void NcclLaunches::join() {
  for (int rank = 1; rank < count(); ++rank) {
    const cudaEvent_t ended = ended_[static_cast<std::size_t>(rank - 1)].get();
    const Visit visit(device(rank));
    check(cudaEventRecord(ended, stream(rank)), "cudaEventRecord");
  }
  for (const Event& ended : ended_) {
    check(cudaStreamWaitEvent(first_, ended.get(), 0), "cudaStreamWaitEvent");
  }
  check(cudaEventRecord(all_ended_.get(), first_), "cudaEventRecord");
}

void NcclLaunches::synchronize() const {
  for (int rank = 0; rank < count(); ++rank) {
    const Visit visit(device(rank));
    check(cudaStreamSynchronize(stream(rank)), "cudaStreamSynchronize");
  }
  communicators_->check_alive();
}

bool NcclLaunches::is_busy() const { return cudaEventQuery(all_ended_.get()) == cudaErrorNotReady; }

// A sample is over within a second, and then there is another launch: where neither comes, nothing
// moves any more.
void NcclLaunches::watch(std::chrono::duration<double> timeout) {
  long seen = 0;
  auto moved = steady_clock::now();
  std::unique_lock stop_lock(stop_mutex_);
  while (!stop_changed_.wait_for(stop_lock, kLook, [this] { return stop_; })) {
    const std::unique_lock call_lock(calling_, std::try_to_lock);
    const bool is_calling = !call_lock.owns_lock();
    if (!is_calling) {
      const std::string error = communicators_->asynchronous_error();
      if (!error.empty()) communicators_->abort(error);
    }
    const long launches = launches_;
    const auto now = steady_clock::now();
    if (launches != seen || !(is_calling || is_busy())) {
      seen = launches;
      moved = now;
    } else if (now - moved > timeout) {
      communicators_->abort("a collective over " + std::to_string(communicators_->ranks()) +
                            " devices did not end within " + seconds_text(timeout) +
                            ": a rank never came, or a link is stuck; the communicators were "
                            "aborted");
      moved = now;
    }
  }
}

}  // namespace derate::cuda
