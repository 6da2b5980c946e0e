// SPDX-License-Identifier: Apache-2.0
// How processes of one program differ, as `derate noise --format json` wrote it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "regression/compare/compare.h"

namespace derate {

/// By benchmark. Throws Error(invalid_input) that names the file and, where it can, line and field.
[[nodiscard]] std::map<std::string, PairSpread> read_noise(const std::filesystem::path& path);

}  // namespace derate
