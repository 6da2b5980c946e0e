// SPDX-License-Identifier: Apache-2.0
// Figures as people read them, and the rows of a report as objects.
'use strict';

const PREFIXES = [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'],
  [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']];

// Four significant digits with an SI prefix.
function with_prefix(value, unit) {
  if (value === null || !Number.isFinite(value)) return '–';
  const [scale, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  return `${Number((value / scale).toPrecision(4))} ${prefix}${unit}`;
}

function percent(share, digits = 1) {
  return share === null || !Number.isFinite(share) ? '–' : `${(100 * share).toFixed(digits)} %`;
}

// Without brackets where there is no interval.
function interval_text(estimate) {
  if (estimate.low === null || estimate.high === null) return percent(estimate.value);
  const ends = [estimate.low, estimate.high].map((end) => (100 * end).toFixed(1));
  return `${percent(estimate.value)} [${ends.join(', ')}]`;
}

function rate_text(row, per_s) {
  if (row.bound === 'latency') return with_prefix(1 / per_s, 's');
  if (row.bound !== 'compute') return with_prefix(per_s, 'B/s');
  return with_prefix(per_s, row.precision.startsWith('i') ? 'OP/s' : 'FLOP/s');
}

// Cut in the middle, since both ends tell: workload and size.
function shortened(text, most) {
  const half = Math.floor((most - 1) / 2);
  return text.length > most ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
}

// {m: 512, n: 512, k: 512} of "m:512/n:512/k:512"
function extents_of(problem) {
  return Object.fromEntries(problem.split('/').map((part) => {
    const [name, value] = part.split(':');
    return [name, Number(value)];
  }));
}

// "512³", "512 × 512 × 4096", or the problem as it is.
function problem_text(problem) {
  const {m, n, k} = extents_of(problem);
  if (!(m > 0 && n > 0 && k > 0)) return problem;
  return m === n && n === k ? `${m}³` : `${m} × ${n} × ${k}`;
}

// The items of one of the data's tables: values by column name, and `texts` by column name.
function items_of(table) {
  const shown = table.columns.filter((column) => column.heading !== '');
  return table.values.map((values, i) => {
    const item = Object.fromEntries(table.columns.map((column, j) => [column.name, values[j]]));
    item.texts = Object.fromEntries(shown.map((column, j) => [column.name, table.texts[i][j]]));
    return item;
  });
}

function rows_of(device) {
  const rows = items_of(device.rows);
  rows.forEach((row, i) => {
    row.index = i;
    [row.flops, row.bytes] = device.work[i];
    row.series = shortened(`${row.texts.workload} ${row.variant} ${row.texts.precision}`, 60);
    row.right = row.outcome === 'passed' || row.outcome === 'unstable';
  });
  // The problem of a row is named where it tells rows apart, and of matrix products always.
  for (const group of group_by(rows, (row) => row.series).values()) {
    for (const row of group) {
      const problem = problem_text(row.problem);
      const named = group.length > 1 || problem !== row.problem;
      row.label = named ? `${row.series} ${shortened(problem, 40)}` : row.series;
    }
  }
  return rows;
}

// Which share of the peak is shown.
function basis_of(device, rows) {
  const clock = device.at_measured_clock ? 'measured' : 'specified';
  const name = device.at_measured_clock ? 'eta_measured' : 'eta';
  const known = rows.some((row) => row.right && row.peak > 0);
  return {
    known,
    text: `share of the peak at the ${clock} clock`,
    // Memory and links have no clock of the device: their share is that of their bandwidth.
    of: (row) => {
      const taken = row[name] === null ? 'eta' : name;
      return {value: row[taken], low: row[`${taken}_low`], high: row[`${taken}_high`]};
    },
  };
}

function group_by(items, key) {
  const groups = new Map();
  for (const item of items) {
    if (!groups.has(key(item))) groups.set(key(item), []);
    groups.get(key(item)).push(item);
  }
  return groups;
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function signed_percent(share) {
  if (share === null) return '–';
  const rounded = Math.round(1000 * share) / 1000 + 0;  // no minus before what rounds to nothing
  return `${rounded < 0 ? '' : '+'}${percent(rounded)}`;
}

// Names without the path that all begin with and the problem that all end with.
function told_apart(names) {
  const same = (part_of) => new Set(names.map(part_of)).size === 1;
  if (names.length < 2) return names;
  const problem_of = (name) => name.slice(name.indexOf(' ') + 1);
  const without = names.every((name) => name.includes(' ')) && same(problem_of)
    ? names.map((name) => name.slice(0, name.indexOf(' '))) : names;
  const paths = without.map((name) => name.split('/'));
  let begin = 0;
  while (paths.every((path) => path.length > begin + 1 && path[begin] === paths[0][begin])) begin++;
  return paths.map((path) => path.slice(begin).join('/'));
}

// In lines of at most so many characters, broken at spaces: a plot's hover does not wrap.
function wrapped(text, most) {
  const lines = [''];
  for (const word of text.split(/\s+/).map((each) => shortened(each, most))) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (longer.length > most) lines.push(word); else lines[lines.length - 1] = longer;
  }
  return lines;
}
