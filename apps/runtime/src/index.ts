export type { AuthModuleOptions, CreateAuthProvider } from './auth/auth-module.ts';
export type { AuthProvider, AuthResult, Principal } from './auth/auth-provider.ts';
