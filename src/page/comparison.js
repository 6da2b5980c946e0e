// SPDX-License-Identifier: Apache-2.0
// The page of a comparison: its verdict, the changes with their intervals, what was not measured,
// both environments, and every benchmark.
'use strict';

// Headings of what the table of a terminal says in another way.
const COMPARISON_HEADINGS = {verdict: 'verdict', change_cycles: 'in cycles', reason: 'reason'};

// The benchmarks of a comparison, worst first.
function benchmarks_of(comparison) {
  const items = items_of(comparison.judgements);
  for (const item of items) {
    Object.assign(item.texts, {verdict: verdict_text(item.verdict), reason: item.reason,
      change_cycles: signed_percent(item.change_cycles)});
  }
  return items;
}

function comparison_verdict(comparison) {
  return verdict_block({sentence: comparison.headline, reasons: comparison.notes});
}

function unmeasured_section(items) {
  return items.some(({change}) => change === null)
    ? [list_of(items.filter(({change}) => change === null).map(({benchmark, verdict, reason}) => (
      `${shortened(benchmark, 80)}: ${verdict_text(verdict)}, ${reason}`)))]
    : [];
}

function benchmarks_section(comparison, items) {
  const columns = comparison.judgements.columns.map((column) => (
    {...column, heading: column.heading || (COMPARISON_HEADINGS[column.name] ?? '')}));
  const left_out = comparison.judgements_left_out === 0 ? []
    : [paragraph(`${plural(comparison.judgements_left_out, 'more benchmark')} would make this ` +
      'page too large: --write json=FILE has them.')];
  return [...sortable_table(columns, items, 'gemm regression'), ...left_out];
}

function environment_section({facts, differences}) {
  const table = differences.length === 0 ? []
    : [table_of(['differs', 'base', 'candidate'], differences)];
  return facts.length + table.length === 0 ? [] : [...table, facts_table(facts)];
}

function comparison_page(comparison) {
  const items = benchmarks_of(comparison);
  const title = `${shortened(comparison.candidate, 60)} against ${shortened(comparison.base, 60)}`;
  return {
    title,
    content: [
      element('h1', {}, title), paragraph(comparison.context), comparison_verdict(comparison),
      ...sections_of([
        ['Changes', 'changes', forest_section(comparison, items)],
        ['Without a change', 'unmeasured', unmeasured_section(items)],
        ['The environment', 'environment', environment_section(comparison)],
        ['All benchmarks', 'benchmarks', benchmarks_section(comparison, items)],
      ]),
    ],
  };
}
