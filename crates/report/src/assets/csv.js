// The table as CSV (RFC 4180).

import { h } from './dom.js';
import { roleOf, selection } from './view.js';

/** The text of a CSV file of `rows`. */
export function csv(rows) {
  const { namespace, name, metrics, parameters } = selection();
  const columns = [
    ['namespace', () => namespace],
    ['selection', () => name],
    ['dataset', (row) => row.dataset],
    ['candidate', (row) => row.candidate],
    ['family', (row) => row.family],
    ['status', roleOf],
    ['state', (row) => row.state],
    ['reason', (row) => row.reason],
    ['message', (row) => row.message],
    ['pareto_rank', (row) => row.rank],
    ['model_id', (row) => row.model],
    ['model_version', (row) => row.version],
    ['instance_type', (row) => row.instance],
    ['instance_count', (row) => row.instances],
    ['training_seconds', (row) => row.seconds],
    ['billable_seconds', (row) => row.billable],
    ['cost', (row) => row.cost],
    ['billed_seconds_of_all_training_jobs', (row) => row.search?.billed],
    ['cost_of_all_training_jobs', (row) => row.search?.cost],
    ...metrics.map((metric, index) => [metric, (row) => row.values[index]]),
    ...parameters.map((parameter) => [`hyperparameter ${parameter}`, (row) => row.parameters?.[parameter]]),
    ['tuning_job', (row) => row.tuningJob],
    ['training_job', (row) => row.trainingJob],
    ['artifact', (row) => row.artifact],
  ];
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, value]) => value(row)))];
  return `${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value) {
  if (value == null) return '';
  let text = String(value);
  // A spreadsheet would take such a text for a formula.
  if (/^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Has the browser save the text under a name; nothing leaves the machine. */
export function download(text, file) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const anchor = h('a', { href: address, download: file });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  URL.revokeObjectURL(address);
}
