package gate

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPolicy(t *testing.T) {
	p, err := ParsePolicy([]byte(`version: 1
require: [pid]
layout: {types: [main.state]}
live: {max_in_c: 2}
profile: {max_gap: 90s}
allow_unknown:
  - check: build/source
    reason: "no stamps yet"
    expires: "2026-12-31"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults(t)
	want.Require = []string{"pid"}
	want.Layout.Types = []string{"main.state"}
	want.Live.MaxInC = 2
	want.Profile.MaxGap = Duration(90 * time.Second)
	want.AllowUnknown = []Allowance{{"build/source", "no stamps yet", Day{time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
	d := defaults(t)
	if d.Health.MinScore != 85 || d.Symbols.MaxWrong != 1 || d.Profile.MaxGap != Duration(time.Minute) || len(d.AllowUnknown)+len(d.Require) > 0 {
		t.Errorf("unexpected defaults %+v", d)
	}
}

func TestPolicyErrors(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {"", "empty"},
		"comment":        {"# nothing", "empty"},
		"list":           {"- a", "policy:"},
		"version":        {"version: 2", "version is 2"},
		"unknown key":    {"version: 1\nheath: {min_score: 90}", "heath"},
		"unknown deep":   {"version: 1\nhealth: {min: 90}", "min"},
		"twice":          {"version: 1\nversion: 1", "version"},
		"two documents":  {"version: 1\n---\nversion: 1\n", "more than one document"},
		"require":        {"version: 1\nrequire: [health, helth]", `"helth"`},
		"may change":     {"version: 1\nbuild: {may_change: [goos]}", `"goos"`},
		"go version":     {"version: 1\nbuild: {go_version: minor}", `"minor"`},
		"lower score":    {"version: 1\nhealth: {min_score: 84.9}", "not lower it"},
		"NaN score":      {"version: 1\nhealth: {min_score: .nan}", "min_score"},
		"NaN share":      {"version: 1\nsymbols: {max_wrong: .nan}", "max_wrong"},
		"share":          {"version: 1\nprofile: {max_shift: 50}", "max_shift"},
		"negative share": {"version: 1\nprofile: {min_stacks: -0.1}", "min_stacks"},
		"high score":     {"version: 1\nhealth: {min_score: 101}", "min_score"},
		"negative lock":  {"version: 1\nlive: {max_locked: -1}", "negative"},
		"negative files": {"version: 1\nlive: {max_deleted_files: -1}", "negative"},
		"negative count": {"version: 1\nprofile: {min_samples: -1}", "negative"},
		"no gap":         {"version: 1\nprofile: {max_gap: 0s}", "0s"},
		"negative":       {"version: 1\nlive: {max_in_c: -1}", "negative"},
		"gap":            {"version: 1\nprofile: {max_gap: -1s}", "-1s"},
		"gap unit":       {"version: 1\nprofile: {max_gap: 60}", "60"},
		"no type":        {`{version: 1, layout: {types: [""]}}`, "without a name"},
		"no check":       {"version: 1\nallow_unknown: [{reason: r, expires: 2027-01-01}]", "without a check"},
		"no reason":      {"version: 1\nallow_unknown: [{check: build/go, reason: ' ', expires: 2027-01-01}]", "no reason"},
		"no expiry":      {"version: 1\nallow_unknown: [{check: build/go, reason: r}]", "does not expire"},
		"no date":        {"version: 1\nallow_unknown: [{check: build/go, reason: r, expires: never}]", "not a date"},
		"mistyped check": {"version: 1\nallow_unknown: [{check: build/sauce, reason: r, expires: 2027-01-01}]", `no check is called "build/sauce"`},
		"no such input":  {"version: 1\nallow_unknown: [{check: required/load, reason: r, expires: 2027-01-01}]", `no check is called "required/load"`},
		"no type behind": {"version: 1\nallow_unknown: [{check: layout/, reason: r, expires: 2027-01-01}]", "no check is called"},
		"check twice":    {"version: 1\nallow_unknown: [{check: build/go, reason: r, expires: 2027-01-01}, {check: build/go, reason: r, expires: 2028-01-01}]", "twice"},
		"long":           {"version: 1\n#" + strings.Repeat("x", MaxPolicy), "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := ParsePolicy([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("policy %+v, error %v, want %q", p, err, test.want)
			}
		})
	}
}

// FuzzPolicy holds that whatever is accepted keeps the promises of the format.
func FuzzPolicy(f *testing.F) {
	f.Add(defaultPolicy)
	f.Add([]byte("version: 1\nallow_unknown: [{check: build/go, reason: r, expires: 2027-01-01}]"))
	f.Add([]byte("version: 1\nrequire: &a [pid]\nlayout: {types: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if !(p.Health.MinScore >= 85) {
			t.Errorf("min_score %v", p.Health.MinScore)
		}
		for _, a := range p.AllowUnknown {
			if a.Reason == "" || a.Expires.IsZero() {
				t.Errorf("allowance %+v", a)
			}
		}
	})
}
