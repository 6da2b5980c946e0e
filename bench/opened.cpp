// SPDX-License-Identifier: Apache-2.0
// What opening has shown of a device is in its facts afterwards.
#include "opened.h"

#include "derate/error.h"

namespace derate::bench {

std::shared_ptr<Opened> open(Backend& backend, const Device& device) {
  auto opened = std::make_shared<Opened>();
  opened->device = device;
  opened->refusal = Outcome::unsupported;
  opened->reason = device.unusable;
  if (!opened->reason.empty()) return opened;
  try {
    opened->session = backend.open(device);
    opened->device = opened->session->device();  // what opening has shown is in its note
  } catch (const DeviceError& error) {
    opened->refusal = Outcome::failed;
    opened->reason = error.what();
  }
  return opened;
}

}  // namespace derate::bench
