// SPDX-License-Identifier: Apache-2.0
// Puts the page together: for each device its verdict, plots, facts and rows, in this order.
'use strict';

const MOST_REASONS = 3;

// The answer, and what limits it; what does not fit the first screen is folded.
function verdict_block({sentence, reasons}) {
  const shown = reasons.length > MOST_REASONS + 1 ? MOST_REASONS : reasons.length;
  const rest = reasons.slice(shown);
  return element('div', {class: 'verdict'}, element('p', {}, sentence),
    shown ? list_of(reasons.slice(0, shown)) : null,
    rest.length
      ? element('details', {}, element('summary', {}, `${rest.length} more`), list_of(rest))
      : null);
}

function facts_section(device) {
  const rows = device.facts.map(([name, value]) => element('tr', {}, element('td', {}, name),
    element('td', {}, value)));
  return [element('table', {class: 'facts'}, element('tbody', {}, ...rows)), list_of(device.notes)];
}

// Title, id and content of each part; parts without data are left out.
function parts_of(device) {
  const rows = rows_of(device);
  const basis = basis_of(device, rows);
  return [
    ['Share of the peak', 'peak', eta_section(rows, basis)],
    ['Roofline', 'roofline', roofline_section(rows)],
    ['Bandwidth and latency', 'memory', working_sets_section(rows)],
    ['Matrix products', 'gemm', [...gemm_section(rows, basis), ...device.models.map(model_figure)]],
    ['Every sample', 'samples', samples_section(device, rows)],
    ['Side by side', 'side-by-side', side_by_side_section(device)],
    ['The machine', 'machine', facts_section(device)],
    ['All rows', 'rows', rows_section(device, rows)],
  ].filter(([, , content]) => content.length > 0);
}

function device_block(device, number) {
  const parts = parts_of(device);
  const id = (part) => `device-${number}-${part}`;
  const links = parts.map(([title, part]) => element('a', {href: `#${id(part)}`}, title));
  const sections = parts.map(([title, part, content]) => element('section', {id: id(part)},
    element('h2', {}, title), ...content));
  return element('article', {}, element('h1', {}, shortened(device.name, 120)),
    paragraph(`${device.selector}, measured by derate ${device.tool_version}`),
    verdict_block(device.verdict), element('nav', {'aria-label': 'Parts'}, ...links), ...sections);
}

function closing_notes() {
  const notes = [];
  if (data.devices_left_out > 0) {
    notes.push(paragraph(`${plural(data.devices_left_out, 'more device')} would make this page ` +
      'too large: derate report --device names one.'));
  }
  if (data.unreadable_count > 0) {
    notes.push(element('h2', {}, `${plural(data.unreadable_count, 'unreadable line')} left out`),
      list_of(data.unreadable));
  }
  if (!has_charts) {
    notes.push(paragraph('This derate was built without Chart.js, so the plots are tables.'));
  }
  return notes;
}

const data = JSON.parse(document.getElementById('data').textContent);
document.title = `derate: ${data.devices.map((device) => shortened(device.name, 60)).join(', ')}`;
document.getElementById('report').append(...data.devices.map(device_block), ...closing_notes());
if (has_charts) draw_all();
