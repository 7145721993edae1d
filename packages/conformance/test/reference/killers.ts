/** Cases that fail against a mutant, each with the requirements that the mutant breaks and that the case judges. */
export type Killers = Readonly<Record<string, readonly string[]>>
