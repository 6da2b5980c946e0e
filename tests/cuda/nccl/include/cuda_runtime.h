// SPDX-License-Identifier: Apache-2.0
// Stands in for CUDA's header of this name where collectives are tested without a GPU: a box of
// several devices whose memory is the heap's. Streams are idle but where the fake NCCL keeps one
// busy.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidDevice = 101,
  cudaErrorNotReady = 600
};
enum cudaMemcpyKind {
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3
};

/// Shared with the fake NCCL, which is another library.
struct CUstream_st {
  int device = 0;
  std::atomic<bool> busy = false;
  std::atomic<long> took_ns = 0;  ///< what the fake NCCL says that its work takes
};
struct CUevent_st {
  std::atomic<CUstream_st*> recorded = nullptr;
};
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDisableTiming = 2;

namespace derate::fake {

/// What the box has and holds; a test may change it, and puts it back.
struct Box {
  int devices = 2;
  bool reach_each_other = true;
  std::size_t memory_bytes = std::size_t{4} << 30;  ///< of each device
  std::map<int, std::size_t> used_bytes;            ///< by device
  std::map<void*, std::pair<int, std::size_t>> blocks;
  int streams = 0;
};
inline Box box;
/// What the work on all streams that were waited for took.
inline std::atomic<long> passed_ns = 0;
inline thread_local int current_device = 0;

}  // namespace derate::fake

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = derate::fake::box.devices;
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = derate::fake::current_device;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= derate::fake::box.devices) return cudaErrorInvalidDevice;
  derate::fake::current_device = device;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceCanAccessPeer(int* can, int from, int to) {
  *can = derate::fake::box.reach_each_other && from != to ? 1 : 0;
  return cudaSuccess;
}

inline cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  auto& box = derate::fake::box;
  std::size_t& used = box.used_bytes[derate::fake::current_device];
  *memory = nullptr;
  if (used + bytes > box.memory_bytes) return cudaErrorMemoryAllocation;
  used += bytes;
  *memory = std::malloc(bytes + 1);
  box.blocks[*memory] = {derate::fake::current_device, bytes};
  return cudaSuccess;
}
inline cudaError_t cudaFree(void* memory) {
  auto& box = derate::fake::box;
  if (const auto block = box.blocks.find(memory); block != box.blocks.end()) {
    box.used_bytes[block->second.first] -= block->second.second;
    box.blocks.erase(block);
  }
  std::free(memory);
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                                   cudaStream_t) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  (*stream)->device = derate::fake::current_device;
  ++derate::fake::box.streams;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  --derate::fake::box.streams;
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  while (stream->busy) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  derate::fake::passed_ns += stream->took_ns.exchange(0);
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
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->recorded = stream;
  return cudaSuccess;
}
inline cudaError_t cudaEventQuery(cudaEvent_t event) {
  CUstream_st* const stream = event->recorded;
  return stream != nullptr && stream->busy ? cudaErrorNotReady : cudaSuccess;
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }

inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaErrorOfTheTest";
}
inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "as the test wants it";
}
