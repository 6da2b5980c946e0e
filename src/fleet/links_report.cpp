// SPDX-License-Identifier: Apache-2.0
// Machines get every node and every pair; people get those that are slow, where there are many.
#include "fleet/links_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "base/json.h"
#include "base/json_text.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"

namespace derate::fleet {
namespace {

constexpr std::size_t kFewNodes = 16;

std::string signed_percent(double share) {
  return std::isnan(share) ? "–" : fmt::format("{:+.1f} %", share * 100);
}

std::string rate_or_dash(double bytes_per_s) {
  return std::isnan(bytes_per_s) ? "–" : format_bandwidth(bytes_per_s);
}

std::string number_or_dash(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.1f}", value);
}

using NodeColumn = Column<LinkNodeRow>;

const std::array kLinkNodeColumns = {
    NodeColumn{"node", "node", "", [](const LinkNodeRow& r) -> Value { return r.node; }},
    NodeColumn{"alone_bytes_per_s", "alone", "bus bandwidth of its own GPUs",
               [](const LinkNodeRow& r) -> Value { return r.alone_bytes_per_s; },
               [](const LinkNodeRow& r) { return rate_or_dash(r.alone_bytes_per_s); }},
    NodeColumn{"alone_effect", "vs usual", "against the median of all nodes",
               [](const LinkNodeRow& r) -> Value { return r.alone_effect; },
               [](const LinkNodeRow& r) { return signed_percent(r.alone_effect); }},
    NodeColumn{
        "pairs", "pairs", "with how many nodes it was measured",
        [](const LinkNodeRow& r) -> Value { return static_cast<std::int64_t>(r.pairs.pairs); }},
    NodeColumn{"pair_bytes_per_s", "with others", "median bus bandwidth of its pairs",
               [](const LinkNodeRow& r) -> Value { return r.pairs.bytes_per_s; },
               [](const LinkNodeRow& r) { return rate_or_dash(r.pairs.bytes_per_s); }},
    NodeColumn{"pair_effect", "vs usual", "of the node on all of its pairs",
               [](const LinkNodeRow& r) -> Value { return r.pairs.effect; },
               [](const LinkNodeRow& r) { return signed_percent(r.pairs.effect); }},
    NodeColumn{"pair_deviations", "", "that in robust standard deviations of all nodes",
               [](const LinkNodeRow& r) -> Value { return r.pairs.deviations; }},
    NodeColumn{"verdict", "verdict", "healthy, slow, cannot tell",
               [](const LinkNodeRow& r) -> Value { return to_string(r.verdict); }},
    NodeColumn{"reason", "where", "what of it is slow",
               [](const LinkNodeRow& r) -> Value { return r.reason; }}};

constexpr std::array<std::string_view, 4> kLinkNodeLeastFirst = {"reason", "pairs", "alone_effect",
                                                                 "alone_bytes_per_s"};

/// A pair by the names of its nodes.
struct LinkPairRow {
  std::string one;
  std::string other;
  LinkOfPairs link;
};

using PairColumn = Column<LinkPairRow>;

const std::array kLinkPairColumns = {
    PairColumn{"one", "node", "", [](const LinkPairRow& r) -> Value { return r.one; }},
    PairColumn{"other", "and", "", [](const LinkPairRow& r) -> Value { return r.other; }},
    PairColumn{"bytes_per_s", "bandwidth", "median bus bandwidth",
               [](const LinkPairRow& r) -> Value { return r.link.bytes_per_s; },
               [](const LinkPairRow& r) { return rate_or_dash(r.link.bytes_per_s); }},
    PairColumn{"effect", "vs its nodes", "beside what its nodes have on all their pairs",
               [](const LinkPairRow& r) -> Value { return r.link.effect; },
               [](const LinkPairRow& r) { return signed_percent(r.link.effect); }},
    PairColumn{"deviations", "deviations", "that in robust standard deviations of all pairs",
               [](const LinkPairRow& r) -> Value { return r.link.deviations; },
               [](const LinkPairRow& r) { return number_or_dash(r.link.deviations); }},
    PairColumn{
        "times", "measured", "how often",
        [](const LinkPairRow& r) -> Value { return static_cast<std::int64_t>(r.link.times); }},
    PairColumn{"verdict", "verdict", "healthy, slow, cannot tell",
               [](const LinkPairRow& r) -> Value { return to_string(r.link.verdict); }}};

std::vector<LinkPairRow> pair_rows(const PairMatrix& pairs, const std::vector<LinkOfPairs>& links) {
  std::vector<LinkPairRow> rows;
  for (const LinkOfPairs& link : links) {
    rows.push_back({pairs.nodes()[link.one], pairs.nodes()[link.other], link});
  }
  return rows;
}

std::string setting_of(const FleetLinks& links) {
  return fmt::format("all-reduce of {} on {} GPU{} a node, bus bandwidth, {}",
                     format_bytes(static_cast<double>(links.bytes)), links.devices_per_node,
                     links.devices_per_node == 1 ? "" : "s", links.library);
}

std::string found_at_least(const PairModel& model) {
  if (!model.cannot_tell.empty()) return "Cannot tell: " + model.cannot_tell + ".";
  return fmt::format(
      "What would have been found: a node slower by {}, a single link slower by {}; of 100 such "
      "sweeps without either at most two have an alarm.",
      format_percent(model.least_node), format_percent(model.least_link));
}

std::string usual_of(const FleetLinks& links, const PairModel& model) {
  std::string text =
      fmt::format("{} of {} pairs", model.pairs, links.pairs.size() * (links.pairs.size() - 1) / 2);
  if (!std::isnan(model.usual_bytes_per_s)) {
    text += ", usually " + format_bandwidth(model.usual_bytes_per_s);
  }
  if (!std::isnan(model.usual_far_bytes_per_s)) {
    text += fmt::format(", {} over two switches", format_bandwidth(model.usual_far_bytes_per_s));
  }
  if (!std::isnan(links.all_bytes_per_s)) {
    text += fmt::format("; all {} nodes together {}", links.all_nodes,
                        format_bandwidth(links.all_bytes_per_s));
  }
  return text + ".";
}

void write_words(std::ostream& out, const FleetLinks& links, const PairModel& model,
                 Format format) {
  const auto say = [&](const std::string& text) { write_sentence(out, text, format); };
  for (const LinkOfPairs& link : model.slow_links()) {
    say(fmt::format("Slow link: {} and {}, {}, {} beside their other pairs{}.",
                    links.pairs.nodes()[link.one], links.pairs.nodes()[link.other],
                    format_bandwidth(link.bytes_per_s), signed_percent(link.effect),
                    link.times > 1 ? fmt::format(", in {} measurements", link.times)
                                   : ", measured once: measure again before it is believed"));
  }
  constexpr double kMany = 0.1;
  if (static_cast<double>(model.slow_links().size()) > kMany * static_cast<double>(model.pairs)) {
    say("So many slow links are rather groups of nodes with less between them, such as those of a "
        "switch: name the switch of each node in fleet.json.");
  }
  for (const LinkTrouble& trouble : links.troubles) {
    say(fmt::format("Missing: {}: {}.", trouble.who, trouble.reason));
  }
  for (const BadLine& bad : links.bad) {
    say(fmt::format("{}, line {}: {}; the line is left out.", bad.file, bad.line, bad.reason));
  }
  if (links.left_out > 0) {
    say(fmt::format("{} measurements over other sizes or numbers of GPUs are left out.",
                    links.left_out));
  }
  say(found_at_least(model));
}

template <typename T, std::size_t kColumns>
nlohmann::ordered_json rows_as_json(const std::array<Column<T>, kColumns>& columns,
                                    const std::vector<T>& rows) {
  std::ostringstream text;
  write_json<T>(text, columns, rows);
  return parse_json(text.str());
}

nlohmann::ordered_json matrix_of(const PairMatrix& pairs) {
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t one = 0; one < pairs.size(); ++one) {
    auto row = nlohmann::ordered_json::array();
    for (std::size_t other = 0; other < pairs.size(); ++other) {
      row.push_back(number_of_digits(pairs.bytes_per_s(one, other), 6));
    }
    rows.push_back(std::move(row));
  }
  return {{"nodes", pairs.nodes()}, {"bytes_per_s", std::move(rows)}};
}

void write_links_json(std::ostream& out, const FleetLinks& links, const PairModel& model) {
  auto troubles = nlohmann::ordered_json::array();
  for (const LinkTrouble& trouble : links.troubles) {
    troubles.push_back({{"who", trouble.who}, {"reason", trouble.reason}});
  }
  const auto number = [](double value) { return number_of_digits(value, 9); };
  const nlohmann::ordered_json json = {
      {"kind", "derate fleet links"},
      {"operation", "all_reduce"},
      {"bytes", links.bytes},
      {"devices_per_node", links.devices_per_node},
      {"library", links.library},
      {"usual_bytes_per_s", number(model.usual_bytes_per_s)},
      {"usual_over_two_switches_bytes_per_s", number(model.usual_far_bytes_per_s)},
      {"all_bytes_per_s", number(links.all_bytes_per_s)},
      {"least_node", number(model.least_node)},
      {"least_link", number(model.least_link)},
      {"cannot_tell", model.cannot_tell},
      {"nodes", rows_as_json(kLinkNodeColumns, judge_link_nodes(links, model))},
      {"slow_links", rows_as_json(kLinkPairColumns, pair_rows(links.pairs, model.slow_links()))},
      {"missing", troubles},
      {"bad_lines", links.bad.size()},
      {"matrix", matrix_of(links.pairs)}};
  out << json_text(json) << '\n';
}

}  // namespace

void write_links(std::ostream& out, const FleetLinks& links, const PairModel& model,
                 const LinksView& view) {
  const bool for_people = view.format == Format::table || view.format == Format::markdown;
  if (view.pairs) {
    const std::vector<LinkPairRow> rows = pair_rows(links.pairs, model.links);
    write(out, std::span<const PairColumn>(kLinkPairColumns), rows, view.format);
    return;
  }
  if (view.format == Format::json) return write_links_json(out, links, model);
  std::vector<LinkNodeRow> rows = judge_link_nodes(links, model);
  const std::size_t nodes = rows.size();
  if (for_people && !view.all && nodes > kFewNodes) {
    std::erase_if(rows, [](const LinkNodeRow& r) { return r.verdict == PairVerdict::healthy; });
  }
  if (for_people) {
    write_sentence(out, fmt::format("{} nodes: {}", nodes, setting_of(links)), view.format);
    write_sentence(out, usual_of(links, model), view.format);
    out << '\n';
  }
  if (for_people && rows.empty()) {
    write_sentence(out, fmt::format("All {} nodes are healthy (--all lists them).", nodes),
                   view.format);
  } else {
    write(out, std::span<const NodeColumn>(kLinkNodeColumns), rows, view.format,
          {kLinkNodeLeastFirst});
  }
  if (!for_people) return;
  out << '\n';
  write_words(out, links, model, view.format);
}

bool any_slow(const FleetLinks& links, const PairModel& model) {
  const std::vector<LinkNodeRow> rows = judge_link_nodes(links, model);
  return !model.slow_links().empty() || std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return row.verdict == PairVerdict::slow;
  });
}

}  // namespace derate::fleet
