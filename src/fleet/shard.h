// SPDX-License-Identifier: Apache-2.0
// A node's records as one compressed file, and the digest by which a file is known again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace derate {

/// The files one after the other as one frame of zstd with the checksum of its content; a last line
/// without its end gets one. Throws Error(invalid_input) for a file that cannot be read.
[[nodiscard]] std::string compressed(const std::vector<std::filesystem::path>& files);

/// XXH3-128 as xxh128sum prints it: 32 hexadecimal digits.
[[nodiscard]] std::string xxh3_128_of(std::string_view bytes);
/// Throws Error(invalid_input) for a file that cannot be read.
[[nodiscard]] std::string xxh3_128_of_file(const std::filesystem::path& path);

}  // namespace derate
