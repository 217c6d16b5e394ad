export type { Behaviour, ScriptedAnswer } from './behaviour';
export type { Message } from './channel';
export { createSlackStandIn, type SlackStandIn } from './create-slack-stand-in';
export type { Attempt } from './calls';
