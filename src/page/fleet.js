// SPDX-License-Identifier: Apache-2.0
// The page of a fleet: whom to drain, the map, each group's distributions, clock and power, pairs.
'use strict';

// As steps, from the middle of an empty cell before to one behind.
function fleet_histogram_points({low, width, counts}) {
  const point = (place, count) => {
    const ends = [place, place + 1].map((end) => (100 * (low + end * width)).toFixed(1));
    return {x: 100 * (low + place * width), y: count,
      label: [`${plural(count, 'GPU')} from ${ends.join(' to ')} %`]};
  };
  return [point(-1, 0), ...counts.map((count, i) => point(i, count)), point(counts.length, 0)];
}

function fleet_distribution_figure(row) {
  const {histogram, flagged} = row;
  const gpus = histogram.counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...histogram.counts);
  const named = flagged.map(([share, name, verdict]) => ({x: 100 * share, y: most / 12,
    label: [`${shortened(name, 40)}: ${verdict}, ${signed_percent(share)}`]}));
  return figure_of({
    caption: `${shortened(row.name, 80)}: ${plural(gpus, 'GPU')}, of which ${flagged.length} ` +
      'are named.',
    height: 190,
    config: (look) => ({
      type: 'scatter',
      data: {datasets: [
        {type: 'line', label: 'GPUs', data: fleet_histogram_points(histogram), stepped: 'before',
          fill: true, pointRadius: 0, borderWidth: 1, borderColor: look.colours[0],
          backgroundColor: `${look.colours[0]}40`, order: 1},
        {...series(look, 1, 'named', named, {pointStyle: 'triangle', pointRadius: 6}), order: 0},
      ]},
      options: {
        plugins: {legend: {display: false}, tooltip: hover_by_label()},
        scales: {x: axis(look, 'against the median', percent_tick),
          y: axis(look, 'GPUs', (value) => value, {beginAtZero: true, ticks: {precision: 0}})},
      },
    }),
    headings: ['from', 'GPUs'],
    rows: () => histogram.counts.map((count, i) => (
      [signed_percent(histogram.low + i * histogram.width), count])),
  });
}

function slowest_table(group) {
  if (group.slowest_of.length === 0) return [];
  return [paragraph(`What the slowest GPU of a job delivers of the median, in ${group.planned}, ` +
    'on average over all choices:'),
  table_of(['GPUs', 'as it is', 'without those named'], group.slowest_of.map(
    ([gpus, now, after]) => [String(gpus), percent(now), percent(after)]))];
}

function group_blocks(group) {
  const columns = group.distributions.columns;
  const rows = items_of(group.distributions);
  const figures = group.rows.filter(({histogram}) => histogram.counts)
    .map(fleet_distribution_figure);
  const left_out = group.rows_left_out === 0 ? []
    : [paragraph(`${plural(group.rows_left_out, 'more row')} would make this page too large.`)];
  return [element('h3', {}, `${shortened(group.name, 120)}: ${plural(group.gpus, 'GPU')}`),
    ...(group.notes.length ? [list_of(group.notes)] : []), facts_table(group.facts),
    ...slowest_table(group), ...sortable_table(columns, rows, 'gemm bf16'),
    element('div', {class: 'pair'}, ...figures), ...left_out];
}

function fleet_groups_section(fleet) {
  const left_out = fleet.groups_left_out === 0 ? []
    : [paragraph(`${plural(fleet.groups_left_out, 'more group')} would make this page too large.`)];
  return [...fleet.groups.flatMap(group_blocks), ...left_out];
}

function named_section(fleet) {
  const items = items_of(fleet.named);
  if (items.length === 0) return [];
  const left_out = fleet.named_left_out === 0 ? []
    : [paragraph(`${plural(fleet.named_left_out, 'more')} would make this page too large: ` +
      '--format csv has them.')];
  return [...sortable_table(fleet.named.columns, items, 'slow n12'), ...left_out];
}

// η over what the sensors say: silicon differs at one clock, cooling and power in the clock.
function fleet_sensor_figure(fleet, place, title, format, scale) {
  const {points, map} = fleet;
  const known = points.filter((point) => point[place] !== null);
  if (known.length === 0) return [];
  const words = [...new Set(known.map((point) => point[4]))].sort((a, b) => b - a);
  const sets = words.map((verdict) => ({label: map.verdicts[verdict],
    data: known.filter((point) => point[4] === verdict).map((point) => ({x: scale * point[place],
      y: 100 * point[0], label: [`${shortened(point[5], 40)}: η ${percent(point[0])}`,
        `${title} ${format(scale * point[place])}`]}))}));
  return [figure_of({
    caption: `η of what computes over ${title}, ${plural(known.length, 'GPU')}. What lies on one ` +
      'slope differs in that, by power or cooling; what lies below it differs in something else.',
    height: 320,
    config: (look) => ({
      type: 'scatter',
      data: {datasets: sets.map(({label, data}, i) => series(look, i, label, data,
        {pointRadius: label === 'healthy' ? 2 : 5}))},
      options: {
        plugins: {legend: {position: 'bottom', ...legend_of(look)}, tooltip: hover_by_label()},
        scales: {x: axis(look, title, format), y: axis(look, 'η', percent_tick)},
      },
    }),
    headings: ['GPU', 'η', title, 'verdict'],
    rows: () => known.map((point) => [point[5], percent(point[0]), format(scale * point[place]),
      map.verdicts[point[4]]]),
  })];
}

function sensors_section(fleet) {
  const figures = [
    ...fleet_sensor_figure(fleet, 1, 'clock against the group', percent_tick, 100),
    ...fleet_sensor_figure(fleet, 2, 'power', (value) => `${Number(value.toPrecision(4))} W`, 1),
  ];
  return figures.length === 0 ? [] : [element('div', {class: 'pair'}, ...figures)];
}

function fleet_page(fleet) {
  return {
    title: 'fleet',
    content: [
      element('h1', {}, 'Fleet'),
      verdict_block({sentence: fleet.headline, reasons: fleet.notes}),
      ...sections_of([
        ['Whom to drain', 'drain', named_section(fleet)],
        ['Nodes and GPUs', 'map', map_section(fleet.map)],
        ['Clock and power', 'sensors', sensors_section(fleet)],
        ['Between nodes', 'pairs', pairs_section(fleet.pairs)],
        ['Distributions', 'groups', fleet_groups_section(fleet)],
      ]),
    ],
  };
}
