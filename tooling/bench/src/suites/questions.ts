import { BEHAVIOUR, COST } from '../questions/all.ts';
import { LIBRARIES, type Library, type Probe, type Question } from '../questions/question.ts';
import { inVirtualTime, VirtualTime } from '../questions/virtual-time.ts';
import { bounded } from '../rows.ts';
import { progress } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';

const OURS: Library = 'sessiond';
const RIVALS = LIBRARIES.filter((library) => library !== OURS);

type Answers = ReadonlyMap<Library, boolean>;

/** What somebody who relies on a guard would want to be sure of, asked of every library that has the feature. */
export const suite: BenchSuite = {
  name: 'questions',
  async run() {
    const rows: BenchRow[] = [];
    const table: Record<string, Record<string, string>> = {};
    for (const question of [...BEHAVIOUR, ...COST]) {
      progress(`${question.id} ${question.asks}`);
      const answers = await ask(question, BEHAVIOUR.includes(question) ? inVirtualTime : inRealTime);
      rows.push(...rowsOf(question, answers));
      table[`${question.id} ${question.asks}`] = Object.fromEntries(
        LIBRARIES.map((library) => [library, shown(answers.get(library))]),
      );
    }
    console.table(table);
    return rows;
  },
};

async function ask({ probes }: Question, passing: (probe: Probe) => Promise<boolean>): Promise<Answers> {
  const answers = new Map<Library, boolean>();
  for (const library of LIBRARIES) {
    const probe = probes[library];
    if (probe !== undefined) answers.set(library, await passing(probe));
  }
  return answers;
}

function inRealTime(probe: Probe): Promise<boolean> {
  return probe(new VirtualTime());
}

/** A row for ours, which is judged, and one for every rival; one that has no such feature has no figure. */
function rowsOf({ id, asks }: Question, answers: Answers): BenchRow[] {
  const name = `[${id}] ${asks}`;
  const ours = Number(answers.get(OURS));
  return [
    bounded(name, 'passes', ours, { least: 1 }),
    ...RIVALS.map((rivalName) => {
      const answer = answers.get(rivalName);
      return { ...bounded(name, 'passes', ours), rival: answer === undefined ? null : Number(answer), rivalName };
    }),
  ];
}

function shown(answer: boolean | undefined): string {
  return answer === undefined ? '–' : answer ? 'yes' : 'no';
}
