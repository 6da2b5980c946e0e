// SPDX-License-Identifier: Apache-2.0
// The machine code of CUDA kernels in a built program: a section of fat binaries, in each of which
// one cubin per architecture, in each of which one section of code per kernel. Needs no toolkit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace derate::cuda {

/// One kernel for one architecture; both texts lie in the bytes that were read.
struct KernelCode {
  std::string_view symbol;  ///< mangled
  int architecture;         ///< 90 for sm_90 and sm_90a
  std::string_view code;
};

/// The section of a program, or of an object file, that holds its fat binaries; empty where it has
/// none, or cannot be read. Throws Error for a file that breaks off or is no ELF file of 64 bits.
[[nodiscard]] std::string fat_binaries_of(const std::string& path);

/// Every kernel that they hold as machine code, in the order of the file. PTX is none, and what is
/// compressed is left out. Throws Error where they are not what nvcc writes.
[[nodiscard]] std::vector<KernelCode> kernels_in(std::string_view fat_binaries);

/// The code of one of them; empty where there is none, or two that differ.
[[nodiscard]] std::string_view code_of(const std::vector<KernelCode>& kernels,
                                       std::string_view symbol, int architecture);

}  // namespace derate::cuda
