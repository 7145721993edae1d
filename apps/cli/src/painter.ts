/** Colours text for a terminal, and leaves it alone for everything else. */

import { styleText } from 'node:util'
import type { Io, Output } from './io.ts'

type Paint = (text: string) => string

/** Functions that colour text. */
export interface Painter {
  readonly red: Paint
  readonly dim: Paint
  readonly bold: Paint
}

/** The painter for an output: it colours only on a terminal, and never if NO_COLOR is set and not empty (no-color.org). */
export function painter({ isTerminal }: Output, { NO_COLOR: noColor }: Io['environment']): Painter {
  const colours = isTerminal && !noColor
  const paint =
    (style: 'red' | 'dim' | 'bold'): Paint =>
    (text) =>
      colours ? styleText(style, text, { validateStream: false }) : text
  return { red: paint('red'), dim: paint('dim'), bold: paint('bold') }
}
