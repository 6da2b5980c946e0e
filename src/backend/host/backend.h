// SPDX-License-Identifier: Apache-2.0
// The CPU that the program runs on, as a backend.
#pragma once

#include <memory>

#include "derate/backend.h"

namespace derate::host {

[[nodiscard]] std::unique_ptr<Backend> make_backend();

}  // namespace derate::host
