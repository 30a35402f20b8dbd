// Package gate decides whether one binary may replace another while it runs.
//
// It is a pure function of facts and a policy: it opens no file and asks no
// process. Package gatefacts collects the facts.
//
// A check passes, fails or is unknown. Unknown denies as fail does, unless the
// policy allows this check to be unknown, by name, with a reason, until a day.
package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// checks collects rows.
type checks struct {
	*Facts
	policy *Policy
	rows   []finding.Row
}

func (c *checks) add(result, check, format string, args ...any) {
	c.rows = append(c.rows, finding.Row{Check: check, Result: result, Reason: fmt.Sprintf(format, args...)})
}

func (c *checks) pass(check, format string, args ...any) {
	c.add(finding.Pass, check, format, args...)
}

func (c *checks) fail(check, format string, args ...any) {
	c.add(finding.Fail, check, format, args...)
}

func (c *checks) unknown(check, format string, args ...any) {
	c.add(finding.Unknown, check, format, args...)
}

// Decide judges an update. The rows that deny stand first.
func Decide(f *Facts, p *Policy) *finding.Decision {
	c := &checks{Facts: f, policy: p}
	c.required()
	// Have: of a file that cannot be read, or not be executed, nothing else matters.
	if c.files() && c.program() {
		c.host()
		c.privileges()
		c.source()
		c.build()
		c.symbols()
		c.layouts()
		c.cgo()
		c.process()
		c.pprof()
		c.profiles()
		c.health()
	}
	return c.conclude()
}

// files reports whether both binaries can be judged: nothing else is known of one
// that cannot.
func (c *checks) files() bool {
	ok := true
	for _, side := range []struct {
		name string
		file *File
	}{{"old", &c.Old}, {"new", &c.New}} {
		check := "file/" + side.name
		switch {
		case side.file.Problem != "":
			ok = false
			c.fail(check, "%s", side.file.Problem)
		case side.file.Size == 0:
			ok = false
			c.unknown(check, "nothing is known of the file")
		default:
			c.pass(check, "%s, %d bytes", side.file.Path, side.file.Size)
		}
	}
	return ok
}

// required has a row for each input that the policy demands and nobody gave.
func (c *checks) required() {
	given := map[string]bool{
		"findings": c.Findings != nil,
		"pid":      c.Process != nil,
		"pprof":    c.Pprof != nil,
		"profiles": c.Profiles != nil,
		"health":   c.Health != nil,
	}
	for _, name := range inputs {
		if c.policy.requires(name) && !given[name] {
			c.unknown(requiredPrefix+name, "the policy requires it, and it was not given: use -%s", name)
		}
	}
}

// conclude applies the allowances and puts first what denies.
func (c *checks) conclude() *finding.Decision {
	d := &finding.Decision{Result: finding.Allow, Rows: []finding.Row{}}
	weight := make(map[string]int)
	for i := range c.rows {
		row := &c.rows[i]
		switch {
		case row.Result == finding.Fail:
			d.Result = finding.Deny
		case row.Result == finding.Unknown && c.allowed(row):
			weight[row.Check] = 2
		case row.Result == finding.Unknown:
			d.Result = finding.Deny
			weight[row.Check] = 1
		default:
			weight[row.Check] = 3
		}
	}
	d.Rows = append(d.Rows, c.rows...)
	slices.SortStableFunc(d.Rows, func(a, b finding.Row) int { return weight[a.Check] - weight[b.Check] })
	if len(d.Rows) == 0 { // nothing was checked: nothing is known
		d.Result = finding.Deny
	}
	return d
}

// allowed reports whether the policy lets a check be unknown today, and says so in
// the row.
func (c *checks) allowed(row *finding.Row) bool {
	for _, a := range c.policy.AllowUnknown {
		if a.Check != row.Check {
			continue
		}
		if c.Time.Before(a.Expires.AddDate(0, 0, 1)) {
			row.Reason += fmt.Sprintf("; allowed until %s: %s", a.Expires, a.Reason)
			return true
		}
		row.Reason += fmt.Sprintf("; the policy allowed this until %s: %s", a.Expires, a.Reason)
	}
	return false
}

// most is how many examples a reason names.
const most = 5

// some joins the first of a list.
func some(list []string) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// plural returns "1 thing" or "n things".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
