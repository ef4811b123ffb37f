import { Command } from 'commander';
import { helpNotes } from '../help-layout.ts';
import { abort } from './agent/abort.ts';
import { chat } from './agent/chat.ts';
import { create } from './agent/create.ts';
import { exportPage } from './agent/export.ts';
import { list } from './agent/list.ts';
import { models } from './agent/models.ts';
import { prompt } from './agent/prompt.ts';
import { resume } from './agent/resume.ts';
import { steer } from './agent/steer.ts';
import type { CommandFactory } from './command.ts';

const FACTORIES: readonly CommandFactory[] = [create, chat, prompt, steer, abort, list, resume, models, exportPage];

const NOTES = `
A session goes on when its chat is left, and several people and scripts can be at one at a time:

  id=$(sessionctl agent new --cwd ~/project)
  sessionctl agent prompt "$id" 'Which tests fail?'
  sessionctl agent chat "$id"`;

/** `agent`: coding agents as sessions. */
export const agent: CommandFactory = (execute, env) => {
  const group = new Command('agent')
    .description('Coding agents on a daemon: start them, talk with them, take them up again.')
    .helpOption('--help', 'Print this help.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .enablePositionalOptions()
    .addHelpText('after', helpNotes(NOTES));
  for (const factory of FACTORIES) group.addCommand(factory(execute, env));
  return group;
};
