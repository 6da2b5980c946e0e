// SPDX-License-Identifier: Apache-2.0
// derate history: measurements of many days in one file. This file has the small sub-commands.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/history_commands.h"
#include "cli/history_database.h"

namespace derate::cli {
namespace {

using history::Acceptance;
using history::History;

struct AddOptions {
  DatabaseOptions database;
  std::vector<std::filesystem::path> files;
  std::string label;
  std::string time_utc;
};

ExitCode add_files(const AddOptions& options) {
  const ReadProcesses processes = read_all(options.files);  // before anything is made
  History history = open_database(options.database, history::Access::create);
  const history::Added added =
      history.add(session_facts("add", options.label, options.time_utc, options.files),
                  processes.reports, processes.sides);
  if (added.already_there) {
    write_sentence(standard_output(),
                   fmt::format("These measurements are session {} already; nothing was added.",
                               added.session));
    return ExitCode::ok;
  }
  if (added.left_out > 0) say_left_out(added.left_out);
  const history::Session session = history.session(added.session);
  write_sentence(
      standard_output(),
      fmt::format("Added session {}: {} {}, {} {}, {} of them failed.", session.id,
                  session.processes, session.processes == 1 ? "process" : "processes",
                  session.measurements, session.measurements == 1 ? "measurement" : "measurements",
                  session.failed == 0 ? "none" : std::to_string(session.failed)));
  return ExitCode::ok;
}

struct PinOptions {
  DatabaseOptions database;
  std::int64_t session = 0;
};

using AcceptanceColumn = Column<Acceptance>;

const std::array kAccepted = {
    AcceptanceColumn{"id", "", "", [](const Acceptance& a) -> Value { return a.id; }},
    AcceptanceColumn{"benchmark", "benchmark", "",
                     [](const Acceptance& a) -> Value { return a.pattern; }},
    AcceptanceColumn{"since", "since", "", [](const Acceptance& a) -> Value { return a.since; }},
    AcceptanceColumn{"reason", "reason", "", [](const Acceptance& a) -> Value { return a.reason; }},
    AcceptanceColumn{"who", "who", "", [](const Acceptance& a) -> Value { return a.who; }},
    AcceptanceColumn{"time_utc", "when", "",
                     [](const Acceptance& a) -> Value { return a.time_utc; }}};

constexpr std::array<std::string_view, 3> kAcceptedLeastFirst = {"time_utc", "who", "reason"};

struct AcceptedOptions {
  DatabaseOptions database;
  Format format = Format::table;
};

ExitCode check(const DatabaseOptions& options) {
  History history = open_database(options);
  const std::vector<std::string> faults = history.faults();
  if (!faults.empty()) {
    throw Error(
        ExitCode::invalid_input,
        fmt::format("{} is damaged: {}{}", history.database().path().string(), faults.front(),
                    faults.size() > 1 ? fmt::format(", and {} more", faults.size() - 1) : ""));
  }
  const std::size_t sessions = history.sessions().size();
  write_sentence(standard_output(), fmt::format("{} is sound: {} sessions.",
                                                history.database().path().string(), sessions));
  return ExitCode::ok;
}

}  // namespace

void add_history_add(Command& history, ExitCode& end) {
  const auto options = std::make_shared<AddOptions>();
  Command command = history.add_subcommand("add", "add files as one session");
  command
      .add_option("files", options->files,
                  "records, folders of them, JSON of Google Benchmark and others")
      .required();
  command.add_option("--label", options->label, "a name for the session, such as a commit");
  command.add_option("--time", options->time_utc, "when it was measured, in UTC; else now")
      .not_empty();
  add_database(command, options->database);
  command.on_parse([options, &end] { end = add_files(*options); });
}

void add_history_pin(Command& history, ExitCode& end) {
  for (const bool pinning : {true, false}) {
    const auto options = std::make_shared<PinOptions>();
    Command command =
        pinning ? history.add_subcommand("pin", "hold later sessions against this one as well")
                : history.add_subcommand("unpin", "no longer");
    command.add_option("session", options->session, "its number").required();
    add_database(command, options->database);
    command.on_parse([options, pinning, &end] {
      History opened = open_database(options->database);
      if (pinning) opened.pin(options->session);
      if (!pinning) opened.unpin(options->session);
      end = ExitCode::ok;
    });
  }
}

void add_history_accepted(Command& history, ExitCode& end) {
  const auto options = std::make_shared<AcceptedOptions>();
  Command command = history.add_subcommand("accepted", "list what derate accept accepted");
  add_database(command, options->database);
  add_format(command, options->format);
  command.on_parse([options, &end] {
    const std::vector<Acceptance> all = open_database(options->database).acceptances();
    write(standard_output(), std::span<const AcceptanceColumn>(kAccepted), all, options->format,
          {kAcceptedLeastFirst});
    end = ExitCode::ok;
  });
}

void add_history_check(Command& history, ExitCode& end) {
  const auto options = std::make_shared<DatabaseOptions>();
  Command command = history.add_subcommand("check", "read the whole file and look for damage");
  add_database(command, *options);
  command.on_parse([options, &end] { end = check(*options); });
}

void add_history(Command& app, ExitCode& end) {
  Command command = app.add_subcommand("history", "keep measurements in a file, and list them");
  command.require_subcommand(0, 1);
  add_history_add(command, end);
  add_history_list(command, end);
  add_history_show(command, end);
  add_history_pin(command, end);
  add_history_accepted(command, end);
  add_history_prune(command, end);
  add_history_export(command, end);
  add_history_import(command, end);
  add_history_check(command, end);
  add_history_page(command, end);
}

}  // namespace derate::cli
