// SPDX-License-Identifier: Apache-2.0
// Where Python's packages lie beside this program or module, when it came by a wheel: libraries
// that other wheels bring (scipy-openblas32, nvidia-cublas) are found there, whatever Python runs.
#pragma once

#include <filesystem>

namespace derate {

/// ".../site-packages" of ".../site-packages/derate/bin/derate_bench" and of
/// ".../site-packages/derate/_derate.abi3.so"; empty for a file that is no part of a package.
[[nodiscard]] std::filesystem::path site_packages_of(const std::filesystem::path& file);

/// The same of the program, or of the Python module, that holds this function.
[[nodiscard]] std::filesystem::path own_site_packages();

}  // namespace derate
