// SPDX-License-Identifier: Apache-2.0
// Where cuBLAS or cuBLASLt is missing, a row says which file is wanted; the device is not lost.
#include <gtest/gtest.h>

#include <string>

#include "backend/cuda/cublas.h"
#include "backend/cuda/cublas_lt.h"
#include "derate/error.h"

namespace derate {
namespace {

template <typename Act>
std::string refusal(const Act& act) {
  try {
    act();
  } catch (const DeviceError& error) {
    return (error.lost() ? "lost: " : "") + std::string(error.what());
  }
  return "";
}

std::string wanted(const std::string& name) {
  const std::string major = std::to_string(CUBLAS_VER_MAJOR);
  return name + " " + major + " cannot be loaded: put lib" + name + ".so." + major +
         " on the library path";
}

TEST(MissingLibrary, IsNamed) {
  EXPECT_EQ(refusal([] { cuda::Cublas(nullptr, Precision::f32); }), wanted("cublas"));
  EXPECT_EQ(refusal([] { cuda::CublasLt(Precision::bf16, 64, 64, 64); }), wanted("cublasLt"));
}

TEST(MissingLibrary, HasNoVersion) {
  EXPECT_EQ(cuda::cublas_version(), "cuBLAS");
  EXPECT_EQ(cuda::cublas_lt_version(), "cuBLASLt");
}

}  // namespace
}  // namespace derate
