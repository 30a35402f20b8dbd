package analyzers

import "github.com/hotvet/hotvet/analyzers/internal/signals"

// Signals tells which signals a program waits for, and which of them end it. It
// reports no hazards and is not in the [Suite]: hotvet confirm asks for it.
var Signals = signals.Analyzer
