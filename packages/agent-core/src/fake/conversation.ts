import type { AgentMessage } from '@sessiond/protocol';
import { AgentInputError, AgentStateError } from '../errors.ts';

/** Most entries of a conversation. */
const MAX_ENTRIES = 100_000;

/** Where a conversation comes from. */
export interface ConversationOrigin {
  readonly id: string;
  readonly cwd: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** One message in the tree of a conversation. */
export interface ConversationEntry {
  readonly id: string;
  readonly parentId: string | null;
  readonly message: AgentMessage;
}

/** Something that changed a conversation; all of them in order are the conversation. */
export type ConversationRecord =
  | ({ readonly type: 'conversation'; readonly version: 1 } & ConversationOrigin)
  | ({ readonly type: 'entry' } & ConversationEntry)
  | { readonly type: 'leaf'; readonly leafId: string | null }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'settings'; readonly modelId: string; readonly thinkingLevel: string };

/** A change that follows the first record. */
export type ConversationChange = Exclude<ConversationRecord, { type: 'conversation' }>;

/**
 * A conversation as a tree of messages, with the place in it where the talk goes on.
 *
 * Everything that changes it is a record, told to the keeper, so that a file of records is the conversation. Holds at most 100,000 entries.
 */
export class Conversation {
  readonly origin: ConversationOrigin;
  readonly #keep: (record: ConversationRecord) => void;
  readonly #entries = new Map<string, ConversationEntry>();
  #leafId: string | null = null;
  #name: string | undefined;
  #settings: { readonly modelId: string; readonly thinkingLevel: string } | undefined;

  /** Begins one; `keep` is told of this and of every later record. */
  constructor(origin: ConversationOrigin, keep: (record: ConversationRecord) => void = () => {}) {
    this.origin = origin;
    this.#keep = keep;
    keep({ type: 'conversation', version: 1, ...origin });
  }

  /** Takes one up again from its changes; `keep` is told of later ones only. */
  static resume(
    origin: ConversationOrigin,
    changes: Iterable<ConversationChange>,
    keep: (record: ConversationRecord) => void,
  ): Conversation {
    let resumed = false;
    const conversation = new Conversation(origin, (record) => resumed && keep(record));
    for (const change of changes) conversation.#apply(change);
    resumed = true;
    return conversation;
  }

  get name(): string | undefined {
    return this.#name;
  }

  /** The model and the thinking level it went on with last. */
  get settings(): { readonly modelId: string; readonly thinkingLevel: string } | undefined {
    return this.#settings;
  }

  /** Where the talk goes on: after this entry. */
  get leafId(): string | null {
    return this.#leafId;
  }

  /** All entries of all branches, parents first. */
  get entries(): readonly ConversationEntry[] {
    return [...this.#entries.values()];
  }

  /** The entries that lead to where the talk goes on, or to another entry, oldest first. */
  branch(leafId: string | null = this.#leafId): readonly ConversationEntry[] {
    const entries: ConversationEntry[] = [];
    for (let entry = this.#find(leafId); entry !== undefined; entry = this.#find(entry.parentId)) entries.push(entry);
    return entries.reverse();
  }

  /** The messages of the {@link branch}, each with the id of its entry. */
  messages(): readonly AgentMessage[] {
    return this.branch().map(({ id, message }) => ({ ...message, entryId: id }));
  }

  /** Adds what was said. @returns the id of the entry. @throws AgentStateError when it is full. */
  add(message: AgentMessage): string {
    if (this.#entries.size >= MAX_ENTRIES) {
      throw new AgentStateError(`Cannot go on with conversation: it has ${MAX_ENTRIES} entries`);
    }
    const id = `e-${this.#entries.size + 1}`;
    this.#change({ type: 'entry', id, parentId: this.#leafId, message });
    return id;
  }

  /** The entry with an id. @throws AgentInputError that blames `entryId`. */
  entry(entryId: string): ConversationEntry {
    const found = this.#entries.get(entryId);
    if (found === undefined)
      throw new AgentInputError('entryId', 'Cannot find entry: the conversation has none with that id');
    return found;
  }

  /** Lets the talk go on after another entry, or from the beginning. */
  goTo(leafId: string | null): void {
    this.#change({ type: 'leaf', leafId });
  }

  rename(name: string): void {
    this.#change({ type: 'name', name });
  }

  /** Remembers what it goes on with. */
  settle(modelId: string, thinkingLevel: string): void {
    this.#change({ type: 'settings', modelId, thinkingLevel });
  }

  #change(change: ConversationChange): void {
    this.#apply(change);
    this.#keep(change);
  }

  #apply(change: ConversationChange): void {
    if (change.type === 'entry') {
      const { id, parentId, message } = change;
      this.#entries.set(id, { id, parentId, message });
      this.#leafId = id;
    } else if (change.type === 'leaf') {
      this.#leafId = change.leafId;
    } else if (change.type === 'name') {
      this.#name = change.name;
    } else {
      this.#settings = { modelId: change.modelId, thinkingLevel: change.thinkingLevel };
    }
  }

  #find(id: string | null): ConversationEntry | undefined {
    return id === null ? undefined : this.#entries.get(id);
  }
}

/** The text of a message, without thoughts and pictures. */
export function textOf(message: AgentMessage): string {
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
