// SPDX-License-Identifier: Apache-2.0
// Hands the inputs of CORPUS/NAME to the target NAME, whole, cut off and with a byte changed, where
// there is no libFuzzer: derate_fuzz_replay CORPUS NAME. They are the same in every run.
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz.h"

namespace {

namespace fs = std::filesystem;
using derate::fuzz::Target;

constexpr int kCuts = 20;     ///< of each seed
constexpr int kChanges = 40;  ///< likewise

std::string under_way;  ///< what is read at the moment

/// The sanitizers and broken properties end the program where it happens.
void name_input() { std::fprintf(stderr, "replay: while reading %s\n", under_way.c_str()); }

void read(const Target& target, const std::string& input, std::string name) {
  under_way = std::move(name);
  derate::fuzz::read(target, input);
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> seeds_in(const fs::path& folder) {
  std::vector<fs::path> seeds;
  for (const auto& entry : fs::directory_iterator(folder)) seeds.push_back(entry.path());
  derate::fuzz::require(!seeds.empty(), "a target has no seeds");
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

/// Number of inputs read.
int replay(const Target& target, const fs::path& seed) {
  const std::string whole = content_of(seed);
  read(target, whole, seed);
  if (whole.empty()) return 1;
  std::mt19937 chance(static_cast<std::uint32_t>(whole.size()));  // its sequence is standardised
  for (int i = 0; i < kCuts; ++i) {
    const std::size_t kept = chance() % whole.size();
    read(target, whole.substr(0, kept), seed.string() + " cut to " + std::to_string(kept));
  }
  for (int i = 0; i < kChanges; ++i) {
    std::string changed = whole;
    const std::size_t at = chance() % whole.size();
    changed[at] = static_cast<char>(chance());
    read(target, changed,
         seed.string() + " with byte " + std::to_string(at) + " changed to " +
             std::to_string(static_cast<unsigned char>(changed[at])));
  }
  return 1 + kCuts + kChanges;
}

}  // namespace

int main(int argc, char** argv) {
  derate::fuzz::require(argc == 3, "give CORPUS NAME");
  __sanitizer_set_death_callback(name_input);
  const Target target = derate::fuzz::target_named(argv[2]);
  int inputs = 0;
  for (const fs::path& seed : seeds_in(fs::path(argv[1]) / target.name)) {
    inputs += replay(target, seed);
  }
  std::printf("%s: %d inputs\n", argv[2], inputs);
}
