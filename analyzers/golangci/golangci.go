package golangci

import (
	"fmt"
	"slices"
	"strings"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/analyzers"
)

// Name is what golangci-lint calls the linter: in linters.enable, in //nolint and
// behind each finding.
const Name = "hotvet"

// Plugins are found by what their init registers: golangci-lint has no other way.
func init() { register.Plugin(Name, New) }

// Settings are linters.settings.custom.hotvet.settings of a .golangci.yml.
type Settings struct {
	Enable   []string `json:"enable"`   // names of analyzers; empty: all
	Disable  []string `json:"disable"`  // names of analyzers
	Severity string   `json:"severity"` // the least severity; empty: all
}

type plugin struct{ rows []analyzers.Row }

// New makes the plugin from settings as golangci-lint decoded them from YAML. A
// key or a name that does not exist is an error, as are settings that leave
// nothing to run: a linter that is silent by mistake looks like code without
// findings.
func New(settings any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, fmt.Errorf("hotvet: %w", err)
	}
	rows, err := s.choose(analyzers.Suite())
	if err != nil {
		return nil, fmt.Errorf("hotvet: %w", err)
	}
	return &plugin{rows}, nil
}

// levels are the severities that can be set, and what they let through.
var levels = map[string][]lint.Severity{
	"":        {lint.SeverityError, lint.SeverityDeprecated, lint.SeverityWarning, lint.SeverityInfo, lint.SeverityHint},
	"error":   {lint.SeverityError},
	"warning": {lint.SeverityError, lint.SeverityDeprecated, lint.SeverityWarning},
	"info":    {lint.SeverityError, lint.SeverityDeprecated, lint.SeverityWarning, lint.SeverityInfo},
	"hint":    {lint.SeverityError, lint.SeverityDeprecated, lint.SeverityWarning, lint.SeverityInfo, lint.SeverityHint},
}

// choose returns the rows that the settings leave.
func (s Settings) choose(rows []analyzers.Row) ([]analyzers.Row, error) {
	for _, name := range slices.Concat(s.Enable, s.Disable) {
		if !slices.ContainsFunc(rows, func(r analyzers.Row) bool { return r.Analyzer.Name == name }) {
			return nil, fmt.Errorf("no analyzer is named %q; there are %s", name, names(rows))
		}
	}
	level, ok := levels[s.Severity]
	if !ok {
		return nil, fmt.Errorf("severity %q is not error, warning, info or hint", s.Severity)
	}
	left := slices.DeleteFunc(slices.Clone(rows), func(r analyzers.Row) bool {
		name := r.Analyzer.Name
		return len(s.Enable) > 0 && !slices.Contains(s.Enable, name) ||
			slices.Contains(s.Disable, name) || !slices.Contains(level, r.Severity)
	})
	if len(left) == 0 {
		return nil, fmt.Errorf("the settings enable, disable and severity leave no analyzer to run; disable the linter %s instead", Name)
	}
	return left, nil
}

func names(rows []analyzers.Row) string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Analyzer.Name
	}
	return strings.Join(list, ", ")
}

// BuildAnalyzers returns the analyzers, which say all in their messages.
func (p *plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	list := make([]*analysis.Analyzer, len(p.rows))
	for i, r := range p.rows {
		list[i] = told(r.Analyzer)
	}
	return list, nil
}

// GetLoadMode asks for types, which every analyzer needs.
func (p *plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
