// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace derate::host {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__x86_64__) || defined(__aarch64__)

constexpr int kAddsPerBlock = 512;
constexpr int kBlocks = 160;  // about 20 us at 4 GHz: short against a scheduler's tick
constexpr int kRepeats = 5;

/// Register to register, since newer cores add small immediates while renaming, in no cycle at all.
void add_chain() {
  unsigned long sum = 0;
  const unsigned long one = 1;
  for (int block = 0; block < kBlocks; ++block) {
#if defined(__x86_64__)
    asm volatile(".rept %c2\n\tadd %1, %0\n\t.endr"
                 : "+r"(sum)
                 : "r"(one), "i"(kAddsPerBlock)
                 : "cc");
#else
    asm volatile(".rept %c2\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(one), "i"(kAddsPerBlock));
#endif
  }
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

#endif

}  // namespace

double measure_core_clock_hz() {
#if defined(__x86_64__) || defined(__aarch64__)
  double chain_s = std::numeric_limits<double>::infinity();
  double empty_s = std::numeric_limits<double>::infinity();
  // The fastest of several, so that an interrupt or a neighbour does not look like a lower clock.
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    Clock::time_point start = Clock::now();
    empty_s = std::min(empty_s, seconds_since(start));
    start = Clock::now();
    add_chain();
    chain_s = std::min(chain_s, seconds_since(start));
  }
  return static_cast<double>(kAddsPerBlock) * kBlocks / (chain_s - empty_s);
#else
  return std::numeric_limits<double>::quiet_NaN();
#endif
}

}  // namespace derate::host
