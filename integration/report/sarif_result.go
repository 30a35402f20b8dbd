package report

import (
	"honnef.co/go/tools/sarif"

	"github.com/hotvet/hotvet/integration/finding"
)

// Kinds and levels of a result that the library has no names for, see sections
// 3.27.9 and 3.27.10 of the standard.
const (
	kindPass  = "pass" // the rule was evaluated and no problem was found
	kindOpen  = "open" // what is known does not suffice to say
	levelNone = "none" // the only level of a result that is not a failure
)

func (s *sarifWriter) result(e *entry) sarifResult {
	f := e.Finding
	r := sarifResult{
		Result: sarif.Result{
			// The parts of a rule's id after the first name the kind, see
			// section 3.27.5 of the standard.
			RuleID:       f.Category,
			Message:      sarif.Message{Text: f.Message},
			Suppressions: []sarif.Suppression{},
		},
		RuleIndex:           s.ruleIndex(f.Analyzer),
		Locations:           []sarifLocation{location(f.Posn, &f.End)},
		PartialFingerprints: map[string]string{fingerprint: f.ID},
	}
	r.Kind, r.Level = judged(e)
	for _, rel := range f.Related {
		r.relate(rel.Posn, rel.Message)
	}
	for _, fix := range f.Fixes {
		r.Fixes = append(r.Fixes, sarifFix{sarif.Message{Text: fix.Message}, changes(fix.Edits)})
	}
	if f.Suppressed {
		r.Suppressions = append(r.Suppressions, sarif.Suppression{Kind: "external", Justification: "listed in the baseline"})
	}
	r.tell(e)
	return r
}

// judged returns what the verdicts make of a finding. A loss that was observed is
// an error, whatever the severity of its analyzer. A refuted finding passes. One
// that was not reached stays what the check said, though "open" would name it: a
// log must not look better because nothing was observed.
func judged(e *entry) (kind, lvl string) {
	switch e.result() {
	case finding.Confirmed:
		return sarif.Fail, sarif.Error
	case finding.Refuted:
		return kindPass, levelNone
	}
	return sarif.Fail, level(e.Finding.Severity)
}

// tell attaches verdicts and evidence: as properties, for programs, and each
// evidence as a related location, for viewers that show no properties. An
// evidence that names no place is related to that of the finding.
func (r *sarifResult) tell(e *entry) {
	for _, v := range e.verdicts {
		r.property("verdicts", sarifVerdict{v.Result, v.Reason})
	}
	for _, v := range e.evidence {
		r.property("evidence", sarifEvidence{v.Kind, v.Text, v.Data})
		at := places(v.Data)
		if len(at) == 0 {
			at = []finding.Position{e.Finding.Posn}
		}
		for _, posn := range at {
			r.relate(posn, v.Kind+": "+v.Text)
		}
	}
	if result := e.result(); result != "" {
		r.Properties["verdict"] = result
	}
}

func (r *sarifResult) relate(posn finding.Position, text string) {
	loc := location(posn, nil)
	loc.ID = len(r.RelatedLocations) + 1
	loc.Message = &sarif.Message{Text: text}
	r.RelatedLocations = append(r.RelatedLocations, loc)
}

// property appends to one of the lists among the properties.
func (r *sarifResult) property(key string, value any) {
	if r.Properties == nil {
		r.Properties = make(map[string]any)
	}
	list, _ := r.Properties[key].([]any)
	r.Properties[key] = append(list, value)
}

// decision writes the rows of a decision as results without a place: they are
// about binaries, not about lines.
func (s *sarifWriter) decision(d *finding.Decision) {
	add := func(id, result, text string) {
		r := sarifResult{RuleIndex: -1, Result: sarif.Result{RuleID: id, Message: sarif.Message{Text: text}, Suppressions: []sarif.Suppression{}}}
		switch result {
		case finding.Allow, finding.Pass:
			r.Kind, r.Level = kindPass, levelNone
		case finding.Deny, finding.Fail:
			r.Kind, r.Level = sarif.Fail, sarif.Error
		default:
			r.Kind, r.Level = kindOpen, levelNone
		}
		s.run.Results = append(s.run.Results, r)
	}
	add("decision", d.Result, "the update: "+d.Result)
	for _, row := range d.Rows {
		add("decision/"+row.Check, row.Result, row.Check+": "+row.Reason)
	}
}
