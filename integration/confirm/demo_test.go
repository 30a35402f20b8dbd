//go:build linux

package confirm

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// options returns those of a run of pkg in dir whose folder lies in a new
// temporary one, which must be empty in the end.
func options(t *testing.T, dir, pkg string) Options {
	t.Helper()
	target, err := build.FindTarget(t.Context(), dir, nil, nil, pkg)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "c") // t.TempDir's names are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		os.RemoveAll(temp)
	})
	scenario := new(Scenario)
	scenario.Defaults("", "USR2")
	scenario.Count = 5
	scenario.Limits.Ready, scenario.Limits.Step = Duration(20*time.Second), Duration(20*time.Second)
	return Options{
		Target:   target,
		Dir:      dir,
		Env:      os.Environ(),
		Temp:     temp,
		Scenario: scenario,
		Progress: func(what string, e *finding.Event) { t.Log(what, e) },
	}
}

// at returns a finding at the place of text in a file below dir.
func at(t *testing.T, dir, file, text, category string) *finding.Finding {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(data), text)
	if !found {
		t.Fatalf("%s does not contain %q", file, text)
	}
	name, _, _ := strings.Cut(category, "/")
	return &finding.Finding{
		ID:       "id-" + category,
		Analyzer: name,
		Category: category,
		Posn: finding.Position{
			File:   file,
			Line:   strings.Count(before, "\n") + 1,
			Column: len(before) - strings.LastIndex(before, "\n"),
		},
	}
}

func describe(r *Result) string {
	var b strings.Builder
	for _, v := range r.Verdicts {
		fmt.Fprintf(&b, "%s %s: %s\n", v.Finding, v.Result, v.Reason)
		for _, e := range r.Evidence {
			if e.Finding == v.Finding {
				fmt.Fprintf(&b, "\t%s: %s\n", e.Kind, e.Text)
			}
		}
	}
	return b.String()
}

// TestDemo runs the demo and its mended twin as users do.
func TestDemo(t *testing.T) {
	for _, test := range []struct {
		pkg, result string
		evidence    *regexp.Regexp // of all, in order
	}{
		{"testdata/demo", finding.Confirmed, regexp.MustCompile(
			`(?s)cpu-1\.pprof has 0 bytes after the restart.*(SIGPROF killed|ITIMER_PROF is armed in the new image)`)},
		{"testdata/demo/fixed", finding.Refuted, regexp.MustCompile(
			`(?s)cpu-1\.pprof has \d+ bytes after the restart and is a whole CPU profile.*ITIMER_PROF is not armed`)},
	} {
		t.Run(test.pkg, func(t *testing.T) {
			dir := root(t)
			findings := []*finding.Finding{
				at(t, dir, test.pkg+"/main.go", "pprof.StartCPUProfile(", "profilestop/exec"),
				at(t, dir, test.pkg+"/config.go", "active", "other/kind"),
			}
			r, err := Run(t.Context(), options(t, dir, "./"+test.pkg), findings)
			if err != nil {
				t.Fatal(err)
			}
			text := describe(r)
			if got := r.Verdicts[0].Result; got != test.result || !test.evidence.MatchString(text) {
				t.Errorf("got %s, want %s and evidence like %v:\n%s", got, test.result, test.evidence, text)
			}
			if got := r.Verdicts[1].Result; got != finding.Unreached {
				t.Errorf("a kind without an experiment is %s, want unreached:\n%s", got, text)
			}
		})
	}
}
