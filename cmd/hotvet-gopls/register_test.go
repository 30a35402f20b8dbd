package main

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/gopls/internal/protocol"
	"golang.org/x/tools/gopls/internal/settings"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/analyzers"
)

// TestVersion holds that the command tells both versions, that of gopls as go.mod
// has it.
func TestVersion(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", goplsModule).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(out))
	text, err := server(t, "hotvet", "", "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(` ` + regexp.QuoteMeta(want) + `\+hotvet\.[0-9A-Za-z.-]+\n$`).Match(text) {
		t.Errorf("version prints %q, want gopls %s and the version of hotvet", text, want)
	}
	var v struct{ Version string }
	if text, err = server(t, "hotvet", "", "version", "-json").Output(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil || !strings.HasPrefix(v.Version, want+"+hotvet.") {
		t.Errorf("version -json has version %q (%v), want that of gopls %s and of hotvet", v.Version, err, want)
	}
}

func TestMetadata(t *testing.T) {
	for in, want := range map[string]string{
		"v0.1.0": "v0.1.0", "(devel)": "devel",
		"v0.0.0-20261101120000-0123456789ab+dirty": "v0.0.0-20261101120000-0123456789ab.dirty",
	} {
		if got := metadata(in); got != want {
			t.Errorf("metadata(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSeverity(t *testing.T) {
	for in, want := range map[lint.Severity]protocol.DiagnosticSeverity{
		lint.SeverityError: protocol.SeverityError, lint.SeverityWarning: protocol.SeverityWarning,
		lint.SeverityInfo: protocol.SeverityInformation, lint.SeverityHint: protocol.SeverityHint,
		lint.SeverityNone: protocol.SeverityWarning,
	} {
		if got := severity(in); got != want {
			t.Errorf("severity(%v) = %v, want %v", in, got, want)
		}
	}
}

// TestEntry holds that an entry has what was put in, and that a table of another
// shape is an error.
func TestEntry(t *testing.T) {
	a := &analysis.Analyzer{Name: "some"}
	entry, err := newEntry(member{a, protocol.SeverityHint})
	if err != nil {
		t.Fatal(err)
	}
	if entry.Analyzer() != a || entry.Severity() != protocol.SeverityHint {
		t.Errorf("entry has analyzer %v and severity %v", entry.Analyzer(), entry.Severity())
	}
	var other struct{ analyzer string }
	for _, field := range []string{"analyzer", "severity"} {
		if err := setField(&other, field, a); err == nil || !strings.Contains(err.Error(), "no field "+field) {
			t.Errorf("field %s of another type or none: error %v", field, err)
		}
	}
}

// TestRegister holds that the analyzers of gopls stay as they are, and that those
// of the suite come behind them with their severities.
func TestRegister(t *testing.T) {
	stock := slices.Clone(settings.AllAnalyzers)
	t.Cleanup(func() { settings.AllAnalyzers = stock })
	runs := make(map[*analysis.Analyzer]uintptr)
	for _, a := range stock {
		runs[a.Analyzer()] = reflect.ValueOf(a.Analyzer().Run).Pointer()
	}
	clash := []member{{analyzer: &analysis.Analyzer{Name: stock[0].Analyzer().Name}}}
	if err := register(clash); err == nil || !strings.Contains(err.Error(), "one setting would switch both") {
		t.Errorf("an analyzer with the name of another: error %v", err)
	}
	list := suite(analyzers.Suite())
	if err := register(list); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(settings.AllAnalyzers[:len(stock)], stock) || len(settings.AllAnalyzers) != len(stock)+len(list) {
		t.Fatalf("%d analyzers of gopls and %d of the suite make %d", len(stock), len(list), len(settings.AllAnalyzers))
	}
	for a, run := range runs {
		if reflect.ValueOf(a.Run).Pointer() != run {
			t.Errorf("analyzer %s of gopls was changed", a.Name)
		}
	}
	for i, a := range settings.AllAnalyzers[len(stock):] {
		if a.Analyzer() != list[i].analyzer || a.Severity() != list[i].severity || !a.Enabled(settings.DefaultOptions()) {
			t.Errorf("%s has severity %v, on by default: %v", a.Analyzer().Name, a.Severity(), a.Enabled(settings.DefaultOptions()))
		}
	}
}
