// SPDX-License-Identifier: Apache-2.0
// A shared library whose end is missing, as after an interrupted copy or download.
#pragma once

#include <filesystem>

namespace derate::cuda {

/// Whether a file ends before what its ELF header promises: the loader maps it all the same, and
/// the program would end with SIGBUS. What is no ELF file of this machine's kind is left to the
/// loader.
[[nodiscard]] bool is_cut_off(const std::filesystem::path& path);

}  // namespace derate::cuda
