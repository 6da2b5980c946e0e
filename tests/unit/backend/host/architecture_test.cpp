// SPDX-License-Identifier: Apache-2.0
// Family, model, name and features of real CPUs to the architectures of the peak table.
#include "backend/host/architecture.h"

#include <gtest/gtest.h>

#include <optional>

#include "hardware/peak.h"

namespace derate::host {
namespace {

CpuIdentity amd(int family, int model) {
  CpuIdentity cpu;
  cpu.vendor = "AuthenticAMD";
  cpu.family = family;
  cpu.model = model;
  cpu.fma256 = true;
  cpu.avx512 = true;
  return cpu;
}

CpuIdentity intel(int model, const std::string& brand = "") {
  CpuIdentity cpu = amd(6, model);
  cpu.vendor = "GenuineIntel";
  cpu.brand = brand;
  return cpu;
}

TEST(Signature, ExtendsFamilyAndModelAsTheVendorsDo) {
  const Signature turin = decode_signature(0x00B00F21);
  EXPECT_EQ(turin.family, 0x1A);
  EXPECT_EQ(turin.model, 0x02);
  EXPECT_EQ(turin.stepping, 1);
  const Signature cascade_lake = decode_signature(0x00050657);
  EXPECT_EQ(cascade_lake.family, 6);
  EXPECT_EQ(cascade_lake.model, 0x55);
  EXPECT_EQ(cascade_lake.stepping, 7);
}

TEST(Architecture, KnowsAmdFamilies) {
  EXPECT_EQ(architecture_of(amd(0x17, 0x01)).name, "zen");
  EXPECT_EQ(architecture_of(amd(0x17, 0x31)).name, "zen2");
  EXPECT_EQ(architecture_of(amd(0x19, 0x01)).name, "zen3");
  EXPECT_EQ(architecture_of(amd(0x19, 0x50)).name, "zen3");
  EXPECT_EQ(architecture_of(amd(0x19, 0x11)).name, "zen4");
  EXPECT_EQ(architecture_of(amd(0x19, 0xA0)).name, "zen4");
  EXPECT_EQ(architecture_of(amd(0x1A, 0x02)).name, "zen5");
  EXPECT_EQ(architecture_of(amd(0x1A, 0x44)).name, "zen5");
  EXPECT_EQ(architecture_of(amd(0x1A, 0x24)).name, "zen5_mobile");
}

TEST(Architecture, KnowsIntelModels) {
  EXPECT_EQ(architecture_of(intel(0x3C)).name, "haswell");
  EXPECT_EQ(architecture_of(intel(0x4F)).name, "haswell");
  EXPECT_EQ(architecture_of(intel(0x9E)).name, "skylake");
  EXPECT_EQ(architecture_of(intel(0x8C)).name, "icelake");
  EXPECT_EQ(architecture_of(intel(0x6A)).name, "icelake_sp");
  EXPECT_EQ(architecture_of(intel(0xCF)).name, "sapphire_rapids");
}

TEST(Architecture, OfSkylakeServersNeedsANameWithTwoPipes) {
  EXPECT_EQ(architecture_of(intel(0x55, "Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz")).name,
            "skylake_sp");
  EXPECT_EQ(architecture_of(intel(0x55, "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz")).name,
            "skylake_sp");
  const Architecture silver = architecture_of(intel(0x55, "Intel(R) Xeon(R) Silver 4110 CPU"));
  EXPECT_EQ(silver.name, "");
  EXPECT_NE(silver.reason, "");
  EXPECT_EQ(architecture_of(intel(0x55, "Intel(R) Xeon(R) CPU @ 2.00GHz")).name, "");
}

TEST(Architecture, IsEmptyRatherThanGuessed) {
  EXPECT_EQ(architecture_of(CpuIdentity{}).name, "");    // no CPUID
  EXPECT_EQ(architecture_of(amd(0x1A, 0x70)).name, "");  // no source for its pipes
  EXPECT_EQ(architecture_of(amd(0x1B, 0x00)).name, "");  // a family to come
  EXPECT_EQ(architecture_of(intel(0x97)).name, "");      // Alder Lake
  CpuIdentity hybrid = intel(0x8C);
  hybrid.hybrid = true;
  EXPECT_EQ(architecture_of(hybrid).name, "");
}

TEST(Architecture, IsEmptyWhereTheSystemHidesTheWidth) {
  CpuIdentity masked = amd(0x1A, 0x02);
  masked.avx512 = false;
  EXPECT_EQ(architecture_of(masked).name, "");
  EXPECT_NE(architecture_of(masked).reason.find("AVX-512"), std::string::npos);
  // Zen 4's rate is the same with 256 bits, so hidden AVX-512 changes nothing.
  masked = amd(0x19, 0x11);
  masked.avx512 = false;
  EXPECT_EQ(architecture_of(masked).name, "zen4");
  masked.fma256 = false;
  EXPECT_EQ(architecture_of(masked).name, "");
}

TEST(Architecture, HasARateForEveryNameItGives) {
  for (const int family : {0x17, 0x19, 0x1A}) {
    for (int model = 0; model <= 0xFF; ++model) {
      const std::string name = architecture_of(amd(family, model)).name;
      EXPECT_TRUE(name.empty() || fma_rate(name, Precision::f32)) << name;
    }
  }
  for (int model = 0; model <= 0xFF; ++model) {
    const std::string name = architecture_of(intel(model, "Platinum")).name;
    EXPECT_TRUE(name.empty() || fma_rate(name, Precision::f64)) << name;
  }
}

}  // namespace
}  // namespace derate::host
