// SPDX-License-Identifier: Apache-2.0
// Stands in for CUDA's header of this name, so that g++ compiles kernel sources as they are and the
// CPU runs them. It holds what the kernels use and nothing more: one that needs more adds it here.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <source_location>

#include "fibers.h"

// Keywords of the language. Macros, because nothing else can stand in a declaration's place.
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
// One block runs at a time, so that static storage is shared by its threads and by nobody else.
#define __shared__ static
#define __launch_bounds__(...)

using dim3 = derate::emulation::Extent;
using uint3 = derate::emulation::Index;

// The built-in variables of the thread that runs now.
inline const uint3& threadIdx = derate::emulation::position().thread;
inline const uint3& blockIdx = derate::emulation::position().block;
inline const dim3& blockDim = derate::emulation::position().block_extent;
inline const dim3& gridDim = derate::emulation::position().grid_extent;

inline void __syncthreads(const std::source_location& place = std::source_location::current()) {
  derate::emulation::wait_at_barrier(place);
}

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }

// Addresses within shared memory, for instructions that take such: those of the array that the
// block asked for last, of which a kernel therefore can have but one. They begin anywhere but at
// zero.
namespace derate::emulation {
inline std::size_t& shared_memory_begin() {
  static std::size_t begins[kMostClusterBlocks];
  return begins[position().rank];
}
inline constexpr std::size_t kFirstSharedAddress = 1024;
inline const std::byte* shared_memory(std::size_t address) {
  return reinterpret_cast<const std::byte*>(shared_memory_begin() + address - kFirstSharedAddress);
}
}  // namespace derate::emulation
inline std::size_t __cvta_generic_to_shared(const void* pointer) {
  derate::emulation::shared_memory_begin() = reinterpret_cast<std::size_t>(pointer);
  return derate::emulation::kFirstSharedAddress;
}

// Loads and stores with a cache hint are loads and stores.
template <typename T>
T __ldg(const T* address) {
  return *address;
}
template <typename T>
T __ldcs(const T* address) {
  return *address;
}
template <typename T>
T __ldcg(const T* address) {
  return *address;
}
template <typename T>
void __stcs(T* address, T value) {
  *address = value;
}
template <typename T>
void __stcg(T* address, T value) {
  *address = value;
}

// The runtime. Every launch has finished when it returns, so that streams order nothing; memory is
// the heap's, where AddressSanitizer guards both of its ends.
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidDevice = 101,
  cudaErrorPeerAccessAlreadyEnabled = 704
};
enum cudaMemcpyKind {
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3
};
using cudaStream_t = derate::emulation::Schedule*;

namespace derate::emulation {
/// The largest block that the device still has; a test may change it, and puts it back.
inline std::size_t largest_block_bytes = static_cast<std::size_t>(-1);
}  // namespace derate::emulation
inline cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  *memory = bytes > derate::emulation::largest_block_bytes ? nullptr : std::malloc(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
inline cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                                     std::size_t from_pitch, std::size_t width, std::size_t height,
                                     cudaMemcpyKind, cudaStream_t) {
  for (std::size_t row = 0; row < height; ++row) {
    std::memcpy(static_cast<char*>(to) + row * to_pitch,
                static_cast<const char*>(from) + row * from_pitch, width);
  }
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorPeerAccessAlreadyEnabled:
      return "cudaErrorPeerAccessAlreadyEnabled";
  }
  return "an unknown error";
}
inline const char* cudaGetErrorString(cudaError_t error) {
  if (error == cudaErrorMemoryAllocation) return "out of memory";
  return error == cudaSuccess ? "no error" : "no description";
}

#include "emulated_links.h"
