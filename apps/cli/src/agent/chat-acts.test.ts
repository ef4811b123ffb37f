import type { AgentModel } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { findModel } from './chat-acts.ts';

const models: readonly AgentModel[] = [
  { provider: 'fake', id: 'small' },
  { provider: 'fake', id: 'large' },
  { provider: 'other', id: 'large' },
];

it.each([
  ['fake/large', models[1]],
  ['small', models[0]],
  ['ther/l', models[2]],
  ['large', 'several are meant: fake/large, other/large'],
  ['huge', 'there is no model huge; /models lists them'],
])('by %j means %j', (wanted, found) => {
  expect(findModel(models, wanted)).toEqual(found);
});
