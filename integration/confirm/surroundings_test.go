package confirm

import (
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

func TestSurroundings(t *testing.T) {
	clean := Surroundings{Known: true, Before: 9, After: 9}
	for _, test := range []struct {
		name   string
		change func(*Surroundings)
		check  string
		result string
		says   string
	}{
		{"not seen", func(s *Surroundings) { s.Known = false }, "process", finding.Unknown, "had ended"},
		{"clean", func(s *Surroundings) {}, "descriptors", finding.Pass, "9 open before, 9 after"},
		{"leak", func(s *Surroundings) { s.After, s.Twice = 10, []string{"socket:[4711] 2 times"} }, "descriptors", finding.Fail, "socket:[4711] 2 times"},
		{"ignored", func(s *Surroundings) { s.Ignored = []string{"SIGHUP"} }, "signals", finding.Fail, "SIGHUP"},
		{"zombie", func(s *Surroundings) { s.Zombies = []string{"helper (12)"} }, "children", finding.Fail, "helper (12)"},
		{"blocking", func(s *Surroundings) { s.Blocking = []string{"socket:[4711]"} }, "blocking", finding.Fail, "block"},
		{"library", func(s *Surroundings) { s.Deleted = []string{"/usr/lib/libx.so"} }, "libraries", finding.Fail, "libx.so"},
		{"socket", func(s *Surroundings) { s.Nameless = []string{"/run/app.sock"} }, "sockets", finding.Fail, "/run/app.sock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := clean
			test.change(&s)
			found := false
			for _, row := range s.checks() {
				if row.Check == test.check {
					found = row.Result == test.result && strings.Contains(row.Reason, test.says)
				} else if row.Result == finding.Fail {
					t.Errorf("%s fails too: %s", row.Check, row.Reason)
				}
			}
			if !found {
				t.Errorf("want %s %s and %q in %+v", test.check, test.result, test.says, s.checks())
			}
		})
	}
}

func TestRequestsCheck(t *testing.T) {
	for _, test := range []struct {
		load   Load
		result string
	}{{Load{}, finding.Unknown}, {Load{10, 10}, finding.Pass}, {Load{10, 9}, finding.Fail}} {
		if row := requestsCheck(test.load); row.Result != test.result {
			t.Errorf("%v: got %+v, want %s", test.load, row, test.result)
		}
	}
}
