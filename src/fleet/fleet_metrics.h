// SPDX-License-Identifier: Apache-2.0
// A fleet's report as gauges for Prometheus, and the dashboard that shows them.
#pragma once

#include <string>
#include <string_view>

#include "fleet/verdicts.h"

namespace derate::fleet {

/// In OpenMetrics' text (base/open_metrics.h).
[[nodiscard]] std::string fleet_metrics(const FleetRecords& records, const FleetVerdicts& verdicts);

/// For Grafana, as JSON: of these gauges, and of those of `derate fleet track`.
[[nodiscard]] std::string_view grafana_dashboard();

}  // namespace derate::fleet
