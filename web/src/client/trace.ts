/** A span and its trace, by the ids under which tracing systems know them. */
export interface TraceContext {
  /** 32 hexadecimal digits */
  traceId: string
  /** 16 hexadecimal digits */
  spanId: string
}

/** An id of zeros alone stands for none, and version `ff` is no version. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0+-)([\da-f]{32})-(?!0+-)([\da-f]{16})-[\da-f]{2}$/

/**
 * The trace context that a `traceparent` names (https://www.w3.org/TR/trace-context/), as steps and failures have it;
 * `undefined` if it is malformed. The ids are safe to be shown: they have nothing but digits and letters.
 */
export function traceOf(traceparent: string | undefined): TraceContext | undefined {
  // Whoever sent it may not have kept to the type.
  const [, traceId, spanId] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || []
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId }
}
