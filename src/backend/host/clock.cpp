// SPDX-License-Identifier: Apache-2.0
// Times chains of dependent additions in assembly, some 20 us each, until the two fastest agree
// within 0.2 %: their time is that of an undisturbed core. Readings over a sample are averaged.
#include "backend/host/clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "backend/host/emulator.h"

namespace derate::host {
namespace {

constexpr int kFewestChains = 3;
/// Where the core is never left alone for the time of two chains, they end after about 0.5 ms.
constexpr int kMostChains = 24;
/// Two undisturbed chains differ by the resolution of their timer, some 20 ns in 20 us.
constexpr double kAgreeWithin = 0.002;

#if defined(__x86_64__) || defined(__aarch64__)

using Clock = std::chrono::steady_clock;

constexpr int kAddsPerBlock = 512;
constexpr int kBlocks = 160;  // about 20 us at 4 GHz: short against a scheduler's tick

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

ClockReading fastest_of_chains(double cycles, const std::function<double()>& chain_s) {
  double fastest_s = std::numeric_limits<double>::infinity();
  double second_s = std::numeric_limits<double>::infinity();
  const auto agree = [&] { return second_s <= fastest_s * (1 + kAgreeWithin); };
  for (int chain = 0; chain < kMostChains && (chain < kFewestChains || !agree()); ++chain) {
    const double time_s = chain_s();
    second_s = std::min(second_s, std::max(fastest_s, time_s));
    fastest_s = std::min(fastest_s, time_s);
  }
  return {cycles / fastest_s, agree()};
}

ClockReading measure_core_clock() {
#if defined(__x86_64__) || defined(__aarch64__)
  if (!emulator().empty()) return {std::numeric_limits<double>::quiet_NaN(), false};
  double empty_s = std::numeric_limits<double>::infinity();
  return fastest_of_chains(static_cast<double>(kAddsPerBlock) * kBlocks, [&] {
    Clock::time_point start = Clock::now();
    empty_s = std::min(empty_s, seconds_since(start));
    start = Clock::now();
    add_chain();
    return seconds_since(start) - empty_s;
  });
#else
  return {std::numeric_limits<double>::quiet_NaN(), false};
#endif
}

double clock_over(std::span<const ClockReading> readings) {
  double sum_hz = 0;
  double fastest_hz = std::numeric_limits<double>::quiet_NaN();
  int agreed = 0;
  for (const ClockReading& reading : readings) {
    fastest_hz = std::fmax(fastest_hz, reading.hz);
    if (!reading.agreed) continue;
    sum_hz += reading.hz;
    ++agreed;
  }
  return agreed > 0 ? sum_hz / agreed : fastest_hz;
}

}  // namespace derate::host
