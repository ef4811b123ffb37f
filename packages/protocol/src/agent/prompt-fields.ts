import type * as z from 'zod';
import { list, text } from '../fields.ts';
import { type ImageContent, imageContent } from './agent-message.ts';

/** What a person says to an agent. */
export const promptText: z.ZodType<string> = text({ max: 1_048_576, error: 'must be 1 to 1048576 characters' });

/** Pictures that go with it. */
export const images: z.ZodType<readonly ImageContent[]> = list(imageContent, 32);
