// SPDX-License-Identifier: Apache-2.0
// What a host workload needs of the session that it was prepared for: one thread per core.
#pragma once

#include "derate/backend.h"
#include "derate/host/thread_pool.h"

namespace derate::host {

class PoolSession : public Session {
 public:
  /// One thread per physical core, for the kernels.
  [[nodiscard]] virtual ThreadPool& pool() = 0;
};

/// The session of the "host" backend behind the interface; throws DeviceError for any other.
[[nodiscard]] PoolSession& pool_session(Session& session);

}  // namespace derate::host
