// SPDX-License-Identifier: Apache-2.0
#include "round.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <vector>

#include "coverage.h"
#include "derate/error.h"
#include "derate/summary.h"
#include "facts.h"
#include "interrupt.h"

namespace derate::bench {
namespace {

void end(Record& record, Outcome outcome, const std::string& message) {
  record.outcome = to_string(outcome);
  record.message = message;
}

/// Whether set 0 holds the right result after one launch; a wrong one is recorded.
bool right(Session& session, Instance& instance, std::string_view when, Record& record) {
  instance.launch(0);
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
  record.launches_per_sample = samples.launches_per_sample;
  record.warm_up_s = samples.warm_up_s;
  record.host_bound_share = samples.host_bound_share;
}

void add_telemetry(const Telemetry& telemetry, Record& record) {
  record.power_w = telemetry.power_w;
  record.temperature_c = telemetry.temperature_c;
  record.throttle_reasons = telemetry.throttle_reasons;
  record.others_share = telemetry.others_share;
  record.other_processes = telemetry.other_processes;
  record.energy_j = telemetry.energy_j;
  record.energy_time_s = telemetry.energy_time_s;
}

void judge(const Samples& samples, Record& record) {
  if (above_peak(record)) {
    end(record, Outcome::suspect, kAbovePeak);
  } else if (!samples.settled) {
    end(record, Outcome::unstable, "the pace had not settled when the warm-up ended");
  } else if (!samples.converged) {
    end(record, Outcome::unstable, "the time limit came before the interval was narrow enough");
  } else {
    end(record, Outcome::passed, "");
  }
}

void measure_checked(const Workload& workload, const Problem& problem, Session& session,
                     const Plan& plan, Record& record) {
  if (workload.library) record.library = workload.library();  // a failing prepare() keeps it
  session.activate();
  const auto instance = workload.prepare(problem, plan.operands, session);
  record.algorithm = instance->algorithm();
  if (!right(session, *instance, "before timing", record)) return;
  const Samples samples = measure(session, *instance, plan, interrupted);
  add_telemetry(session.telemetry(), record);
  if (!right(session, *instance, "after timing", record)) return;
  keep(samples, record);
  judge(samples, record);
}

}  // namespace

void measure_round(const Workload& workload, const Problem& problem, Session& session,
                   const Plan& plan, Record& record, bool& lost) {
  if (const auto reason = why_not(workload, problem, session.device())) {
    end(record, Outcome::unsupported, *reason);
    record.time_utc = now_utc();
    return;
  }
  try {
    measure_checked(workload, problem, session, plan, record);
  } catch (const DeviceError& error) {
    lost = error.lost();
    end(record, Outcome::failed, error.what());
  } catch (const std::bad_alloc&) {
    end(record, Outcome::failed, "out of host memory");
  } catch (const std::exception& error) {
    // Whatever a workload from elsewhere throws is its own failure; the others go on.
    end(record, Outcome::failed, error.what());
  }
  record.time_utc = now_utc();
}

}  // namespace derate::bench
