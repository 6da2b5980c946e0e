// SPDX-License-Identifier: Apache-2.0
// Where cuBLAS is missing, or a file of its name is something else, a row says so and the device is
// not lost; without one the row is unsupported.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "backend/cuda/cublas.h"
#include "backend/cuda/cublas_lt.h"
#include "cuda/refusal.h"

namespace derate {
namespace {

const std::string kMajor = std::to_string(CUBLAS_VER_MAJOR);

/// Before either library is asked for the first time, which decides for the whole process.
void take_cublas_from(const char* folder) {
  setenv("HOME", "/nowhere", 1);
  setenv("DERATE_CUBLAS_FOLDER", folder, 1);
}

TEST(MissingLibrary, IsNamedAndHasNoVersion) {
  take_cublas_from("/no/such/folder");
  const std::string wanted = "cuBLAS " + kMajor + " cannot be loaded: there is no libcublas.so." +
                             kMajor + " in /no/such/folder, which DERATE_CUBLAS_FOLDER names";
  for (const auto math : {cuda::CublasMath::standard, cuda::CublasMath::pedantic}) {
    EXPECT_EQ(refusal_of([&] { cuda::Cublas(nullptr, math); }), "unsupported: " + wanted);
  }
  EXPECT_EQ(cuda::cublas_origin(), wanted);
  EXPECT_EQ(cuda::cublas_version(), "cuBLAS");
}

TEST(EmptyLibrary, IsNamedAndHasNoVersion) {
  take_cublas_from(DERATE_EMPTY_FOLDER);
  const std::string wanted = std::string(DERATE_EMPTY_FOLDER) + "/libcublasLt.so." + kMajor +
                             " lacks functions of cuBLAS " + kMajor;
  EXPECT_EQ(refusal_of([] { cuda::CublasLt(Precision::bf16, 64, 64, 64); }), wanted);
  EXPECT_EQ(cuda::cublas_lt_origin(), wanted);
  EXPECT_EQ(cuda::cublas_lt_version(), "cuBLASLt");
}

}  // namespace
}  // namespace derate
