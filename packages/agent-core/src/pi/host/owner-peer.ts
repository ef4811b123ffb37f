import type { HostVocabulary, OwnerVocabulary } from '../channel/host-vocabulary.ts';
import type { Peer } from '../channel/peer.ts';

/** This process's end of the conversation with the daemon. */
export type OwnerPeer = Peer<HostVocabulary, OwnerVocabulary>;
