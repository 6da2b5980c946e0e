// SPDX-License-Identifier: Apache-2.0
// What can go wrong, and with which exit code a program ends because of it.
#pragma once

#include <stdexcept>
#include <string>

namespace derate {

/// Exit codes of both programs; docs/cli.md explains each.
enum class ExitCode : int {
  ok = 0,
  failed = 1,          ///< at least one measurement is wrong or could not be made
  usage = 2,           ///< unknown flag, filter without a match, no such device
  regression = 1,      ///< a comparison found something slower
  not_comparable = 3,  ///< for another device than the one at hand
  inconclusive = 4,    ///< a comparison could not tell
  invalid_input = 5,   ///< a file that is not what it should be
  output = 6,          ///< the output folder cannot be written
  no_device = 77,      ///< nothing to measure on; CTest and automake read it as "skipped"
  interrupted = 130,   ///< Ctrl-C; what was finished is kept
};

/// A broken request or machine: one sentence for the user and the exit code it deserves.
/// A single failing measurement is not an Error but an Outcome (record.h).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// A call into a device's runtime or library that failed: the row it belongs to fails.
class DeviceError : public std::runtime_error {
 public:
  /// `lost` says that the device refuses everything after this error (a faulting kernel).
  DeviceError(const std::string& sentence, bool lost) : std::runtime_error(sentence), lost_(lost) {}
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  bool lost_;
};

/// What a device, or its system, cannot do or does not do in this case, without having failed: the
/// outcome is Outcome::unsupported.
class Unsupported : public DeviceError {
 public:
  explicit Unsupported(const std::string& sentence) : DeviceError(sentence, false) {}
};

}  // namespace derate
