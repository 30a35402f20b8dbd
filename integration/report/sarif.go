package report

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"honnef.co/go/tools/sarif"

	"github.com/hotvet/hotvet/integration/finding"
)

// fingerprint is the key of a finding's id among the partial fingerprints. A
// change of how ids are made changes its number.
const fingerprint = "hotvet/v1"

// sarifWriter collects a stream and writes it as one SARIF 2.1.0 log.
type sarifWriter struct {
	record
	w     io.Writer
	rules []Rule
	run   sarifRun
}

// Close implements [Writer].
func (s *sarifWriter) Close() error {
	driver := &s.run.Tool.Driver
	driver.Name = "hotvet"
	s.run.Invocations = []sarifInvocation{}
	for _, c := range s.configs {
		s.config(c)
	}
	if len(s.configs) == 0 {
		s.run.Invocations = append(s.run.Invocations, sarifInvocation{})
	}
	for _, sum := range s.summaries {
		s.summary(sum)
	}
	s.run.Results = []sarifResult{}
	for _, e := range s.entries() {
		if e.Finding != nil {
			s.run.Results = append(s.run.Results, s.result(e))
			continue
		}
		for _, v := range e.verdicts {
			s.last().notify("warning", fmt.Sprintf("finding %s, which the stream does not have, is %s: %s", e.id, v.Result, v.Reason))
		}
	}
	for _, d := range s.decisions {
		s.decision(d)
	}
	enc := json.NewEncoder(s.w)
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{Version: sarif.Version, Schema: sarif.Schema, Runs: []sarifRun{s.run}})
}

// summary says how the commands ended. In a stream of several commands it does
// not tell which: an error counts against them all.
func (s *sarifWriter) summary(sum *finding.Summary) {
	for i := range s.run.Invocations {
		inv := &s.run.Invocations[i]
		inv.ExecutionSuccessful = inv.ExecutionSuccessful && len(sum.Errors) == 0
	}
	for _, line := range sum.Errors {
		s.last().notify("error", line)
	}
	for _, id := range sum.Stale {
		s.last().notify("warning", "baseline entry "+id+" is stale")
	}
}

func (s *sarifWriter) last() *sarifInvocation {
	return &s.run.Invocations[len(s.run.Invocations)-1]
}

// config describes one command. The rules are those of this hotvet, and stand
// once.
func (s *sarifWriter) config(c *finding.Config) {
	driver := &s.run.Tool.Driver
	driver.Version = c.Version
	driver.InformationURI = "https://github.com/hotvet/hotvet"
	if len(s.run.Invocations) == 0 {
		for _, r := range s.rules {
			driver.Rules = append(driver.Rules, descriptor(r))
		}
	}
	var inv sarifInvocation
	inv.CommandLine = strings.Join(append([]string{"hotvet", c.Command}, c.Args...), " ")
	inv.Arguments = append([]string{c.Command}, c.Args...)
	// A stream without a summary was cut off.
	inv.ExecutionSuccessful = len(s.summaries) >= len(s.configs)
	s.run.Invocations = append(s.run.Invocations, inv)
}

func descriptor(r Rule) sarif.ReportingDescriptor {
	return sarif.ReportingDescriptor{
		ID:                   r.Name,
		ShortDescription:     sarif.Message{Text: r.Summary},
		Help:                 sarif.Message{Text: help(r, "%s:\n\n%s"), Markdown: help(r, "%s:\n\n```go\n%s\n```")},
		HelpURI:              r.URL,
		DefaultConfiguration: sarif.ReportingConfiguration{Enabled: true, Level: level(r.Severity)},
	}
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

func (inv *sarifInvocation) notify(level, text string) {
	inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, sarifNotification{level, sarif.Message{Text: text}})
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
	region := sarif.Region{StartLine: max(p.Line, 1), StartColumn: max(p.Column, 1)}
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
	return sarif.ArtifactLocation{URI: (&url.URL{Path: file}).String(), URIBaseID: "%SRCROOT%"}
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
