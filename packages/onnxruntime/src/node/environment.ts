// The one place of this package that reads environment variables.
import { traceLevelOf, type TraceLevel } from '../trace.js';

/** What `DIFSR_TRACE` says. */
export function traceLevel(): TraceLevel {
  return traceLevelOf(process.env['DIFSR_TRACE']);
}
