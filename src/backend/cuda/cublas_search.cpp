// SPDX-License-Identifier: Apache-2.0
// The wheels that PyTorch needs have it in nvidia/cublas up to CUDA 12, and in nvidia/cu13 from
// then on. cuBLAS needs cuBLASLt.
#include "backend/cuda/cublas_search.h"

namespace derate::cuda {

OpenedLibrary open_cublas(const std::string& name, int major, const SearchedMachine& machine) {
  const std::string version = std::to_string(major);
  return open_library({.title = (name == "cublas" ? "cuBLAS " : "cuBLASLt ") + version,
                       .name = "lib" + name,
                       .version = major,
                       .needs = "libcublasLt.so." + version,
                       .packages = {"cublas", "cu" + version},
                       .folder_variable = kCublasFolderVariable},
                      machine);
}

}  // namespace derate::cuda
