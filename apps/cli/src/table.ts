import { cellWidth, fitToCells } from './cells.ts';

/** Lines of columns as wide as their widest cell; the first row are the headings. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cellWidth(cells[column] ?? ''))));
  return rows
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => fitToCells(cell, widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
