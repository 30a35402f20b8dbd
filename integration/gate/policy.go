package gate

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// defaultPolicy is also the documentation of its keys.
//
//go:embed policy.yaml
var defaultPolicy []byte

// DefaultPolicy returns the text of the policy that holds when none is given.
func DefaultPolicy() []byte { return slices.Clone(defaultPolicy) }

// A Policy says what an update may change. The file policy.yaml documents the keys.
type Policy struct {
	Version int      `yaml:"version"`
	Require []string `yaml:"require"`
	Build   struct {
		GoVersion string   `yaml:"go_version"`
		MayChange []string `yaml:"may_change"`
		Modified  bool     `yaml:"modified"`
	} `yaml:"build"`
	Symbols struct {
		MaxWrong float64 `yaml:"max_wrong"`
	} `yaml:"symbols"`
	Layout struct {
		Types []string `yaml:"types"`
	} `yaml:"layout"`
	Live struct {
		MaxInC          int `yaml:"max_in_c"`
		MaxLocked       int `yaml:"max_locked"`
		MaxDeletedFiles int `yaml:"max_deleted_files"`
	} `yaml:"live"`
	Profile struct {
		MaxGap     Duration `yaml:"max_gap"`
		MinSamples int      `yaml:"min_samples"`
		MinStacks  float64  `yaml:"min_stacks"`
		MaxShift   float64  `yaml:"max_shift"`
	} `yaml:"profile"`
	Health struct {
		MinScore float64  `yaml:"min_score"`
		MaxAge   Duration `yaml:"max_age"`
	} `yaml:"health"`
	AllowUnknown []Allowance `yaml:"allow_unknown"`
}

// An Allowance lets one check be unknown for some time.
type Allowance struct {
	Check   string `yaml:"check"`
	Reason  string `yaml:"reason"`
	Expires Day    `yaml:"expires"`
}

// Duration is a time.Duration written as 1m30s.
type Duration time.Duration

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (d *Duration) UnmarshalYAML(data []byte) error {
	v, err := time.ParseDuration(unquote(data))
	if err != nil {
		return err
	}
	if v <= 0 {
		return fmt.Errorf("%v is not a time to allow", v)
	}
	*d = Duration(v)
	return nil
}

// Day is a date written as 2026-12-31. It ends at midnight UTC.
type Day struct{ time.Time }

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (d *Day) UnmarshalYAML(data []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, unquote(data)); err != nil {
		return fmt.Errorf("%s is not a date as 2026-12-31", unquote(data))
	}
	return nil
}

// String returns the date.
func (d Day) String() string { return d.Format(time.DateOnly) }

func unquote(data []byte) string {
	return strings.Trim(strings.TrimSpace(string(data)), `"'`)
}

// MaxPolicy is the largest policy that is read, in bytes.
const MaxPolicy = 256 << 10

// ParsePolicy reads a policy. Keys that the text does not have keep the values of
// the default policy; unknown keys are refused, because a mistyped one would allow
// what its author wanted to deny.
func ParsePolicy(text []byte) (p *Policy, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("policy: cannot be parsed: %v", v)
		}
	}()
	if len(text) > MaxPolicy {
		return nil, fmt.Errorf("policy: longer than %d bytes", MaxPolicy)
	}
	p = new(Policy)
	if err := decode(defaultPolicy, p); err != nil {
		return nil, err
	}
	// An empty list in the text must replace that of the default.
	if err := decode(text, p); err != nil {
		return nil, err
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

func decode(text []byte, p *Policy) error {
	dec := yaml.NewDecoder(strings.NewReader(string(text)), yaml.Strict())
	if err := dec.Decode(p); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("policy: it is empty; hotvet gate -print-policy writes the default one")
		}
		return fmt.Errorf("policy: %s", strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	var more any
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("policy: more than one document: what stands behind --- would not be read")
	}
	return nil
}

// Names in a policy.
var (
	inputs     = []string{"findings", "pid", "pprof", "profiles", "health"}
	changeable = []string{"level", "cgo", "cgoflags", "tags", "instrumentation", "buildmode", "flags", "experiment", "privileges"}
	goVersions = []string{"same", "patch", "any"}
)

// validate reports what cannot hold. Comparisons are written so that NaN fails.
func (p *Policy) validate() error {
	if p.Version != 1 {
		return fmt.Errorf("version is %d; this hotvet reads version 1", p.Version)
	}
	if err := known("require", p.Require, inputs); err != nil {
		return err
	}
	if err := known("build: may_change", p.Build.MayChange, changeable); err != nil {
		return err
	}
	if err := known("build: go_version", []string{p.Build.GoVersion}, goVersions); err != nil {
		return err
	}
	for _, share := range []struct {
		name  string
		value float64
	}{{"symbols: max_wrong", p.Symbols.MaxWrong}, {"profile: min_stacks", p.Profile.MinStacks}, {"profile: max_shift", p.Profile.MaxShift}} {
		if !(share.value >= 0 && share.value <= 1) {
			return fmt.Errorf("%s is %v, not between 0 and 1", share.name, share.value)
		}
	}
	if !(p.Health.MinScore >= 85 && p.Health.MinScore <= 100) {
		return fmt.Errorf("health: min_score is %v, not between 85 and 100: a policy may raise it, not lower it", p.Health.MinScore)
	}
	if p.Live.MaxInC < 0 || p.Live.MaxLocked < 0 || p.Live.MaxDeletedFiles < 0 || p.Profile.MinSamples < 0 {
		return errors.New("the limits of live and profile must not be negative")
	}
	if slices.Contains(p.Layout.Types, "") {
		return errors.New("layout: types: a type without a name")
	}
	seen := make(map[string]bool)
	for _, a := range p.AllowUnknown {
		switch {
		case a.Check == "":
			return errors.New("allow_unknown: an entry without a check")
		case !isCheck(a.Check):
			return fmt.Errorf("allow_unknown: no check is called %q; the gate prints their names", a.Check)
		case strings.TrimSpace(a.Reason) == "":
			return fmt.Errorf("allow_unknown: %s has no reason", a.Check)
		case a.Expires.IsZero():
			return fmt.Errorf("allow_unknown: %s does not expire", a.Check)
		case seen[a.Check]:
			return fmt.Errorf("allow_unknown: %s stands there twice", a.Check)
		}
		seen[a.Check] = true
	}
	return nil
}

func known(key string, list, names []string) error {
	for _, name := range list {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s: %q is none of %s", key, name, strings.Join(names, ", "))
		}
	}
	return nil
}

// requires reports whether an input must be given.
func (p *Policy) requires(input string) bool { return slices.Contains(p.Require, input) }

// mayChange reports whether a part of the build may differ.
func (p *Policy) mayChange(what string) bool { return slices.Contains(p.Build.MayChange, what) }
