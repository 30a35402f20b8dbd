package report_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

	"github.com/hotvet/hotvet/integration/finding"
)

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
	for name, list := range map[string][]*finding.Message{"full": stream(), "empty": empty, "nothing": nil, "hostile": hostile()} {
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
	if n := len(log.Runs[0].Results); n != 6 { // two findings, a decision and its three rows
		t.Errorf("%d results, want 6", n)
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

// TestSARIFVerdicts holds what a verdict makes of a result: a refuted finding is no
// failure, one that nothing was observed of stays what it was.
func TestSARIFVerdicts(t *testing.T) {
	for name, want := range map[string]struct {
		verdicts    []string
		kind, level string
	}{
		"none":      {nil, "fail", "note"},
		"confirmed": {[]string{finding.Confirmed}, "fail", "error"},
		"refuted":   {[]string{finding.Refuted}, "pass", "none"},
		"unreached": {[]string{finding.Unreached}, "fail", "note"},
		"both":      {[]string{finding.Confirmed, finding.Refuted}, "fail", "error"},
	} {
		list := []*finding.Message{{Finding: &finding.Finding{ID: "a", Analyzer: "x", Category: "x/y", Severity: "hint", Posn: finding.Position{File: "a.go", Line: 1}}}}
		for _, result := range want.verdicts {
			list = append(list, &finding.Message{Verdict: &finding.Verdict{Finding: "a", Result: result}})
		}
		log, err := sarif.FromBytes(render(t, "sarif", list))
		if err != nil {
			t.Fatal(err)
		}
		if r := log.Runs[0].Results[0]; r.Kind != want.kind || r.Level != want.level {
			t.Errorf("%s: kind %s, level %s, want %s, %s", name, r.Kind, r.Level, want.kind, want.level)
		}
	}
}
