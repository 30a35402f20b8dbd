package healthz

import "runtime/trace"

// traceOpen reports whether an execution trace is being taken. Nothing tells one
// from the next.
func traceOpen() (open bool, id int64, err error) { return trace.IsEnabled(), 0, nil }
