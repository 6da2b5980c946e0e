// SPDX-License-Identifier: Apache-2.0
// What a call into a library that is missing, or not what it should be, is refused with.
#pragma once

#include <string>

#include "derate/error.h"

namespace derate {

/// "unsupported: ...", or the sentence of an error, behind "lost: " where the device is; empty
/// where `act` is not refused.
template <typename Act>
std::string refusal_of(const Act& act) {
  try {
    act();
  } catch (const Unsupported& error) {
    return std::string("unsupported: ") + error.what();
  } catch (const DeviceError& error) {
    return (error.lost() ? "lost: " : "") + std::string(error.what());
  }
  return "";
}

}  // namespace derate
