// Package drivers runs the suite over one module through the programs that
// people use: go vet, hotvet in process, gopls, golangci-lint, nogo. It only
// starts programs and reads what they say, so that a difference between two of
// them is one that users have.
package drivers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Driver is one program, or a way to call one, that runs the suite.
type Driver interface {
	// Name is short, in lower case, and heads a column of the table.
	Name() string

	// Available builds or finds the programs that the driver needs. An error of
	// type [*Missing] says that this machine cannot run the driver, any other
	// that the driver is broken. It is called first, and once.
	Available(ctx context.Context) error

	// Findings analyzes all packages of the module in the folder dir and returns
	// what the suite says, in any order and without repetitions. What the
	// first call leaves in a cache is used by the second; before the first call
	// there is nothing about the module. An analyzer that fails, a package that
	// is not analyzed and output that is not understood are errors.
	Findings(ctx context.Context, dir string) ([]Finding, error)

	// Fix applies the first fix of each finding to the files of the module in
	// dir, in the way of the driver's own users, and leaves files formatted as
	// gofmt does. A fix that the driver does not offer is not an error.
	Fix(ctx context.Context, dir string) error
}

// Missing is the error of a driver that needs what this machine does not have.
type Missing struct {
	What string // the thing: "the module golang.org/x/tools/gopls"
	How  string // what to do about it
}

func (m *Missing) Error() string { return m.What + " is missing: " + m.How }

// An End is a place that belongs to a finding, as a line of a file.
type End struct {
	File    string // relative to the module's folder when inside it, with slashes
	Line    int    // counts from 1
	Message string
}

func (e End) String() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// Compare orders ends by place.
func (e End) Compare(o End) int {
	return cmp.Or(strings.Compare(e.File, o.File), cmp.Compare(e.Line, o.Line), strings.Compare(e.Message, o.Message))
}

// A Finding is one diagnostic as a driver shows it.
type Finding struct {
	End
	Category string // analyzer/kind
	Related  []End  // in the order of [End.Compare]; nil when the driver shows none
}

// Analyzer returns the first part of the category.
func (f Finding) Analyzer() string {
	name, _, _ := strings.Cut(f.Category, "/")
	return name
}

// Compare orders findings by place, then category.
func (f Finding) Compare(o Finding) int {
	return cmp.Or(f.End.Compare(o.End), strings.Compare(f.Category, o.Category), slices.CompareFunc(f.Related, o.Related, End.Compare))
}

// Tidy sorts findings and their related ends, and drops repetitions: drivers
// that analyze test variants say everything twice.
func Tidy(list []Finding) []Finding {
	for _, f := range list {
		slices.SortFunc(f.Related, End.Compare)
	}
	slices.SortFunc(list, Finding.Compare)
	return slices.CompactFunc(list, func(a, b Finding) bool { return a.Compare(b) == 0 })
}
