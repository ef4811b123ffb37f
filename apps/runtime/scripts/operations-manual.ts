import { type MetricDescriptor, prometheusName } from '@sessiond/metrics-sinks';
import { allowedText, defaultText } from '../src/config/option-spec.ts';
import { OPTION_KEYS, OPTIONS } from '../src/config/options.ts';
import * as catalogue from '../src/telemetry/catalogue.ts';

/** Where the operations manual lies. */
export const manualFile: URL = new URL('../../../docs/operations.md', import.meta.url);

/** The tables of the manual that the code decides, by the name of their region. */
export const regions: Readonly<Record<string, () => string>> = { options: optionTable, metrics: metricTable };

/** What lies in a region of the manual; `undefined` where it has none of that name. */
export function regionOf(manual: string, name: string): string | undefined {
  return regionPattern(name).exec(manual)?.[2];
}

/** The manual with its regions as the code has them. */
export function withFreshRegions(manual: string): string {
  return Object.entries(regions).reduce(
    (text, [name, make]) =>
      text.replace(regionPattern(name), (_, head: string, _old, tail: string) => head + make() + tail),
    manual,
  );
}

function regionPattern(name: string): RegExp {
  return new RegExp(`(<!-- ${name}: [^>]* -->\\n)([\\s\\S]*?)(\\n<!-- /${name} -->)`);
}

function optionTable(): string {
  const rows = OPTION_KEYS.map((key) => {
    const spec = OPTIONS[key];
    return `| \`${key}\` | ${defaultText(spec)} | ${allowedText(spec)} | ${spec.help} |`;
  });
  return ['| option | default | allowed | |', '|---|---|---|---|', ...rows].join('\n');
}

function metricTable(): string {
  const metrics = Object.values<MetricDescriptor>(catalogue).sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = metrics.map((metric) => {
    const { name, unit, labelNames = [], help } = metric;
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | \`${prometheusName(metric)}\` | ${unit} | ${labels} | ${help} |`;
  });
  return ['| name | in Prometheus | unit | labels | |', '|---|---|---|---|---|', ...rows].join('\n');
}
