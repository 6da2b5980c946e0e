// SPDX-License-Identifier: Apache-2.0
// Two libraries with the names of cuBLAS and cuBLASLt, of a major version that no machine has. The
// one needs a function of the other, and has no run path to find it by.
extern "C" {
int fake_cublas_lt_function();
int fake_cublas_function();
}

#if DERATE_FAKE_LT
int fake_cublas_lt_function() { return 99; }
#else
int fake_cublas_function() { return fake_cublas_lt_function(); }
#endif
