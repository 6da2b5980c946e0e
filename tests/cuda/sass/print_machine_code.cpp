// SPDX-License-Identifier: Apache-2.0
// Lists the kernels of a program as the program itself reads them, for machine_code_reader_test.py:
// symbol, architecture and the hash of the code.
#include <cstdio>

#include "backend/cuda/machine_code.h"
#include "derate/device.h"
#include "derate/error.h"

int main(int count, char** arguments) {
  if (count != 2) return static_cast<int>(derate::ExitCode::usage);
  try {
    const std::string fat_binaries = derate::cuda::fat_binaries_of(arguments[1]);
    for (const auto& kernel : derate::cuda::kernels_in(fat_binaries)) {
      std::printf("%s %d %s\n", std::string(kernel.symbol).c_str(), kernel.architecture,
                  derate::hash_text(kernel.code).c_str());
    }
  } catch (const derate::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
