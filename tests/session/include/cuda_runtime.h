// SPDX-License-Identifier: Apache-2.0
// Stands in for CUDA's header of this name where a session of a GPU is tested without one: streams
// and events do nothing, and the test says what calls answer.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

enum cudaError_t { cudaSuccess = 0, cudaErrorDevicesUnavailable = 46, cudaErrorNotReady = 600 };
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
};
inline Runtime runtime;

}  // namespace derate::fake

inline cudaError_t cudaSetDevice(int) { return derate::fake::runtime.set_device; }
inline cudaError_t cudaFree(void*) { return derate::fake::runtime.make_context; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaErrorOfTheTest"; }
inline const char* cudaGetErrorString(cudaError_t) { return "as the test wants it"; }

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) {
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
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) {
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

inline cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  *memory = std::malloc(bytes);
  return cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
