export { type CreatedToken, createToken, type NewToken, revokeToken, tokenDigest } from './change-token-file.ts';
export { isTokenFileError, TokenFileError, type TokenFileErrorCode } from './errors.ts';
export { readTokenFile, tokenFilePath } from './read-token-file.ts';
export { MAX_TOKENS, TOKEN_NAME_PATTERN, type TokenEntry } from './token-entry.ts';
