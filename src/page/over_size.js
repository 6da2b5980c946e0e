// SPDX-License-Identifier: Apache-2.0
// What changes with size: bandwidth and latency over working sets, matrix products, and the surface
// that a model of them predicts.
'use strict';

// Bytes that a launch works on: the problem's own figure, or what it moves.
function working_set(row) {
  return extents_of(row.problem).bytes ?? row.bytes;
}

// Cores share what they read, so that few of them are another line than many.
function line_of(row) {
  const {cores} = extents_of(row.problem);
  return cores ? `${row.workload}, ${plural(cores, 'core')}` : row.workload;
}

// Datasets of {name, points}, each with its own colour and shape.
function lines_config(look, groups, x, y, legend = true) {
  const datasets = groups.map(({name, points, more}, i) => series(look, i, name, points,
    {showLine: points.length < 40, borderWidth: 1.5, ...more}));
  return {
    type: 'scatter', data: {datasets},
    options: {
      interaction: {mode: 'nearest', intersect: false},
      plugins: {legend: {display: legend, position: 'bottom', ...legend_of(look)},
        tooltip: hover_by_label()},
      scales: {x, y},
    },
  };
}

function over_working_sets(rows, y_of, y_text, {name, caption, y_axis}) {
  const points = rows.filter((row) => working_set(row) > 0).map((row) => (
    {x: working_set(row), y: y_of(row), row,
      label: [row.label, y_text(row), `${with_prefix(working_set(row), 'B')}`]}));
  points.sort((a, b) => a.x - b.x);
  if (points.length === 0) return null;
  const groups = [...group_by(points, (point) => line_of(point.row))].map(
    ([line, of_line]) => ({name: line, points: of_line}));
  return figure_of({
    caption: caption(points), height: 360,
    config: (look) => lines_config(look, groups,
      log_axis(look, 'working set', (x) => with_prefix(x, 'B')), y_axis(look)),
    headings: ['row', 'working set', name],
    rows: () => points.map(({row, x}) => [row.label, with_prefix(x, 'B'), y_text(row)]),
  });
}

function working_sets_section(rows) {
  const right = rows.filter((row) => row.right && row.achieved > 0);
  const streams = right.filter((row) => row.bound === 'memory' || row.bound === 'cache');
  const chases = right.filter((row) => row.workload === 'memory_latency');
  const bandwidth = over_working_sets(streams, (row) => row.achieved,
    (row) => with_prefix(row.achieved, 'B/s'), {
      name: 'bandwidth',
      caption: (points) => {
        const rates = points.map((point) => point.y);
        return `Bandwidth over the working set: from ${with_prefix(Math.max(...rates), 'B/s')} ` +
          `down to ${with_prefix(Math.min(...rates), 'B/s')} on this device.`;
      },
      y_axis: (look) => log_axis(look, 'bandwidth', (y) => with_prefix(y, 'B/s')),
    });
  const latency = over_working_sets(chases, (row) => 1 / row.achieved,
    (row) => row.texts.achieved, {
      name: 'latency',
      caption: (points) => 'Latency of a load that waits for the one before, over the working ' +
        `set: from ${points[0].label[1]} to ${points.at(-1).label[1]} on this device.`,
      y_axis: (look) => log_axis(look, 'time of a load', (y) => with_prefix(y, 's')),
    });
  const figures = [bandwidth, latency].filter((figure) => figure !== null);
  return figures.length ? [element('div', {class: 'pair'}, ...figures)] : [];
}

function gemm_points(rows, basis) {
  const points = [];
  for (const row of rows) {
    const {m, n, k} = extents_of(row.problem);
    if (row.workload !== 'gemm' || !row.right || row.side_by_side) continue;
    if (!(m > 0 && n > 0 && k > 0)) continue;
    const share = basis.of(row);
    const y = share.value === null ? null : 100 * share.value;
    if (basis.known ? y === null : !(row.achieved > 0)) continue;
    const figure = basis.known ? interval_text(share) : row.texts.achieved;
    const whose = row.provider === 'derate' ? 'own code'
      : shortened(row.library || row.provider, 60);
    points.push({x: Math.cbrt(m * n * k), y: basis.known ? y : row.achieved, row,
      square: m === n && n === k, label: [row.label, figure, whose]});
  }
  return points.sort((a, b) => a.x - b.x);
}

function gemm_section(rows, basis) {
  const points = gemm_points(rows, basis);
  if (points.length === 0) return [];
  const groups = [...group_by(points, (point) => point.row.series)].map(([name, of_series]) => {
    const own = of_series[0].row.provider === 'derate';
    return {name, points: of_series, more: {borderDash: own ? [] : [5, 4],
      showLine: of_series.length > 1 && of_series.every((point) => point.square)}};
  });
  const best = (own) => points.filter((point) => (point.row.provider === 'derate') === own)
    .reduce((a, b) => (a === null || b.y > a.y ? b : a), null);
  const named = [['own code', best(true)], ['a library', best(false)]].filter(([, point]) => point)
    .map(([whose, point]) => `${whose} reaches ${point.label[1]} (${point.row.label})`);
  const caption = `Matrix products over their size: at most, ${named.join(', and ')}` +
    `${basis.known ? ` (${basis.text})` : ''}; libraries are dashed.`;
  const y = (look) => (basis.known
    ? axis(look, 'share of the peak', percent_tick, {beginAtZero: true})
    : axis(look, 'FLOP/s', (rate) => with_prefix(rate, 'FLOP/s'), {beginAtZero: true}));
  return [figure_of({
    caption, height: 440,
    config: (look) => lines_config(look, groups,
      log_axis(look, '∛(m · n · k)', (x) => `${Math.round(x)}`), y(look)),
    headings: ['row', 'figure', 'whose code'],
    rows: () => points.map((point) => point.label),
  })];
}

// Sections through a model's surface, and the shapes that it was fitted to.
function model_figure(model) {
  const name = shortened(`${model.variant} ${model.precision}`, 60);
  const groups = model.lines.map(({k, points}) => ({
    name: `k = ${k}`,
    points: points.map(([m, eta, low, high]) => ({x: m, y: 100 * eta,
      label: [`m = n = ${m}, k = ${k}: ${interval_text({value: eta, low, high})}`]})),
    more: {pointRadius: 0},
  }));
  const measured = model.measured.map(([m, n, k, eta]) => ({x: Math.sqrt(m * n), y: 100 * eta,
    label: [`measured ${m} × ${n} × ${k}: ${percent(eta)}`]}));
  const most = Math.max(...model.lines.flatMap(({points}) => points.map(([, eta]) => eta)));
  const caption = `What the model predicts for ${name} of m = n, for ${model.lines.length} ` +
    `values of k, from ${model.measured.length} measured shapes (faint): at most ` +
    `${percent(most)} of the peak.`;
  return figure_of({
    caption, height: 420,
    config: (look) => {
      const config = lines_config(look, groups, log_axis(look, 'm = n, or √(m · n)', (x) => `${x}`),
        axis(look, `share of the ${model.peak} peak`, percent_tick, {beginAtZero: true}));
      config.data.datasets.push(series(look, 0, 'measured', measured, {pointRadius: 2,
        pointStyle: 'circle', borderColor: look.faint, backgroundColor: look.faint, order: 1}));
      return config;
    },
    headings: ['k', 'm = n', 'predicted share [90 % interval]'],
    rows: () => model.lines.flatMap(({k, points}) => points.map(([m, eta, low, high]) => (
      [k, m, interval_text({value: eta, low, high})]))),
  });
}
