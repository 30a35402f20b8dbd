package main

import (
	"fmt"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/gopls/internal/protocol"
	"golang.org/x/tools/gopls/internal/settings"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/analyzers"
)

// A member is an analyzer as the editor is to show it.
type member struct {
	analyzer *analysis.Analyzer
	severity protocol.DiagnosticSeverity
}

// suite returns the analyzers of hotvet with their severities.
func suite(rows []analyzers.Row) []member {
	var list []member
	for _, row := range rows {
		list = append(list, member{row.Analyzer, severity(row.Severity)})
	}
	return list
}

func severity(s lint.Severity) protocol.DiagnosticSeverity {
	switch s {
	case lint.SeverityError:
		return protocol.SeverityError
	case lint.SeverityInfo, lint.SeverityDeprecated:
		return protocol.SeverityInformation
	case lint.SeverityHint:
		return protocol.SeverityHint
	}
	return protocol.SeverityWarning
}

// register adds analyzers to those of gopls. It must come before the first
// session, which reads the list. None may have the name of an analyzer of gopls: the
// setting of that name would be for both.
func register(list []member) error {
	stock := make(map[*analysis.Analyzer]bool)
	names := make(map[string]bool)
	for _, a := range settings.AllAnalyzers {
		names[a.Analyzer().Name] = true
		reach(a.Analyzer(), stock)
	}
	for _, m := range list {
		if names[m.analyzer.Name] {
			return fmt.Errorf("gopls has an analyzer %s too: one setting would switch both", m.analyzer.Name)
		}
		entry, err := newEntry(m)
		if err != nil {
			return err
		}
		settings.AllAnalyzers = append(settings.AllAnalyzers, entry)
	}
	own := make(map[*analysis.Analyzer]bool)
	for _, m := range list {
		reach(m.analyzer, own)
	}
	for a := range own {
		if !stock[a] {
			guard(a)
		}
	}
	return nil
}

// reach adds a and all analyzers that it requires to set.
func reach(a *analysis.Analyzer, set map[*analysis.Analyzer]bool) {
	if set[a] {
		return
	}
	set[a] = true
	for _, req := range a.Requires {
		reach(req, set)
	}
}

// newEntry makes an entry of gopls' table. The fields of the type are private and
// it has no constructor (golang.org/x/tools/gopls/internal/settings/analysis.go),
// so that they are set by name.
func newEntry(m member) (*settings.Analyzer, error) {
	entry := new(settings.Analyzer)
	err := setField(entry, "analyzer", m.analyzer)
	if err == nil {
		err = setField(entry, "severity", m.severity)
	}
	return entry, err
}

// setField sets a field of the struct that entry points to. One that is gone, or
// has another type, is an error: go.mod requires one version of gopls.
func setField(entry any, name string, value any) error {
	field := reflect.ValueOf(entry).Elem().FieldByName(name)
	if !field.IsValid() || field.Type() != reflect.TypeOf(value) {
		return fmt.Errorf("this version of gopls has no field %s of type %T for analyzers", name, value)
	}
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(value))
	return nil
}
