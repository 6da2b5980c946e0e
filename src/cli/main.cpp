// SPDX-License-Identifier: Apache-2.0
// derate: everything around the measuring program derate_bench.
#include <csignal>

#include "base/standard_streams.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  derate::occupy_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is to be an error of the write
  std::signal(SIGPIPE, SIG_IGN);  // `| head` is to end neither a measurement nor its files
  std::signal(SIGCHLD,
              SIG_DFL);  // whoever started us may have ignored it: no process would have an end
  return derate::cli::run_program(argc, argv).exit_code;
}
