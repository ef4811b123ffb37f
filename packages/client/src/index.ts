export type { AgentFeed, FeedEvent, FeedGap, FeedItem, FeedSnapshot, FollowOptions } from './agent-feed.ts';
export type { Attachment, AttachmentInfo, AttachmentSnapshot, AttachOptions } from './attachment.ts';
export type { BytesChunk, Chunk, EndChunk, GapChunk } from './chunk.ts';
export { Client } from './client.ts';
export type { ClientOptions, CommandFields, RequestArguments, RequestOptions } from './client-options.ts';
export type { ClientSnapshot, ClientState } from './client-state.ts';
export {
  AttachmentStateError,
  ClientClosedError,
  type ClientError,
  ClientLimitError,
  ConnectError,
  type ConnectFailure,
  ConnectionLostError,
  isClientError,
  ProtocolViolationError,
  RequestTimeoutError,
} from './errors.ts';
export { RECONNECT_DEFAULTS, type ReconnectOptions } from './reconnect.ts';
export { DialError, type Dialer, type Transport, type TransportClose, type TransportHandlers } from './transport.ts';
