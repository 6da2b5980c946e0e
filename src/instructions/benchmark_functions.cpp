// SPDX-License-Identifier: Apache-2.0
// Compares demangled names with what BENCHMARK() and BENCHMARK_F() make of their arguments.
#include "instructions/benchmark_functions.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/fit_text.h"

namespace derate::instructions {
namespace {

std::string demangled(std::string_view mangled) {
  int failed = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &failed), std::free);
  return failed == 0 && name != nullptr ? name.get() : std::string(mangled);
}

/// Without the arguments of a template at its end.
std::string_view without_template(std::string_view name) {
  if (!name.ends_with('>')) return name;
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == '>') ++depth;
    if (name[i] == '<' && --depth == 0) return name.substr(0, i);
  }
  return name;
}

/// Whether a qualified name, perhaps behind a return type, ends with this one.
bool is_of_name(std::string_view qualified, std::string_view name) {
  if (name.empty() || !qualified.ends_with(name)) return false;
  if (qualified.size() == name.size()) return true;
  const char before = qualified[qualified.size() - name.size() - 1];
  return before == ':' || before == ' ';
}

struct Names {
  std::string function;  ///< of BENCHMARK()
  std::string method;    ///< of BENCHMARK_F()
};

Names names_of(std::string_view benchmark) {
  const std::string family(benchmark.substr(0, benchmark.find_first_of("/< ")));
  Names names{family, ""};
  if (benchmark.size() > family.size() && benchmark[family.size()] == '/') {
    const std::string_view rest = benchmark.substr(family.size() + 1);
    names.method = fmt::format("{}_{}_Benchmark::BenchmarkCase", family,
                               rest.substr(0, rest.find_first_of("/< ")));
  }
  return names;
}

bool measures(const Function& function, const Names& names) {
  // Demangling takes a microsecond or more, and a program has 100,000 names.
  const std::size_t scope = names.function.rfind(':');
  const std::string_view last = std::string_view(names.function).substr(scope + 1);
  if (last.empty() || function.name.find(last) == std::string_view::npos) return false;
  if (function.name == names.function) return true;  // extern "C"
  const std::string whole = demangled(function.name);
  const std::size_t arguments = whole.find("(benchmark::State&");
  if (arguments == std::string::npos) return false;
  const std::string_view name = without_template(std::string_view(whole).substr(0, arguments));
  return is_of_name(name, names.function) || is_of_name(name, names.method);
}

}  // namespace

std::vector<const Function*> functions_of_benchmark(const Program& program,
                                                    std::string_view benchmark) {
  Names names = names_of(benchmark);
  std::vector<const Function*> found;
  for (const auto& [address, function] : program.functions()) {
    if (measures(function, names)) found.push_back(&function);
  }
  std::sort(found.begin(), found.end(),
            [](const Function* a, const Function* b) { return a->name < b->name; });
  return found;
}

std::string short_name(std::string_view mangled) {
  constexpr std::size_t kLongest = 60;
  const std::string whole = demangled(mangled);
  return fit_text::cut(whole.substr(0, whole.find('(', 1)), kLongest);
}

}  // namespace derate::instructions
