// SPDX-License-Identifier: Apache-2.0
// Programs with fat binaries, and libraries that may be cut off: every kernel lies within the
// bytes.
#include "backend/cuda/cut_off_library.h"
#include "backend/cuda/machine_code.h"
#include "derate/error.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void read_kernels(std::string_view bytes) {
  const std::vector<cuda::KernelCode> kernels = cuda::kernels_in(bytes);
  for (const cuda::KernelCode& kernel : kernels) {
    for (const std::string_view part : {kernel.symbol, kernel.code}) {
      require(part.empty() || (part.data() >= bytes.data() &&
                               part.data() + part.size() <= bytes.data() + bytes.size()),
              "a kernel lies outside of its file");
    }
    const std::string_view code = cuda::code_of(kernels, kernel.symbol, kernel.architecture);
    require(code.empty() || code == kernel.code, "a kernel has the code of another");
  }
}

void read_machine_code(std::string_view input) {
  static_cast<void>(cuda::is_cut_off(file_of(input)));
  try {
    read_kernels(input);
  } catch (const Error&) {  // it may be a program around a fat binary
  }
  read_kernels(cuda::fat_binaries_of(file_of(input)));
}

const Registered machine_code({"machine_code", read_machine_code});

}  // namespace
}  // namespace derate::fuzz
