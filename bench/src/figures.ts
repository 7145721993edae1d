/** Single figures beside the ratios of the questions. */

import type { Spread } from './statistics.ts'

/** One figure over several rounds, with its unit and, where there is one, its target. */
export interface Figure {
  readonly text: string
  readonly unit: string
  readonly values: Spread
  readonly rounds: number
  /** Rounds during which others used the cores, however often they were measured. */
  readonly disturbed: number
  readonly target?: Target | undefined
}

/** What the median is to be. */
export type Target = { readonly atLeast: number } | { readonly below: number }

/** Whether its target is reached; undefined without one, and where others used the cores during half of the rounds or more. */
export function isReached({ values, rounds, disturbed, target }: Figure): boolean | undefined {
  if (!target || disturbed * 2 >= rounds) return undefined
  return 'atLeast' in target ? values.median >= target.atLeast : values.median < target.below
}

/** The target in words. */
export function targetText(target: Target | undefined): string {
  if (!target) return ''
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `< ${target.below}`
}

/** The figure with its ends. A ratio has two decimals, so that a miss by little does not look like a hit. */
export function figureText({ unit, values, rounds, disturbed }: Figure): string {
  const number = unit === '×' ? (value: number): string => value.toFixed(2) : plainNumber
  const others = disturbed > 0 ? `, ${disturbed} of ${rounds} rounds disturbed` : ''
  return `${number(values.median)} [${number(values.lowest)} … ${number(values.highest)}] ${unit}${others}`
}

/** A figure as people write it: no decimals from 100 on, a dash where it is not known. */
export function plainNumber(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
