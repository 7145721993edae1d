/** A horizontal bar chart as SVG, legible on light and dark pages, without a library. */

/** One bar. */
export interface Bar {
  readonly label: string
  readonly value: number
  readonly lowest: number
  readonly highest: number
  /** Whether it is one of ours. */
  readonly ours: boolean
}

const WIDTH = 760
const LABELS = 190
const ROW = 26

/** Draws bars, the largest first, with a line from the lowest to the highest round. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const sorted = bars.toSorted((a, b) => b.value - a.value)
  const scale = (WIDTH - LABELS - 110) / Math.max(...sorted.map(({ highest }) => highest))
  const rows = sorted.map(({ label, value, lowest, highest, ours }, index) => {
    const y = 40 + index * ROW
    const x = (figure: number): string => (LABELS + figure * scale).toFixed(1)
    return [
      `<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${label}</text>`,
      `<rect x="${LABELS}" y="${y}" width="${(value * scale).toFixed(1)}" height="18" fill="${ours ? '#2f81f7' : '#8b949e'}"/>`,
      `<line x1="${x(lowest)}" x2="${x(highest)}" y1="${y + 9}" y2="${y + 9}" stroke="#d29922" stroke-width="2"/>`,
      `<text x="${Number(x(Math.max(value, highest))) + 6}" y="${y + 13}">${short(value)}/s</text>`,
    ].join('')
  })
  const height = 50 + sorted.length * ROW
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#6e7681"><text x="8" y="22" font-size="14">${title}</text>${rows.join('')}</svg>\n`
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0)
}
