/** One target of an exports map: by condition for code, a plain path for a file that is read as it is. */
export type ExportTarget = string | Readonly<Record<string, string>>;

/** The part of a package.json that the checks look at. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly packageManager?: string;
  readonly engines?: { readonly node?: string };
  readonly repository?: { readonly directory?: string };
  readonly exports?: Readonly<Record<string, ExportTarget>>;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly publishConfig?: {
    readonly access?: string;
    readonly exports?: Readonly<Record<string, ExportTarget>>;
  };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A folder below packages/, apps/ or tooling/ that has a package.json. */
export interface WorkspacePackage {
  /** Path from the root of the repository, such as `packages/ring-buffer`. */
  readonly dir: string;
  readonly manifest: Manifest;
  /** Its TypeScript and JavaScript files, as paths from the root of the repository. */
  readonly sources: readonly string[];
}

/** Everything a check sees: the files of the repository and the packages found among them. */
export interface Workspace {
  /** Text by path from the root of the repository, with forward slashes. */
  readonly files: ReadonlyMap<string, string>;
  readonly root: Manifest;
  readonly packages: readonly WorkspacePackage[];
}

const PACKAGE_MANIFEST = /^((?:packages|apps|tooling)\/[^/]+)\/package\.json$/;
const SOURCE = /\.[cm]?[jt]sx?$/;

/**
 * Finds the packages among the files of a repository.
 *
 * Pure, so that a check can be tried on a repository that exists only in a test.
 * Throws `SyntaxError` when a package.json is not JSON.
 */
export function workspaceOf(files: ReadonlyMap<string, string>): Workspace {
  const paths = [...files.keys()].sort();
  const packages = paths.flatMap((path): WorkspacePackage[] => {
    const dir = PACKAGE_MANIFEST.exec(path)?.[1];
    if (dir === undefined) return [];
    const sources = paths.filter((other) => other.startsWith(`${dir}/`) && SOURCE.test(other));
    return [{ dir, manifest: JSON.parse(files.get(path) ?? '') as Manifest, sources }];
  });
  return { files, root: JSON.parse(files.get('package.json') ?? '{"name":"root"}') as Manifest, packages };
}

/** Whether a source file belongs to what users run, rather than to tests, examples or configuration. */
export function isShipped(pkg: WorkspacePackage, path: string): boolean {
  const inner = path.slice(pkg.dir.length + 1);
  return /^(?:src|bin)\//.test(inner) && !/\.test\.[cm]?[jt]sx?$/.test(inner);
}
