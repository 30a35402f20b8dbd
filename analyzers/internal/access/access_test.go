package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// describe reports every access of the state named limits.
var describe = &analysis.Analyzer{
	Name:     "describe",
	Doc:      "describe accesses",
	Requires: []*analysis.Analyzer{lifecycle.Analyzer},
	Run: func(pass *analysis.Pass) (any, error) {
		for _, cell := range access.Collect(pass).Cells {
			if cell.Var.Name() != "limits" {
				continue
			}
			for _, a := range cell.Accesses {
				pass.Reportf(a.Node.Pos(), "%s", text(a))
			}
		}
		return nil, nil
	},
}

// text is an access in words: what it does, when, and under which locks.
func text(a *access.Access) string {
	words := []string{[]string{"read", "update", "inplace", "replace"}[a.Op]}
	if a.Setup {
		words = append(words, "setup")
	}
	if a.Once {
		words = append(words, "once")
	}
	return strings.Join(append(words, names("must", a.Locks), names("may", a.Usual)), " ")
}

func names(what string, locks access.Locks) string {
	var list []string
	for lock, exclusive := range locks {
		name := lock.Name()
		if !exclusive {
			name += "(shared)"
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return fmt.Sprintf("%s=%s", what, strings.Join(list, ","))
}

func Test(t *testing.T) { analysistest.Run(t, analysistest.TestData(), describe, "service") }

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "Name", true},
		{"Name", "Name", true},
		{"Name", "Limit", false},
		{"TLS", "TLS.Cert", true},
		{"TLS", "TLSConfig", false},
	} {
		if got := access.Overlap(test.a, test.b); got != test.want {
			t.Errorf("Overlap(%q, %q) = %v, want %v", test.a, test.b, got, test.want)
		}
		if access.Overlap(test.a, test.b) != access.Overlap(test.b, test.a) {
			t.Errorf("Overlap(%q, %q) is not symmetric", test.a, test.b)
		}
	}
}
