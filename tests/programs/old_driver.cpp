// SPDX-License-Identifier: Apache-2.0
// A libcuda.so.1 of a driver that is older than any CUDA runtime that derate is built with: all
// that the runtime asks before it refuses.
extern "C" {
int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int* version) {
  *version = 10020;
  return 0;
}
}
