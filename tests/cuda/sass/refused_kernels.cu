// SPDX-License-Identifier: Apache-2.0
// Kernels that compilers quietly rob of their work, each next to one that keeps it: the checker of
// machine code must refuse the first and pass the second. They are compiled, never run.
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>

namespace refused {

namespace wmma = nvcuda::wmma;

constexpr int kChains = 4;
constexpr int kSteps = 8;

/// Indexed with what only the run tells, so that the array lives in local memory.
__global__ void local_memory(int n, const int* in, int* out) {
  int values[64];
  for (int i = 0; i < 64; ++i) values[i] = in[i * n];
  for (int i = 0; i < n; ++i) values[in[i] & 63] += values[in[i + n] & 63];
  for (int i = 0; i < 64; ++i) out[i] = values[i];
}

/// With constants, all steps of an integer chain become one: x·3^8 + c.
template <bool kConstants>
__global__ void integer_chain(int loops, int multiplier, int addend, int* x) {
  int value = x[threadIdx.x];
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      value = kConstants ? value * 3 + 7 : value * multiplier + addend;
    }
  }
  x[threadIdx.x] = value;
}

template __global__ void integer_chain<true>(int, int, int, int*);
template __global__ void integer_chain<false>(int, int, int, int*);

/// Products of operands that stay in registers are the same in every pass through a loop: computed
/// before it, they leave additions in it.
template <bool kOpaque>
__global__ void held_operands(int loops, const float* operands, float* ends) {
  float a[kChains];
  float b[kChains];
  float sums[kChains][kChains] = {};
  for (int i = 0; i < kChains; ++i) {
    a[i] = operands[threadIdx.x + 32 * i];
    b[i] = operands[threadIdx.x + 32 * (kChains + i)];
  }
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int i = 0; i < kChains; ++i) {
      if (kOpaque) asm volatile("" : "+f"(a[i]), "+f"(b[i]));
    }
#pragma unroll
    for (int i = 0; i < kChains * kChains; ++i) {
      sums[i / kChains][i % kChains] += a[i / kChains] * b[i % kChains];
    }
  }
  for (int i = 0; i < kChains * kChains; ++i) {
    ends[threadIdx.x + 32 * i] = sums[i / kChains][i % kChains];
  }
}

template __global__ void held_operands<true>(int, const float*, float*);
template __global__ void held_operands<false>(int, const float*, float*);

/// wmma makes two instructions of each 16x16x16 product, one per half of the columns. Chains that
/// start equal and multiply by a filled fragment, whose halves are equal too, need only be computed
/// once; published tools have counted such work many times over.
template <bool kEqual>
__global__ void tensor_chains(int loops, const half* operands, const float* starts, float* ends) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> a;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> b;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> c[kChains];
  wmma::load_matrix_sync(b, operands, 16);
  if (kEqual) wmma::fill_fragment(b, operands[0]);
  for (int chain = 0; chain < kChains; ++chain) {
    wmma::load_matrix_sync(c[chain], starts + 256 * chain, 16, wmma::mem_row_major);
  }
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
    wmma::load_matrix_sync(a, operands + 256 * loop, 16);
#pragma unroll
    for (int chain = 0; chain < kChains; ++chain) {
      if (kEqual) wmma::fill_fragment(c[chain], 0.0F);
    }
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int chain = 0; chain < kChains; ++chain) wmma::mma_sync(c[chain], a, b, c[chain]);
    }
#pragma unroll
    for (int chain = 0; chain < kChains; ++chain) {
      wmma::store_matrix_sync(ends + 256 * chain, c[chain], 16, wmma::mem_row_major);
    }
  }
}

template __global__ void tensor_chains<true>(int, const half*, const float*, float*);
template __global__ void tensor_chains<false>(int, const half*, const float*, float*);

/// Compute capability 9.0 has no such instruction of its own: f16 takes its place, and the
/// products, which are all alike, leave the loop although the assembly is volatile.
__global__ void fp8_chains(int loops, const unsigned* operands, const float* starts, float* ends) {
  unsigned a[4];
  unsigned b[2];
  for (int i = 0; i < 4; ++i) a[i] = operands[i * 32 + threadIdx.x];
  for (int i = 0; i < 2; ++i) b[i] = operands[(4 + i) * 32 + threadIdx.x];
  float c[kChains][4];
  for (int i = 0; i < kChains * 4; ++i) c[i / 4][i % 4] = starts[i * 32 + threadIdx.x];
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int chain = 0; chain < kChains; ++chain) {
        float(&d)[4] = c[chain];
        asm volatile(
            "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 "
            "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
      }
    }
  }
  for (int i = 0; i < kChains * 4; ++i) ends[i * 32 + threadIdx.x] = c[i / 4][i % 4];
}

/// Touching a sum before the wait makes ptxas wait after every step. It says so in a line of
/// information, which no option turns into an error.
template <bool kTouched>
__global__ void wgmma_chain(int loops, const std::uint64_t* descriptors, float* ends) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL  // the other architecture has no such instructions
  const std::uint64_t a = descriptors[0];
  const std::uint64_t b = descriptors[1];
  float d[4] = {};
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      asm volatile(
          "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 "
          "{%0, %1, %2, %3}, %4, %5, 1, 1, 1, 0, 0;"
          : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
          : "l"(a), "l"(b));
      if (kTouched) d[0] += ends[0];
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
  }
  for (int i = 0; i < 4; ++i) ends[i * blockDim.x + threadIdx.x] = d[i];
#endif
}

template __global__ void wgmma_chain<true>(int, const std::uint64_t*, float*);
template __global__ void wgmma_chain<false>(int, const std::uint64_t*, float*);

/// An arrival at a barrier of another block that releases what was written, to the whole cluster,
/// has to wait for all of the thread's accesses to memory; the plain one goes on.
template <bool kReleases>
__global__ void arrivals(int loops, int multiplier, int addend, int* x) {
  int value = x[threadIdx.x];
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  __shared__ std::uint64_t barrier;
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(&barrier));
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) value = value * multiplier + addend;
    if (kReleases) {
      asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(address)
                   : "memory");
    } else {
      asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" ::"r"(address) : "memory");
    }
  }
#endif
  x[threadIdx.x] = value;
}

template __global__ void arrivals<true>(int, int, int, int*);
template __global__ void arrivals<false>(int, int, int, int*);

/// The same of a fence, which every architecture has.
template <bool kFenced>
__global__ void fenced_chain(int loops, int multiplier, int addend, int* x) {
  int value = x[threadIdx.x];
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) value = value * multiplier + addend;
    if (kFenced) __threadfence();
  }
  x[threadIdx.x] = value;
}

template __global__ void fenced_chain<true>(int, int, int, int*);
template __global__ void fenced_chain<false>(int, int, int, int*);

/// Of the thread that elect.sync chooses the compiler knows that it is alone in its warp. Around
/// each tensor instruction of any other it puts a loop over those who may be there with it.
template <bool kElected>
__global__ void tensor_memory_chain(int loops, unsigned sums, std::uint64_t a, std::uint64_t b,
                                    unsigned what) {
#if defined(__CUDA_ARCH_FAMILY_SPECIFIC__) && __CUDA_ARCH_FAMILY_SPECIFIC__ == 1000
  unsigned chosen = threadIdx.x == 0 ? 1 : 0;
  if (kElected) {
    asm volatile("{\n.reg .pred one;\nelect.sync _|one, 0xFFFFFFFF;\nselp.u32 %0, 1, 0, one;\n}"
                 : "=r"(chosen));
  }
  if (chosen == 0) return;
#pragma unroll 1
  for (int loop = 0; loop < loops; ++loop) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      asm volatile(
          "{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
          "tcgen05.mma.cta_group::1.kind::f16 [%0], %1, %2, %3, add;\n}" ::"r"(sums),
          "l"(a), "l"(b), "r"(what), "r"(loop + step));
    }
  }
#endif
}

template __global__ void tensor_memory_chain<true>(int, unsigned, std::uint64_t, std::uint64_t,
                                                   unsigned);
template __global__ void tensor_memory_chain<false>(int, unsigned, std::uint64_t, std::uint64_t,
                                                    unsigned);

}  // namespace refused
