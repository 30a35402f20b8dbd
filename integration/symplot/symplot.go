// Package symplot reports what package symtab finds, as text, as JSON and as a page
// with plots: whether the symbol tables of one binary agree and which of them were
// removed, or what a code address of OLD is called in NEW.
package symplot

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

// Protocol is the version of the JSON form. It changes when a reader of the older
// form would misunderstand the newer one.
const Protocol = "1"

// Options name what a report is about.
type Options struct {
	Old      string  // file, "" to look at New alone
	New      string  // file
	Record   *Record // addresses of Old, or nil
	MaxWrong float64 // share, 0 to 1, of addresses that may name another function; negative for any
}

// A Report is one JSON object, under the key "symtab". A row says pass, fail or
// unknown as in a decision of the gate; nothing is decided here.
type Report struct {
	Protocol  string        `json:"protocol"`
	Version   string        `json:"version"` // of hotvet
	Old       *Binary       `json:"old,omitempty"`
	New       *Binary       `json:"new"`
	Rows      []finding.Row `json:"rows"`
	Moves     *Moves        `json:"moves,omitempty"`
	Packages  []Package     `json:"packages,omitempty"` // most wrong bytes first
	Addresses *Addresses    `json:"addresses,omitempty"`

	old, new *symtab.Table
}

// Failed reports whether a row fails: tables that disagree, or more wrong addresses
// than are allowed.
func (r *Report) Failed() bool {
	for _, row := range r.Rows {
		if row.Result == finding.Fail {
			return true
		}
	}
	return false
}

// Unjudged reports whether a row that the limit is for says unknown: the record is
// not, or not only, of OLD.
func (r *Report) Unjudged() bool {
	return r.Addresses != nil && r.Addresses.Foreign > 0
}

// Make reads the binaries. The error says which file cannot be read and why, that
// the two are for different machines, or that the record is not of OLD.
func Make(o Options) (*Report, error) {
	r := &Report{Protocol: Protocol}
	if err := r.open(o); err != nil {
		return nil, err
	}
	if r.old != nil {
		if err := r.compare(o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// open reads the files at once, and judges each by itself.
func (r *Report) open(o Options) error {
	var oldErr, newErr error
	var both sync.WaitGroup
	if o.Old != "" {
		both.Go(func() {
			if r.old, oldErr = symtab.Open(o.Old); oldErr == nil {
				r.Old = describe(r.old)
			}
		})
	}
	both.Go(func() {
		if r.new, newErr = symtab.Open(o.New); newErr == nil {
			r.New = describe(r.new)
		}
	})
	both.Wait()
	if oldErr != nil {
		return oldErr
	}
	if newErr != nil {
		return newErr
	}
	if r.Old != nil {
		r.Rows = append(r.Rows, r.Old.rows("old")...)
	}
	r.Rows = append(r.Rows, r.New.rows("new")...)
	return nil
}

// compare follows OLD's functions and addresses in NEW.
func (r *Report) compare(o Options) error {
	m, err := symtab.Compare(r.old, r.new)
	if err != nil {
		return err
	}
	r.Packages = packages(r.old, r.new)
	r.Moves = moves(m, r.Packages)
	r.Moves.Examples = examples(m.Examples, r.new)
	reason := fmt.Sprintf("%d of %s moved, %d went, %d are new; %s of OLD's code addresses name another function in NEW or none",
		m.Moved, plural(m.Old, "function"), m.Removed, m.Added, percent(r.Moves.Code.Wrong))
	r.row("symbols/moves", reason, r.Moves.Code.Wrong, o.MaxWrong)
	if o.Record == nil {
		return nil
	}
	if r.Addresses, err = follow(o.Record, r.old, r.new); err != nil {
		return err
	}
	a := r.Addresses
	reason = fmt.Sprintf("%d of %s in %s (%s) name another function in NEW or none, %s",
		a.Other+a.Nowhere, plural(a.Found, "address"), a.Source, a.Kind, percent(a.Wrong()))
	if n := a.Unknown - a.Foreign; n > 0 {
		reason += fmt.Sprintf("; %d more are not of OLD's Go code", n)
	}
	if a.Foreign > 0 {
		reason += fmt.Sprintf("; %d more contradict OLD, so that the record or a part of it is of another build", a.Foreign)
	}
	r.row("addresses", reason, a.Wrong(), o.MaxWrong)
	if last := &r.Rows[len(r.Rows)-1]; a.Foreign > 0 && last.Result == finding.Pass {
		last.Result = finding.Unknown
	}
	return nil
}

// row judges a share of wrong addresses. Without a limit only none is good.
func (r *Report) row(check, reason string, wrong, most float64) {
	result := finding.Pass
	switch {
	case most < 0 && wrong > 0:
		result = finding.Unknown
		reason += "; no limit (-max-wrong) says whether that is too many"
	case most >= 0:
		if reason += ", the limit is " + percent(most); wrong > most {
			result = finding.Fail
		}
	}
	r.Rows = append(r.Rows, finding.Row{Check: check, Result: result, Reason: reason})
}

func plural(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// percent keeps a small share apart from none.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.0005:
		return fmt.Sprintf("%.4f %%", 100*share)
	case share < 1 && share > 0.9995:
		return fmt.Sprintf("%.3f %%", 100*share)
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
