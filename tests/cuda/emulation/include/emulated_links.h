// SPDX-License-Identifier: Apache-2.0
// What of the CUDA runtime copies between host and devices, and records graphs: pinned memory,
// second streams, events, other devices. Every call has done its work when it returns; what no
// result shows, such as which stream waited for which, is written down for the tests.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fibers.h"

namespace derate::emulation {

/// What the emulated machine has and does; a test may change it, and puts it back.
struct Machine {
  int devices = 2;
  bool reach_each_other = true;
  bool pins_memory = true;
  bool corrupts_copies = false;  ///< one bit of each copy between host and device, or two devices

  int current_device = 0;
  bool peer_access = false;
  std::vector<std::string> calls;  ///< copies and events, with the name of their stream
};
inline Machine machine;

/// Kernels that were launched while their stream was recorded, to run on the stream of the graph's
/// launch: the recorded one may be gone by then.
using Recording = std::vector<std::function<void(Schedule*)>>;
inline Recording* recording = nullptr;

/// The session's stream is the one that a test made; others come from cudaStreamCreateWithFlags.
inline Schedule* second_stream = nullptr;
inline std::string named(const Schedule* stream) {
  return stream != nullptr && stream == second_stream ? "second" : "first";
}

inline void copy(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
  if (machine.corrupts_copies && bytes > 0) static_cast<unsigned char*>(to)[bytes / 2] ^= 1;
}

}  // namespace derate::emulation

constexpr unsigned cudaHostAllocDefault = 0;
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDisableTiming = 2;
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };

struct EmulatedEvent {};
using cudaEvent_t = EmulatedEvent*;
using cudaGraph_t = derate::emulation::Recording*;
struct EmulatedGraphExec {
  derate::emulation::Recording kernels;
};
using cudaGraphExec_t = EmulatedGraphExec*;

inline cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  if (!derate::emulation::machine.pins_memory) return cudaErrorMemoryAllocation;
  *memory = std::malloc(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
inline cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new derate::emulation::Schedule;
  derate::emulation::second_stream = *stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new EmulatedEvent;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t stream) {
  derate::emulation::machine.calls.push_back("record on " + derate::emulation::named(stream));
  return cudaSuccess;
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t, unsigned) {
  derate::emulation::machine.calls.push_back("wait on " + derate::emulation::named(stream));
  return cudaSuccess;
}

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                                   cudaStream_t stream) {
  derate::emulation::copy(to, from, bytes);
  derate::emulation::machine.calls.push_back("copy on " + derate::emulation::named(stream));
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = derate::emulation::machine.devices;
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = derate::emulation::machine.current_device;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
  if (device >= derate::emulation::machine.devices) return cudaErrorInvalidDevice;
  derate::emulation::machine.current_device = device;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceCanAccessPeer(int* can, int from, int to) {
  *can = derate::emulation::machine.reach_each_other && from != to ? 1 : 0;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
  if (!derate::emulation::machine.reach_each_other) return cudaErrorInvalidDevice;
  return std::exchange(derate::emulation::machine.peer_access, true)
             ? cudaErrorPeerAccessAlreadyEnabled
             : cudaSuccess;
}
inline cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, std::size_t bytes,
                                       cudaStream_t) {
  derate::emulation::copy(to, from, bytes);
  return cudaSuccess;
}

inline cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  derate::emulation::recording = new derate::emulation::Recording;
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = std::exchange(derate::emulation::recording, nullptr);
  return cudaSuccess;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* runnable, cudaGraph_t graph,
                                        unsigned long long) {
  *runnable = new EmulatedGraphExec{*graph};
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable) {
  delete runnable;
  return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t stream) {
  for (const auto& kernel : runnable->kernels) kernel(stream);
  return cudaSuccess;
}
