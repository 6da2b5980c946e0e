// SPDX-License-Identifier: Apache-2.0
// One target under libFuzzer: derate_fuzz --target=NAME [libFuzzer's flags] CORPUS...
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fuzz.h"

namespace {

std::optional<derate::fuzz::Target> chosen;

}  // namespace

// libFuzzer leaves flags that begin with two dashes to the program.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kFlag = "--target=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (argument.starts_with(kFlag)) {
      chosen = derate::fuzz::target_named(argument.substr(kFlag.size()));
    }
  }
  derate::fuzz::require(chosen.has_value(), "--target=NAME is missing");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  derate::fuzz::read(*chosen, {reinterpret_cast<const char*>(bytes), size});
  return 0;
}
