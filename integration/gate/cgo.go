package gate

import "strings"

// cgo judges the border to C.
func (c *checks) cgo() {
	c.cgoEnabled()
	c.exports()
	c.exportTypes()
	c.libraries()
}

// cgoEnabled compares whether runtime/cgo is part of the program. With it come the
// C library's resolver, its threads and its environment.
func (c *checks) cgoEnabled() {
	const check = "cgo/enabled"
	old, new := c.Old.Cgo, c.New.Cgo
	switch {
	case old.Unknown != "":
		c.unknown(check, "OLD: %s", old.Unknown)
	case new.Unknown != "":
		c.unknown(check, "NEW: %s", new.Unknown)
	case old.Value == new.Value:
		c.pass(check, "%s in both", onOff(new.Value))
	case c.policy.mayChange("cgo"):
		c.pass(check, "%s became %s; the policy lets it change", onOff(old.Value), onOff(new.Value))
	default:
		c.fail(check, "%s became %s: build both with the same CGO_ENABLED", onOff(old.Value), onOff(new.Value))
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// exports: C that still runs, or is loaded again, calls what was exported. The C that
// calls into a dependency comes with it, so that a new version takes both along.
func (c *checks) exports() {
	const check = "cgo/exports"
	v := c.Exports.Value
	switch {
	case c.Exports.Unknown != "":
		c.unknown(check, "%s", c.Exports.Unknown)
	case len(v.Removed) > 0:
		c.fail(check, "callbacks that C may call were removed: %s", some(v.Removed))
	case len(v.Replaced) > 0:
		c.pass(check, "%s; %s", plural(v.Old, "callback"), some(v.Replaced))
	case len(v.Added) > 0:
		c.pass(check, "%s; added: %s", plural(v.Old, "callback"), some(v.Added))
	default:
		c.pass(check, "%s, the same", plural(v.New, "callback"))
	}
}

// exportTypes: a callback of the same name can take its arguments from elsewhere.
func (c *checks) exportTypes() {
	const check = "cgo/signatures"
	v := c.Exports.Value
	if c.Exports.Unknown != "" || v.Old == 0 {
		return // said by exports, or nothing that could change
	}
	switch {
	case c.Same:
		c.pass(check, "OLD and NEW are the same file")
	case len(v.Retyped) > 0:
		c.fail(check, "%s", strings.Join(v.Retyped[:min(len(v.Retyped), most)], "; "))
	case v.Types.Unknown != "":
		c.unknown(check, "%s", v.Types.Unknown)
	default:
		c.pass(check, "no callback changed its parameters or results")
	}
}

// libraries: what ld.so cannot load or link ends NEW before its first instruction.
func (c *checks) libraries() {
	const check = "cgo/libraries"
	v := c.Libraries.Value
	switch {
	case c.Libraries.Unknown != "":
		c.unknown(check, "%s", c.Libraries.Unknown)
	case len(v.Problems) > 0:
		c.fail(check, "NEW would end in the loader: %s", some(v.Problems))
	case v.Static:
		c.pass(check, "NEW needs no shared library")
	default:
		c.pass(check, "%s found on this host, with the versions that NEW needs", plural(v.Found, "shared object"))
	}
}
