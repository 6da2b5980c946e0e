// SPDX-License-Identifier: Apache-2.0
// A history as a page: each series over days.
#pragma once

#include <cstddef>
#include <string>

#include "base/json.h"
#include "history/series.h"
#include "history/track.h"

namespace derate::history {

/// More series than a page can show are counted on it.
inline constexpr std::size_t kMostSeriesShown = 100;

/// What src/page/history.js shows: the series whose benchmark matches the pattern, those that
/// changed for the worse first. `newest` is what track() says of the set.
[[nodiscard]] nlohmann::ordered_json history_data(const TrackPlan& plan, const SeriesSet& set,
                                                  const Comparison& newest,
                                                  const std::string& pattern = "*");

/// The page as a whole.
[[nodiscard]] std::string history_html(const TrackPlan& plan, const SeriesSet& set,
                                       const Comparison& newest, const std::string& pattern = "*");

}  // namespace derate::history
