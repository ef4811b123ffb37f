/** The package carries no types; these are the parts in use, of what Node writes to NODE_V8_COVERAGE. */
declare module '@bcoe/v8-coverage' {
  interface ScriptCov {
    readonly url: string;
    readonly functions: {
      readonly functionName: string;
      readonly isBlockCoverage: boolean;
      readonly ranges: { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }
  interface ProcessCov {
    readonly result: ScriptCov[];
  }
  function mergeProcessCovs(processes: readonly ProcessCov[]): ProcessCov;
}
