package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// baselineVersion is the version of the file's form.
const baselineVersion = 1

// A baseline lists findings that are known. Only the id counts; the other
// fields let people review a change of the file.
type baseline struct {
	Version  int             `json:"version"`
	Findings []baselineEntry `json:"findings"`
}

type baselineEntry struct {
	ID       string `json:"id"`
	Category string `json:"category"`
	Package  string `json:"package"`
	File     string `json:"file"`
	Message  string `json:"message"`
}

// readBaseline reads the file of -baseline. It need not exist when it is to be
// written.
func (opt *checkOptions) readBaseline() (*baseline, error) {
	b := new(baseline)
	if opt.baseline == "" || opt.writeBaseline {
		return b, nil
	}
	data, err := os.ReadFile(opt.baseline)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ExitError{ExitFailed, fmt.Errorf("baseline: %w", err), "write it with -write-baseline"}
	}
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(b); err != nil {
		return nil, fmt.Errorf("baseline: %s: %w", opt.baseline, err)
	}
	if b.Version != baselineVersion {
		return nil, fmt.Errorf("baseline: %s: version %d, this hotvet reads %d", opt.baseline, b.Version, baselineVersion)
	}
	return b, nil
}

// writeBaseline writes the findings, in an order that does not change while
// code moves.
func writeBaseline(name string, list []*finding.Finding) (*baseline, error) {
	b := &baseline{Version: baselineVersion, Findings: []baselineEntry{}}
	for _, f := range list {
		b.Findings = append(b.Findings, baselineEntry{f.ID, f.Category, f.Package, f.Posn.File, f.Message})
	}
	slices.SortFunc(b.Findings, func(x, y baselineEntry) int {
		return cmp.Or(strings.Compare(x.Package, y.Package), strings.Compare(x.File, y.File),
			strings.Compare(x.Category, y.Category), strings.Compare(x.Message, y.Message), strings.Compare(x.ID, y.ID))
	})
	data, err := json.MarshalIndent(b, "", "\t")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(name, append(data, '\n'), 0o666); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	return b, nil
}

// suppress marks the findings that the baseline knows and returns the ids of
// entries that were not found though their place was analyzed, or is gone.
func (inv *invocation) suppress(opt *checkOptions, b *baseline, c *checked) (stale []string) {
	found := make(map[string]bool)
	known := make(map[string]bool)
	for _, e := range b.Findings {
		known[e.ID] = true
	}
	for _, f := range c.findings {
		found[f.ID] = true
		f.Suppressed = known[f.ID]
	}
	for _, e := range b.Findings {
		analyzer, _, _ := strings.Cut(e.Category, "/")
		switch {
		case found[e.ID], !opt.selected(analyzer), !opt.tests && strings.HasSuffix(e.File, "_test.go"):
			continue
		case !c.packages[e.Package] && exists(opt.path(e.File)):
			continue // not among the packages of this run
		}
		stale = append(stale, e.ID)
		inv.say("baseline entry %s is stale: %s in %s is not found any more", e.ID, e.Category, e.File)
	}
	return stale
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
