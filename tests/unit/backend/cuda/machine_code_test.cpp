// SPDX-License-Identifier: Apache-2.0
// The machine code of kernels in a program: found, told apart, and refused where it is not what it
// should be.
#include "backend/cuda/machine_code.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "fat_binary.h"

namespace derate::cuda {
namespace {

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string example_section() { return bytes_of(example::fat_binary()); }

/// What a reader makes of it: the kernels, or the sentence of the refusal.
std::string outcome(const std::string& section) {
  try {
    std::string text;
    for (const KernelCode& kernel : kernels_in(section)) {
      text += std::string(kernel.symbol) + "@" + std::to_string(kernel.architecture) + "=" +
              std::string(kernel.code.substr(0, kernel.code.find('\0'))) + " ";
    }
    return text;
  } catch (const Error& error) {
    return error.what();
  }
}

const std::string kAll = "first@80=old second@80=same first@90=new second@90=same ";

TEST(MachineCode, FindsEveryKernelOfEveryArchitecture) {
  const std::string section = example_section();
  EXPECT_EQ(outcome(section), kAll);
  EXPECT_EQ(outcome("padding" + section + std::string(8, '\0') + section), kAll + kAll);
  EXPECT_EQ(outcome(""), "");
}

TEST(MachineCode, TellsTheCodeOfAnArchitecture) {
  const std::string section = example_section();
  const auto kernels = kernels_in(section);
  EXPECT_EQ(code_of(kernels, "first", 90).substr(0, 4), std::string("new\0", 4));
  EXPECT_NE(code_of(kernels, "first", 80), code_of(kernels, "first", 90));
  EXPECT_EQ(code_of(kernels, "second", 80), code_of(kernels, "second", 90));
  EXPECT_EQ(code_of(kernels, "first", 86), "");
  EXPECT_EQ(code_of(kernels, "third", 90), "");
}

TEST(MachineCode, DoesNotChooseBetweenTwoKernelsOfOneName) {
  example::FatBinary other = example::fat_binary();
  const std::string twice = bytes_of(other) + bytes_of(other);
  EXPECT_NE(code_of(kernels_in(twice), "first", 90), "");
  other.entries[1].cubin.first[15] = 1;
  const std::string differing = example_section() + bytes_of(other);
  EXPECT_EQ(code_of(kernels_in(differing), "first", 90), "");
  EXPECT_NE(code_of(kernels_in(differing), "second", 90), "");
}

TEST(MachineCode, OfAKernelThatIsAlsoThereWithoutAnyIsNotChosen) {
  const KernelCode empty{"first", 90, ""};
  const KernelCode full{"first", 90, "code"};
  EXPECT_EQ(code_of({empty, full}, "first", 90), "");
  EXPECT_EQ(code_of({full, empty}, "first", 90), "");
  EXPECT_EQ(code_of({full, full}, "first", 90), "code");
}

TEST(MachineCode, LeavesOutPtxAndWhatIsCompressed) {
  example::FatBinary other = example::fat_binary();
  other.entries[0].kind = 1;
  EXPECT_EQ(outcome(bytes_of(other)), "first@90=new second@90=same ");
  other.entries[1].compressed_bytes = 7;
  EXPECT_EQ(outcome(bytes_of(other)), "");
}

TEST(MachineCode, RefusesWhatBreaksOffAnywhere) {
  const std::string section = example_section();
  for (std::size_t length = 8; length < section.size(); ++length) {
    // Copied, so that AddressSanitizer sees the end of it.
    EXPECT_EQ(outcome(std::string(section, 0, length)).find("machine code: the file breaks off"),
              0u)
        << length;
  }
}

TEST(MachineCode, NeverReadsBeyondTheEndWhateverOneByteSays) {
  const std::string section = example_section();
  for (std::size_t at = 0; at < section.size(); ++at) {
    for (const char byte : {'\0', '\x01', '\x7F', '\xFF'}) {
      std::string odd = section;
      odd[at] = byte;
      static_cast<void>(outcome(odd));
    }
  }
}

TEST(MachineCode, SaysWhatIsOdd) {
  example::FatBinary odd = example::fat_binary();
  odd.entries[0].cubin.file.e_machine = EM_X86_64;
  EXPECT_EQ(outcome(bytes_of(odd)), "machine code: an entry of a fat binary is no cubin");
  odd = example::fat_binary();
  odd.entries[0].header_bytes = 0;
  EXPECT_EQ(outcome(bytes_of(odd)), "machine code: an entry of a fat binary has no header");
  odd = example::fat_binary();
  odd.entries[1].cubin.file.e_shstrndx = 4;
  EXPECT_EQ(outcome(bytes_of(odd)), "machine code: an ELF file's table of sections is none");
  odd.entries[1].cubin.file.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(outcome(bytes_of(odd)), "machine code: this is no ELF file of 64 bits");
  odd = example::fat_binary();
  odd.entries[1].cubin.sections[3].sh_name = 99;
  EXPECT_EQ(outcome(bytes_of(odd)), "machine code: a section has no name");
}

/// A program with nothing but the section of fat binaries, called `name`.
std::string program(const char* name) {
  struct {
    Elf64_Ehdr file;
    example::FatBinary content;
    char names[24];
    Elf64_Shdr sections[2];
  } made{.file = example::cubin({}, {}).file,
         .content = example::fat_binary(),
         .names = {},
         .sections = {}};
  std::strncpy(made.names, name, sizeof made.names - 1);
  const auto place = [&](const void* part) {
    return static_cast<std::size_t>(static_cast<const char*>(part) -
                                    reinterpret_cast<const char*>(&made));
  };
  made.file.e_machine = EM_X86_64;
  made.file.e_shoff = place(made.sections);
  made.file.e_shnum = 2;
  made.file.e_shstrndx = 1;
  made.sections[0] = example::section(0, SHT_PROGBITS, place(&made.content), sizeof made.content);
  made.sections[1] = example::section(23, SHT_STRTAB, place(made.names), sizeof made.names);
  return bytes_of(made);
}

class MachineCodeFile : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  [[nodiscard]] std::string read(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return fat_binaries_of(path_);
  }
  std::string path_ = testing::TempDir() + "derate_program_" + std::to_string(::getpid());
};

TEST_F(MachineCodeFile, IsReadFromAProgram) {
  EXPECT_EQ(read(program(".nv_fatbin")), example_section());
  EXPECT_EQ(read(program(".other")), "");
}

TEST_F(MachineCodeFile, MayBeMissingOrSomethingElse) {
  EXPECT_EQ(fat_binaries_of(path_), "");
  EXPECT_THROW(static_cast<void>(read("")), Error);
  EXPECT_THROW(static_cast<void>(read(std::string(100, 'x'))), Error);
  EXPECT_THROW(static_cast<void>(read(program(".nv_fatbin").substr(0, 500))), Error);
  EXPECT_THROW(static_cast<void>(fat_binaries_of(testing::TempDir())), Error) << "a folder";
}

}  // namespace
}  // namespace derate::cuda
