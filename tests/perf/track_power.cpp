// SPDX-License-Identifier: Apache-2.0
// What derate track hears and how often it is wrong, on invented days: the figures of
// docs/history.md. The noise is normal or Student's t with 3 degrees of freedom, scaled to the same
// spread, and correlates from one session to the next; or sessions are quick or slow at random; or
// each boot has a level of its own.
#include <cmath>
#include <cstdio>
#include <random>
#include <string_view>

#include "history/track.h"

namespace {

using namespace derate;           // NOLINT(google-build-using-namespace): a program of its own
using namespace derate::history;  // NOLINT(google-build-using-namespace)

constexpr int kSessions = 30;
constexpr int kPowerRuns = 1000;
constexpr int kBenchmarks = 50;
constexpr double kGap = 0.03;  // between the modes, of the logarithm of time

struct Days {
  double sd = 0.003;
  double correlation = 0;
  bool heavy_tails = false;
  double slow_share = 0;  ///< of sessions, slower by kGap
  int sessions = kSessions;
};

class Inventor {
 public:
  Inventor(const Days& days, std::uint64_t seed) : days_(days), random_(seed) {}

  /// The last `slow` sessions of the first benchmark are slower by `step`, or each by `creep`.
  SeriesSet history(int benchmarks, int slow = 0, double step = 0, double creep = 0) {
    SeriesSet set;
    set.environments = {{{{"device_name", "Example GPU", true}}}};
    for (int at = 0; at < days_.sessions; ++at) {
      Session& session = set.sessions.emplace_back();
      session.id = at + 1;
      session.pinned = at == 4;
    }
    for (int benchmark = 0; benchmark < benchmarks; ++benchmark) {
      Series& series = set.series.emplace_back();
      series.benchmark = std::to_string(benchmark);
      double noise = normal_(random_);
      for (int at = 0; at < days_.sessions; ++at) {
        const double share = std::sqrt(1 - days_.correlation * days_.correlation);
        noise = days_.correlation * noise + share * next();
        const double change =
            benchmark > 0 ? 0 : (at >= days_.sessions - slow ? step : 0) + creep * at;
        SessionValue& value = series.values.emplace_back();
        value.session = at + 1;
        const double mode = uniform_(random_) < days_.slow_share ? kGap : 0;
        value.time_s = 1e-3 * std::exp(days_.sd * noise + change + mode);
      }
    }
    return set;
  }

 private:
  double next() {
    return days_.heavy_tails ? student_(random_) / std::sqrt(3.0) : normal_(random_);
  }

  Days days_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  std::student_t_distribution<double> student_{3};
};

bool asks_for_another(const Comparison& comparison) {
  for (const Judgement& judgement : comparison.judgements) {
    if (judgement.reason.find("run again") != std::string::npos) return true;
  }
  return false;
}

/// Share of `runs` in which the first of as many benchmarks as a suite has is a regression.
double found(const Days& days, int runs, int slow, double step, double creep) {
  Inventor inventor(days, 11);
  TrackPlan plan;
  plan.family_error /= kBenchmarks;  // as if the others were there
  int heard = 0;
  for (int run = 0; run < runs; ++run) {
    const Comparison comparison = track(plan, inventor.history(1, slow, step, creep));
    const bool is_heard =
        slow == 1 ? asks_for_another(comparison) : count(comparison, Verdict::regression) > 0;
    heard += is_heard ? 1 : 0;
  }
  return static_cast<double>(heard) / runs;
}

/// Of `runs` series in two modes: false alarms, and a step beyond both found within four sessions.
void print_two_modes(int runs) {
  std::printf(
      "\n| sessions | slow | false alarms of %d series | 6 %% beyond within four | 10 %% |\n"
      "| ---: | ---: | ---: | ---: | ---: |\n",
      runs);
  for (const int sessions : {20, 30, 60}) {
    for (const double share : {0.02, 0.05, 0.1, 0.2, 0.3, 0.5}) {
      Days days{.sd = 0.002, .slow_share = share, .sessions = sessions};
      Inventor inventor(days, 13);
      int alarms = 0;
      for (int run = 0; run < runs; ++run) {
        alarms += count(track({}, inventor.history(1)), Verdict::regression) > 0 ? 1 : 0;
      }
      const auto within_four = [&](double step) {
        TrackPlan plan;
        int heard = 0;
        for (int run = 0; run < kPowerRuns; ++run) {
          heard +=
              count(track(plan, inventor.history(1, 4, step)), Verdict::regression) > 0 ? 1 : 0;
        }
        return static_cast<double>(heard) / kPowerRuns;
      };
      std::printf("| %d | %.0f %% | %d (%.2f %%) | %.2f | %.2f |\n", sessions, share * 100, alarms,
                  alarms * 100.0 / runs, within_four(0.06), within_four(0.1));
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kRuns = 1000;
  if (argc > 1 && std::string_view(argv[1]) == "modes") {
    print_two_modes(30'000);
    return 0;
  }
  std::printf(
      "| spread | correlation | tails | runs with a false alarm | that ask for another run | "
      "2 %% after one | two | three sessions | 5 %% after two | creep to 2.9 %% |\n"
      "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (const double sd : {0.003, 0.005, 0.01}) {
    for (const double correlation : {0.0, 0.3, 0.6}) {
      for (const bool heavy : {false, true}) {
        const Days days{sd, correlation, heavy};
        Inventor inventor(days, 7);
        int alarms = 0;
        int asks = 0;
        for (int run = 0; run < kRuns; ++run) {
          const Comparison comparison = track({}, inventor.history(kBenchmarks));
          alarms += count(comparison, Verdict::regression) > 0 ? 1 : 0;
          asks += asks_for_another(comparison) ? 1 : 0;
        }
        std::printf(
            "| %.1f %% | %.1f | %s | %.1f %% | %.1f %% | %.2f | %.2f | %.2f | %.2f | %.2f |\n",
            sd * 100, correlation, heavy ? "heavy" : "normal", alarms * 100.0 / kRuns,
            asks * 100.0 / kRuns, found(days, kRuns, 1, 0.02, 0), found(days, kRuns, 2, 0.02, 0),
            found(days, kRuns, 3, 0.02, 0), found(days, kRuns, 2, 0.05, 0),
            found(days, kRuns, 0, 0, 0.001));
        std::fflush(stdout);
      }
    }
  }
}
