// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "derate/device.h"

namespace derate::cli {

/// "derate-out/20261120T161500Z-nvidia-h200" for now and this device.
[[nodiscard]] std::filesystem::path default_folder(const Device& device);

/// Creates `folder` and proves that a file of a run's size can be written there, so that a full
/// disk shows before measuring and not after. Throws Error(output).
void require_writable(const std::filesystem::path& folder);

/// Writes `text` to a file through a temporary one beside it. Throws Error(output).
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace derate::cli
