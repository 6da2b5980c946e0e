// SPDX-License-Identifier: Apache-2.0
// What a CUDA workload needs of the session that it was prepared for: the stream to launch on.
#pragma once

#include <cuda_runtime.h>

#include "derate/backend.h"

namespace derate::cuda {

class StreamSession : public Session {
 public:
  [[nodiscard]] virtual cudaStream_t stream() const = 0;
};

/// The stream behind a session of the "cuda" backend; throws std::bad_cast for any other.
[[nodiscard]] inline cudaStream_t stream_of(const Session& session) {
  return dynamic_cast<const StreamSession&>(session).stream();
}

}  // namespace derate::cuda
