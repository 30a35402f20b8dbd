package gate

import (
	"slices"
	"strings"
)

// program reports whether NEW can be executed: nothing else replaces a process.
func (c *checks) program() bool {
	const check = "build/program"
	switch {
	case !c.New.Program:
		c.fail(check, "NEW cannot be executed: it is linked with -buildmode=%s", orNone(c.New.Build.Settings["-buildmode"]))
		return false
	case !c.New.Executable:
		c.fail(check, "NEW cannot be executed: nobody has the permission (chmod +x %s)", c.New.Path)
	default:
		c.pass(check, "NEW is an executable")
	}
	return true
}

// host judges whether NEW starts on this machine. A program whose instructions the
// processor lacks ends before main, when the old one is gone.
func (c *checks) host() {
	const check = "build/host"
	switch v := c.Host.Value; {
	case c.Host.Unknown != "":
		c.unknown(check, "%s", c.Host.Unknown)
	case v.Problem != "":
		c.fail(check, "NEW would end at its start: %s", v.Problem)
	default:
		c.pass(check, "%s", v.Text)
	}
}

// privileges: what a file gives to its process is no part of its bytes, and a copy
// does not have it. A service that bound port 443 with it cannot bind it again.
func (c *checks) privileges() {
	const check = "file/privileges"
	old, new := c.Old.Privileges, c.New.Privileges
	lost, gained := without(old.Value, new.Value), without(new.Value, old.Value)
	switch {
	case old.Unknown != "":
		c.unknown(check, "OLD: %s", old.Unknown)
	case new.Unknown != "":
		c.unknown(check, "NEW: %s", new.Unknown)
	case len(lost) > 0 && c.policy.mayChange("privileges"):
		c.pass(check, "NEW lacks %s; the policy lets it change", strings.Join(lost, ", "))
	case len(lost) > 0:
		c.fail(check, "OLD has %s and NEW lacks it: give it with setcap or chmod, since a copy does not keep it", strings.Join(lost, ", "))
	case len(gained) > 0:
		c.pass(check, "NEW gains %s", strings.Join(gained, ", "))
	case len(new.Value) > 0:
		c.pass(check, "%s, the same", strings.Join(new.Value, ", "))
	default:
		c.pass(check, "none: neither setuid nor capabilities")
	}
}

// without returns what is in a and not in b.
func without(a, b []string) (list []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			list = append(list, x)
		}
	}
	return list
}

// source judges whether the findings can be relied on: a stream that was cut has
// fewer of them, and one of another program has others.
func (c *checks) source() {
	f := c.Findings
	if f == nil {
		return
	}
	if len(f.Gaps) > 0 {
		c.unknown("findings/complete", "%s", some(f.Gaps))
	} else {
		c.pass("findings/complete", "%s, and the analysis was complete", plural(f.Count, "finding"))
	}
	switch {
	case f.Foreign != "":
		c.unknown("findings/program", "%s", f.Foreign)
	case f.Count == 0:
		c.pass("findings/program", "no finding, which could be of another program")
	default:
		c.pass("findings/program", "they are of modules that NEW is built from")
	}
}
