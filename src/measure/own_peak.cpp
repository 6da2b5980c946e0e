// SPDX-License-Identifier: Apache-2.0
// Own peaks are of bandwidths between devices: the same workload's latency has none.
#include "measure/own_peak.h"

#include <map>
#include <utility>

namespace derate {
namespace {

using OwnPeaks = std::map<std::pair<std::string, std::string>, OwnPeak>;

OwnPeaks& own_peaks() {
  static OwnPeaks peaks;
  return peaks;
}

}  // namespace

OwnPeakRegistration::OwnPeakRegistration(std::string workload, std::string provider, OwnPeak peak) {
  own_peaks().insert_or_assign({std::move(workload), std::move(provider)}, std::move(peak));
}

std::optional<Peak> peak_of_work(const Workload& workload, const Problem& problem,
                                 const Device& device) {
  const auto own = own_peaks().find({workload.name, workload.provider});
  if (own != own_peaks().end() && workload.bound == Bound::link_to_peer) {
    return own->second(problem, device);
  }
  return peak_of(device, workload.bound, workload.precision, workload.units, workload.instruction);
}

}  // namespace derate
