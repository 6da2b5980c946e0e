// SPDX-License-Identifier: Apache-2.0
// Takes one or several variants through a round. An exception of a workload becomes the outcome of
// its record; after a lost device no further step runs.
#include "round.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/host/emulator.h"
#include "derate/aggregate.h"
#include "derate/error.h"
#include "record_context.h"
#include "suites.h"

namespace derate::bench {
namespace {

void end(Record& record, Outcome outcome, const std::string& message) {
  record.outcome = to_string(outcome);
  record.message = message;
}

/// Whether set 0 holds the right result after one launch; a wrong one is recorded.
bool right(Session& session, Instance& instance, std::string_view when, Record& record) {
  instance.poison();  // what another variant left there may be right
  std::string code = session.code_of([&] { instance.launch(0); });
  // What own kernels do for a library is not its code.
  if (record.library.empty() && instance.is_kernels_alone()) record.code_hash = std::move(code);
  session.synchronize();
  const std::optional<std::string> wrong = instance.check();
  if (wrong) end(record, Outcome::incorrect, "wrong result " + std::string(when) + ": " + *wrong);
  return !wrong;
}

/// Readings of a sensor; none at all where there is no sensor, instead of a list of unknowns.
std::vector<double> known(const std::vector<double>& readings) {
  const bool any = std::any_of(readings.begin(), readings.end(),
                               [](double reading) { return !std::isnan(reading); });
  return any ? readings : std::vector<double>{};
}

void keep(const Samples& samples, Record& record) {
  record.samples_s = samples.times_s;
  record.clocks_hz = samples.clocks_hz;
  record.powers_w = known(samples.powers_w);
  record.temperatures_c = known(samples.temperatures_c);
  record.throttled = known(samples.throttled);
  record.waited_shares = known(samples.waited_shares);
  record.launches_per_sample = samples.launches_per_sample;
  record.warm_up_s = samples.warm_up_s;
  record.host_bound_share = samples.host_bound_share;
}

void judge(const Samples& samples, Record& record) {
  if (!host::emulator().empty()) {
    return end(record, Outcome::suspect,
               "measured under an emulator (" + host::emulator() + "): no CPU takes these times");
  }
  const Finding finding = against_peak(record);
  if (finding.outcome != Outcome::passed) {
    end(record, finding.outcome, finding.message);
  } else if (!samples.settled) {
    end(record, Outcome::unstable, "the pace had not settled when the warm-up ended");
  } else if (!samples.converged) {
    end(record, Outcome::unstable, "the time limit came before the interval was narrow enough");
  } else {
    end(record, Outcome::passed, "");
  }
}

/// Power and temperature under the samples of one interleaved with others; energy and times cannot
/// be told apart, and a reason counts for whom it held down.
Telemetry own_part(Telemetry all, const Samples& own) {
  const auto last_known = [](const std::vector<double>& readings) {
    const auto known = std::find_if(readings.rbegin(), readings.rend(),
                                    [](double reading) { return !std::isnan(reading); });
    return known == readings.rend() ? kUnknown : *known;
  };
  all.power_w = last_known(own.powers_w);
  all.temperature_c = last_known(own.temperatures_c);
  all.energy_j = all.energy_time_s = all.energy_step_j = kUnknown;
  all.throttled_power_s = all.throttled_thermal_s = all.throttled_other_s = kUnknown;
  if (std::count(own.throttled.begin(), own.throttled.end(), 1.0) == 0) {
    all.throttle_reasons.clear();
  }
  return all;
}

/// One of the variants in this round; its record has no outcome for as long as nothing went wrong.
class Runner {
 public:
  explicit Runner(const Participant& participant)
      : workload_(*participant.workload), record_(*participant.record) {}

  [[nodiscard]] bool runs() const { return record_.outcome.empty(); }
  [[nodiscard]] Instance& instance() { return *instance_; }
  [[nodiscard]] Record& record() { return record_; }

  void prepare(const Problem& problem, Session& session, const Plan& plan) {
    if (const auto reason = why_not(workload_, problem, session.device())) {
      return end(record_, Outcome::unsupported, *reason);
    }
    if (workload_.library) record_.library = workload_.library();  // a failing prepare() keeps it
    session.activate();
    Operands operands = plan.operands;
    operands.stage = parse_stage(record_.stage).value_or(Stage::whole);
    instance_ = workload_.prepare(problem, operands, session);
    record_.algorithm = instance_->algorithm();
    if (const std::optional<Work> work = instance_->work_of_launch()) {
      record_.flops = work->flops;
      record_.bytes = work->bytes;
      record_.steps = work->steps;
    }
    static_cast<void>(right(session, *instance_, "before timing", record_));
  }

  void conclude(Session& session, const Samples& samples, const Telemetry& telemetry) {
    static_cast<Telemetry&>(record_) = telemetry;
    if (!right(session, *instance_, "after timing", record_)) return;
    keep(samples, record_);
    judge(samples, record_);
  }

 private:
  const Workload& workload_;
  Record& record_;
  std::unique_ptr<Instance> instance_;
};

/// Calls `step`; whatever goes wrong in it is the outcome of these runners.
template <typename Step>
void guarded(std::span<Runner* const> runners, bool& lost, const Step& step) {
  const auto end_all = [&](Outcome outcome, const std::string& message) {
    for (Runner* runner : runners) end(runner->record(), outcome, message);
  };
  const auto fail = [&](const std::string& message) { end_all(Outcome::failed, message); };
  try {
    step();
  } catch (const Unsupported& error) {
    end_all(Outcome::unsupported, error.what());
  } catch (const DeviceError& error) {
    lost = error.lost();
    fail(error.what());
  } catch (const std::bad_alloc&) {
    fail("out of host memory");
  } catch (const std::exception& error) {
    // Whatever a workload from elsewhere throws is its own failure; the others go on.
    fail(error.what());
  }
}

/// Calls `step` for each that still runs; once the device is lost, none does.
template <typename Step>
void each(std::vector<Runner>& runners, bool& lost, const Step& step) {
  for (Runner& runner : runners) {
    Runner* const alone = &runner;
    if (!runner.runs()) continue;
    if (lost) {
      end(runner.record(), Outcome::failed, kLost);
    } else {
      guarded(std::span(&alone, 1), lost, [&] { step(runner); });
    }
  }
}

void measure_all(std::vector<Runner>& runners, Session& session, const Plan& plan, bool& lost,
                 const std::function<bool()>& stop) {
  std::vector<Runner*> running;
  std::vector<Instance*> instances;
  for (Runner& runner : runners) {
    if (!runner.runs()) continue;
    running.push_back(&runner);
    instances.push_back(&runner.instance());
  }
  if (running.empty()) return;
  if (lost) return each(runners, lost, [](Runner&) {});
  guarded(running, lost, [&] {
    const auto samples = measure_side_by_side(session, instances, plan, stop);
    const Telemetry telemetry = session.telemetry();
    std::size_t place = 0;
    each(runners, lost, [&](Runner& runner) {
      const Samples& own = samples[place++];
      runner.conclude(session, own, runners.size() > 1 ? own_part(telemetry, own) : telemetry);
    });
  });
}

}  // namespace

void measure_round(std::span<const Participant> participants, const Problem& problem,
                   Session& session, const Plan& plan, bool& lost,
                   const std::function<bool()>& stop) {
  std::vector<Runner> runners(participants.begin(), participants.end());
  each(runners, lost, [&](Runner& runner) { runner.prepare(problem, session, plan); });
  measure_all(runners, session, plan, lost, stop);
  for (Runner& runner : runners) runner.record().time_utc = now_utc();
}

}  // namespace derate::bench
