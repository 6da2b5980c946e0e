// SPDX-License-Identifier: Apache-2.0
// The table of function pointers, by default those of the operating system, and its replacement in
// tests.
#include "base/system_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace derate {
namespace {

SystemCalls& calls() {
  static SystemCalls all = {
      .open = [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
      .write = ::write,
      .fsync = ::fsync,
      .rename = ::rename,
      .linkat = ::linkat,
      .pipe2 = ::pipe2,
      .fork = ::fork,
      .utc_now = std::chrono::system_clock::now,
      .steady_now = std::chrono::steady_clock::now};
  return all;
}

}  // namespace

const SystemCalls& system_calls() { return calls(); }

SystemCallsReplaced::SystemCallsReplaced(const SystemCalls& replaced) : before_(calls()) {
  calls() = replaced;
}

SystemCallsReplaced::~SystemCallsReplaced() { calls() = before_; }

}  // namespace derate
