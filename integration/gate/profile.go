package gate

import (
	"fmt"
	"slices"
	"time"
)

// profiles judges whether what is measured goes on across the update.
func (c *checks) profiles() {
	if c.Profiles == nil {
		return
	}
	p := c.Profiles
	for _, side := range []struct {
		check string
		fact  Fact[string]
	}{{"profile/old", p.Old}, {"profile/new", p.New}} {
		if side.fact.Unknown != "" {
			c.fail(side.check, "%s", side.fact.Unknown)
		} else {
			c.pass(side.check, "%s", side.fact.Value)
		}
	}
	if p.Old.Unknown != "" || p.New.Unknown != "" {
		return
	}
	switch limit := time.Duration(c.policy.Profile.MaxGap); {
	case p.Gap.Unknown != "":
		c.unknown("profile/gap", "%s", p.Gap.Unknown)
	case p.Gap.Value > limit:
		c.fail("profile/gap", "nothing was sampled for %v, the policy allows %v", p.Gap.Value.Round(time.Millisecond), limit)
	default:
		c.pass("profile/gap", "nothing was sampled for %v", p.Gap.Value.Round(time.Millisecond))
	}
	c.similarity()
}

func (c *checks) similarity() {
	got := c.Profiles.Compared
	v, limits := got.Value, c.policy.Profile
	few := min(v.OldSamples, v.NewSamples)
	for _, row := range []struct {
		check string
		ok    bool
		text  string
	}{
		{"profile/stacks", v.Stacks >= limits.MinStacks,
			fmt.Sprintf("similarity of the %s stacks %.2f (Jaccard, of what chance leaves), the policy asks for %.2f", v.Type, v.Stacks, limits.MinStacks)},
		{"profile/hotspots", v.Shift <= limits.MaxShift,
			fmt.Sprintf("%s of %s moved to other functions, beyond chance, the policy allows %s; most: %s", percent(v.Shift), v.Type, percent(limits.MaxShift), v.Largest)},
	} {
		switch {
		case got.Unknown != "":
			c.unknown(row.check, "%s", got.Unknown)
		case few < limits.MinSamples:
			c.unknown(row.check, "too few samples: %d different stacks in OLD's profile and %d in NEW's, the policy asks for %d", v.OldSamples, v.NewSamples, limits.MinSamples)
		case row.ok:
			c.pass(row.check, "%s", row.text)
		default:
			c.fail(row.check, "%s", row.text)
		}
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// health judges the score, which counts only when it is fresh and of the process
// that is asked about.
func (c *checks) health() {
	if c.Health == nil {
		return
	}
	if c.Health.Unknown != "" {
		c.unknown("health/score", "%s", c.Health.Unknown)
		return
	}
	h := c.Health.Value
	age := c.Time.Sub(h.Time)
	limit := time.Duration(c.policy.Health.MaxAge)
	switch {
	case h.Time.IsZero():
		c.unknown("health/fresh", "the answer has no time")
	case age > limit || age < -limit:
		c.fail("health/fresh", "the answer is from %s, %v away from now; the policy allows %v", h.Time.UTC().Format(time.RFC3339), age.Round(time.Second), limit)
	default:
		c.pass("health/fresh", "measured %v ago", max(age, 0).Round(time.Millisecond))
	}
	c.healthOf(h)
	switch least := c.policy.Health.MinScore; {
	case !(h.Score >= 0 && h.Score <= 100):
		c.unknown("health/score", "%v is no score from 0 to 100", h.Score)
	case h.Score < least:
		c.fail("health/score", "score %.4g is below %v: %s", h.Score, least, h.Parts)
	default:
		c.pass("health/score", "score %.4g", h.Score)
	}
}

// healthOf: the answer must come from the process that is to be replaced, or, after
// the update, from its successor.
func (c *checks) healthOf(h Health) {
	const check = "health/process"
	file, name, runs := &c.Old, "OLD", "old"
	if c.After {
		file, name, runs = &c.New, "NEW", "new"
	}
	sameBuild := h.BuildID != "" && slices.Contains(file.BuildIDs, h.BuildID)
	switch {
	case c.Process != nil && h.PID != 0 && h.PID != c.Process.PID:
		c.fail(check, "process %d answered, not %d", h.PID, c.Process.PID)
	case h.BuildID != "" && len(file.BuildIDs) > 0 && !sameBuild:
		c.fail(check, "the answer is from build %.40s, which is not %s", h.BuildID, name)
	case sameBuild:
		c.pass(check, "the answer is from %s, process %d", name, h.PID)
	case c.Process != nil && h.PID == c.Process.PID && (c.Process.Runs.Value == "both" || c.Process.Runs.Value == runs):
		c.pass(check, "process %d answered, which runs %s", h.PID, name)
	default:
		c.unknown(check, "nothing says that %s answered: neither a build id that both know nor the process that -pid names", name)
	}
}
