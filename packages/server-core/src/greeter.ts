/** What users bring: a greeter, and the three forms in which one can reach a thread. */

/** Turns a name into a greeting. It may be async. What it throws costs that one request (GREETER_FAILED) and nothing else. */
export type Greet = (name: string) => string | Promise<string>

/** An object or class instance with a `greet` method. */
export interface GreeterObject {
  greet(name: string): string | Promise<string>
}

/** A `URL`, as far as it matters here. */
export interface ModuleUrl {
  readonly href: string
}

/** A function or object in a module, by address. */
export interface GreeterModule {
  /** The module's URL: `new URL('./formal.ts', import.meta.url)`. */
  readonly module: ModuleUrl | string
  /** The name of the export. Default: `default`. */
  readonly export?: string
}

/**
 * A greeter as an option: a module with an export (a function, or an object or class with `greet`), the URL of a module whose
 * default export is one, or a function given inline, whose source is sent to each thread and must not use anything outside itself.
 */
export type GreeterOption = GreeterModule | ModuleUrl | Greet
