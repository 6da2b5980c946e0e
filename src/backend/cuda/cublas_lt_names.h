// SPDX-License-Identifier: Apache-2.0
// An algorithm of cuBLASLt in words.
#pragma once

#include <cublasLt.h>

#include <string>

namespace derate::cuda {

/// "algorithm 66, tile 128x256, stages 64xauto, split-k 1, cluster 2x1": rows x columns of C as
/// cuBLASLt sees it, transposed, and depth x number of stages. What it does not tell is left out; a
/// shape whose number has no name here is given by its number.
[[nodiscard]] std::string describe(const cublasLtMatmulAlgo_t& algorithm,
                                   decltype(&cublasLtMatmulAlgoConfigGetAttribute) get);

}  // namespace derate::cuda
