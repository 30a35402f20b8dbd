package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func rules() ([]report.Rule, error) {
	return []report.Rule{
		{Name: "configswap", Summary: "report unsafe reloads", Text: "Text.", Wrong: "c = next", Right: "p.Store(next)", URL: "https://example.test/configswap", Severity: "warning"},
		{Name: "profilestop", Summary: "report lost profiles", Text: "Text.", URL: "https://example.test/profilestop", Severity: "error"},
	}, nil
}

// stream is a check whose findings have all that a format can show.
func stream() []*finding.Message {
	full := &finding.Finding{
		ID: "0123456789abcdef", Analyzer: "profilestop", Category: "profilestop/exec", Severity: "error",
		Message: "cpu profile is lost <&>", Package: "example.test/a", URL: "https://example.test/profilestop",
		Posn:    finding.Position{File: "dir with space/main.go", Line: 3, Column: 2},
		End:     finding.Position{File: "dir with space/main.go", Line: 3, Column: 9},
		Related: []finding.Related{{Posn: finding.Position{File: "/elsewhere/b.go", Line: 7, Column: 1}, Message: "the process is replaced here"}},
		Fixes: []finding.Fix{{Message: "Stop before Exec", Edits: []finding.Edit{
			{File: "dir with space/main.go", Start: 10, End: 10, New: "stop()\n"},
			{File: "dir with space/main.go", Start: 20, End: 24, New: ""},
			{File: "other.go", Start: 0, End: 1, New: "x"},
		}}},
	}
	known := &finding.Finding{
		ID: "fedcba9876543210", Analyzer: "configswap", Category: "configswap/map", Severity: "hint", Message: "map is written in place", Package: "example.test/a",
		Posn: finding.Position{File: "a.go", Line: 1, Column: 1}, End: finding.Position{File: "a.go", Line: 1, Column: 1},
		Related: []finding.Related{}, Fixes: []finding.Fix{}, Suppressed: true,
	}
	sum := &finding.Summary{Stale: []string{"00000000000000ff"}, Errors: []string{"a.go:1:1: undefined: x"}, Verdicts: map[string]int{"confirmed": 1},
		Costs: []finding.Cost{{Trial: "plain", Runs: 1, Build: 3.25, Run: 2.125, CPU: 0.5, Peak: 23<<20 + 1}, {Trial: "race", Runs: 2, Build: 9, Run: 12.75, CPU: 7}}}
	sum.Add(full)
	sum.Add(known)
	return []*finding.Message{
		{Config: &finding.Config{Protocol: finding.Protocol, Version: "v0.1.0", Go: "go1.26.8", GOOS: "linux", GOARCH: "amd64", Command: "check", Args: []string{"-tests", "./..."}}},
		{Progress: &finding.Progress{Message: "building"}},
		event(0, 0, finding.EventStarted, ""),
		event(80, 0, finding.EventListening, "tcp:127.0.0.1:8080"),
		event(500, 0, finding.EventReload, "SIGHUP"),
		event(900, 0, finding.EventRestart, "SIGUSR2"),
		event(1000, 0, finding.EventEnded, "replaced by exec"),
		event(1000, 1, finding.EventStarted, ""),
		event(1001, 1, finding.EventLost, "out.pprof has 0 bytes"),
		event(1250, 1, finding.EventListening, "tcp:127.0.0.1:8080"),
		event(2000, 1, finding.EventEnded, "SIGTERM"),
		{Finding: full},
		{Finding: known},
		{Evidence: &finding.Evidence{Finding: full.ID, Kind: "profile-size", Text: "the profile has 0 bytes", Data: json.RawMessage(`{"bytes":0,"stack":[{"func":"main.main","file":"dir with space/main.go","line":5}]}`)}},
		{Evidence: &finding.Evidence{Finding: full.ID, Kind: "itimer", Text: "the timer runs"}},
		{Verdict: &finding.Verdict{Finding: full.ID, Result: finding.Confirmed, Reason: "nothing was written"}},
		{Decision: &finding.Decision{Result: "deny", Rows: []finding.Row{
			{Check: "layout", Result: finding.Unknown, Reason: "no DWARF"},
			{Check: "build/os", Result: finding.Fail, Reason: "linux became darwin"},
			{Check: "health", Result: finding.Pass, Reason: "score 99"},
		}}},
		{Summary: sum},
	}
}

func event(at float64, image int, what, text string) *finding.Message {
	e := &finding.Event{Run: "plain", At: at, PID: 4711, Image: image, What: what, Text: text}
	return &finding.Message{Progress: &finding.Progress{Message: what, Event: e}}
}

func render(t *testing.T, format string, list []*finding.Message) []byte {
	t.Helper()
	return renderIn(t, t.TempDir(), format, list)
}

func renderIn(t *testing.T, folder, format string, list []*finding.Message) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := report.NewIn(folder, format, &buf, rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestGolden compares each format with a file; of html the structure and the
// texts, because its style may change.
func TestGolden(t *testing.T) {
	for _, format := range report.Formats() {
		t.Run(format, func(t *testing.T) {
			got := render(t, format, stream())
			name := "stream." + format
			if format == "html" {
				name, got = "stream.outline", []byte(outline(t, got))
			}
			path := filepath.Join("..", "..", "testdata", "golden", "report", name)
			if *update {
				if err := os.WriteFile(path, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; go test ./integration/report -update rewrites it. Got:\n%s", path, got)
			}
		})
	}
}

// TestJSONIsTheStream holds that the json format can be rendered again.
func TestJSONIsTheStream(t *testing.T) {
	list, err := finding.ReadAll(bytes.NewReader(render(t, "json", stream())))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := render(t, "sarif", list), render(t, "sarif", stream()); !bytes.Equal(got, want) {
		t.Errorf("a saved stream renders as\n%s\nnot as\n%s", got, want)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := report.New("yaml", nil, rules); err == nil {
		t.Error("no error for an unknown format")
	}
}
