// SPDX-License-Identifier: Apache-2.0
// The first rank makes an id and hands it to the others through a file, or NCCL_COMM_ID holds it.
// From then on ranks talk through NCCL: between two steps each says how the last one went, and who
// leads a group of the next says where it meets. A group that fails costs its own record; a rank
// that is lost ends the measurement for all, and what was measured stays.
#include "backend/cuda/nccl_between_nodes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "backend/cuda/nccl_all_reduce.h"
#include "backend/cuda/nccl_exchange.h"
#include "backend/cuda/nccl_meeting.h"
#include "base/time_utc.h"
#include "derate/build_info.h"
#include "measure/deadline.h"
#include "measure/link_file.h"
#include "measure/link_steps.h"

namespace derate::cuda {
namespace {

enum LinkOutcome : std::int64_t { kPassed = 0, kIncorrect = 1, kFailed = 2 };

class BetweenNodes {
 public:
  BetweenNodes(const LinkPlan& plan, const std::function<void(const std::string&)>& say,
               LinkFile& file)
      : plan_(plan), say_(say), file_(file), timeout_(nccl_timeout()) {}

  ExitCode measure() {
    join();
    introduce();
    take_memory();
    const std::vector<LinkStep> steps = steps_of(layout_);
    for (const LinkNode& node : layout_.nodes) note_left_out(node);
    const std::vector<bool> done = agree_on_done(steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!done[i]) run(steps[i]);
    }
    static_cast<void>(exchange_after("the end"));
    if (plan_.rank.rank == 0)
      say_(fmt::format("measured {} of {} steps between {} nodes",
                       std::count(done.begin(), done.end(), false), steps.size(),
                       layout_.nodes.size()));
    return any_failed_ ? ExitCode::failed : ExitCode::ok;
  }

 private:
  /// The communicator over all ranks.
  void join() {
    const std::chrono::duration<double> wait(plan_.wait_s);
    const NcclMeeting meeting = meet(plan_.folder, plan_.rank, wait);
    devices_ = meeting.devices;
    const Deadline deadline(
        wait, end_of_process(fmt::format("the {} ranks did not all come to NCCL's bootstrap within "
                                         "{:g} s",
                                         plan_.rank.ranks, plan_.wait_s)));
    exchange_.emplace(meeting.id, plan_.rank.rank, plan_.rank.ranks, plan_.rank.local % devices_);
    // Every communicator would meet there: those of groups meet elsewhere.
    unsetenv(kNcclIdVariable);
    if (meeting.rendezvous && plan_.rank.rank == 0) meeting.rendezvous->clear();
  }

  /// Who is where, and whether all are of one program and one plan.
  void introduce() {
    LinkNote own = {};
    put_text(build_info().version, own.version);
    put_text(plan_.rank.node, own.node);
    own.local = plan_.rank.local;
    own.devices = devices_;
    own.bytes = plan_.bytes;
    own.samples = plan_.samples;
    own.launches = plan_.launches;
    const std::vector<LinkNote> all = exchange_->all(own, 4 * timeout_, "the introduction");
    const LinkNote& first = all.front();
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      const LinkNote& note = all[rank];
      cards_.push_back({note.node, static_cast<int>(note.local), static_cast<int>(note.devices)});
      const bool same_plan = note.bytes == first.bytes && note.samples == first.samples &&
                             note.launches == first.launches;
      if (std::string_view(note.version) == first.version && same_plan) continue;
      throw Error(
          ExitCode::usage,
          fmt::format("rank {} on {} is derate {} with {} bytes, rank 0 derate {} with {} "
                      "bytes: all have to be started alike",
                      rank, note.node, note.version, note.bytes, first.version, first.bytes));
    }
    layout_ = layout_of(cards_);
  }

  /// A node whose memory does not suffice is left out by all.
  void take_memory() {
    LinkNote own = {};
    for (std::size_t place = 0; place < layout_.nodes.size(); ++place) {
      const LinkPart part = part_of(plan_.rank.rank, layout_, cards_, {place});
      if (part.devices.empty() || !layout_.nodes[place].left_out.empty()) continue;
      try {
        memory_.emplace(part.devices, plan_.bytes);
      } catch (const DeviceError& error) {
        own.outcome = kFailed;
        put_text(error.what(), own.reason);
      }
    }
    const std::vector<LinkNote> all = exchange_->all(own, 4 * timeout_, "the first step");
    for (LinkNode& node : layout_.nodes) {
      for (const int rank : node.ranks) {
        const LinkNote& note = all[static_cast<std::size_t>(rank)];
        if (note.outcome != kPassed && node.left_out.empty()) node.left_out = note.reason;
      }
    }
  }

  void note_left_out(const LinkNode& node) {
    if (node.left_out.empty() || node.ranks.front() != plan_.rank.rank) return;
    any_failed_ = true;
    file_.write(record_of({LinkScope::node, 0, {}}, {node.name}, kFailed, node.left_out, {}));
  }

  /// Rank 0 says what the folder holds already.
  std::vector<bool> agree_on_done(const std::vector<LinkStep>& steps) {
    LinkNote own = {};
    if (steps.size() > 8 * sizeof own.done) {
      throw Error(ExitCode::usage, fmt::format("{} steps are more than the {} there may be: "
                                               "start fewer nodes at once",
                                               steps.size(), 8 * sizeof own.done));
    }
    if (plan_.rank.rank == 0 && !plan_.again) {
      const MeasuredLinks before(plan_.folder, plan_.bytes);
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if (before.hold(steps[i], layout_))
          own.done[i / 8] |= static_cast<std::uint8_t>(1U << i % 8);
      }
    }
    const LinkNote first = exchange_->all(own, 4 * timeout_, "the first step").front();
    std::vector<bool> done;
    for (std::size_t i = 0; i < steps.size(); ++i)
      done.push_back((first.done[i / 8] >> i % 8 & 1) != 0);
    return done;
  }

  void run(const LinkStep& step) {
    const std::string what = step.scope == LinkScope::pair
                                 ? fmt::format("round {} of pairs", step.round)
                             : step.scope == LinkScope::node ? "the nodes alone"
                                                             : "all nodes together";
    if (plan_.rank.rank == 0) say_(what);
    const std::vector<std::size_t>* group = nullptr;
    LinkPart part;
    for (const auto& nodes : step.groups) {
      LinkPart own = part_of(plan_.rank.rank, layout_, cards_, nodes);
      if (own.devices.empty()) continue;
      part = std::move(own);
      group = &nodes;
    }
    if (part.leads && group != nullptr) last_.id = new_nccl_id();
    const std::vector<LinkNote> notes = exchange_after(what);
    if (group == nullptr) return;
    step_ = step;
    group_ = *group;
    leads_ = part.leads;
    const int leader = layout_.nodes[group_.front()].ranks.front();
    take_part(notes[static_cast<std::size_t>(leader)].id, part, what);
  }

  void take_part(const NcclId& id, const LinkPart& part, const std::string& what) {
    const auto fail = [this](LinkOutcome outcome, const std::string& reason) {
      any_failed_ = true;
      last_.outcome = outcome;
      put_text(reason, last_.reason);
    };
    try {
      const int ranks = static_cast<int>(group_.size()) * layout_.devices;
      std::optional<Deadline> deadline;  // goes after what it is for
      const auto set_deadline = [&](const char* verb) {
        deadline.emplace(
            2 * timeout_,
            end_of_process(fmt::format("the {} devices of a group did not all {} {} within {:g} s",
                                       ranks, verb, what, 2 * timeout_.count())));
      };
      set_deadline("come to");
      AllReduceBetween reduce(id, ranks, part.first_rank, *memory_);
      deadline.reset();
      if (const auto wrong = sampled(reduce)) fail(kIncorrect, *wrong);
      set_deadline("leave");  // NCCL may wait for others of this machine
    } catch (const DeviceError& error) {
      fail(kFailed, error.what());
      if (error.lost()) throw;
    }
  }

  /// What is wrong with a result. Whoever has a wrong one goes on all the same, or the others would
  /// wait for it; its samples are not kept.
  [[nodiscard]] std::optional<std::string> sampled(AllReduceBetween& reduce) {
    reduce.launch(2);
    auto wrong = reduce.check();
    for (std::int64_t i = 0; i < plan_.samples; ++i) {
      samples_s_.push_back(reduce.sample_s(plan_.launches));
    }
    reduce.poison();
    reduce.launch(1);
    return wrong ? wrong : reduce.check();
  }

  /// All come here, and those who led a group learn how it went for its other ranks.
  std::vector<LinkNote> exchange_after(const std::string& what) {
    std::vector<LinkNote> notes = exchange_->all(last_, longest_step(), what);
    if (leads_) write_record(notes);
    last_ = {};
    leads_ = false;
    samples_s_.clear();
    return notes;
  }

  /// How long others may be in a step that this rank has no part in, and still measure: a sample
  /// ends by itself, or by NCCL's timeout, on a network of 1 Gbit/s too.
  [[nodiscard]] std::chrono::duration<double> longest_step() const {
    constexpr double kSlowest_bytes_per_s = 1e8;
    const double moved_bytes = 2.0 * static_cast<double>(plan_.bytes * plan_.launches);
    const double sample_s = std::min(timeout_.count(), moved_bytes / kSlowest_bytes_per_s);
    constexpr std::int64_t kLaunchesOfChecks = 3;
    return 4 * timeout_ + std::chrono::duration<double>(
                              static_cast<double>(plan_.samples + kLaunchesOfChecks) * sample_s);
  }

  void write_record(const std::vector<LinkNote>& notes) {
    std::int64_t outcome = kPassed;
    std::string reason;
    std::vector<std::string> names;
    for (const std::size_t place : group_) {
      const LinkNode& node = layout_.nodes[place];
      names.push_back(node.name);
      for (const int rank : node.ranks) {
        const LinkNote& note = notes[static_cast<std::size_t>(rank)];
        if (note.outcome <= outcome) continue;
        outcome = note.outcome;
        reason = fmt::format("{}: {}", node.name, note.reason);
      }
    }
    any_failed_ = any_failed_ || outcome != kPassed;
    file_.write(record_of(step_, names, outcome, reason, samples_s_));
  }

  [[nodiscard]] LinkRecord record_of(const LinkStep& step, const std::vector<std::string>& names,
                                     std::int64_t outcome, const std::string& reason,
                                     const std::vector<double>& samples_s) const {
    constexpr std::array<const char*, 3> kOutcomes = {"passed", "incorrect", "failed"};
    return {.scope = step.scope,
            .nodes = names,
            .devices = std::max(1, static_cast<int>(names.size()) * layout_.devices),
            .bytes = plan_.bytes,
            .launches = plan_.launches,
            .samples_s = outcome == kPassed ? samples_s : std::vector<double>{},
            .outcome = kOutcomes[static_cast<std::size_t>(outcome)],
            .reason = reason,
            .library = nccl_version(),
            .start = plan_.rank.start,
            .round = step.round,
            .time_utc = now_utc()};
  }

  /// What ends the process where a call does not return: the reason is in the file.
  [[nodiscard]] std::function<void()> end_of_process(const std::string& reason) const {
    return [this, reason] {
      say_(reason);
      file_.end(ExitCode::failed, reason);
      ::_exit(static_cast<int>(ExitCode::failed));
    };
  }

  const LinkPlan& plan_;
  const std::function<void(const std::string&)>& say_;
  LinkFile& file_;
  std::chrono::duration<double> timeout_;
  int devices_ = 0;
  std::optional<LinkExchange> exchange_;
  std::vector<LinkCard> cards_;
  LinkLayout layout_;
  std::optional<LinkMemory> memory_;
  bool any_failed_ = false;

  // Of the last step that this rank had a part in.
  LinkNote last_ = {};
  LinkStep step_;
  std::vector<std::size_t> group_;
  bool leads_ = false;
  std::vector<double> samples_s_;
};

}  // namespace

ExitCode measure_between_nodes(const LinkPlan& plan,
                               const std::function<void(const std::string&)>& say) {
  LinkFile file(plan.folder, plan.rank);
  const auto ended = [&](ExitCode code, const std::string& reason) {
    if (!reason.empty()) say(reason);
    file.end(code, reason);
    return code;
  };
  try {
    return ended(BetweenNodes(plan, say, file).measure(), "");
  } catch (const Unsupported& error) {
    return ended(ExitCode::no_device, error.what());
  } catch (const DeviceError& error) {
    return ended(ExitCode::failed, error.what());
  } catch (const Error& error) {
    return ended(error.code(), error.what());
  }
}

}  // namespace derate::cuda
