// SPDX-License-Identifier: Apache-2.0
// A list of the flags that have an option of derate run.
#include "cli/options/bench_flags.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "derate/error.h"

namespace derate::cli {

void require_measuring(const std::vector<std::string>& pass_on) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kInstead = {
      {{"--derate_out", "derate run --out FOLDER"},
       {"--derate_device", "derate run --device LIST"},
       {"--derate_part", "derate run --rounds N"},
       {"--derate_began", "nothing: derate run sets it"},
       {"--derate_parent", "nothing: derate run sets it"},
       {"--derate_barrier", "nothing: derate run sets it"},
       {"--derate_worker", "nothing: derate_bench sets it"},
       {"--derate_failed", "nothing: derate_bench sets it"},
       {"--derate_mode", "derate run --mode MODE"},
       {"--derate_suite", "derate run --suite SUITE"},
       {"--derate_problem", "derate run --problem m:M,n:N,k:K"},
       {"--derate_side_by_side", "derate run --side-by-side"},
       {"--derate_stages", "derate explain"},
       {"--derate_allow_empty", "nothing: derate run sets it"},
       {"--derate_tune", "derate run --tune"},
       {"--derate_tuning", "derate run --tuning FILE"},
       {"--derate_devices_at_once", "derate run --all-devices --concurrent"},
       {"--benchmark_list_tests", "derate_bench --benchmark_list_tests"},
       {"--help", "derate_bench --help"},
       {"--version", "derate_bench --version"}}};
  for (const std::string& flag : pass_on) {
    const std::string_view name = std::string_view(flag).substr(0, flag.find('='));
    for (const auto& [refused, instead] : kInstead) {
      if (name != refused) continue;
      throw Error(ExitCode::usage, fmt::format("{} cannot stand behind --; use {}", name, instead));
    }
  }
}

}  // namespace derate::cli
