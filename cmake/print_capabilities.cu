// SPDX-License-Identifier: Apache-2.0
// Prints the compute capability of every GPU at hand, as "90;86;": run by cmake/Cuda.cmake to build
// for these alone. Prints nothing where there is no GPU or no driver.
#include <cstdio>

int main() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) return 0;
  for (int device = 0; device < count; ++device) {
    int major = 0;
    int minor = 0;
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
    std::printf("%d%d;", major, minor);
  }
  return 0;
}
