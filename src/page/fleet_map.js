// SPDX-License-Identifier: Apache-2.0
// Nodes and GPUs as a map, a square each; and pairs of nodes as a heat map.
'use strict';

const WIDEST_DEVIATION = 0.08;
const MANY_GPUS = 1000;

// Squares side by side, with gaps between nodes; smaller where there are many.
function map_scale(map) {
  const narrow = innerWidth < 600;
  return map.cells.length > MANY_GPUS ? {of_line: narrow ? 60 : 180, radius: 2.5, line: 8}
    : {of_line: narrow ? 20 : 72, radius: 6, line: 16};
}

// From slow over usual to quick, for light and dark paper alike.
function deviation_colour(share) {
  if (share === null) return 'rgba(128, 128, 128, 0.35)';
  const at = Math.max(-1, Math.min(1, share / WIDEST_DEVIATION));
  const strength = Math.abs(at).toFixed(2);
  return at < 0 ? `rgba(213, 94, 0, ${0.15 + 0.85 * strength})`
    : `rgba(0, 114, 178, ${0.15 + 0.85 * strength})`;
}

// Where each node's squares lie: nodes fill lines from the left.
function map_places(map) {
  const most = Math.max(1, ...map.cells.map(([, gpu]) => gpu + 1));
  const scale = map_scale(map);
  const nodes_of_line = Math.max(1, Math.floor(scale.of_line / (most + 1)));
  return {most, nodes_of_line, scale, lines: Math.ceil(map.nodes.length / nodes_of_line),
    place: (node, gpu) => ({x: (node % nodes_of_line) * (most + 1) + gpu,
      y: -Math.floor(node / nodes_of_line)})};
}

function map_points(map, places) {
  return map.cells.map(([node, gpu, share, verdict]) => {
    const whole = gpu < 0;
    const off = share === null ? '' : `, ${signed_percent(share)}`;
    const name = whole ? map.nodes[node] : `${map.nodes[node]} GPU ${gpu}`;
    return {...places.place(node, Math.max(0, gpu)), whole, share, verdict,
      label: [`${shortened(name, 40)}: ${map.verdicts[verdict]}${off}`]};
  });
}

function squares_config(look, points, named, hint, radius) {
  const base = {pointStyle: 'rect', showLine: false, pointHoverRadius: 8};
  return {
    type: 'scatter',
    data: {datasets: [
      {...base, label: hint, data: points, pointRadius: radius, borderWidth: 0,
        pointBackgroundColor: points.map(({share}) => deviation_colour(share))},
      {...base, label: 'named', data: points.filter(named), pointStyle: 'crossRot', order: -1,
        pointRadius: 6,
        pointBorderColor: look.ink, borderColor: look.ink, borderWidth: 2},
    ]},
    options: {
      plugins: {legend: {position: 'bottom', ...legend_of(look)}, tooltip: hover_by_label()},
    },
  };
}

function map_section(map) {
  if (map.cells.length === 0) return [];
  const places = map_places(map);
  const points = map_points(map, places);
  const well = map.verdicts.indexOf('disturbed');
  const named = points.filter(({verdict}) => verdict < well);
  const caption = `${plural(map.nodes.length, 'node')} with their GPUs side by side, by what each ` +
    `delivers against its group: orange slower, blue faster; crossed: ${named.length} that are ` +
    'named.';
  return [figure_of({
    caption, height: 90 + places.scale.line * places.lines,
    config: (look) => {
      const config = squares_config(look, points, ({verdict}) => verdict < well, 'GPU',
        places.scale.radius);
      config.options.scales = {x: {display: false, min: -1,
        max: places.nodes_of_line * (places.most + 1)}, y: {display: false, min: -places.lines,
        max: 1}};
      return config;
    },
    headings: ['node', 'GPU', 'against its group', 'verdict'],
    rows: () => map.cells.map(([node, gpu, share, verdict]) => [map.nodes[node],
      gpu < 0 ? 'all' : gpu, signed_percent(share), map.verdicts[verdict]]),
  })];
}

function pairs_section(pairs) {
  if (pairs.length === 0) return [];
  const names = [...new Set(pairs.flatMap(([from, to]) => [from, to]))];
  const at = new Map(names.map((name, i) => [name, i]));
  const points = pairs.map(([from, to, rate, share, slow]) => ({x: at.get(from), y: -at.get(to),
    share, slow, label: [`${shortened(from, 30)} → ${shortened(to, 30)}: ` +
      `${with_prefix(rate, 'B/s')}, ${signed_percent(share)}`]}));
  const slow = pairs.filter((pair) => pair[4]).length;
  const size = Math.min(900, 120 + 14 * names.length);
  const name_at = (value) => shortened(names[Math.abs(value)] ?? '', 16);
  return [figure_of({
    caption: `${plural(pairs.length, 'pair')} of nodes, against what pairs usually deliver: orange ` +
      `slower; crossed: ${slow} that are named. A line or a column that is orange is one node.`,
    height: size,
    config: (look) => {
      const config = squares_config(look, points, (point) => point.slow, 'pair',
        Math.max(2, Math.min(7, 300 / names.length)));
      config.options.scales = {x: axis(look, 'from', name_at, {min: -1, max: names.length}),
        y: axis(look, 'to', name_at, {min: -names.length, max: 1})};
      return config;
    },
    headings: ['from', 'to', 'rate', 'against usual', 'named'],
    rows: () => pairs.map(([from, to, rate, share, is_slow]) => [from, to,
      with_prefix(rate, 'B/s'), signed_percent(share), is_slow ? 'yes' : '']),
  })];
}
