// SPDX-License-Identifier: Apache-2.0
// cuBLAS is found in trees of a toolkit, conda and Python packages, and a refusal says where it was
// looked for. The libraries are of version 99, which the loader of no machine knows.
#include "backend/cuda/cublas_search.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/backend/cuda/searched_machine.h"

namespace derate::cuda {
namespace {

namespace fs = std::filesystem;

#if defined(__aarch64__)
constexpr const char* kTarget = "targets/sbsa-linux/lib";
#else
constexpr const char* kTarget = "targets/x86_64-linux/lib";
#endif
const std::string kFile = "libcublas.so.99";

class CublasSearch : public SearchedMachineTest {
 protected:
  CublasSearch() : SearchedMachineTest("cublas") {}

  /// Both libraries in a folder of the machine.
  void install(const std::string& folder) {
    fs::create_directories(root_ / folder);
    fs::copy(DERATE_FAKE_CUBLAS, root_ / folder);
    fs::copy(DERATE_FAKE_CUBLAS_LT, root_ / folder);
  }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  [[nodiscard]] OpenedLibrary open(const std::string& name = "cublas") const {
    return open_cublas(name, 99, machine_);
  }

  /// The folder of the machine that cuBLAS was taken from, with all that it needs; else the reason.
  [[nodiscard]] std::string found() const {
    const OpenedLibrary opened = open();
    if (!opened.library) return opened.reason;
    EXPECT_EQ(opened.reason, "");
    EXPECT_EQ(opened.library.function<int()>("fake_cublas_function")(), 99);
    Dl_info lt{};
    dladdr(reinterpret_cast<void*>(opened.library.function<int()>("fake_cublas_lt_function")), &lt);
    const fs::path folder = fs::path(opened.library.path()).parent_path();
    EXPECT_EQ(fs::path(lt.dli_fname).parent_path(), folder) << "both are to be of one version";
    return fs::relative(folder, root_).string();
  }

  [[nodiscard]] std::string reason() const { return open().reason; }
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CublasSearch, FindsAPlainToolkit) {
  for (const std::string folder : {"lib64", "lib", kTarget}) {
    install("usr/local/cuda-99.0/" + folder);
    EXPECT_EQ(found(), "usr/local/cuda-99.0/" + folder);
    fs::remove_all(root_ / "usr");
  }
}

TEST_F(CublasSearch, TakesTheNewestToolkitOfItsVersion) {
  for (const std::string version : {"99.2", "99.10", "99"}) {
    install("usr/local/cuda-" + version + "/lib64");
  }
  write("usr/local/cuda-100.1/lib64/libcublas.so.100", "");
  EXPECT_EQ(found(), "usr/local/cuda-99.10/lib64");
  install("usr/local/cuda/lib64");
  EXPECT_EQ(found(), "usr/local/cuda/lib64") << "which the machine's owner chose";
}

TEST_F(CublasSearch, GoesByVariablesBeforeItLooksAround) {
  install("usr/local/cuda-99.0/lib64");
  install("opt/compiler/lib64");
  write("opt/compiler/bin/nvcc", "");
  variables_["PATH"] = "relative:" + (root_ / "opt/compiler/bin").string() + ":/nowhere";
  EXPECT_EQ(found(), "opt/compiler/lib64");
  for (const std::string variable : {"CUDAToolkit_ROOT", "CUDA_PATH", "CUDA_HOME"}) {
    install(variable + "/lib64");
    variables_[variable] = root_ / variable;
    EXPECT_EQ(found(), variable + "/lib64");
  }
  install("mine");
  variables_["DERATE_CUBLAS_FOLDER"] = root_ / "mine";
  EXPECT_EQ(found(), "mine");
}

TEST_F(CublasSearch, FindsConda) {
  variables_["CONDA_PREFIX"] = root_ / "env";
  for (const std::string folder : {"lib", kTarget}) {
    install("env/" + folder);
    EXPECT_EQ(found(), "env/" + folder);
    fs::remove_all(root_ / "env");
  }
}

TEST_F(CublasSearch, FindsThePackagesOfAPython) {
  variables_["VIRTUAL_ENV"] = root_ / "venv";
  variables_["CONDA_PREFIX"] = root_ / "env";
  variables_["HOME"] = root_ / "home/jane";
  variables_["PATH"] = root_ / "work/bin";
  write("work/bin/python3", "");
  for (const std::string python :
       {"venv/lib/python3.12/site-packages", "venv/lib64/python3.12/site-packages",
        "env/lib/python3.11/site-packages", "work/lib/python3.13/site-packages",
        "home/jane/.local/lib/python3.9/site-packages", "usr/lib/python3/dist-packages",
        "usr/local/lib/python3.12/dist-packages", "usr/local/lib/python3.12/site-packages",
        "opt/conda/lib/python3.12/site-packages"}) {
    for (const std::string package : {"cublas", "cu99"}) {
      const std::string folder = python + "/nvidia/" + package + "/lib";
      install(folder);
      EXPECT_EQ(found(), folder);
      fs::remove_all(root_ / python);
    }
  }
}

TEST_F(CublasSearch, TakesThePackagesBesideTheProgramBeforeThoseOfOtherPythons) {
  variables_["VIRTUAL_ENV"] = root_ / "venv";
  install("venv/lib/python3.12/site-packages/nvidia/cu99/lib");
  EXPECT_EQ(found(), "venv/lib/python3.12/site-packages/nvidia/cu99/lib");
  machine_.own_packages = root_ / "tools/lib/python3.11/site-packages";
  install("tools/lib/python3.11/site-packages/nvidia/cu99/lib");
  EXPECT_EQ(found(), "tools/lib/python3.11/site-packages/nvidia/cu99/lib");
  fs::remove_all(root_ / "tools");
  fs::remove_all(root_ / "venv");
  EXPECT_TRUE(holds(reason(), " of the Python packages in " + machine_.own_packages.string()));
}

TEST_F(CublasSearch, FollowsALinkOnPathToItsPython) {
  install("apps/python/lib/python3.12/site-packages/nvidia/cu99/lib");
  write("apps/python/bin/python3.12", "");
  fs::create_directories(root_ / "links");
  fs::create_symlink(root_ / "apps/python/bin/python3.12", root_ / "links/python3");
  variables_["PATH"] = root_ / "links";
  EXPECT_EQ(found(), "apps/python/lib/python3.12/site-packages/nvidia/cu99/lib");
}

TEST_F(CublasSearch, TakesTheNewestPythonFirst) {
  for (const std::string version : {"3.9", "3.10", "3"}) {
    install("usr/lib/python" + version + "/site-packages/nvidia/cublas/lib");
  }
  EXPECT_EQ(found(), "usr/lib/python3.10/site-packages/nvidia/cublas/lib");
}

TEST_F(CublasSearch, GoesOnBehindAFileThatDoesNotLoad) {
  variables_["CUDA_HOME"] = root_ / "home";
  install("home/lib64");
  fs::resize_file(root_ / "home/lib64" / kFile, 700);
  install("home/lib");
  std::fstream(root_ / "home/lib" / kFile, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(18)
      .put('\x16');  // the machine that an ELF file is for: S/390
  write("usr/local/cuda-99.1/lib64/" + kFile, std::string(100, '.'));
  const std::string why = reason();
  for (const std::string folder : {"home/lib64/", "home/lib/", "usr/local/cuda-99.1/lib64/"}) {
    EXPECT_TRUE(holds(why, folder + kFile + ": ")) << folder << " in " << why;
  }
  EXPECT_TRUE(holds(why, "home/lib64/" + kFile + ": the file is cut off; ")) << why;
  EXPECT_TRUE(holds(why, "invalid ELF header")) << "the loader's own words: " << why;
  install("usr/local/cuda-99.0/lib64");
  EXPECT_EQ(found(), "usr/local/cuda-99.0/lib64");
}

TEST_F(CublasSearch, SaysWhereItLooked) {
  variables_["CUDA_HOME"] = "/wrong";
  variables_["VIRTUAL_ENV"] = root_ / "venv";
  variables_["HOME"] = root_;
  fs::create_directories(root_ / "usr/local/cuda-12.4/lib64");
  fs::create_directories(root_ / "opt/conda/lib/python3.12");
  EXPECT_EQ(reason(),
            "cuBLAS 99 cannot be loaded: libcublas.so.99 was looked for on the loader's path and "
            "in $CUDA_HOME, ~/usr/local/cuda, ~/usr/local/cuda-12.4, and nvidia/cublas and "
            "nvidia/cu99 of the Python packages in $VIRTUAL_ENV, ~/.local, ~/usr, ~/usr/local, "
            "~/opt/conda; DERATE_CUBLAS_FOLDER can name its folder");
  write("usr/local/cuda-12.4/lib64/libcublas.so.12", "");
  EXPECT_TRUE(holds(reason(),
                    "; of another version there is ~/usr/local/cuda-12.4/lib64/libcublas.so.12; "));
  EXPECT_TRUE(holds(open("cublasLt").reason, "cuBLASLt 99 cannot be loaded: libcublasLt.so.99 was"))
      << open("cublasLt").reason;
}

TEST_F(CublasSearch, TakesTheFolderOfItsVariableAtItsWord) {
  install("usr/local/cuda-99.0/lib64");
  variables_["HOME"] = root_;
  variables_["DERATE_CUBLAS_FOLDER"] = root_ / "mine";
  EXPECT_EQ(reason(),
            "cuBLAS 99 cannot be loaded: there is no libcublas.so.99 in ~/mine, which "
            "DERATE_CUBLAS_FOLDER names");
  write("mine/" + kFile, "no library");
  EXPECT_TRUE(holds(reason(), "cuBLAS 99 cannot be loaded: ~/mine/libcublas.so.99: "));
}

TEST_F(CublasSearch, NamesNoUser) {
  variables_["HOME"] = root_;
  variables_["CUDA_HOME"] = root_ / "cuda";
  install("cuda/lib64");
  EXPECT_EQ(open().file, "~/cuda/lib64/" + kFile);
  fs::remove(root_ / "cuda/lib64/libcublasLt.so.99");
  EXPECT_FALSE(holds(reason(), root_.string())) << reason();
  EXPECT_TRUE(holds(reason(), "libcublasLt.so.99: cannot open")) << reason();
  variables_["HOME"] = root_.parent_path() / "derate";  // the beginning of a name is no folder
  EXPECT_TRUE(holds(open().reason, "/usr/local/cuda, ")) << reason();
  EXPECT_FALSE(holds(open().reason, "~-cublas")) << reason();
}

}  // namespace
}  // namespace derate::cuda
