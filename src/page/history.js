// SPDX-License-Identifier: Apache-2.0
// The page of a history: what the newest session says, each benchmark over days, and the sessions.
'use strict';

const SESSION_COLUMNS = ['id', 'time_utc', 'label', 'kind', 'host', 'processes', 'failed', 'pinned']
  .map((name) => ({name, meaning: '', heading: {id: 'session', time_utc: 'time'}[name] ?? name}));

function bench_block(bench, sessions) {
  const name = shortened(bench.benchmark, 120);
  const said = bench.verdict === null ? 'not measured by the newest session'
    : `${verdict_text(bench.verdict)}: ${bench.reason}`;
  const measured = bench.values.time_s.some((time_s) => time_s !== null);
  return element('div', {class: 'benchmark'}, element('h3', {title: bench.benchmark}, name),
    paragraph([shortened(bench.device, 60), said].filter((text) => text !== '').join('; ')),
    measured ? days_figure(bench, sessions) : paragraph('No session could measure it.'));
}

function over_days_section(history) {
  const blocks = history.series.map((bench) => bench_block(bench, history.sessions));
  if (blocks.length === 0) return [];
  const count = paragraph(plural(blocks.length, 'benchmark'), 'hint');
  const name_of = (block) => block.querySelector('h3').title;
  const filter = word_filter('gemm f32', blocks, name_of, (left) => {
    count.textContent = `${left} of ${plural(blocks.length, 'benchmark')}`;
  });
  const left_out = history.series_left_out === 0 ? []
    : [paragraph(`${plural(history.series_left_out, 'more benchmark')} would make this page too ` +
      "large: derate history --write html=FILE --benchmark 'PATTERN' chooses.")];
  return [element('label', {}, 'Only benchmarks with all of these words', filter), count,
    ...blocks, ...left_out];
}

function sessions_section(sessions) {
  const rows = sessions.map((session) => {
    const shown = SESSION_COLUMNS.map(({name}) => [name, session[name]]);
    return {...session, texts: Object.fromEntries(shown.map(([name, value]) => (
      [name, typeof value === 'boolean' ? (value ? 'yes' : '') : String(value)])))};
  }).reverse();
  return rows.length === 0 ? [] : sortable_table(SESSION_COLUMNS, rows, 'track 2026-11');
}

function history_page(history) {
  const devices = [...new Set(history.series.map(({device}) => device))];
  const whose = devices.length === 1 && devices[0] !== '' ? shortened(devices[0], 60)
    : plural(devices.length, 'device');
  for (const session of history.sessions) session.time_ms = Date.parse(session.time_utc);
  const {newest} = history;
  const items = benchmarks_of(newest);
  return {
    title: `history of ${whose}`,
    content: [
      element('h1', {}, `History of ${whose}`), paragraph(newest.context),
      comparison_verdict(newest),
      ...sections_of([
        ['The newest session', 'changes', forest_section(newest, items)],
        ['Over days', 'days', over_days_section(history)],
        ['Sessions', 'sessions', sessions_section(history.sessions)],
        ['All benchmarks', 'benchmarks', benchmarks_section(newest, items)],
      ]),
    ],
  };
}
