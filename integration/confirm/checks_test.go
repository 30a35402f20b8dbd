package confirm

import (
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/symtab"
)

func TestChecks(t *testing.T) {
	right := symtab.Agreement{Asked: 10, Same: 10}
	wrong := symtab.Agreement{Asked: 10, Problems: 3, Examples: []symtab.Disagreement{{PC: 0x401000, Table: symtab.Func{Name: "main.f"}}}}
	inside := &cgostate.Report{Total: 3, Goroutines: []cgostate.Goroutine{{InC: true, Callbacks: []string{"onEvent"}}}}
	for _, test := range []struct {
		name   string
		h      Handover
		row    int
		result string
		says   string
	}{
		{"no tables", Handover{NoSymbol: "it is no ELF file"}, 0, finding.Unknown, "it is no ELF file"},
		{"new image", Handover{Symbols: &Symbols{symtab.Moves{Old: 100, Moved: 5, Removed: 1}, right}}, 0, finding.Pass, "6 of 100 functions moved"},
		{"old image again", Handover{OldAgain: true}, 0, finding.Fail, "ran the old binary again"},
		{"another table", Handover{Symbols: &Symbols{Agreement: wrong}}, 0, finding.Fail, "0x401000 is no function to the image and main.f to the table"},
		{"no stacks", Handover{}, 1, finding.Unknown, "not known"},
		{"nothing in C", Handover{Stacks: &cgostate.Report{Total: 4}}, 1, finding.Pass, "0 of 4 goroutines"},
		{"callbacks", Handover{Stacks: inside}, 1, finding.Fail, "onEvent (1)"},
		{"no profile", Handover{}, 2, finding.Unknown, "no CPU profile ran"},
		{"goes on", Handover{Sampled: true, Again: true, Gap: 40 * time.Millisecond}, 2, finding.Pass, "40 ms"},
		{"timer lives on", Handover{Sampled: true, Inherited: true, Gap: time.Second}, 2, finding.Fail, "lives on"},
		{"breaks off", Handover{Sampled: true, Gap: time.Second}, 2, finding.Fail, "within 1000 ms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.h.Served = true
			row := test.h.checks()[test.row]
			if row.Result != test.result || !strings.Contains(row.Reason, test.says) {
				t.Errorf("got %+v, want %s and %q", row, test.result, test.says)
			}
		})
	}
}

// TestChecksWithoutNewImage tells nothing of an image that there was not.
func TestChecksWithoutNewImage(t *testing.T) {
	h := Handover{Sampled: true}
	rows := h.checks()
	for _, row := range rows {
		if row.Reason == "" || row.Check == "profile" || row.Check == "symbols" {
			t.Errorf("a new image is judged: %+v", row)
		}
	}
	if last := rows[len(rows)-1]; last.Result != finding.Fail || !strings.Contains(last.Reason, "no new image") {
		t.Errorf("got %+v", last)
	}
}

// TestSaysNothing tells the runs that are made again from those that are judged.
func TestSaysNothing(t *testing.T) {
	images := []*Image{{End: Exited}}
	for name, test := range map[string]struct {
		o    Observation
		want bool
	}{
		"the timer":            {Observation{Signal: "SIGPROF"}, true},
		"no word":              {Observation{Signal: "SIGSEGV", Images: images}, true},
		"a word":               {Observation{Signal: "SIGSEGV", Images: images, Output: "fatal error: unexpected signal during runtime execution\n"}, false},
		"a signal sent before": {Observation{Signal: "SIGSEGV", Images: images, Sent: "SIGUSR1"}, false},
		"hotvet ended it":      {Observation{Signal: "SIGSEGV", Images: []*Image{{End: Killed}}}, false},
		"no image":             {Observation{Signal: "SIGSEGV"}, false},
		"another signal":       {Observation{Signal: "SIGABRT", Images: images}, false},
	} {
		if got := test.o.saysNothing(); (got != "") != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
