// SPDX-License-Identifier: Apache-2.0
// Hopper's asynchronous warpgroup instructions (PTX ISA, "Asynchronous Warpgroup Level Matrix
// Instructions"). The accumulator registers belong to the tensor units from the first multiply-add
// to the end of the wait: code that touches them in between makes ptxas serialise all of it and say
// so in an info line, C7510 or one of its neighbours, which the build takes for an error
// (cmake/reject_serialised_wgmma).
#pragma once

#include <cstdint>

#include "mma_chain/formats.h"

namespace derate::mma_chain {

// Only code for sm_90a has these instructions.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define DERATE_HAS_WGMMA

/// Before the first multiply-add, and after other code has touched registers that one uses.
__device__ inline void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// Makes a group of the multiply-adds since the last one.
__device__ inline void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Waits for all groups but the newest `kNewest`.
template <int kNewest = 0>
__device__ inline void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kNewest) : "memory");
}

/// What generic stores wrote to shared memory becomes visible to the tensor units, which read it by
/// another path. Each thread that has written calls it before the barrier.
__device__ inline void fence_for_tensor_units() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// The 128 sums of a thread as they stand in the text of an instruction and in its operand list,
// where DERATE_WGMMA_SUM is the kind of register.
// clang-format off
#define DERATE_WGMMA_SUMS \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define DERATE_WGMMA_OPERANDS \
  DERATE_WGMMA_SUM(d[0]), DERATE_WGMMA_SUM(d[1]), DERATE_WGMMA_SUM(d[2]), DERATE_WGMMA_SUM(d[3]), \
  DERATE_WGMMA_SUM(d[4]), DERATE_WGMMA_SUM(d[5]), DERATE_WGMMA_SUM(d[6]), DERATE_WGMMA_SUM(d[7]), \
  DERATE_WGMMA_SUM(d[8]), DERATE_WGMMA_SUM(d[9]), DERATE_WGMMA_SUM(d[10]), DERATE_WGMMA_SUM(d[11]), \
  DERATE_WGMMA_SUM(d[12]), DERATE_WGMMA_SUM(d[13]), DERATE_WGMMA_SUM(d[14]), DERATE_WGMMA_SUM(d[15]), \
  DERATE_WGMMA_SUM(d[16]), DERATE_WGMMA_SUM(d[17]), DERATE_WGMMA_SUM(d[18]), DERATE_WGMMA_SUM(d[19]), \
  DERATE_WGMMA_SUM(d[20]), DERATE_WGMMA_SUM(d[21]), DERATE_WGMMA_SUM(d[22]), DERATE_WGMMA_SUM(d[23]), \
  DERATE_WGMMA_SUM(d[24]), DERATE_WGMMA_SUM(d[25]), DERATE_WGMMA_SUM(d[26]), DERATE_WGMMA_SUM(d[27]), \
  DERATE_WGMMA_SUM(d[28]), DERATE_WGMMA_SUM(d[29]), DERATE_WGMMA_SUM(d[30]), DERATE_WGMMA_SUM(d[31]), \
  DERATE_WGMMA_SUM(d[32]), DERATE_WGMMA_SUM(d[33]), DERATE_WGMMA_SUM(d[34]), DERATE_WGMMA_SUM(d[35]), \
  DERATE_WGMMA_SUM(d[36]), DERATE_WGMMA_SUM(d[37]), DERATE_WGMMA_SUM(d[38]), DERATE_WGMMA_SUM(d[39]), \
  DERATE_WGMMA_SUM(d[40]), DERATE_WGMMA_SUM(d[41]), DERATE_WGMMA_SUM(d[42]), DERATE_WGMMA_SUM(d[43]), \
  DERATE_WGMMA_SUM(d[44]), DERATE_WGMMA_SUM(d[45]), DERATE_WGMMA_SUM(d[46]), DERATE_WGMMA_SUM(d[47]), \
  DERATE_WGMMA_SUM(d[48]), DERATE_WGMMA_SUM(d[49]), DERATE_WGMMA_SUM(d[50]), DERATE_WGMMA_SUM(d[51]), \
  DERATE_WGMMA_SUM(d[52]), DERATE_WGMMA_SUM(d[53]), DERATE_WGMMA_SUM(d[54]), DERATE_WGMMA_SUM(d[55]), \
  DERATE_WGMMA_SUM(d[56]), DERATE_WGMMA_SUM(d[57]), DERATE_WGMMA_SUM(d[58]), DERATE_WGMMA_SUM(d[59]), \
  DERATE_WGMMA_SUM(d[60]), DERATE_WGMMA_SUM(d[61]), DERATE_WGMMA_SUM(d[62]), DERATE_WGMMA_SUM(d[63]), \
  DERATE_WGMMA_SUM(d[64]), DERATE_WGMMA_SUM(d[65]), DERATE_WGMMA_SUM(d[66]), DERATE_WGMMA_SUM(d[67]), \
  DERATE_WGMMA_SUM(d[68]), DERATE_WGMMA_SUM(d[69]), DERATE_WGMMA_SUM(d[70]), DERATE_WGMMA_SUM(d[71]), \
  DERATE_WGMMA_SUM(d[72]), DERATE_WGMMA_SUM(d[73]), DERATE_WGMMA_SUM(d[74]), DERATE_WGMMA_SUM(d[75]), \
  DERATE_WGMMA_SUM(d[76]), DERATE_WGMMA_SUM(d[77]), DERATE_WGMMA_SUM(d[78]), DERATE_WGMMA_SUM(d[79]), \
  DERATE_WGMMA_SUM(d[80]), DERATE_WGMMA_SUM(d[81]), DERATE_WGMMA_SUM(d[82]), DERATE_WGMMA_SUM(d[83]), \
  DERATE_WGMMA_SUM(d[84]), DERATE_WGMMA_SUM(d[85]), DERATE_WGMMA_SUM(d[86]), DERATE_WGMMA_SUM(d[87]), \
  DERATE_WGMMA_SUM(d[88]), DERATE_WGMMA_SUM(d[89]), DERATE_WGMMA_SUM(d[90]), DERATE_WGMMA_SUM(d[91]), \
  DERATE_WGMMA_SUM(d[92]), DERATE_WGMMA_SUM(d[93]), DERATE_WGMMA_SUM(d[94]), DERATE_WGMMA_SUM(d[95]), \
  DERATE_WGMMA_SUM(d[96]), DERATE_WGMMA_SUM(d[97]), DERATE_WGMMA_SUM(d[98]), DERATE_WGMMA_SUM(d[99]), \
  DERATE_WGMMA_SUM(d[100]), DERATE_WGMMA_SUM(d[101]), DERATE_WGMMA_SUM(d[102]), DERATE_WGMMA_SUM(d[103]), \
  DERATE_WGMMA_SUM(d[104]), DERATE_WGMMA_SUM(d[105]), DERATE_WGMMA_SUM(d[106]), DERATE_WGMMA_SUM(d[107]), \
  DERATE_WGMMA_SUM(d[108]), DERATE_WGMMA_SUM(d[109]), DERATE_WGMMA_SUM(d[110]), DERATE_WGMMA_SUM(d[111]), \
  DERATE_WGMMA_SUM(d[112]), DERATE_WGMMA_SUM(d[113]), DERATE_WGMMA_SUM(d[114]), DERATE_WGMMA_SUM(d[115]), \
  DERATE_WGMMA_SUM(d[116]), DERATE_WGMMA_SUM(d[117]), DERATE_WGMMA_SUM(d[118]), DERATE_WGMMA_SUM(d[119]), \
  DERATE_WGMMA_SUM(d[120]), DERATE_WGMMA_SUM(d[121]), DERATE_WGMMA_SUM(d[122]), DERATE_WGMMA_SUM(d[123]), \
  DERATE_WGMMA_SUM(d[124]), DERATE_WGMMA_SUM(d[125]), DERATE_WGMMA_SUM(d[126]), DERATE_WGMMA_SUM(d[127])
// clang-format on

// d = A·B, plus d where `add`. Both operands are in shared memory, as their descriptors say, and as
// they are (the factors 1, 1), with the depth contiguous (0, 0 where a format has the choice).

#define DERATE_WGMMA_SUM "+f"

__device__ inline void wgmma(F16, float (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add, 1, 1, 0, 0;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

__device__ inline void wgmma(Bf16, float (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add, 1, 1, 0, 0;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

/// The same with B as it lies in a row-major matrix, the columns contiguous and not the depth
/// ("N-major", the last immediate).
__device__ inline void wgmma_of_rows_of_b(Bf16, float (&d)[128], std::uint64_t a, std::uint64_t b,
                                          bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add, 1, 1, 0, 1;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

__device__ inline void wgmma(Tf32, float (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k8.f32.tf32.tf32 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add, 1, 1;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

__device__ inline void wgmma(E4m3, float (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k32.f32.e4m3.e4m3 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add, 1, 1;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

#undef DERATE_WGMMA_SUM
#define DERATE_WGMMA_SUM "+r"

__device__ inline void wgmma(S8, std::int32_t (&d)[128], std::uint64_t a, std::uint64_t b,
                             bool add) {
  asm volatile(
      "{\n"
      ".reg .pred add;\n"
      "setp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k32.s32.s8.s8 {" DERATE_WGMMA_SUMS
      "}, %128, %129, add;\n"
      "}\n"
      : DERATE_WGMMA_OPERANDS
      : "l"(a), "l"(b), "r"(static_cast<int>(add)));
}

#undef DERATE_WGMMA_SUMS
#undef DERATE_WGMMA_SUM
#undef DERATE_WGMMA_OPERANDS

#endif  // __CUDA_ARCH_FEAT_SM90_ALL

}  // namespace derate::mma_chain
