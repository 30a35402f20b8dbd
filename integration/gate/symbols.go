package gate

import (
	"fmt"
	"strings"
)

// symbols judges the symbol tables: that of each file by itself, and what moves.
func (c *checks) symbols() {
	for _, side := range []struct {
		check string
		file  *File
	}{{"symbols/old", &c.Old}, {"symbols/new", &c.New}} {
		got := side.file.Symbols
		switch v := got.Value; {
		case got.Unknown != "":
			c.unknown(side.check, "%s", got.Unknown)
		case v.Problems > 0:
			c.fail(side.check, "the Go line table and the ELF symbols disagree at %s, such as %s", fmt.Sprintf("%d addresses", v.Problems), v.Example)
		case v.Stripped:
			c.pass(side.check, "%s in the Go line table; the ELF symbols are stripped", plural(v.Functions, "function"))
		default:
			c.pass(side.check, "%s, the Go line table and the ELF symbols agree by address", plural(v.Functions, "function"))
		}
	}
	c.moves()
}

// moves judges what becomes of OLD's code addresses. That functions move is harmless
// while no address leaves the process, and otherwise it is not.
func (c *checks) moves() {
	const check = "symbols/moves"
	if c.Symbols.Unknown != "" {
		c.unknown(check, "%s", c.Symbols.Unknown)
		return
	}
	m := c.Symbols.Value
	kept := ""
	if c.Findings != nil && len(c.Findings.Addresses) > 0 {
		kept = some(c.Findings.Addresses)
	}
	switch {
	case kept != "" && (c.Old.PIE || c.New.PIE):
		c.fail(check, "addresses leave the process at %s, and the loader moves position-independent code at every start", kept)
	case kept != "" && (m.Moved+m.Removed > 0 || m.Wrong > 0):
		c.fail(check, "addresses leave the process at %s, and %d of %s moved or went: %s of OLD's addresses name another function in NEW",
			kept, m.Moved+m.Removed, plural(m.Functions, "function"), percent(m.Wrong))
	case !(m.Wrong <= c.policy.Symbols.MaxWrong):
		c.fail(check, "%s of OLD's addresses name another function in NEW, the policy allows %s", percent(m.Wrong), percent(c.policy.Symbols.MaxWrong))
	default:
		c.pass(check, "%d of %s moved, %d went, %d are new; %s of OLD's addresses name another function in NEW, which matters only to addresses kept outside of the process",
			m.Moved, plural(m.Functions, "function"), m.Removed, m.Added, percent(m.Wrong))
	}
}

// layouts judges each type that is laid over outside bytes.
func (c *checks) layouts() {
	if len(c.Layouts) == 0 {
		if c.Findings == nil {
			c.pass("layout", "the policy names no type; whether the source casts outside bytes to one, -findings would tell")
		} else {
			c.pass("layout", "neither a finding nor the policy names a type")
		}
		return
	}
	for _, l := range c.Layouts {
		check := layoutPrefix + l.Type
		if l.Type == "" {
			check = layoutPrefix + l.Why
		}
		switch {
		case c.Same && l.Type != "":
			c.pass(check, "OLD and NEW are the same file")
		case l.Changes.Unknown != "" && l.Type == "":
			c.unknown(check, "%s", l.Changes.Unknown)
		case l.Changes.Unknown != "":
			c.unknown(check, "%s (named by %s)", l.Changes.Unknown, l.Why)
		case len(l.Changes.Value) > 0:
			c.fail(check, "%s (named by %s)", strings.Join(l.Changes.Value[:min(len(l.Changes.Value), most)], "; "), l.Why)
		default:
			c.pass(check, "the same, %s", l.Text)
		}
	}
}
