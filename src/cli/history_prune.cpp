// SPDX-License-Identifier: Apache-2.0
// derate history prune, export and import.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "base/file.h"
#include "base/kept_streams.h"
#include "base/line_width.h"
#include "cli/commands.h"
#include "cli/history_commands.h"
#include "cli/history_database.h"
#include "history/import_export.h"

namespace derate::cli {
namespace {

using history::History;
using history::Session;

struct PruneOptions {
  DatabaseOptions database;
  std::int64_t keep = -1;
  std::string before;
  bool yes = false;
};

struct Pruned {
  std::vector<std::int64_t> sessions;
  std::int64_t measurements = 0;
  std::int64_t pinned = 0;  ///< that would have gone as well
  std::string first_utc;
  std::string last_utc;
};

Pruned chosen(const std::vector<Session>& sessions, const PruneOptions& options) {
  const std::string before = options.before.empty() ? "" : parse_time(options.before);
  const auto newest = static_cast<std::int64_t>(sessions.size()) - options.keep;
  Pruned pruned;
  for (std::size_t place = 0; place < sessions.size(); ++place) {
    const Session& session = sessions[place];
    const bool goes = options.keep >= 0 ? static_cast<std::int64_t>(place) < newest
                                        : session.facts.time_utc < before;
    if (!goes) continue;
    if (session.pinned) {
      ++pruned.pinned;
      continue;
    }
    if (pruned.sessions.empty()) pruned.first_utc = session.facts.time_utc;
    pruned.last_utc = session.facts.time_utc;
    pruned.sessions.push_back(session.id);
    pruned.measurements += session.measurements;
  }
  return pruned;
}

ExitCode prune(const PruneOptions& options) {
  if ((options.keep >= 0) != options.before.empty()) {
    throw Error(ExitCode::usage, "say what to prune: either --keep N or --before DATE");
  }
  History history = open_database(options.database);
  const std::vector<Session> all = history.sessions();
  const Pruned pruned = chosen(all, options);
  if (pruned.sessions.empty()) {
    write_sentence(standard_output(),
                   fmt::format("No session of {} is to be deleted.", all.size()));
    return ExitCode::ok;
  }
  write_sentence(standard_output(),
                 fmt::format("{} {} of {} sessions ({} to {}) with {} measurements.",
                             options.yes ? "Deleting" : "Would delete", pruned.sessions.size(),
                             all.size(), pruned.first_utc, pruned.last_utc, pruned.measurements));
  if (pruned.pinned > 0) {
    write_sentence(standard_output(),
                   fmt::format("{} pinned {}.", pruned.pinned,
                               pruned.pinned == 1 ? "session stays" : "sessions stay"));
  }
  if (options.yes) {
    history.remove(pruned.sessions);
  } else {
    write_sentence(standard_output(), "Nothing was deleted: add --yes to do it.");
  }
  return ExitCode::ok;
}

struct TransferOptions {
  DatabaseOptions database;
  std::filesystem::path file;
  std::string form = "jsonl";
};

void write_history(History& history, const std::string& form, std::ostream& out) {
  if (form == "csv") return export_csv(history, out);
  export_lines(history, out);
}

ExitCode export_history(const TransferOptions& options) {
  History history = open_database(options.database);
  if (is_same_file(options.file, file_of(options.database))) {
    throw Error(ExitCode::usage, "--output is the history itself");
  }
  if (options.file.empty()) {
    write_history(history, options.form, standard_output());
    return ExitCode::ok;
  }
  std::ostringstream text;
  write_history(history, options.form, text);
  write_file(options.file, text.str());
  return ExitCode::ok;
}

ExitCode import_history(const TransferOptions& options) {
  History history = open_database(options.database, history::Access::create);
  const history::Imported imported = import_lines(history, options.file);
  write_sentence(standard_output(),
                 fmt::format("Added {} sessions with {} measurements; {} were there already.",
                             imported.sessions, imported.measurements, imported.already_there));
  return ExitCode::ok;
}

}  // namespace

void add_history_prune(Command& history, ExitCode& end) {
  const auto options = std::make_shared<PruneOptions>();
  Command command = history.add_subcommand("prune", "delete old sessions; pinned ones stay");
  command.add_option("--keep", options->keep, "all but this many of the newest")
      .range(0, 1000000000);
  command.add_option("--before", options->before, "all before this date, in UTC");
  command.add_flag("--yes", options->yes, "do it; without, it only says what would go");
  add_database(command, options->database);
  command.on_parse([options, &end] { end = prune(*options); });
}

void add_history_export(Command& history, ExitCode& end) {
  const auto options = std::make_shared<TransferOptions>();
  Command command = history.add_subcommand("export", "write everything as text");
  command.add_option("-o,--output", options->file, "write to this file");
  command.add_option("--format", options->form, "jsonl is what import reads")
      .one_of({"jsonl", "csv"})
      .show_default();
  add_database(command, options->database);
  command.on_parse([options, &end] { end = export_history(*options); });
}

void add_history_import(Command& history, ExitCode& end) {
  const auto options = std::make_shared<TransferOptions>();
  Command command = history.add_subcommand("import", "add what export wrote");
  command.add_option("file", options->file, "JSON Lines of derate history export").required();
  add_database(command, options->database);
  command.on_parse([options, &end] { end = import_history(*options); });
}

}  // namespace derate::cli
