// SPDX-License-Identifier: Apache-2.0
// The page of a report: for each device its verdict, plots, facts and rows, in this order.
'use strict';

function rows_section(device, rows) {
  const left_out = device.rows_left_out === 0 ? []
    : [paragraph(`${plural(device.rows_left_out, 'more row')} would make this page too large: ` +
      'derate report --format csv has them.')];
  return [...sortable_table(device.rows.columns, rows, 'gemm f32 passed'), ...left_out];
}

// Title, id and content of each part.
function parts_of(device) {
  const rows = rows_of(device);
  const basis = basis_of(device, rows);
  return [
    ['Share of the peak', 'peak', eta_section(rows, basis)],
    ['Where the rest went', 'waterfall', waterfall_section(device)],
    ['Roofline', 'roofline', roofline_section(rows)],
    ['Bandwidth and latency', 'memory', working_sets_section(rows)],
    ['Matrix products', 'gemm', [...gemm_section(rows, basis), ...device.models.map(model_figure)]],
    ['Every sample', 'samples', samples_section(device, rows)],
    ['Side by side', 'side-by-side', side_by_side_section(device)],
    ['The machine', 'machine', [facts_table(device.facts), list_of(device.notes)]],
    ['All rows', 'rows', rows_section(device, rows)],
  ];
}

function device_block(device, number) {
  return element('article', {}, element('h1', {}, shortened(device.name, 120)),
    paragraph(`${device.selector}, measured by derate ${device.tool_version}`),
    verdict_block(device.verdict), ...sections_of(parts_of(device), `device-${number}-`));
}

function closing_notes(data) {
  const notes = [];
  if (data.devices_left_out > 0) {
    notes.push(paragraph(`${plural(data.devices_left_out, 'more device')} would make this page ` +
      'too large: derate report --device names one.'));
  }
  if (data.unreadable_count > 0) {
    notes.push(element('h2', {}, `${plural(data.unreadable_count, 'unreadable line')} left out`),
      list_of(data.unreadable));
  }
  return notes;
}

function report_page(data) {
  return {
    title: data.devices.map((device) => shortened(device.name, 60)).join(', '),
    content: [...data.devices.map(device_block), ...closing_notes(data)],
  };
}
