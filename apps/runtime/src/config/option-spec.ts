/** What a default may depend on: the environment, and options that stand earlier in the table. */
export interface DefaultContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly resolved: { readonly stateDir?: string; readonly piAgentDir?: string };
}

interface OptionBase<T> {
  /** One line for `--help`. */
  readonly help: string;
  /** The value when nobody says otherwise; a function where it follows from the environment. */
  readonly default: T | ((context: DefaultContext) => T);
  /** What `--help` shows for a default that is a function. */
  readonly defaultText?: string;
  /** The word for the value in `--help`, such as `<port>`. */
  readonly placeholder?: string;
}

/** A whole number within a range; `bytes` also takes `64KiB`, `4MiB`, `1GiB`. */
export interface NumberOption extends OptionBase<number | null> {
  readonly kind: 'integer' | 'bytes';
  /** The word that stands for none, if there may be none; in the file also `null`, which the value is then. */
  readonly noneWord?: 'never' | 'off';
  readonly min: number;
  readonly max: number;
}

/** A switch, off unless given. */
export interface FlagOption extends OptionBase<boolean> {
  readonly kind: 'flag';
}

/** One word out of a few. */
export interface ChoiceOption extends OptionBase<string> {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}

/** A non-empty text; a `path` is made absolute. */
export interface TextOption extends OptionBase<string | null> {
  readonly kind: 'text' | 'path';
  /** As for a number. */
  readonly noneWord?: 'off';
  /** Whether it may hold a secret, which nothing that shows the configuration repeats. */
  readonly secret?: boolean;
}

/** Several texts: a repeated flag, a comma-separated variable, an array in the file. */
export interface ListOption extends OptionBase<readonly string[]> {
  readonly kind: 'list';
}

/** One row of the option table. */
export type OptionSpec = NumberOption | FlagOption | ChoiceOption | TextOption | ListOption;

/** The options of a configuration, one row for each key. */
export type OptionTable<C> = { readonly [K in keyof C]: OptionSpec };

/** What `allowedText` says of the word for none. */
function orNone({ noneWord }: NumberOption | TextOption): string {
  return noneWord === undefined ? '' : `, or ${noneWord}`;
}

/** The default as a person reads it. */
export function defaultText(spec: OptionSpec): string {
  if (spec.defaultText !== undefined) return spec.defaultText;
  return Array.isArray(spec.default) ? spec.default.join(',') || 'none' : String(spec.default);
}

/** What a value may be, as the end of a sentence. */
export function allowedText(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'integer':
      return `a whole number from ${spec.min.toLocaleString('en')} to ${spec.max.toLocaleString('en')}${orNone(spec)}`;
    case 'bytes':
      return `${spec.min.toLocaleString('en')} to ${spec.max.toLocaleString('en')} bytes, plain or as 64KiB, 4MiB, 1GiB${orNone(spec)}`;
    case 'flag':
      return 'true or false';
    case 'choice':
      return spec.choices.join(', ');
    case 'text':
    case 'path':
      return `a text that is not empty${orNone(spec)}`;
    case 'list':
      return 'texts, separated by commas or in an array';
  }
}
