// SPDX-License-Identifier: Apache-2.0
// A program with the function of a benchmark that prints a file instead of measuring, for gates
// whose times the test chooses. DERATE_PLACE is how many bytes further on its code lies,
// DERATE_STEP what its loop adds.
#include <cstdint>
#include <cstdio>

__asm__(".text\n.p2align 6\n.skip " DERATE_PLACE "\n");

namespace benchmark {
class State {
 public:
  long left = 0;
};
}  // namespace benchmark

namespace {

__attribute__((noinline, noclone)) std::uint64_t hot(const char* bytes, long count) {
  std::uint64_t sum = DERATE_STEP;
  for (long i = 0; i < count; ++i) sum += static_cast<std::uint64_t>(bytes[i] ^ i) + DERATE_STEP;
  return sum;
}

__attribute__((noinline, noclone)) std::uint64_t BM_hot(benchmark::State& state) {
  std::uint64_t sum = 0;
  while (state.left-- > 0) sum += hot("what a benchmark reads", 8);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::State state;
  state.left = argc;
  if (argc != 2 || BM_hot(state) == 0) return 2;
  std::FILE* const file = std::fopen(argv[1], "r");
  if (file == nullptr) return 2;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) std::putchar(c);
  return std::fclose(file);
}
