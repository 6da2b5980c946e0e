// SPDX-License-Identifier: Apache-2.0
// How many benchmarks of a machine moved with a session, and which way: what moves most of them is
// the machine, what moves one alone is its code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "history/series.h"

namespace derate::history {

struct CommonMove {
  std::size_t benchmarks = 0;  ///< that have sessions enough on both sides
  std::size_t slower = 0;
  std::size_t faster = 0;

  /// Whether there are benchmarks enough to tell the machine from the code.
  [[nodiscard]] bool tells() const { return benchmarks >= 5; }
  /// Whether most moved this way, that of the sign of `change`.
  [[nodiscard]] bool is_common(double change) const {
    return 2 * (change > 0 ? slower : faster) > benchmarks;
  }
};

/// Counts each session once, when it is first asked for. The set must outlive this.
class CommonMoves {
 public:
  /// Who moved by less than `smallest`, of the logarithm of time, did not move.
  CommonMoves(const SeriesSet& set, double smallest);

  [[nodiscard]] const CommonMove& with(const std::string& identity, std::int64_t session);

 private:
  const SeriesSet& set_;
  double smallest_ = 0;
  std::map<std::int64_t, std::size_t> places_;  ///< of the sessions in time
  std::map<std::pair<std::string, std::int64_t>, CommonMove> known_;
};

}  // namespace derate::history
