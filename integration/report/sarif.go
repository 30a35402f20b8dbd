package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"honnef.co/go/tools/sarif"

	"github.com/hotvet/hotvet/integration/finding"
)

// The types below add to those of honnef.co/go/tools/sarif what it leaves out.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Schema  string     `json:"$schema"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarif.Tool        `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		// Present without findings too: an absent list would say that the
		// analysis did not run.
		Results []sarifResult `json:"results"`
	}
	sarifInvocation struct {
		sarif.Invocation
		ToolExecutionNotifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string        `json:"level"`
		Message sarif.Message `json:"message"`
	}
	sarifResult struct {
		sarif.Result
		RuleIndex           int               `json:"ruleIndex"`
		Locations           []sarifLocation   `json:"locations"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		Fixes               []sarifFix        `json:"fixes,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Properties          map[string]any    `json:"properties,omitempty"`
	}
	// sarifFix replaces byte ranges: the region of the library has lines only.
	sarifFix struct {
		Description     sarif.Message         `json:"description"`
		ArtifactChanges []sarifArtifactChange `json:"artifactChanges"`
	}
	sarifArtifactChange struct {
		ArtifactLocation sarif.ArtifactLocation `json:"artifactLocation"`
		Replacements     []sarifReplacement     `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifByteRegion       `json:"deletedRegion"`
		InsertedContent sarif.ArtifactContent `json:"insertedContent"`
	}
	sarifByteRegion struct {
		ByteOffset int `json:"byteOffset"`
		ByteLength int `json:"byteLength"`
	}
	sarifLocation struct {
		ID               int                   `json:"id,omitempty"`
		Message          *sarif.Message        `json:"message,omitempty"`
		PhysicalLocation sarifPhysicalLocation `json:"physicalLocation"`
	}
	sarifPhysicalLocation struct {
		ArtifactLocation sarif.ArtifactLocation `json:"artifactLocation"`
		Region           sarif.Region           `json:"region"`
	}
)

// fingerprint is the key of a finding's id among the partial fingerprints. A
// change of how ids are made changes its number.
const fingerprint = "hotvet/v1"

// sarifWriter collects a stream and writes it as one SARIF 2.1.0 log.
type sarifWriter struct {
	w     io.Writer
	rules []Rule
	run   sarifRun
	index map[string]int // finding id: its result
}

// Write implements Writer.
func (s *sarifWriter) Write(m *finding.Message) error {
	switch {
	case m.Config != nil:
		s.config(m.Config)
	case m.Finding != nil:
		if s.index == nil {
			s.index = make(map[string]int)
		}
		s.index[m.Finding.ID] = len(s.run.Results)
		s.run.Results = append(s.run.Results, s.result(m.Finding))
	case m.Evidence != nil:
		s.property(m.Evidence.Finding, "evidence/"+m.Evidence.Kind, m.Evidence.Text)
	case m.Verdict != nil:
		s.property(m.Verdict.Finding, "verdict", m.Verdict.Result+": "+m.Verdict.Reason)
	case m.Summary != nil:
		inv := s.invocation()
		inv.ExecutionSuccessful = len(m.Summary.Errors) == 0
		for _, line := range m.Summary.Errors {
			inv.notify("error", line)
		}
		for _, id := range m.Summary.Stale {
			inv.notify("warning", "baseline entry "+id+" is stale")
		}
	}
	return nil
}

func (s *sarifWriter) config(c *finding.Config) {
	driver := &s.run.Tool.Driver
	driver.Name = "hotvet"
	driver.Version = c.Version
	driver.InformationURI = "https://github.com/hotvet/hotvet"
	for _, r := range s.rules {
		driver.Rules = append(driver.Rules, sarif.ReportingDescriptor{
			ID:                   r.Name,
			ShortDescription:     sarif.Message{Text: r.Summary},
			Help:                 sarif.Message{Text: help(r, "%s:\n\n%s"), Markdown: help(r, "%s:\n\n```go\n%s\n```")},
			HelpURI:              r.URL,
			DefaultConfiguration: sarif.ReportingConfiguration{Enabled: true, Level: level(r.Severity)},
		})
	}
	inv := s.invocation()
	inv.CommandLine = strings.Join(append([]string{"hotvet", c.Command}, c.Args...), " ")
	inv.Arguments = append([]string{c.Command}, c.Args...)
	inv.ExecutionSuccessful = true
}

func help(r Rule, code string) string {
	parts := []string{r.Text}
	if r.Wrong != "" {
		parts = append(parts, fmt.Sprintf(code, "Wrong", r.Wrong))
	}
	if r.Right != "" {
		parts = append(parts, fmt.Sprintf(code, "Right", r.Right))
	}
	return strings.Join(parts, "\n\n")
}

func (s *sarifWriter) invocation() *sarifInvocation {
	if len(s.run.Invocations) == 0 {
		s.run.Invocations = []sarifInvocation{{}}
	}
	return &s.run.Invocations[0]
}

func (inv *sarifInvocation) notify(level, text string) {
	inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, sarifNotification{level, sarif.Message{Text: text}})
}

// property attaches what became known about a finding later in the stream.
func (s *sarifWriter) property(id, key string, value any) {
	i, ok := s.index[id]
	if !ok {
		return
	}
	r := &s.run.Results[i]
	if r.Properties == nil {
		r.Properties = make(map[string]any)
	}
	r.Properties[key] = value
}

func (s *sarifWriter) result(f *finding.Finding) sarifResult {
	r := sarifResult{
		Result: sarif.Result{
			// The parts of a rule's id after the first name the kind, see
			// section 3.27.5 of the standard.
			RuleID:       f.Category,
			Kind:         sarif.Fail,
			Level:        level(f.Severity),
			Message:      sarif.Message{Text: f.Message},
			Suppressions: []sarif.Suppression{},
		},
		RuleIndex:           s.ruleIndex(f.Analyzer),
		Locations:           []sarifLocation{location(f.Posn, &f.End)},
		PartialFingerprints: map[string]string{fingerprint: f.ID},
	}
	for i, rel := range f.Related {
		loc := location(rel.Posn, nil)
		loc.ID = i + 1
		loc.Message = &sarif.Message{Text: rel.Message}
		r.RelatedLocations = append(r.RelatedLocations, loc)
	}
	for _, fix := range f.Fixes {
		r.Fixes = append(r.Fixes, sarifFix{sarif.Message{Text: fix.Message}, changes(fix.Edits)})
	}
	if f.Suppressed {
		r.Suppressions = append(r.Suppressions, sarif.Suppression{Kind: "external", Justification: "listed in the baseline"})
	}
	return r
}

// ruleIndex returns which rule documents an analyzer, -1 for none.
func (s *sarifWriter) ruleIndex(analyzer string) int {
	for i, r := range s.rules {
		if r.Name == analyzer {
			return i
		}
	}
	return -1
}

func location(p finding.Position, end *finding.Position) sarifLocation {
	region := sarif.Region{StartLine: p.Line, StartColumn: max(p.Column, 1)}
	if end != nil && end.File == p.File && (end.Line > p.Line || end.Line == p.Line && end.Column > p.Column) {
		region.EndLine, region.EndColumn = end.Line, end.Column
	}
	return sarifLocation{PhysicalLocation: sarifPhysicalLocation{artifact(p.File), region}}
}

// artifact returns the location of a file: a reference relative to the root of
// the source tree, which the reader knows, or an absolute file URI.
func artifact(file string) sarif.ArtifactLocation {
	if path.IsAbs(file) {
		return sarif.ArtifactLocation{URI: (&url.URL{Scheme: "file", Path: file}).String()}
	}
	return sarif.ArtifactLocation{URI: (&url.URL{Path: file}).EscapedPath(), URIBaseID: "%SRCROOT%"}
}

// changes groups edits by file.
func changes(edits []finding.Edit) []sarifArtifactChange {
	var list []sarifArtifactChange
	at := make(map[string]int)
	for _, e := range edits {
		i, ok := at[e.File]
		if !ok {
			i = len(list)
			at[e.File] = i
			list = append(list, sarifArtifactChange{ArtifactLocation: artifact(e.File)})
		}
		list[i].Replacements = append(list[i].Replacements, sarifReplacement{
			DeletedRegion:   sarifByteRegion{e.Start, e.End - e.Start},
			InsertedContent: sarif.ArtifactContent{Text: e.New},
		})
	}
	return list
}

func level(severity string) string {
	switch severity {
	case "error":
		return sarif.Error
	case "info", "hint":
		return sarif.Note
	}
	return sarif.Warning
}

// Close implements Writer.
func (s *sarifWriter) Close() error {
	s.run.Tool.Driver.Name = cmp.Or(s.run.Tool.Driver.Name, "hotvet")
	s.invocation()
	if s.run.Results == nil {
		s.run.Results = []sarifResult{}
	}
	enc := json.NewEncoder(s.w)
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{Version: sarif.Version, Schema: sarif.Schema, Runs: []sarifRun{s.run}})
}
