package confirm

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// castExperiments are those of the analyzer structcast.
//
// All but one replace the program. The old build runs, and runs again on what it
// left; then a build whose struct has one field more (or, for arch, is of a 32-bit
// architecture) runs on the same. What each reads through the cast, and which fields
// it then uses, is compared.
var castExperiments = map[string]experiment{
	"structcast/file":   updateExperiment("fields read from bytes of the old build"),
	"structcast/mmap":   updateExperiment("fields read from a mapping that the old build left"),
	"structcast/shm":    updateExperiment("fields read from memory that the old build left"),
	"structcast/socket": updateExperiment("fields read from bytes that the old build sent"),
	"structcast/arch":   updateExperiment("fields that a 386 build reads from bytes of the old build"),
	"structcast/mirror": updateExperiment("fields read when the struct is laid out otherwise than its owner's"),
	"structcast/short": {
		trial:  Plain,
		oracle: "end of the view against the end of the buffer",
		change: func(s *build.Site, site, _, _ int) { s.Body = countCame(site) },
		judge:  judgeShort,
	},
}

func updateExperiment(oracle string) experiment {
	return experiment{
		trial:  Update,
		oracle: oracle,
		change: func(s *build.Site, site, _, _ int) { s.Body = countCame(site) },
		judge:  judgeCast,
	}
}

func countCame(site int) string { return fmt.Sprintf("%s.Came(%d)", probeName, site) }

// judgeCast says whether the new program took the bytes of the old one for what
// they are not.
//
// That it laid its struct over them is not enough: a program may look at a version
// through the struct and refuse the rest. What decides is a field that it read at a
// place where the old program reads it too, with the value that only the new layout
// gives it.
func judgeCast(c *Case) opinion {
	old, updated := c.generations()
	before := c.castsOf(old)
	switch {
	case len(old) == 0:
		return unreached("the program did not start")
	case len(before) == 0:
		return unreached("the old program never came to this cast")
	case len(updated) == 0:
		return unreached("the new program did not start: what came after the restart was the old one")
	}
	readings := c.readings(updated, before[0].layout())
	if len(readings) == 0 {
		return c.notRead(old, updated)
	}
	if o := c.misread(old, readings); o.result != finding.Unreached {
		return o
	}
	return c.harmless(old, readings)
}

// misread looks for a field that the new program read with a wrong value.
func (c *Case) misread(old []*Image, readings []*reading) opinion {
	known := c.known(old, readings)
	var seen outcome
	for _, r := range readings {
		from, ok := c.foreign(r, old)
		differing := r.differing()
		if !ok || len(differing) == 0 {
			continue
		}
		if c.cast.made {
			return c.misreadByOwner(r, differing[0])
		}
		seen.wrong = append(seen.wrong, r)
		for _, u := range r.image.Uses {
			p, ok := c.use(u)
			if !ok || u.Order < r.cast.Order {
				continue
			}
			name, ok := r.leaf(p.field, differing)
			if !ok {
				seen.ambiguous = seen.ambiguous || u.Value != "0" && r.is[p.field] == u.Value
				continue
			}
			values := c.usedBy(old, u.Number)
			switch {
			case r.is[name] != u.Value:
				seen.others = append(seen.others, taken{name, u.Value, p})
			case len(values) == 0 || !c.mirrors() && (known[p.field][u.Value] || u.Value == "0" || u.Value == "false"):
				seen.ambiguous = true
			default:
				return confirmed(c.misreadReason(), c.misreadEvidence(r, name, p, values, u.Value, from)...)
			}
		}
	}
	return c.notTaken(old, &seen)
}

func (c *Case) misreadReason() string {
	if c.mirrors() {
		return fmt.Sprintf("with %s, nothing notices that the owner of the value lays it out otherwise", c.cast.change)
	}
	return fmt.Sprintf("with %s, the program reads the bytes that the old one left by its own layout", c.cast.change)
}

// An outcome is what became of wrong values that were not seen to be used.
type outcome struct {
	wrong     []*reading
	ambiguous bool    // a use had a wrong value that may also be a right one
	others    []taken // uses of the same fields, with other values
}

// A taken value was read from a field.
type taken struct {
	field, value string
	use          plannedUse
}

// misreadByOwner tells what the owner of a layout finds in a value made of a struct
// that is laid out otherwise. It reads that at once, by its own layout.
func (c *Case) misreadByOwner(r *reading, name string) opinion {
	return confirmed(fmt.Sprintf("with %s, a value is made that its owner reads by another layout", c.cast.change),
		evidence("misread", map[string]any{"field": name, "old": r.is[name], "new": r.was[name]},
			"%s is %s, its owner reads %s; %s", name, r.is[name], r.was[name], moved(name, r.old, r.new)))
}

// mirrors reports whether the finding is about the layout of an owner, which has
// no version in it that one could look at through the cast.
func (c *Case) mirrors() bool { return c.Finding.Category == "structcast/mirror" }

// misreadEvidence tells what was read instead of what.
func (c *Case) misreadEvidence(r *reading, name string, p plannedUse, was []string, is, whose string) []*finding.Evidence {
	was = was[:min(3, len(was))]
	where := fmt.Sprintf("%s:%d", filepath.Base(p.place.File), p.place.Line)
	text := fmt.Sprintf("%s was %s, the update reads %s; %s", name, strings.Join(was, ", then "), is, moved(name, r.old, r.new))
	list := []*finding.Evidence{
		evidence("misread", map[string]any{"field": name, "old": was, "new": is, "place": where}, "%s: %s, of %s", where, text, whose),
		evidence("layout", c.layouts(r), "%s has %d bytes in the old program and %d in the new one", c.cast.name, r.old.size, r.new.size),
	}
	return list
}

// judgeShort says whether a view ends behind its buffer.
func judgeShort(c *Case) opinion {
	hits := false
	var last *Span
	for _, m := range c.Images {
		hits = hits || m.Count(c.Site, probeHits) > 0
		for _, s := range m.Spans[c.Site] {
			last = &s
			if s.Have < s.Want {
				return confirmed("the view runs past the end of its buffer",
					evidence("bounds", s, "the view takes %d bytes where the buffer has %d: it ends %d bytes behind the buffer", s.Want, s.Have, s.Want-s.Have))
			}
		}
	}
	switch {
	case last != nil:
		return refuted("the view ends within its buffer",
			evidence("bounds", *last, "the view takes %d bytes where the buffer has %d", last.Want, last.Have))
	case !hits:
		return unreached("the program never came to this place")
	}
	return unreached("the buffer behind the view was not seen: where it gets its size is not known")
}
