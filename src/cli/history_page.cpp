// SPDX-License-Identifier: Apache-2.0
// derate history --write html=FILE: the whole history as a page.
#include "history/history_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/file.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "cli/history_commands.h"
#include "cli/history_database.h"
#include "cli/options/html_file.h"

namespace derate::cli {
namespace {

struct PageOptions {
  DatabaseOptions database;
  std::filesystem::path html;
  std::string pattern = "*";
};

ExitCode write_page(const PageOptions& options) {
  require_other_file(options.html, {file_of(options.database)});
  history::History history = open_database(options.database);
  const history::SeriesSet set = history.series(history::kWindow);
  const auto shown =
      std::count_if(set.series.begin(), set.series.end(), [&](const history::Series& series) {
        return history::matches(options.pattern, series.benchmark);
      });
  if (shown == 0) {
    throw Error(ExitCode::usage, fmt::format("no benchmark \"{}\" in {}", options.pattern,
                                             history.database().path().string()));
  }
  const history::TrackPlan plan;
  write_file(options.html,
             history::history_html(plan, set, history::track(plan, set), options.pattern));
  const std::string said =
      fmt::format("Wrote {}: {} of {} benchmarks in {} sessions.", options.html.string(), shown,
                  set.series.size(), set.sessions.size());
  write_sentence(standard_output(), said);
  return ExitCode::ok;
}

}  // namespace

void add_history_page(Command& history, ExitCode& end) {
  const auto options = std::make_shared<PageOptions>();
  history.only_alone(add_html_file(history, options->html));
  history.only_alone(
      history.add_option("--benchmark", options->pattern,
                         "only those on the page: a name, or a pattern with * and ?"));
  for (const Option option : add_database(history, options->database)) history.only_alone(option);
  history.on_parse([history, options, &end] {
    if (history.subcommand_given()) return;
    if (options->html.empty()) {
      throw Error(ExitCode::usage, "history needs a sub-command, or --write html=FILE");
    }
    end = write_page(*options);
  });
}

}  // namespace derate::cli
