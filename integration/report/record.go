package report

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hotvet/hotvet/integration/finding"
)

// A record is a whole stream, or several one behind the other. What is said of a
// finding may stand anywhere in it.
type record struct {
	configs   []*finding.Config
	progress  []*finding.Progress
	findings  []*finding.Finding
	told      map[string]*told // by id of a finding
	ids       []string         // the keys of told, in the order of the stream
	decisions []*finding.Decision
	summaries []*finding.Summary
}

// told is what became known about a finding when the program ran.
type told struct {
	verdicts []*finding.Verdict
	evidence []*finding.Evidence
}

// Write implements [Writer].
func (r *record) Write(m *finding.Message) error {
	switch {
	case m.Config != nil:
		r.configs = append(r.configs, m.Config)
	case m.Progress != nil:
		r.progress = append(r.progress, m.Progress)
	case m.Finding != nil:
		r.findings = append(r.findings, m.Finding)
	case m.Evidence != nil:
		t := r.about(m.Evidence.Finding)
		t.evidence = append(t.evidence, m.Evidence)
	case m.Verdict != nil:
		t := r.about(m.Verdict.Finding)
		t.verdicts = append(t.verdicts, m.Verdict)
	case m.Decision != nil:
		r.decisions = append(r.decisions, m.Decision)
	case m.Summary != nil:
		r.summaries = append(r.summaries, m.Summary)
	}
	return nil
}

func (r *record) about(id string) *told {
	t, ok := r.told[id]
	if !ok {
		if r.told == nil {
			r.told = make(map[string]*told)
		}
		t = new(told)
		r.told[id] = t
		r.ids = append(r.ids, id)
	}
	return t
}

// An entry is a finding with what is known about it. Finding is nil when the
// stream judges a finding that it does not have.
type entry struct {
	id      string
	Finding *finding.Finding
	told
}

// entries returns the findings in their order, each once: a check and the
// confirm that judges it both tell it. Behind them stand those ids that no
// finding has.
func (r *record) entries() []*entry {
	type place struct {
		id, category, message string
		posn                  finding.Position
	}
	var list []*entry
	seen, known := make(map[place]*entry), make(map[string]bool)
	for _, f := range r.findings {
		key := place{f.ID, f.Category, f.Message, f.Posn}
		if seen[key] != nil {
			continue
		}
		e := &entry{id: f.ID, Finding: f}
		if t := r.told[f.ID]; t != nil {
			e.told = *t
		}
		seen[key], known[f.ID] = e, true
		list = append(list, e)
	}
	for _, id := range r.ids {
		if !known[id] {
			list = append(list, &entry{id: id, told: *r.told[id]})
		}
	}
	return list
}

// result returns the verdict of most weight, empty without any: what was seen
// once is not undone by a run that did not show it.
func (t *told) result() string {
	for _, result := range []string{finding.Confirmed, finding.Refuted, finding.Unreached} {
		if slices.ContainsFunc(t.verdicts, func(v *finding.Verdict) bool { return v.Result == result }) {
			return result
		}
	}
	return ""
}

// maxPlaces is how many places of one evidence are shown. A stack has more
// frames than anybody reads.
const maxPlaces = 20

// places returns the positions that the data of an evidence names: objects with
// a file and a line, as [finding.Position] writes them, at any depth.
func places(data json.RawMessage) []finding.Position {
	var root any
	if len(data) == 0 || json.Unmarshal(data, &root) != nil {
		return nil
	}
	var list []finding.Position
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			if p, ok := position(v); ok && len(list) < maxPlaces && !slices.Contains(list, p) {
				list = append(list, p)
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key])
			}
		}
	}
	walk(root)
	return list
}

func position(v map[string]any) (finding.Position, bool) {
	file, _ := v["file"].(string)
	line, _ := v["line"].(float64)
	column, _ := v["column"].(float64)
	const most = 1 << 30 // more is no line of a file, and would not fit an int everywhere
	if file == "" || line < 1 || line > most || column > most {
		return finding.Position{}, false
	}
	return finding.Position{File: file, Line: int(line), Column: max(int(column), 1)}, true
}
