// SPDX-License-Identifier: Apache-2.0
// The CUDA backend's front door: no CUDA header here, so that plain C++ may include it.
#pragma once

#include <cstdint>
#include <memory>

#include "derate/backend.h"

namespace derate::cuda {

/// NVIDIA GPUs through the CUDA runtime; only linked into builds with a toolkit.
[[nodiscard]] std::unique_ptr<Backend> make_backend();

/// open_on_stream() of backend/selection.h.
[[nodiscard]] std::unique_ptr<Session> open_on_stream(const Device& device, std::uintptr_t stream);

}  // namespace derate::cuda
