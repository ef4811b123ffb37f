import { describe, expect, it } from 'vitest';
import { findModel, modelChoice, modelOf, modeName, readSessionConfig, thinkingChoice } from './session-config.ts';

const SETTINGS = readSessionConfig({
  modes: {
    currentModeId: 'b',
    availableModes: [
      { id: 'a', name: 'Ask' },
      { id: 'b', name: 'Build' },
    ],
  },
  configOptions: [
    {
      type: 'select',
      id: 'm',
      category: 'model',
      currentValue: 'x/one',
      options: [
        {
          group: 'g',
          name: 'G',
          options: [
            { value: 'x/one', name: 'One' },
            { value: 'y/one', name: 'One' },
          ],
        },
        { group: 'h', name: 'H', options: [{ value: 'x/two', name: 'Two' }] },
      ],
    },
    { type: 'select', id: 'thought_level', currentValue: 'low', options: [{ value: 'low', name: 'Low' }] },
    { type: 'boolean', id: 'fast', currentValue: true },
    { type: 'select', id: 'broken', currentValue: 'x' },
  ],
});

describe('the settings of a session', () => {
  it('[AC08] are read in groups or not; what is no list to choose from is left out', () => {
    expect(SETTINGS.options.map(({ id, values }) => [id, values.length])).toEqual([
      ['m', 3],
      ['thought_level', 1],
    ]);
    expect(modeName(SETTINGS)).toBe('Build');
  });

  it('[AC08] are chosen with the request that the protocol has for it', () => {
    const choice = modelChoice(SETTINGS)!;
    expect(choice.current).toBe('x/one');
    expect(choice.request('x/two')).toEqual({
      method: 'session/set_config_option',
      params: { configId: 'm', value: 'x/two' },
    });
    expect(thinkingChoice(SETTINGS)?.current).toBe('low');
  });

  it('[AC08] are read in the older way too, and then have a request of their own', () => {
    const older = readSessionConfig({
      models: { currentModelId: 'auto', availableModels: [{ modelId: 'auto', name: 'Auto' }] },
    });
    const choice = modelChoice(older)!;
    expect(choice.values).toEqual([{ value: 'auto', name: 'Auto' }]);
    expect(choice.request('auto')).toEqual({ method: 'session/set_model', params: { modelId: 'auto' } });
    expect(thinkingChoice(older)).toBeUndefined();
  });

  it.each([undefined, null, 7, [], {}, { models: 7, modes: [], configOptions: {} }])(
    'offer nothing in %j',
    (answer) => {
      const config = readSessionConfig(answer);
      expect([modelChoice(config), thinkingChoice(config), modeName(config)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    },
  );
});

describe('a model', () => {
  it('[AC08] has the provider that its name begins with, or the agent', () => {
    expect(modelOf({ value: 'x/one/two', name: 'One' }, 'agent')).toEqual({
      provider: 'x',
      id: 'one/two',
      name: 'One',
    });
    expect(modelOf({ value: 'auto', name: 'auto' }, 'agent')).toEqual({ provider: 'agent', id: 'auto' });
    expect(modelOf({ value: '/odd', name: '/odd' }, 'agent')).toEqual({ provider: 'agent', id: '/odd' });
  });

  it('[AC08] is found by provider and id, and by an id that only one provider has', () => {
    const choice = modelChoice(SETTINGS)!;
    expect(findModel(choice, 'y/one', 'agent')?.value).toBe('y/one');
    expect(findModel(choice, 'two', 'agent')?.value).toBe('x/two');
    expect(findModel(choice, 'one', 'agent')).toBeUndefined();
    expect(findModel(choice, 'three', 'agent')).toBeUndefined();
  });
});
