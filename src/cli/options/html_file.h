// SPDX-License-Identifier: Apache-2.0
// --write html=FILE of the commands that write a page and no other form.
#pragma once

#include <filesystem>
#include <vector>

#include "base/command_line.h"

namespace derate::cli {

/// The option; without it `file` stays empty.
Option add_html_file(Command& command, std::filesystem::path& file);

/// Throws Error(usage) where the page would be written over one of `inputs`.
void require_other_file(const std::filesystem::path& file,
                        const std::vector<std::filesystem::path>& inputs);

}  // namespace derate::cli
