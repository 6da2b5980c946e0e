// SPDX-License-Identifier: Apache-2.0
// The option --metric.
#include "cli/options/metric.h"

#include <string>

namespace derate::cli {

void add_metric(Command& command, std::optional<Metric>& metric) {
  command
      .add_option_function(
          "--metric", [&metric](const std::string& word) { metric = parse_metric(word); },
          "which time is judged: the wall clock's, or the processor's, without what was waited "
          "for; auto decides by machine and benchmarks")
      .one_of({"auto", "real_time", "cpu_time"})
      .default_text("real_time");
}

}  // namespace derate::cli
