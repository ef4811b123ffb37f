import { expect, it } from 'vitest';
import { CallerEditor } from './caller-editor.ts';
import { ChatLine } from './chat-line.ts';

/** An editor that is a line of shell, and what became of the terminal and its signals. */
function stage(program: string, whileLent: (line: ChatLine, editor: CallerEditor) => unknown = () => {}) {
  const log: string[] = [];
  const line = new ChatLine();
  line.insert('typed');
  const editor: CallerEditor = new CallerEditor({
    env: { EDITOR: program },
    line,
    screen: {
      lend: async (use) => {
        log.push('lent');
        await whileLent(line, editor);
        await use();
        log.push('back');
      },
    },
    interruption: {
      take: (taker) => {
        const taken = (['SIGINT', 'SIGQUIT', 'SIGTERM'] as const).filter(taker);
        log.push(`takes ${taken}`);
        return () => void log.push('signals back');
      },
    },
  });
  return { editor, line, log };
}

it('has the terminal and its signals while it works on what is typed', async () => {
  const { editor, line, log } = stage('printf " and edited" >>');
  expect(await editor.edit()).toBeUndefined();
  expect(line.editor.text).toBe('typed and edited');
  expect(log).toEqual(['takes SIGINT,SIGQUIT', 'lent', 'back', 'signals back']);
});

it('leaves the line as it was when it fails, and gives everything back', async () => {
  const { editor, line, log } = stage('false');
  expect(await editor.edit()).toBe('there is no editor in VISUAL or EDITOR, or it failed');
  expect(line.editor.text).toBe('typed');
  expect(log.slice(-2)).toEqual(['back', 'signals back']);
});

it('puts nothing that was meant for a message into the answer to a question that came meanwhile', async () => {
  const { editor, line } = stage('printf edited >', (asked) =>
    asked.ask({ requestId: 'q', method: 'input', title: 'Name?', prefill: 'Ann' }),
  );
  expect(await editor.edit()).toBe('what was edited is left out: the agent asks something else now');
  expect(line.editor.text).toBe('Ann');
  line.ask(undefined);
  expect(line.editor.text).toBe('typed');
});

it('counts as an answer that is meant, though the question came while something was typed', async () => {
  const { editor, line } = stage('printf edited >');
  line.ask({ requestId: 'q', method: 'input', title: 'Name?' });
  expect(line.isSurprised).toBe(true);
  await editor.edit();
  expect(line.isSurprised).toBe(false);
});

it('is one at a time, and another time again', async () => {
  const { editor, log } = stage('true', async (_, same) => expect(await same.edit()).toBeUndefined());
  await editor.edit();
  expect(log.filter((act) => act === 'lent')).toHaveLength(1);
  await editor.edit();
  expect(log.filter((act) => act === 'lent')).toHaveLength(2);
});
