// SPDX-License-Identifier: Apache-2.0
// Runs one input under the limits of time and memory that hold for every reader.
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "derate/error.h"

// No input of some kilobytes needs more memory in one piece. Broken properties abort. The rest is
// speed: half of the time went into stacks kept for their return, long traces of allocations and
// old memory.
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=64:handle_abort=1:detect_stack_use_after_return=0:"
         "malloc_context_size=5:quarantine_size_mb=8";
}
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1:halt_on_error=1"; }

namespace derate::fuzz {
namespace {

std::vector<Target>& known() {
  static std::vector<Target> all;
  return all;
}

double processor_time_s() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

[[noreturn]] void fail(std::string_view sentence) {
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

}  // namespace

Registered::Registered(const Target& target) { known().push_back(target); }

std::vector<Target> targets() {
  std::vector<Target> all = known();
  std::sort(all.begin(), all.end(),
            [](const Target& a, const Target& b) { return a.name < b.name; });
  return all;
}

Target target_named(std::string_view name) {
  for (const Target& target : known()) {
    if (target.name == name) return target;
  }
  fail("there is no target \"" + std::string(name) + "\"");
}

void read(const Target& target, std::string_view input) {
  constexpr double kLongest_s = 1;
  const double begin_s = processor_time_s();
  try {
    target.read(input);
  } catch (const Error& refused) {
    require(refused.what()[0] != '\0', "an input was refused without a sentence");
  }
  require(processor_time_s() - begin_s < kLongest_s, "an input took more than a second");
}

void require(bool holds, std::string_view sentence) {
  if (!holds) fail(sentence);
}

void require_equal(std::string_view one, std::string_view other, std::string_view sentence) {
  if (one == other) return;
  fail(std::string(sentence) + "\n" + std::string(one) + "\n" + std::string(other));
}

std::filesystem::path file_of(std::string_view text) {
  static const int descriptor = ::memfd_create("input", MFD_CLOEXEC);
  const auto size = static_cast<ssize_t>(text.size());
  require(
      ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, text.data(), text.size(), 0) == size,
      "the input could not be written into memory");
  return "/proc/self/fd/" + std::to_string(descriptor);
}

}  // namespace derate::fuzz
