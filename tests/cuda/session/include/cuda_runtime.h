// SPDX-License-Identifier: Apache-2.0
// Stands in for CUDA's header of this name where a session of a GPU is tested without one: streams,
// events and kernels do nothing, and the test says what calls answer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#define CUDART_VERSION 13000
#define __device__
#define __shared__

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorDevicesUnavailable = 46,
  cudaErrorInvalidDeviceFunction = 98,
  cudaErrorNotReady = 600
};
struct CUstream_st {};
struct CUevent_st {};
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDefault = 0;
constexpr unsigned cudaHostAllocDefault = 0;

namespace derate::fake {

struct Runtime {
  cudaError_t set_device = cudaSuccess;
  cudaError_t make_context = cudaSuccess;
  std::deque<cudaError_t> queries;  ///< what the next queries of an event answer; then success
  std::vector<std::string> calls;   ///< those whose order matters
  std::map<const void*, std::string> names;  ///< of kernels; of others it does not know any
  int binary_version = 90;                   ///< of the code that was loaded
  cudaError_t set_attribute = cudaSuccess;
  int streams_made = 0;
  int streams_destroyed = 0;
  std::set<cudaStream_t> streams_used;  ///< for events, stamps and waits
};
inline Runtime runtime;
inline thread_local int current_device = 0;
inline std::atomic<int> attributes_set = 0;  ///< calls of cudaFuncSetAttribute

}  // namespace derate::fake

inline cudaError_t cudaSetDevice(int device) {
  derate::fake::current_device = device;
  return derate::fake::runtime.set_device;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = derate::fake::current_device;
  return cudaSuccess;
}
inline cudaError_t cudaFree(void*) { return derate::fake::runtime.make_context; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaErrorOfTheTest"; }
inline const char* cudaGetErrorString(cudaError_t) { return "as the test wants it"; }

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  ++derate::fake::runtime.streams_made;
  *stream = new CUstream_st;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  ++derate::fake::runtime.streams_destroyed;
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  derate::fake::runtime.streams_used.insert(stream);
  derate::fake::runtime.calls.emplace_back("wait for all");
  return cudaSuccess;
}

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t stream) {
  derate::fake::runtime.streams_used.insert(stream);
  derate::fake::runtime.calls.emplace_back("record");
  return cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t) {
  derate::fake::runtime.calls.emplace_back("wait for event");
  return cudaSuccess;
}
inline cudaError_t cudaEventQuery(cudaEvent_t) {
  derate::fake::runtime.calls.emplace_back("query");
  if (derate::fake::runtime.queries.empty()) return cudaSuccess;
  const cudaError_t answer = derate::fake::runtime.queries.front();
  derate::fake::runtime.queries.pop_front();
  return answer;
}
inline cudaError_t cudaEventElapsedTime(float* elapsed_ms, cudaEvent_t, cudaEvent_t) {
  *elapsed_ms = 5;
  return cudaSuccess;
}

struct uint4 {
  unsigned x, y, z, w;
};
struct dim3 {
  dim3(unsigned along_x, unsigned along_y = 1, unsigned along_z = 1)  // NOLINT
      : x(along_x), y(along_y), z(along_z) {}
  unsigned x, y, z;
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaLaunchAttributeID { cudaLaunchAttributeClusterDimension };
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  struct {
    struct {
      unsigned x, y, z;
    } clusterDim;
  } val;
};
struct cudaLaunchConfig_t {
  dim3 gridDim{1};
  dim3 blockDim{1};
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
  cudaLaunchAttribute* attrs;
  unsigned numAttrs;
};
struct cudaFuncAttributes {
  int binaryVersion;
};

inline cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) {
  ++derate::fake::attributes_set;
  return derate::fake::runtime.set_attribute;
}
inline cudaError_t cudaOccupancyMaxActiveClusters(int*, const void*, const cudaLaunchConfig_t*) {
  return cudaSuccess;
}
inline cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int*, const void*, int,
                                                                 std::size_t) {
  return cudaSuccess;
}
template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t*, void (*)(Parameters...), Arguments...) {
  derate::fake::runtime.calls.emplace_back("launch");
  return cudaSuccess;
}
inline cudaError_t cudaFuncGetName(const char** name, const void* kernel) {
  const auto known = derate::fake::runtime.names.find(kernel);
  if (known == derate::fake::runtime.names.end()) return cudaErrorInvalidDeviceFunction;
  *name = known->second.c_str();
  return cudaSuccess;
}
inline cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  attributes->binaryVersion = derate::fake::runtime.binary_version;
  return cudaSuccess;
}

inline cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  *memory = std::malloc(bytes);
  return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
