// SPDX-License-Identifier: Apache-2.0
// Arm cores by MIDR: decoded, read from /proc and /sys as Linux on a GH200 writes them, named, and
// rated.
#include "backend/host/arm_identity.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/host/architecture.h"
#include "backend/host/probe.h"
#include "hardware/peak.h"

namespace derate::host {
namespace {

namespace fs = std::filesystem;

std::string processor(int cpu, const std::string& implementer, const std::string& part) {
  return "processor\t: " + std::to_string(cpu) +
         "\nBogoMIPS\t: 2000.00\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics "
         "fphp "
         "asimdhp cpuid asimdrdm sve sve2\nCPU implementer\t: " +
         implementer + "\nCPU architecture: 8\nCPU variant\t: 0x1\nCPU part\t: " + part +
         "\nCPU revision\t: 2\n\n";
}

/// A folder with proc/ and sys/ of a machine of our own.
class ArmFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "derate_arm_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    const fs::path path = root_ + "/" + file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void write_midr(int cpu, const std::string& value) const {
    write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/regs/identification/midr_el1",
          value + "\n");
  }

  std::string root_;
};

TEST(MainId, IsDecodedAsTheArchitectureHasIt) {
  const Midr v2 = decode_midr(0x410fd4f0);
  EXPECT_EQ(v2.implementer, 0x41);
  EXPECT_EQ(v2.variant, 0);
  EXPECT_EQ(v2.part, 0xd4f);
  EXPECT_EQ(v2.revision, 0);
  const Midr n1 = decode_midr(0x413fd0c1);
  EXPECT_EQ(n1.variant, 3);
  EXPECT_EQ(n1.part, 0xd0c);
  EXPECT_EQ(n1.revision, 1);
}

TEST(MainId, IsThatOfTheProcessorAskedFor) {
  const std::string text = processor(0, "0x41", "0xd80") + processor(1, "0x41", "0xd81") +
                           processor(10, "0x61", "0x022");
  EXPECT_EQ(midr_in_cpuinfo(text, 0).value().part, 0xd80);
  EXPECT_EQ(midr_in_cpuinfo(text, 1).value().part, 0xd81);
  EXPECT_EQ(midr_in_cpuinfo(text, 1).value().variant, 1);
  EXPECT_EQ(midr_in_cpuinfo(text, 1).value().revision, 2);
  EXPECT_EQ(midr_in_cpuinfo(text, 10).value().implementer, 0x61);
  EXPECT_FALSE(midr_in_cpuinfo(text, 2));
}

TEST(MainId, IsAbsentWhereTheFileHasNoneOrNonsense) {
  EXPECT_FALSE(midr_in_cpuinfo("", 0));
  EXPECT_FALSE(midr_in_cpuinfo("processor\t: 0\nvendor_id\t: AuthenticAMD\n", 0));
  EXPECT_FALSE(midr_in_cpuinfo(processor(0, "0x41", ""), 0));
  EXPECT_FALSE(midr_in_cpuinfo(processor(0, "0x41", "0xd4f1"), 0));
  EXPECT_FALSE(midr_in_cpuinfo(processor(0, "0x41x", "0xd4f"), 0));
  EXPECT_FALSE(midr_in_cpuinfo(processor(0, "0xffffffffffffffffff", "0xd4f"), 0));
}

TEST_F(ArmFiles, NameANeoverseV2) {
  for (const int cpu : {0, 1}) write_midr(cpu, "0x00000000410fd4f0");
  write("proc/cpuinfo", processor(0, "0x41", "0xd4f") + processor(1, "0x41", "0xd4f"));
  write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3474000\n");
  const std::string cache = "sys/devices/system/cpu/cpu0/cache/index";
  for (const auto& [index, level, size] :
       {std::tuple{"0", "1", "64K"}, {"1", "2", "1024K"}, {"2", "3", "116736K"}}) {
    write(cache + index + "/level", level);
    write(cache + index + "/type", level == std::string("1") ? "Data" : "Unified");
    write(cache + index + "/size", size);
    write(cache + index + "/shared_cpu_list", level == std::string("3") ? "0-1" : "0");
  }

  const CpuIdentity cpu = arm_identity({0, 1}, root_);
  EXPECT_EQ(cpu.brand, "Arm Neoverse V2");
  EXPECT_FALSE(cpu.hybrid);
  const Device device = describe(cpu, {{0, 1}, 2, "affinity mask", ""}, root_);
  EXPECT_EQ(device.name, "Arm Neoverse V2");
  EXPECT_EQ(device.architecture, "neoverse_v2");
  EXPECT_FALSE(device.clock_specified_hz.value);
  EXPECT_EQ(device.clock_specified_hz.source, "not known: the kernel states no nominal clock");
  EXPECT_EQ(device.clock_maximum_hz.value, 3.474e9);
  EXPECT_EQ(device.last_level_cache_bytes, std::uint64_t{114} << 20);
  EXPECT_EQ(device.note.find("rate"), std::string::npos) << device.note;
  const auto f64 = peak_of(device, Bound::compute, Precision::f64, Units::vector, "");
  ASSERT_TRUE(f64);
  EXPECT_EQ(f64->specified(), 2.0 * 2 * 8 * 3.474e9);
}

// NVIDIA's data sheet of the Grace superchip: 7.1 TFLOP/s in f64 from 144 cores at 3.1 GHz.
TEST_F(ArmFiles, RateAGraceAsItsDataSheetDoes) {
  write_midr(0, "0x410fd4f0");
  write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3100000\n");
  const Device device = describe(arm_identity({0}, root_), {{0}, 144, "affinity mask", ""}, root_);
  const auto peak = peak_of(device, Bound::compute, Precision::f64, Units::vector, "");
  ASSERT_TRUE(peak);
  EXPECT_NEAR(peak->specified().value(), 7.1e12, 0.05e12);
}

TEST_F(ArmFiles, NameTheCoreWithoutSysfsToo) {
  write("proc/cpuinfo", processor(0, "0x41", "0xd0c"));
  const CpuIdentity cpu = arm_identity({0}, root_);
  EXPECT_EQ(cpu.brand, "Arm Neoverse N1");
  EXPECT_EQ(architecture_of(cpu).name, "neoverse_n1");
}

TEST_F(ArmFiles, HaveNoRateForCoresOfTwoKinds) {
  write_midr(0, "0x410fd810");
  write_midr(1, "0x410fd820");
  const CpuIdentity cpu = arm_identity({0, 1}, root_);
  EXPECT_TRUE(cpu.hybrid);
  EXPECT_EQ(architecture_of(cpu).name, "");
  EXPECT_FALSE(arm_identity({0}, root_).hybrid);
  EXPECT_EQ(architecture_of(arm_identity({0}, root_)).name, "cortex_a720");
}

TEST_F(ArmFiles, SayOfACoreWithoutARateWhichItIs) {
  write_midr(0, "0x410fd083");
  const Architecture a72 = architecture_of(arm_identity({0}, root_));
  EXPECT_EQ(a72.name, "");
  EXPECT_EQ(a72.reason, "no rate is known for this kind of core (Arm Cortex-A72)");
  write_midr(0, "0x610f0221");
  EXPECT_EQ(architecture_of(arm_identity({0}, root_)).reason,
            "no rate is known for this kind of core (Apple CPU, part 0x022)");
  write_midr(0, "0x7f0f0221");
  EXPECT_EQ(arm_identity({0}, root_).brand, "CPU of implementer 0x7f, part 0x022");
}

TEST_F(ArmFiles, OfAnotherInstructionSetHaveNoCore) {
  write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
  EXPECT_EQ(arm_identity({0}, root_).vendor, "");
  EXPECT_EQ(architecture_of(arm_identity({0}, root_)).name, "");
}

TEST(Architecture, HasARateForEveryArmCoreThatItNames) {
  CpuIdentity cpu;
  cpu.vendor = "Arm";
  cpu.midr_implementer = 0x41;
  cpu.family = 8;
  for (const int part : {0xd0c, 0xd40, 0xd42, 0xd49, 0xd4f, 0xd81}) {
    cpu.model = part;
    Device device;
    device.compute_units = 1;
    device.architecture = architecture_of(cpu).name;
    EXPECT_NE(device.architecture, "") << part;
    EXPECT_TRUE(peak_of(device, Bound::compute, Precision::f32, Units::vector, "")) << part;
  }
}

}  // namespace
}  // namespace derate::host
