// SPDX-License-Identifier: Apache-2.0
// Names of devices as drivers, clouds and people write them: each is the right product's, or asked
// about, or refused, and no product answers for another.
#include "hardware/product_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "derate/error.h"
#include "hardware/name_words.h"
#include "hardware/product_table.h"

namespace derate {
namespace {

using Words = std::vector<std::string>;

std::string answer(std::string_view name) {
  const Product* const found = find_product(name);
  return found == nullptr ? std::string() : std::string(found->name);
}

std::string refusal(std::string_view name) {
  try {
    static_cast<void>(product_named(name));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "";
}

TEST(NameWords, AreThoseOfEverySpelling) {
  const Words rtx4090 = {"4090", "rtx"};
  for (const char* spelling : {"RTX 4090", "rtx-4090", "RTX4090", " Rtx_4090 GPU"}) {
    EXPECT_EQ(name_words(spelling), rtx4090) << spelling;
  }
  for (const char* spelling : {"A100 80GB", "A100-80 GB", "a100 (80g)", "A100 80GiB"}) {
    EXPECT_EQ(name_words(spelling), (Words{"80gb", "a100"})) << spelling;
  }
  EXPECT_EQ(name_words("RTX4070TiSuper"), (Words{"4070", "rtx", "super", "ti"}));
  EXPECT_EQ(name_words("RTX 3060 Mobile"), name_words("RTX 3060 Laptop GPU"));
  EXPECT_EQ(name_words("Core™ i7"), name_words("Core(TM) i7"));
  EXPECT_EQ(name_words("GA102 [GeForce RTX 3090]"), name_words("GeForce RTX 3090"));
  EXPECT_NE(name_words("AMD [RTX 3090]"), name_words("RTX 3090"));
  for (const char* nothing : {"", " ", "-", "][", "GPU"}) EXPECT_EQ(name_words(nothing), Words{});
}

TEST(ProductName, OfEveryLineIsThatLine) {
  for (const Product& product : products()) {
    const std::string name(product.name);
    EXPECT_EQ(answer(name), name);
    const bool is_gpu = product.architecture.starts_with("sm_");
    EXPECT_EQ(answer("NVIDIA " + name), is_gpu ? name : "");
    EXPECT_EQ(answer(std::string(product.brand) + " " + name), name);
    for (const auto& names : {names_in(product.aliases), names_in(product.cloud_names)}) {
      for (const std::string_view other : names) EXPECT_EQ(answer(other), name) << other;
    }
    for (const std::string_view driver_name : names_in(product.driver_names)) {
      const std::vector<const Product*> meant = products_meant(driver_name);
      const Product* const found = find_product(driver_name);
      // Of products under one driver's name it is one, or it is asked about.
      EXPECT_TRUE(found == nullptr ? meant.size() > 1 : has_driver_name(*found, driver_name))
          << driver_name;
    }
  }
}

TEST(ProductName, IsKnownAsItIsWritten) {
  struct Case {
    const char* written;
    const char* product;
  };
  for (const auto& [written, product] : {
           Case{"NVIDIA A100-SXM4-80GB", "A100 SXM 80GB"},
           {"NVIDIA_A100-SXM4-80GB", "A100 SXM 80GB"},
           {"A100 (40 GB SXM4)", "A100 SXM 40GB"},
           {"NVIDIA Corporation GA100 [A100 PCIe 40GB]", "A100 PCIe 40GB"},
           {"3D controller: NVIDIA Corporation GV100GL [Tesla V100 SXM2 32GB] (rev a1)",
            "V100 SXM2 32GB"},
           {"GA106M [GeForce RTX 3060 Mobile / Max-Q]", "RTX 3060 Laptop GPU"},
           {"nvidia h100 80gb hbm3", "H100 SXM"},
           {"nvidia-h100-80gb", "H100 SXM"},
           {"H200-SXM", "H200"},
           {"TitanXp", "TITAN Xp"},
           {"p4d.24xlarge", "A100 SXM 40GB"},
           {"geforce rtx 4090", "RTX 4090"},
           {"RTX 4090 24GB", "RTX 4090"},
           {"geforce gtx 1080ti", "GTX 1080 Ti"},
           {"NVIDIA GeForce RTX 3080", "RTX 3080"},
           {"RTX 3080 10GB", "RTX 3080"},
           {"GeForce GTX 780", "GTX 780"},
           {"p40", "Tesla P40"},
           {"Tesla M40", "Tesla M40 12GB"},
           {"A6000", "RTX A6000"},
           {"NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"},
           {"NVIDIA H800", "H800 SXM"},
           {"Jetson AGX Thor", "Jetson T5000"},
           {"Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz", "Core i7-8700K"},
           {"AMD Instinct MI300X", "MI300X"},
           {"mi300x 192GB", "MI300X"},
           {"AMD MI250", "MI250"},
           {"Google TPU v4", "TPU v4"},
           {"tpu-v5e", "TPU v5e"},
           {"TPU v5 lite", "TPU v5e"},
           {"Trillium", "TPU v6e"},
           {"trn1", "Trainium 1"},
           {"AWS Trainium2", "Trainium 2"},
           {"inf2.48xlarge", "Inferentia 2"},
           {"Coral Edge TPU", "Edge TPU"},
       }) {
    EXPECT_EQ(answer(written), product) << written;
  }
}

TEST(ProductName, OfSeveralIsAskedAbout) {
  EXPECT_EQ(refusal("V100 32GB"),
            "\"V100 32GB\" may be V100 SXM2 32GB, V100 SXM3 32GB or V100 PCIe 32GB: say which");
  for (const char* name : {"V100",
                           "V100 SXM2",
                           "A100",
                           "Tesla A100",
                           "A100 80GB",
                           "A100-SXM4",
                           "H100",
                           "H100 80GB",
                           "NVIDIA H100",
                           "H800",
                           "GH200",
                           "P100 PCIe",
                           "M40",
                           "4070",
                           "4090",
                           "3090",
                           "GTX 1060",
                           "RTX 4060 Ti",
                           "RTX 6000",
                           "RTX A2000",
                           "Xavier",
                           "Orin (nvgpu)",
                           "NVIDIA Tegra X1",
                           "NVIDIA Thor",
                           "Jetson Orin Nano",
                           "RTX PRO 6000 Blackwell",
                           "40GB",
                           "Core",
                           "Trainium",
                           "Google TPU"}) {
    EXPECT_NE(refusal(name).find("may be "), std::string::npos) << name << ": " << refusal(name);
  }
  EXPECT_NE(refusal("RTX").find("products: say which (derate catalog \"RTX\" lists them)"),
            std::string::npos)
      << refusal("RTX");
}

TEST(ProductName, ThatIsNearlyOneIsRefused) {
  for (const char* name : {"GTX 770",
                           "GTX 785",
                           "GTX 780M",
                           "RTX 2081 Ti",
                           "RTX 2070 Ti",
                           "RTX 3060 Super",
                           "RTX 3090 SUPER",
                           "RTX 3090 D",
                           "RTX 4080 Ti",
                           "RTX 4090 Ti",
                           "RTX 4090 48GB",
                           "RTX 4090 Laptop 24GB",
                           "RTX 5090 D V2",
                           "RTX 5090 Ti",
                           "RTX 3080 20GB",
                           "GTX 1650 Ti",
                           "GTX 1660 Laptop",
                           "GTX 4090",
                           "RTX 1080",
                           "RTX 780",
                           "A100 SXM 64GB",
                           "A100 SXM5 80GB",
                           "A100X",
                           "A100 SXM 480GB",
                           "A100 PCIe 80GB MIG",
                           "A10M",
                           "A30X",
                           "A41",
                           "H100 SXM4",
                           "H100 CNX",
                           "H100 96GB",
                           "H300",
                           "H200 PCIe",
                           "H20 141GB",
                           "GB300",
                           "B100",
                           "L40G",
                           "L20",
                           "L4 48GB",
                           "V100 SXM2 64GB",
                           "V100D-32Q",
                           "GRID T4-16Q",
                           "T4G",
                           "T40",
                           "K40",
                           "K8",
                           "P41",
                           "M4",
                           "TITAN X",
                           "TITAN",
                           "Quadro 6000 Ada",
                           "Quadro P6000",
                           "GeForce RTX A6000",
                           "Tesla RTX 4090",
                           "Intel A100",
                           "AMD RTX 4090",
                           "NVIDIA Core i7-8700K",
                           "Core i7-8700",
                           "i9-8700K",
                           "Apple M2 Max",
                           "NVIDIA MI300X",
                           "AMD H100 SXM",
                           "AMD Instinct H200",
                           "MI300",
                           "MI300X 80GB",
                           "AMD Instinct MI100",
                           "TPU v5",
                           "TPU v7",
                           "Google H200",
                           "Trainium 3",
                           "Inferentia",
                           "Intel(R) Data Center GPU Max 1550",
                           "100",
                           "NVIDIA",
                           "GeForce",
                           "NVIDIA GeForce RTX 2080 with Max-Q Design",
                           "NVIDIA A100-SXM4-80GB MIG 3g.40gb",
                           "RTX 4090 RTX 4090",
                           "H100 H200",
                           "H100 SXM, H100 PCIe",
                           ""}) {
    EXPECT_EQ(answer(name), "") << name;
    EXPECT_NE(refusal(name), "") << name;
  }
}

/// "GTX 1080" of "GTX 1080 Ti" is a whole name too, "V100S" of "V100S PCIe" another name.
void expect_nothing_or_its_own(const std::string& text) {
  const Product* const found = find_product(text);
  if (found == nullptr) return;
  std::vector<std::string_view> names = {found->name};
  for (const std::string_view field : {found->aliases, found->driver_names}) {
    for (const std::string_view name : names_in(field)) names.push_back(name);
  }
  const bool is_its_own = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return name_words(name) == name_words(text);
  });
  EXPECT_TRUE(is_its_own) << text << " answered " << found->name;
}

TEST(ProductName, CutShortOrLengthenedIsNeverAnotherProducts) {
  for (const Product& product : products()) {
    const std::string name(product.name);
    for (std::size_t length = 1; length < name.size(); ++length) {
      expect_nothing_or_its_own(name.substr(0, length));
    }
    for (const char* more : {" XT", "0", "S", " V2", " Max", " 3g.40gb", " 7GB"}) {
      expect_nothing_or_its_own(name + more);
    }
  }
}

TEST(ProductName, ThatIsCloseIsOffered) {
  EXPECT_EQ(similar_products("Tesla P41").front(), "Tesla P40");
  EXPECT_EQ(similar_products("H300").front(), "H200");
  EXPECT_EQ(similar_products("RTX 2081 Ti").front(), "RTX 2080 Ti");
  EXPECT_NE(refusal("P41").find("did you mean Tesla P40"), std::string::npos) << refusal("P41");
  for (const char* far : {"", "x", "Apple M2 Max", "AMD EPYC 7B13", "nonsense"}) {
    EXPECT_TRUE(similar_products(far).empty()) << far;
    EXPECT_EQ(refusal(far).find("did you mean"), std::string::npos);
  }
}

TEST(ProductName, ThatIsNoNameIsRefusedInAShortSentence) {
  const std::string long_name(10000, 'x');
  EXPECT_EQ(refusal(long_name), "a device's name has at most 100 characters, not 10000");
  EXPECT_TRUE(products_meant(long_name).empty());
  for (const char* control : {"H200\n", "\x1b[31mH200", "H200\x7f", "\tH200"}) {
    EXPECT_NE(refusal(control).find("holds control characters"), std::string::npos);
  }
  EXPECT_LT(refusal("\xff\xfe\xff").size(), 120U);
}

}  // namespace
}  // namespace derate
