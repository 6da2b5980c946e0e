// SPDX-License-Identifier: Apache-2.0
// A node's records as one compressed file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate::fleet {

/// The files one after the other as one frame of zstd with the checksum of its content; a last line
/// without its end gets one. Throws Error(invalid_input) for a file that cannot be read.
[[nodiscard]] std::string compressed(const std::vector<std::filesystem::path>& files);

}  // namespace derate::fleet
