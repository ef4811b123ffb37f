// Second half of the build of a program: all of it in one file, because reading four hundred takes longer than running them. What is imported only when it is
// needed lies in files of its own beside it, in `dist/later`.
// Run in the folder of the package, with the files to write into `dist` and what they begin with: `sessionctl=dist/main.js`.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const entryPoints = process.argv.slice(2).map((argument) => Object.fromEntries([argument.split('=')]));

/** Leaves the native half of classic-level where it is, because it looks for its binary beside itself; its JavaScript, some thirty files, goes along. */
const nativeHalf: Plugin = {
  name: 'native-half',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      /\/node_modules\/classic-level\//.test(importer)
        ? { path: 'classic-level/binding.js', external: true }
        : undefined,
    ),
};

const options = {
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'later/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  // Without comments and layout: a single character beyond Latin-1 in them would double what the text takes in memory. Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  lineLimit: 160,
  // Native code, and what is not read before the first agent needs it.
  external: ['node-pty', '@agentclientprotocol/sdk'],
  plugins: [nativeHalf],
  // For those that are CommonJS.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
} satisfies BuildOptions;

// What `tsc` has made, with its maps: the bundles lead back to the sources. One by one: files that they shared would have to be read by each.
const builds = await Promise.all(entryPoints.map((entryPoint) => build({ ...options, entryPoints: entryPoint })));

// Their names follow from what is in them: those of the last build would stay. Gone only now, because a program that begins meanwhile looks for them.
const written = new Set(builds.flatMap(({ metafile }) => Object.keys(metafile.outputs)));
const later = existsSync('dist/later') ? readdirSync('dist/later').map((name) => `dist/later/${name}`) : [];
for (const path of later) if (!written.has(path)) rmSync(path);

const licenses = new Map<string, string>();
for (const input of builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))) {
  const [, root, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input) ?? [];
  if (root === undefined || name === undefined || licenses.has(name)) continue;
  const file = readdirSync(root).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`Cannot bundle ${name}: it has no license file that could go along`);
  licenses.set(name, readFileSync(`${root}/${file}`, 'utf8').trim());
}
const texts = [...licenses].sort().map(([name, text]) => `${name}\n\n${text}\n`);
// Not named after licenses: pnpm takes such a file for the package's own and leaves that one out of the tarball.
writeFileSync('dist/THIRD_PARTY_NOTICES', `The program contains these packages:\n\n${texts.join('\n---\n\n')}`);
