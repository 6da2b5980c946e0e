// SPDX-License-Identifier: Apache-2.0
// A device opened for measuring, or the reason why it cannot be.
#pragma once

#include <memory>
#include <string>

#include "derate/backend.h"
#include "derate/record.h"

namespace derate::bench {

struct Opened {
  Device device;
  std::unique_ptr<Session> session;  ///< null: it cannot be used at all, for this reason
  Outcome refusal = Outcome::failed;
  std::string reason;
  bool lost = false;  ///< it refuses everything since a failed launch
};

/// A device that cannot be opened costs its own rows only: the others are measured.
[[nodiscard]] std::shared_ptr<Opened> open(Backend& backend, const Device& device);

}  // namespace derate::bench
