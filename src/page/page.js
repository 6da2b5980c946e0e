// SPDX-License-Identifier: Apache-2.0
// Shows the data by the page that they are for.
'use strict';

const PAGES = {report: report_page, comparison: comparison_page, history: history_page,
  fleet: fleet_page};

const data = JSON.parse(document.getElementById('data').textContent);
const {title, content} = PAGES[data.page](data);
document.title = `derate: ${title}`;
document.getElementById('page').append(...content);
if (has_charts) {
  draw_all();
} else {
  document.getElementById('page').append(
    paragraph('This derate was built without Chart.js, so the plots are tables.'));
}
