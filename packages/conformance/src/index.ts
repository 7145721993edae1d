/** The conformance suite as a library: the command's entry, and what a test needs to run cases itself. */
export { run, type Io } from './main.ts'
export { clientCases } from './cases/client/catalogue.ts'
export { serverCases } from './cases/server/catalogue.ts'
export { requirements, type Requirement } from './requirements.ts'
export { ExitCode, type Result, type Verdict } from './run/verdict.ts'
