package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

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
	sum := &finding.Summary{Stale: []string{"00000000000000ff"}, Errors: []string{"a.go:1:1: undefined: x"}, Verdicts: map[string]int{"confirmed": 1}}
	sum.Add(full)
	sum.Add(known)
	return []*finding.Message{
		{Config: &finding.Config{Protocol: finding.Protocol, Version: "v0.1.0", Go: "go1.26.8", GOOS: "linux", GOARCH: "amd64", Command: "check", Args: []string{"-tests", "./..."}}},
		{Progress: &finding.Progress{Message: "building"}},
		{Finding: full},
		{Finding: known},
		{Evidence: &finding.Evidence{Finding: full.ID, Kind: "profile-size", Text: "the profile has 0 bytes"}},
		{Verdict: &finding.Verdict{Finding: full.ID, Result: finding.Confirmed, Reason: "nothing was written"}},
		{Decision: &finding.Decision{Result: "deny", Rows: []finding.Row{{Check: "layout", Result: "unknown", Reason: "no DWARF"}}}},
		{Summary: sum},
	}
}

func render(t *testing.T, format string, list []*finding.Message) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := report.New(format, &buf, rules)
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

func TestGolden(t *testing.T) {
	for _, format := range report.Formats() {
		t.Run(format, func(t *testing.T) {
			got := render(t, format, stream())
			path := filepath.Join("..", "..", "testdata", "golden", "report", "stream."+format)
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
	if _, err := report.New("html", nil, rules); err == nil {
		t.Error("no error for an unknown format")
	}
}

// TestSARIFSchema validates logs against the schema of the standard. That
// schema is not exported by the library that carries it, so it is read out of
// the library's source.
func TestSARIFSchema(t *testing.T) {
	schema := gojsonschema.NewStringLoader(sarifSchema(t))
	check := func(log []byte) []gojsonschema.ResultError {
		t.Helper()
		res, err := gojsonschema.Validate(schema, gojsonschema.NewBytesLoader(log))
		if err != nil {
			t.Fatal(err)
		}
		return res.Errors()
	}
	empty := []*finding.Message{stream()[0], {Summary: new(finding.Summary)}}
	for name, list := range map[string][]*finding.Message{"full": stream(), "empty": empty, "nothing": nil} {
		for _, e := range check(render(t, "sarif", list)) {
			t.Errorf("%s: %s", name, e)
		}
	}
	if len(check([]byte(`{"version": "2.1.0", "runs": [{}]}`))) == 0 {
		t.Error("the schema accepts a run without a tool: it does not check anything")
	}
	// The library reads the log as well.
	log, err := sarif.FromBytes(render(t, "sarif", stream()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(log.Runs[0].Results); n != 2 {
		t.Errorf("%d results, want 2", n)
	}
}

func sarifSchema(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(out)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == "schema" {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil || !json.Valid([]byte(text)) {
					t.Fatalf("schema is not JSON: %v", err)
				}
				return text
			}
		}
	}
	t.Fatal("no schema in the library")
	return ""
}
