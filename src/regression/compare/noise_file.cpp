// SPDX-License-Identifier: Apache-2.0
// A list of objects, of which one with a fault has no figure.
#include "regression/compare/noise_file.h"

#include <fmt/format.h>

#include "base/json_file.h"
#include "derate/error.h"
#include "regression/gate/trimmed_t_test.h"

namespace derate {

std::map<std::string, PairSpread> read_noise(const std::filesystem::path& path) {
  const JsonFile file(path);
  if (!file.root().is_array()) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{} is not what `derate noise --format json` writes: a list of "
                            "benchmarks",
                            path.string()));
  }
  std::map<std::string, PairSpread> spread;
  for (std::size_t i = 0; i < file.root().size(); ++i) {
    const std::string at = fmt::format("[{}]", i);
    const auto& row = file.root()[i];
    const std::string name = file.some_text(row, at, "benchmark");
    const auto& sd = file.field(row, at, "pair_sd");
    if (sd.is_null()) continue;
    if (!sd.is_number() || !(sd.get<double>() >= 0)) {
      file.refuse(JsonFile::joined(at, "pair_sd"), "is no spread");
    }
    const auto& pairs = file.field(row, at, "pairs");
    if (!pairs.is_number_integer() || pairs < 3) {
      file.refuse(JsonFile::joined(at, "pairs"), "is no number of pairs from 3 on");
    }
    spread[name] = {sd, trimmed_df(pairs)};
  }
  return spread;
}

}  // namespace derate
