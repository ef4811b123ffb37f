export { FakeBackend, type FakeBackendOptions } from './fake-backend.ts';
export { FAKE_MODELS, FAKE_THINKING_LEVELS } from './fake-models.ts';
export { FAKE_WORDS, type FakeWord } from './fake-script.ts';
