/** Requirements that no case can judge from outside, each with its reason. The gate fails on a MUST that is in neither place. */

export const untestable: Readonly<Record<string, string>> = {
  'R-12-7': 'whether a byte reached the server before its timer fired cannot be told from outside',
  'R-12-13': 'a spread of ±10 % shows only over many connections and minutes',
  'R-14-13': 'whether a connection waited in the listen queue or came too late cannot be told from outside',
  'R-15.1-4': 'there is only one version so far, so no frame can mean something else in another',
  'R-16-6': 'the TLS library under the suite cannot send or offer early data',
  'R-17-6': 'the suite is told the address; what a server does without being told is for its own tests',
  'R-A.2-4': 'the conformance greeter cannot be made to give such a greeting through a name that is legal',
  'R-A.3-7': 'whether the two ports share one limit of connections is up to the server',
}
