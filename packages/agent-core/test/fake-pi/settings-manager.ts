import type { PiSettingsStorage } from '../../src/pi/host/pi-api.ts';

/** Settings as pi has them: read once, and kept where they came from when they change. */
export class SettingsManager {
  readonly #storage: PiSettingsStorage;
  #settings: Readonly<Record<string, unknown>> = {};

  private constructor(storage: PiSettingsStorage) {
    this.#storage = storage;
    storage.withLock('global', (current = '{}') => {
      this.#settings = JSON.parse(current);
      return undefined;
    });
  }

  static fromStorage(storage: PiSettingsStorage): SettingsManager {
    return new SettingsManager(storage);
  }

  get<T>(name: string, otherwise: T): T {
    return (this.#settings[name] as T | undefined) ?? otherwise;
  }

  set(name: string, value: unknown): void {
    this.#settings = { ...this.#settings, [name]: value };
    this.#storage.withLock('global', (current = '{}') => JSON.stringify({ ...JSON.parse(current), [name]: value }));
  }

  getShellCommandPrefix(): string | undefined {
    return this.get<string | undefined>('shellCommandPrefix', undefined);
  }
  getShellPath(): undefined {
    return undefined;
  }
}
