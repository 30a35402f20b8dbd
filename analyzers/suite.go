// Package analyzers is the table of hotvet's analyzers: what a driver needs to
// know about each beyond the analysis itself.
package analyzers

import (
	"fmt"

	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/analyzers/cgoexport"
	"github.com/hotvet/hotvet/analyzers/configswap"
	"github.com/hotvet/hotvet/analyzers/hotvetignore"
	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/profilestop"
	"github.com/hotvet/hotvet/analyzers/structcast"
)

// Confirm says how far a finding of an analyzer can be proved.
type Confirm string

// The levels of proof.
const (
	Proved     Confirm = "proved"      // hotvet confirm shows the loss on the user's program
	Reproduced Confirm = "reproduced"  // the loss was shown on the program of the corpus
	StaticOnly Confirm = "static-only" // read off the source
)

// Row is one analyzer of the suite.
type Row struct {
	Analyzer *analysis.Analyzer
	Severity lint.Severity
	Since    string // version of hotvet that brought it
	Confirm  Confirm
}

// Suite returns the analyzers in the order in which they are documented. The
// slice is the caller's.
func Suite() []Row {
	return []Row{
		{profilestop.Analyzer, lint.SeverityError, "v0.1.0", Proved},
		{configswap.Analyzer, lint.SeverityError, "v0.1.0", Proved},
		{structcast.Analyzer, lint.SeverityWarning, "v0.1.0", Proved},
		{cgoexport.Analyzer, lint.SeverityWarning, "v0.1.0", Proved},
		{hotvetignore.Analyzer, lint.SeverityInfo, "v0.1.0", StaticOnly},
	}
}

// All returns the analyzers alone, for drivers that want nothing else.
func All() []*analysis.Analyzer {
	rows := Suite()
	list := make([]*analysis.Analyzer, len(rows))
	for i, r := range rows {
		list[i] = r.Analyzer
	}
	return list
}

// Find returns the row of the named analyzer.
func Find(name string) (Row, bool) {
	for _, r := range Suite() {
		if r.Analyzer.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// Doc returns the parts of the analyzer's documentation.
func (r Row) Doc() (*docs.Doc, error) {
	d, err := docs.Parse(r.Analyzer.Doc)
	if err != nil {
		return nil, fmt.Errorf("documentation of %s: %w", r.Analyzer.Name, err)
	}
	return d, nil
}

// Lint returns the documentation in the form that staticcheck's tools read.
func (r Row) Lint() (*lint.RawDocumentation, error) {
	d, err := r.Doc()
	if err != nil {
		return nil, err
	}
	return d.Lint(r.Since, r.Severity), nil
}
