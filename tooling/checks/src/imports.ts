import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * Lists the module specifiers a source file names: imports, re-exports and dynamic imports of a literal, types included.
 *
 * Throws when the text does not parse. A dynamic import of a computed path is not listed, since nobody can know it.
 */
export function importsOf(path: string, text: string): string[] {
  const { module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`Cannot read imports of ${path}: ${error.message}`);
  const specifiers = module.staticImports.map((found) => found.moduleRequest.value);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) specifiers.push(moduleRequest.value);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^'"`$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2];
    if (literal !== undefined) specifiers.push(literal);
  }
  return [...new Set(specifiers)];
}

/** The file a relative specifier names, as a path from the same root as `from`; above that root it starts with `../`. */
export function resolveRelative(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}
