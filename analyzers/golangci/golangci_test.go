package golangci

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers"
)

// built returns the names of the analyzers that settings leave.
func built(t *testing.T, settings any) ([]string, error) {
	t.Helper()
	create, err := register.GetPlugin("hotvet")
	if err != nil {
		t.Fatal(err)
	}
	p, err := create(settings)
	if err != nil {
		return nil, err
	}
	list, err := p.BuildAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	if err := analysis.Validate(list); err != nil {
		t.Error(err)
	}
	if mode := p.GetLoadMode(); mode != register.LoadModeTypesInfo {
		t.Errorf("load mode %q", mode)
	}
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	return names, nil
}

func TestSettings(t *testing.T) {
	var all, errors []string
	for _, r := range analyzers.Suite() {
		all = append(all, r.Analyzer.Name)
		if slices.Contains(levels["error"], r.Severity) {
			errors = append(errors, r.Analyzer.Name)
		}
	}
	for _, test := range []struct {
		settings any // as golangci-lint decodes them from YAML
		want     []string
	}{
		{nil, all},
		{map[string]any{}, all},
		{map[string]any{"severity": "hint"}, all},
		{map[string]any{"severity": "error"}, errors},
		{map[string]any{"enable": []any{all[1]}}, all[1:2]},
		{map[string]any{"disable": []any{all[0]}}, all[1:]},
		{map[string]any{"enable": []any{all[0], all[1]}, "disable": []any{all[0]}}, all[1:2]},
	} {
		if got, err := built(t, test.settings); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, %v; want %v", test.settings, got, err, test.want)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	for want, settings := range map[string]any{
		`unknown field "enabled"`:             map[string]any{"enabled": []any{"profilestop"}},
		`no analyzer is named "profilestp"`:   map[string]any{"disable": []any{"profilestp"}},
		`severity "high" is not`:              map[string]any{"severity": "high"},
		"leave no analyzer to run":            map[string]any{"enable": []any{"hotvetignore"}, "severity": "error"},
		"cannot unmarshal string into Go str": map[string]any{"enable": "profilestop"},
	} {
		got, err := built(t, settings)
		if err == nil {
			t.Errorf("%v: no error, but %v", settings, got)
		} else if !strings.HasPrefix(err.Error(), "hotvet: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q, want it to have %q", settings, err, want)
		}
	}
}

// TestSuiteStaysAsIs holds that the analyzers of the suite are copied: another
// driver in the same program gets them with categories and related ends.
func TestSuiteStaysAsIs(t *testing.T) {
	create, err := register.GetPlugin("hotvet")
	if err != nil {
		t.Fatal(err)
	}
	p, err := create(nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.BuildAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range analyzers.All() {
		if slices.Contains(list, a) {
			t.Errorf("%s itself is in the plugin", a.Name)
		}
	}
}

// TestTold runs an analyzer that says everything that can be said.
func TestTold(t *testing.T) {
	fset := token.NewFileSet()
	parse := func(name, text string) *ast.File {
		f, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	here, there := parse("/m/a/a.go", "package a\n\nvar x = 1\n"), parse("/m/b/b.go", "package b\n")
	edit := func(f *ast.File) analysis.TextEdit { return analysis.TextEdit{Pos: f.Pos(), End: f.Pos()} }
	fix := func(name string, edits ...analysis.TextEdit) analysis.SuggestedFix {
		return analysis.SuggestedFix{Message: name, TextEdits: edits}
	}
	for _, test := range []struct {
		name  string
		fixes []analysis.SuggestedFix
		want  []string
	}{
		{"no fix", nil, nil},
		{"alternatives", []analysis.SuggestedFix{fix("first", edit(here)), fix("second", edit(here))}, []string{"first"}},
		{"two files", []analysis.SuggestedFix{fix("both", edit(here), edit(there))}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			noisy := &analysis.Analyzer{Name: "noisy", Doc: "says everything", Run: func(pass *analysis.Pass) (any, error) {
				pass.Report(analysis.Diagnostic{
					Pos: here.Decls[0].Pos(), Category: "noisy/kind", Message: "it breaks", SuggestedFixes: test.fixes,
					Related: []analysis.RelatedInformation{{Pos: here.Pos(), Message: "begun here"}, {Pos: there.Pos(), Message: "ended here"}},
				})
				return "result", nil
			}}
			var got []analysis.Diagnostic
			pass := &analysis.Pass{Fset: fset, Report: func(d analysis.Diagnostic) { got = append(got, d) }}
			if result, err := told(noisy).Run(pass); result != "result" || err != nil {
				t.Errorf("result %v, %v", result, err)
			}
			if len(got) != 1 {
				t.Fatalf("%d diagnostics", len(got))
			}
			if want := "it breaks (kind; a.go:1:1: begun here; ../b/b.go:1:1: ended here)"; got[0].Message != want {
				t.Errorf("message %q, want %q", got[0].Message, want)
			}
			if len(got[0].Related) > 0 {
				t.Error("related ends become issues of their own")
			}
			var fixes []string
			for _, f := range got[0].SuggestedFixes {
				fixes = append(fixes, f.Message)
			}
			if !slices.Equal(fixes, test.want) {
				t.Errorf("fixes %q, want %q", fixes, test.want)
			}
		})
	}
}
