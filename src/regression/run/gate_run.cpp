// SPDX-License-Identifier: Apache-2.0
// Runs stage 1, chooses the suspects, runs stage 2, and pairs, judges and annotates the results.
#include "regression/run/gate_run.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "base/units.h"
#include "regression/gate/builds_test.h"
#include "regression/results/pairing.h"
#include "regression/run/builds.h"

namespace derate {
namespace {

/// derate_bench refuses more, and a command line is not endless.
constexpr std::size_t kLongestFilter = 1000;

class GateRun {
 public:
  GateRun(const GateRequest& request, RunFolder& store, GateProgress& progress)
      : request_(request),
        base_(builds_of(request.base)),
        candidate_(builds_of(request.candidate)),
        store_(store),
        progress_(progress),
        metric_(request.measuring.metric, store),
        runs_(base_, candidate_, request.measuring.limits, store, metric_, progress),
        same_program_(same_program(base_, candidate_)) {
    if (store.count(GateStage::screen) == 0) return;
    for (const Builds* const side : {&base_, &candidate_}) {
      for (const CommandTemplate& command : *side) {
        if (command.program().empty()) notes_.insert(unknown_program(command));
      }
    }
  }

  /// Whether it was not interrupted.
  bool measure() {
    const PairedStage stage{GateStage::screen, pairs(request_.plan.screen_pairs),
                            wanted_filters(base_), wanted_filters(candidate_)};
    announce(stage, "every benchmark");
    screen_ = runs_.run(stage);
    if (screen_.interrupted) return false;
    if (!screen_.lost.empty() || !screen_.cut.empty()) return true;
    return confirm();
  }

  [[nodiscard]] Comparison judged() const {
    Pairing pairing = paired();
    Comparison comparison;
    comparison.command = "gate";
    comparison.base = title_of(request_.base);
    comparison.candidate = title_of(request_.candidate);
    comparison.metric = metric_.metric();
    comparison.began_utc = store_.began_utc();
    comparison.duration_s =
        store_.time_of_s(GateStage::screen) + store_.time_of_s(GateStage::confirm);
    comparison.promise = request_.plan.promise;
    comparison.family_error = request_.plan.family_alpha;
    comparison.judgements = judgements_of(pairing);
    comparison.environment = std::move(pairing.environment);
    comparison.differences = std::move(pairing.differences);
    comparison.forced = pairing.forced;
    comparison.notes = notes_of(std::move(pairing.notes));
    note_debug_builds(comparison.environment, comparison.notes);
    return comparison;
  }

 private:
  [[nodiscard]] BuildCounts counts() const {
    return {static_cast<int>(base_.size()), static_cast<int>(candidate_.size())};
  }

  [[nodiscard]] int pairs(int wanted) const { return whole_rounds(wanted, counts()); }

  [[nodiscard]] std::vector<std::string> wanted_filters(const Builds& builds) const {
    std::vector<std::string> filters;
    for (const CommandTemplate& build : builds) {
      filters.push_back(wanted_filter(request_.measuring, build));
    }
    return filters;
  }

  [[nodiscard]] Pairing paired() const {
    return pair_up({.screen = screen_.pairs,
                    .confirm = confirm_.pairs,
                    .confirmed = suspects_,
                    .force = request_.force,
                    .same_program = same_program_});
  }

  void announce(const PairedStage& stage, const std::string& what) {
    if (store_.has_pair(stage.stage, stage.pairs - 1)) return;  // it only tells its verdict again
    const double time_s = runs_.mean_process_s(GateStage::screen);
    const int done = store_.count(stage.stage);
    progress_.say(fmt::format(
        "stage {}: {} pairs of processes with {}{}", number_of(stage.stage), stage.pairs, what,
        done > 0 ? fmt::format("; {} processes are there already", done)
        : stage.stage == GateStage::confirm
            ? fmt::format("; a process of stage 1 took {}", format_duration(time_s))
            : ""));
  }

  /// The filter for some benchmarks, or for all where it would be too long.
  std::string filter(const CommandTemplate& command, const std::vector<std::string>& names) {
    std::string filter = filter_of(names);
    if (command.takes_a_filter() && filter.size() <= kLongestFilter) return filter;
    notes_.insert(fmt::format(
        "stage 2 ran every benchmark of `{}`: {}", command.text(),
        command.takes_a_filter() ? "a filter for the suspects is too long" : "it has no {filter}"));
    return wanted_filter(request_.measuring, command);
  }

  std::vector<std::string> filters(const Builds& builds, const std::vector<std::string>& names) {
    std::vector<std::string> filters;
    for (const CommandTemplate& build : builds) filters.push_back(filter(build, names));
    return filters;
  }

  bool confirm() {
    const Pairing pairing = paired();
    std::vector<PairSeries> series;
    for (const PairedBenchmark& each : pairing.benchmarks) series.push_back(each.series);
    std::vector<std::string> base_names;
    std::vector<std::string> candidate_names;
    for (const std::size_t suspect : to_confirm(request_.plan, series)) {
      suspects_.insert(series[suspect].benchmark);
      base_names.push_back(pairing.benchmarks[suspect].base_filter);
      candidate_names.push_back(pairing.benchmarks[suspect].candidate_filter);
    }
    if (suspects_.empty()) return true;
    const PairedStage stage{GateStage::confirm, pairs(request_.plan.confirm_pairs),
                            filters(base_, base_names), filters(candidate_, candidate_names)};
    announce(stage, fmt::format("{} of {} benchmarks", suspects_.size(), series.size()));
    confirm_ = runs_.run(stage);
    return !confirm_.interrupted;
  }

  /// Why a benchmark has no verdict though its times are there.
  [[nodiscard]] std::string lost(const std::string& benchmark) const {
    if (!screen_.lost.empty()) return screen_.lost;
    return suspects_.contains(benchmark) ? confirm_.lost : "";
  }

  void override_verdict(const PairedBenchmark& benchmark, Judgement& judgement) const {
    judgement.base_wall_s = benchmark.base_wall_s;
    judgement.candidate_wall_s = benchmark.candidate_wall_s;
    judgement.amount = benchmark.amount;
    judgement.amount_unit = benchmark.amount_unit;
    const bool changed =
        judgement.verdict == Verdict::regression || judgement.verdict == Verdict::improvement;
    // Where the clocks are known, cycles have told already whether heat explains it.
    if (changed && !benchmark.held_down.empty() && std::isnan(judgement.change_cycles.value)) {
      judgement.verdict = Verdict::environment;
      judgement.reason += "; " + benchmark.held_down;
    }
    if (const std::string why = lost(judgement.benchmark); !why.empty()) {
      judgement.verdict = Verdict::invalid;
      judgement.reason = why;
    }
  }

  [[nodiscard]] std::vector<Judgement> judgements_of(const Pairing& pairing) const {
    std::vector<PairSeries> series;
    for (const PairedBenchmark& each : pairing.benchmarks) series.push_back(each.series);
    std::vector<Judgement> judgements = judge(request_.plan, series);
    for (std::size_t i = 0; i < judgements.size(); ++i) {
      override_verdict(pairing.benchmarks[i], judgements[i]);
    }
    judgements.insert(judgements.end(), pairing.settled.begin(), pairing.settled.end());
    sort_like(judgements, pairing.order);
    if (judgements.empty() && !screen_.lost.empty()) {
      Judgement none;
      none.benchmark = "(every benchmark)";
      none.verdict = Verdict::invalid;
      none.reason = screen_.lost;
      judgements.push_back(std::move(none));
    }
    return judgements;
  }

  [[nodiscard]] std::vector<std::string> notes_of(std::vector<std::string> notes) const {
    const auto tell = [&](GateStage stage, const StageEnd& end, const std::string& what) {
      if (end.pairs.empty()) return;
      notes.push_back(fmt::format("stage {}: {} pairs of processes with {}, {}", number_of(stage),
                                  end.pairs.size(), what,
                                  format_duration(store_.time_of_s(stage))));
    };
    tell(GateStage::screen, screen_, "every benchmark");
    tell(GateStage::confirm, confirm_, fmt::format("{} of them", suspects_.size()));
    if (several(counts())) notes.push_back(note_on_builds());
    notes.push_back(
        fmt::format("which side of a pair ran first: at random, --seed {}", store_.seed()));
    if (std::string chosen = metric_.sentence(); !chosen.empty()) notes.push_back(chosen);
    for (const StageEnd* end : {&screen_, &confirm_}) {
      if (!end->cut.empty()) notes.push_back(end->cut);
    }
    if (same_program_) {
      notes.emplace_back(
          "both commands run the same program in the same way: nothing in the code "
          "can have changed");
    }
    notes.insert(notes.end(), notes_.begin(), notes_.end());
    return notes;
  }

  [[nodiscard]] std::string note_on_builds() const {
    return fmt::format(
        "{} of base and {} of candidate: a change is that of the mean over builds, and its "
        "interval holds how much builds of the same sources differ",
        count_text(base_.size()), candidate_.size());
  }

  static std::string count_text(std::size_t builds) {
    return fmt::format("{} build{}", builds, builds == 1 ? "" : "s");
  }

  static void note_debug_builds(const Environment& environment, std::vector<std::string>& notes) {
    for (const char* const name : {"build_type", "library_build_type"}) {
      const std::string_view type = environment.value(name);
      if (type != "Debug" && type != "debug") continue;
      notes.push_back(fmt::format("{} is {}: figures of such builds say little", name, type));
    }
  }

  const GateRequest& request_;
  Builds base_;
  Builds candidate_;
  RunFolder& store_;
  GateProgress& progress_;
  MetricChoice metric_;
  PairedRuns runs_;
  bool same_program_;
  StageEnd screen_;
  StageEnd confirm_;
  std::set<std::string> suspects_;
  std::set<std::string> notes_;
};

}  // namespace

nlohmann::ordered_json statement_of(const GateRequest& request) {
  const GatePlan& plan = request.plan;
  nlohmann::ordered_json statement = {
      {"schema", kRunSchema},
      {"base", statement_of(request.base)},
      {"candidate", statement_of(request.candidate)},
      {"base_program", statement_of(program_hashes(request.base))},
      {"candidate_program", statement_of(program_hashes(request.candidate))},
      {"filter", request.measuring.filter},
      {"metric", word_of(request.measuring.metric)},
      {"screen_pairs", plan.screen_pairs},
      {"screen_alpha", plan.screen_alpha},
      {"confirm_pairs", plan.confirm_pairs},
      {"family_alpha", plan.family_alpha},
      {"smallest_effect", plan.smallest_effect},
      {"equivalence_margin", plan.equivalence_margin},
      {"promise", plan.promise},
      {"power", plan.power}};
  if (request.measuring.seed) statement["seed"] = *request.measuring.seed;
  return statement;
}

std::optional<Comparison> run_gate(const GateRequest& request, RunFolder& store,
                                   GateProgress& progress) {
  GateRun run(request, store, progress);
  if (!run.measure()) return std::nullopt;
  return run.judged();
}

}  // namespace derate
