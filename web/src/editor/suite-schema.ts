import schema from '../../../docs/suite.schema.json'
import type { Schema } from './schema'

/** The schema of suites, as it is generated and published. It is large: only what is loaded lazily may import this. */
export const SUITE_SCHEMA = schema as unknown as Schema
