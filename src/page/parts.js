// SPDX-License-Identifier: Apache-2.0
// What every page is made of: the verdict at its top, links to its parts, and tables of facts.
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

// Links and sections of parts [title, id, content]; those without content are left out.
function sections_of(parts, prefix = '') {
  const shown = parts.filter(([, , content]) => content.length > 0);
  const links = shown.map(([title, id]) => element('a', {href: `#${prefix}${id}`}, title));
  return [element('nav', {'aria-label': 'Parts'}, ...links),
    ...shown.map(([title, id, content]) => element('section', {id: prefix + id},
      element('h2', {}, title), ...content))];
}

// Of pairs of name and value.
function facts_table(facts) {
  const rows = facts.map(([name, value]) => element('tr', {}, element('td', {}, name),
    element('td', {}, value)));
  return element('table', {class: 'facts'}, element('tbody', {}, ...rows));
}
