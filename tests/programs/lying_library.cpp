// SPDX-License-Identifier: Apache-2.0
// A library that multiplies matrices, and does to its process what DERATE_TEST_LIE says: "exit",
// "crash" or "hang" when it is called, the same behind "load-" when it is loaded, "null" for
// answers that are null pointers. Before it hangs it creates the file DERATE_TEST_HUNG.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace {

bool lies(const std::string& how) {
  const char* const wanted = std::getenv("DERATE_TEST_LIE");
  return wanted != nullptr && how == wanted;
}

void misbehave(const std::string& when) {
  if (lies(when + "exit")) std::exit(0);
  if (lies(when + "crash")) std::raise(SIGSEGV);
  if (!lies(when + "hang")) return;
  if (const char* const file = std::getenv("DERATE_TEST_HUNG")) {
    ::close(::open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
  }
  while (true) ::pause();
}

[[gnu::constructor]] void when_loaded() { misbehave("load-"); }

template <typename T>
void multiply(int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c,
              int ldc) {
  misbehave("");
  for (int row = 0; row < m; ++row) {
    T* const sums = c + static_cast<std::ptrdiff_t>(row) * ldc;
    for (int column = 0; column < n; ++column) sums[column] = beta == 0 ? 0 : beta * sums[column];
    for (int inner = 0; inner < k; ++inner) {
      const T factor = alpha * a[static_cast<std::ptrdiff_t>(row) * lda + inner];
      const T* const terms = b + static_cast<std::ptrdiff_t>(inner) * ldb;
      for (int column = 0; column < n; ++column) sums[column] += factor * terms[column];
    }
  }
}

}  // namespace

extern "C" {

void openblas_set_num_threads(int) {}
const char* openblas_get_config() { return lies("null") ? nullptr : "OpenBLAS 9.9 lies"; }
const char* openblas_get_corename() { return lies("null") ? nullptr : "Fake"; }

void cblas_sgemm(int, int, int, int m, int n, int k, float alpha, const float* a, int lda,
                 const float* b, int ldb, float beta, float* c, int ldc) {
  multiply(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_dgemm(int, int, int, int m, int n, int k, double alpha, const double* a, int lda,
                 const double* b, int ldb, double beta, double* c, int ldc) {
  multiply(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
}
