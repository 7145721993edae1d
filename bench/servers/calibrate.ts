/** Prints how many rounds a greeter that burns CPU has to make for a millisecond, on the runtime that runs this. */

import { calibrate } from './greeters.ts'

console.log(calibrate())
