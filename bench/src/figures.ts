/** Single figures beside the ratios of the questions. */

import type { Spread } from './statistics.ts'

/** One figure over several rounds, with its unit and, where one is asked for, its limit. */
export interface Figure {
  readonly text: string
  readonly unit: string
  readonly values: Spread
  readonly asked?: Asked | undefined
}

/** What the median is to be. */
export type Asked = { readonly atLeast: number } | { readonly below: number }

/** Whether it is what was asked for; undefined if nothing was. */
export function isReached({ values, asked }: Figure): boolean | undefined {
  if (!asked) return undefined
  return 'atLeast' in asked ? values.median >= asked.atLeast : values.median < asked.below
}

/** What was asked for, in words. */
export function askedText(asked: Asked | undefined): string {
  if (!asked) return ''
  return 'atLeast' in asked ? `≥ ${asked.atLeast}` : `< ${asked.below}`
}

/** The figure with its ends. A ratio has two decimals, so that a miss by little does not look like a hit. */
export function figureText({ unit, values }: Figure): string {
  const number = unit === '×' ? (value: number): string => value.toFixed(2) : plainNumber
  return `${number(values.median)} [${number(values.lowest)} … ${number(values.highest)}] ${unit}`
}

/** A figure as people write it: no decimals from 100 on, a dash where it is not known. */
export function plainNumber(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
