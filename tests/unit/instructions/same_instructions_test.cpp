// SPDX-License-Identifier: Apache-2.0
// What counts as the same instructions: addresses and padding apart, everything; of both machines.
#include "instructions/same_instructions.h"

#include <gtest/gtest.h>

#include "derate/error.h"
#include "unit/instructions/example_program.h"

namespace derate::instructions {
namespace {

using example::Piece;

constexpr const char* kBenchmark = "_ZL6BM_hotRN9benchmark5StateE";

std::string distance(std::uint64_t from_behind, std::uint64_t to) {
  return example::bytes_of(static_cast<std::int32_t>(to - from_behind));
}

/// Where things lie, and what they are.
struct Layout {
  std::uint64_t benchmark = 0x1000;
  std::uint64_t hot = 0x1040;
  std::uint64_t table = 0x3000;
  std::string padding = {};  ///< nops within hot
  std::uint8_t added = 1;    ///< what hot adds
  std::string table_name = "table";
  std::string table_bytes = "\1\2\3\4";
};

/// BM_hot: call hot; ret. hot: mov table, %eax; test; je to the ret; add $1; ret.
std::string x86_program(const Layout& layout) {
  const std::string benchmark = "\xe8" + distance(layout.benchmark + 5, layout.hot) + "\xc3";
  const std::string skip(1, static_cast<char>(3 + layout.padding.size()));
  const std::string hot = "\x8b\x05" + distance(layout.hot + 6, layout.table) + "\x85\xc0\x74" +
                          skip + layout.padding + "\x83\xc0" + static_cast<char>(layout.added) +
                          "\xc3";
  return example::program(EM_X86_64,
                          {{kBenchmark, layout.benchmark, benchmark}, {"hot", layout.hot, hot}},
                          {{layout.table_name, layout.table, layout.table_bytes}});
}

/// The same: bl hot; ret. adrp x0; ldr w0, [x0, #]; cbz w0; add w0, w0, #1; ret.
std::string aarch64_program(const Layout& layout) {
  const auto branch = static_cast<std::uint32_t>((layout.hot - layout.benchmark) / 4);
  const auto pages = static_cast<std::uint32_t>((layout.table >> 12) - (layout.hot >> 12));
  const std::uint32_t adrp = 0x90000000 | (pages & 3) << 29 | (pages >> 2) << 5;
  const auto in_page = static_cast<std::uint32_t>(layout.table & 0xfff) / 4;
  const auto nops = static_cast<std::uint32_t>(layout.padding.size());
  std::vector<std::uint32_t> hot = {adrp, 0xb9400000 | in_page << 10, 0x34000000 | (2 + nops) << 5};
  hot.insert(hot.end(), nops, 0xd503201f);
  hot.push_back(0x11000000 | std::uint32_t{layout.added} << 10);
  hot.push_back(0xd65f03c0);
  return example::program(
      EM_AARCH64,
      {{kBenchmark, layout.benchmark, example::words({0x94000000 | branch, 0xd65f03c0})},
       {"hot", layout.hot, example::words(hot)}},
      {{layout.table_name, layout.table, layout.table_bytes}});
}

using Build = std::string (*)(const Layout&);

class SameInstructions : public testing::TestWithParam<Build> {
 protected:
  static std::vector<std::string> same(const Layout& other,
                                       const std::string& benchmark = "BM_hot") {
    return same_functions(Program(GetParam()({})), Program(GetParam()(other)), benchmark);
  }
};

const std::vector<std::string> kBoth = {kBenchmark, "hot"};

TEST_P(SameInstructions, AreThoseAtOtherAddresses) {
  EXPECT_EQ(same({}), kBoth);
  EXPECT_EQ(same({.hot = 0x1060}), kBoth);
  EXPECT_EQ(same({.benchmark = 0x1100, .hot = 0x1800}), kBoth);
  EXPECT_EQ(same({.table = 0x5008}), kBoth);
  EXPECT_EQ(same({}, "BM_hot/8"), kBoth);
}

TEST_P(SameInstructions, AreThoseWithOtherPadding) {
  EXPECT_EQ(same({.padding = "\x90"}), kBoth);
  EXPECT_EQ(same({.padding = "\x90\x66\x90"}), kBoth);
}

TEST_P(SameInstructions, AreNotThoseThatComputeAnotherThing) {
  EXPECT_TRUE(same({.added = 2}).empty());
}

TEST_P(SameInstructions, AreNotThoseOfOtherData) {
  EXPECT_TRUE(same({.table_name = "other"}).empty());
  EXPECT_TRUE(same({.table_bytes = "\1\2\3\5"}).empty());
}

TEST_P(SameInstructions, AreThoseOfTheBenchmarksNameAlone) {
  for (const char* const other : {"BM_ho", "M_hot", "hot", "BM_hotter", "BM_other", "", "/", "<"}) {
    EXPECT_TRUE(same({}, other).empty() || std::string_view(other) == "hot") << other;
  }
}

// Each byte is cut off once: what breaks off is refused or lacks something, and is never read past.
TEST_P(SameInstructions, OfAProgramThatBreaksOffAreRefused) {
  const std::string whole = GetParam()({});
  const Program program(whole);
  int refused = 0;
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    try {
      EXPECT_TRUE(same_functions(program, Program(whole.substr(0, kept)), "BM_hot").empty());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      ++refused;
    }
  }
  EXPECT_EQ(refused, static_cast<int>(whole.size()));
}

INSTANTIATE_TEST_SUITE_P(Machines, SameInstructions, testing::Values(x86_program, aarch64_program),
                         [](const auto& tested) { return tested.index == 0 ? "X86" : "AArch64"; });

std::string refusal(const std::string& bytes) {
  try {
    const Program program(bytes);
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Program, IsRefusedWhereItIsOfAnotherKind) {
  EXPECT_NE(refusal("#!/bin/sh\nexec true\n").find("breaks off"), std::string::npos);
  EXPECT_NE(refusal("MZ" + std::string(200, '\0')).find("no ELF file"), std::string::npos);
  EXPECT_NE(refusal("\xcf\xfa\xed\xfe" + std::string(200, '\0')).find("no ELF file"),
            std::string::npos);
  const std::vector<Piece> functions = {{kBenchmark, 0x1000, "\xc3"}};
  EXPECT_NE(refusal(example::program(EM_RISCV, functions, {})).find("neither for x86-64"),
            std::string::npos);
  std::string big_endian = example::program(EM_X86_64, functions, {});
  big_endian[EI_DATA] = ELFDATA2MSB;
  EXPECT_NE(refusal(big_endian).find("little-endian"), std::string::npos);
  const std::vector<Piece> stripped = {{"", 0x1000, ""}};
  EXPECT_NE(refusal(example::program(EM_X86_64, stripped, {})).find("no symbols"),
            std::string::npos);
}

TEST(Program, OfOneMachineIsNotThatOfAnother) {
  EXPECT_TRUE(
      same_functions(Program(x86_program({})), Program(aarch64_program({})), "BM_hot").empty());
}

TEST(Program, OfBytesThatAreNoInstructionsIsNotTheSame) {
  const std::string bytes =
      example::program(EM_X86_64, {{kBenchmark, 0x1000, "\x06\x06\x06"}}, {});  // of 32 bits
  EXPECT_TRUE(same_functions(Program(bytes), Program(bytes), "BM_hot").empty());
}

std::vector<std::string> found(const std::string& mangled, const std::string& benchmark) {
  const std::string bytes = example::program(EM_X86_64, {{mangled, 0x1000, "\xc3"}}, {});
  return same_functions(Program(bytes), Program(bytes), benchmark);
}

// Of templates, namespaces, fixtures and C; no constructor, and nothing that only looks alike.
TEST(BenchmarkFunctions, AreFoundByTheirNames) {
  EXPECT_EQ(found("_Z4BM_xIiEvRN9benchmark5StateE", "BM_x<int>/8/real_time").size(), 1U);
  EXPECT_EQ(found("_ZN12_GLOBAL__N_14BM_xERN9benchmark5StateE", "BM_x").size(), 1U);
  EXPECT_EQ(found("_ZN2ns4BM_xERN9benchmark5StateE", "ns::BM_x").size(), 1U);
  EXPECT_EQ(found("_Z4BM_xRN9benchmark5StateE.cold", "BM_x").size(), 1U);
  EXPECT_EQ(
      found("_ZN18Fix_Work_Benchmark13BenchmarkCaseERN9benchmark5StateE", "Fix/Work/8").size(), 1U);
  EXPECT_EQ(found("BM_x", "BM_x/8").size(), 1U);
  EXPECT_TRUE(found("_ZN3FixC2Ev", "Fix/Work").empty());
  EXPECT_TRUE(found("_Z5aBM_xRN9benchmark5StateE", "BM_x").empty());
  EXPECT_TRUE(found("_Z4BM_xi", "BM_x").empty());
}

}  // namespace
}  // namespace derate::instructions
