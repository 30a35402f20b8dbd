package confirm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

// Handover is what was seen of one restart besides the findings: whether code
// addresses, C calls and profiling survive it.
type Handover struct {
	Served   bool             // a new image came to serve
	Symbols  *Symbols         // nil when the two binaries could not be compared
	NoSymbol string           // why, empty when they could
	OldAgain bool             // the restart ran the old binary, not the one put in its place
	Stacks   *cgostate.Report // goroutines just before the restart, nil when not known

	Sampled   bool          // a CPU profile ran just before the restart
	Inherited bool          // its timer lives on in the new image
	Again     bool          // the new image began a profile of its own
	Gap       time.Duration // from the restart to that, at most this long

	Requests Load // sent from before the restart until the new image served
	Around   Surroundings
}

// Symbols compares the tables of two binaries, and what the new image says of the
// addresses of the old one.
type Symbols struct {
	Moves     symtab.Moves
	Agreement symtab.Agreement // of the new image with the table of its binary, on addresses of the old one
}

// checks says of a restart what became of code addresses, C calls, profiling and
// requests, and what the process kept. They are no verdicts on findings: a moved
// function harms only those who keep its address.
func (h *Handover) checks() []finding.Row {
	if !h.Served {
		return []finding.Row{h.cgo(), {Check: "process", Result: finding.Fail, Reason: "no new image came to serve in the place of the old one"}}
	}
	rows := []finding.Row{h.symbols(), h.cgo(), h.sampling(), requestsCheck(h.Requests)}
	return append(rows, h.Around.checks()...)
}

func (h *Handover) symbols() finding.Row {
	row := finding.Row{Check: "symbols", Result: finding.Unknown, Reason: h.NoSymbol}
	switch {
	case h.OldAgain:
		row.Result = finding.Fail
		row.Reason = "the restart ran the old binary again, not the one that was put in its place"
		return row
	case h.Symbols == nil:
		return row
	}
	m, a := h.Symbols.Moves, h.Symbols.Agreement
	if a.Problems > 0 {
		row.Result = finding.Fail
		e := a.Examples[0]
		row.Reason = fmt.Sprintf("the new image and its table disagree on %d of %d addresses: %#x is %s to the image and %s to the table",
			a.Problems, a.Asked, e.PC, orNothing(e.Answer.Name), orNothing(e.Table.Name))
		return row
	}
	row.Result = finding.Pass
	row.Reason = fmt.Sprintf("%d of %d functions moved, %.1f %% of the old code addresses name another function; the new image agrees with its table on %d addresses",
		m.Moved+m.Removed, m.Old, 100*m.Code.Wrong(), a.Asked)
	return row
}

func orNothing(name string) string {
	if name == "" {
		return "no function"
	}
	return name
}

func (h *Handover) cgo() finding.Row {
	row := finding.Row{Check: "cgo", Result: finding.Unknown, Reason: "the goroutines before the restart are not known"}
	if h.Stacks == nil {
		return row
	}
	calls := h.Stacks.Callbacks()
	if len(calls) == 0 {
		row.Result = finding.Pass
		row.Reason = fmt.Sprintf("no callback from C was in flight, %d of %d goroutines were inside C", h.Stacks.InC(), h.Stacks.Total)
		return row
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		list = append(list, fmt.Sprintf("%s (%d)", name, calls[name]))
	}
	row.Result = finding.Fail
	row.Reason = "callbacks from C were in flight when the restart was asked for: " + strings.Join(list, ", ")
	return row
}

func (h *Handover) sampling() finding.Row {
	row := finding.Row{Check: "profile", Result: finding.Unknown, Reason: "no CPU profile ran before the restart"}
	switch {
	case h.Sampled && h.Inherited:
		row.Result = finding.Fail
		row.Reason = "the profiling timer of the old image lives on in the new one, without a profile"
	case h.Sampled && h.Again:
		row.Result = finding.Pass
		row.Reason = fmt.Sprintf("sampling went on in the new image after at most %d ms", h.Gap.Milliseconds())
	case h.Sampled:
		row.Result = finding.Fail
		row.Reason = fmt.Sprintf("sampling ended with the old image: no CPU profile ran in the new one within %d ms", h.Gap.Milliseconds())
	}
	return row
}
