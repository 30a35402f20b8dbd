package confirm

import (
	"fmt"
	"path/filepath"
	"slices"
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

// A castCase is what a case about a cast has besides.
type castCase struct {
	structType int
	name       string // of the struct
	change     string // what the new build has, such as "one field more"
	uses       []plannedUse
	made       bool // a value of another owner is made of the struct
}

// A reading is one cast of the new program, seen in the layouts of both.
type reading struct {
	cast     Cast
	image    *Image
	old, new layout
	was, is  map[string]string // values in the layout of the old program, and of the new
}

// differing returns the fields that do not have the same value in both.
func (r *reading) differing() (names []string) {
	for _, f := range r.new.fields {
		if was, ok := r.was[f.Name]; ok && r.is[f.Name] != "" && was != r.is[f.Name] {
			names = append(names, f.Name)
		}
	}
	return names
}

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

// generations returns the images of the old build and those of the new one.
func (c *Case) generations() (old, updated []*Image) {
	for _, m := range c.Images {
		if m.Updated {
			updated = append(updated, m)
		} else {
			old = append(old, m)
		}
	}
	return old, updated
}

func (c *Case) castsOf(images []*Image) (list []Cast) {
	for _, m := range images {
		list = append(list, m.Casts[c.Site]...)
	}
	return list
}

// readings returns what the new program read, as both layouts show it.
func (c *Case) readings(updated []*Image, old layout) (list []*reading) {
	for _, m := range updated {
		for _, cast := range m.Casts[c.Site] {
			r := &reading{cast: cast, image: m, old: old, new: cast.layout()}
			r.was, r.is = old.decode(cast.Raw), r.new.decode(cast.Raw)
			list = append(list, r)
		}
	}
	return list
}

// foreign reports whether bytes are not of the new program's own making, and says
// whose they are.
func (c *Case) foreign(r *reading, old []*Image) (whose string, ok bool) {
	if c.Finding.Category == "structcast/mirror" {
		return "a value of their owner", true
	}
	if r.cast.From != "" {
		return r.cast.From, true
	}
	for i, end := range c.Ends {
		for _, m := range old {
			for _, sent := range m.Casts[end] {
				n := r.old.size
				if sent.Type == r.cast.Type && n <= len(sent.Raw) && n <= len(r.cast.Raw) && !zero(sent.Raw[:n]) &&
					string(sent.Raw[:n]) == string(r.cast.Raw[:n]) {
					posn := c.Finding.Related[i].Posn
					return fmt.Sprintf("bytes that the old program sent at %s:%d", posn.File, posn.Line), true
				}
			}
		}
	}
	return "", false
}

func zero(raw []byte) bool { return !slices.ContainsFunc(raw, func(b byte) bool { return b != 0 }) }

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

// notTaken judges wrong values that were not seen to be used. That the new program
// refused them shows when it used no field, or had another value in one that it
// never changes.
func (c *Case) notTaken(old []*Image, seen *outcome) opinion {
	if len(seen.wrong) == 0 {
		return unreached("")
	}
	fresh := false
	for _, t := range seen.others {
		is := slices.ContainsFunc(seen.wrong, func(r *reading) bool { return r.is[t.field] == t.value })
		fresh = fresh || !is && !t.use.changes
	}
	switch {
	case !c.takes(old):
		return unreached("the struct was laid over bytes of the old program, but no field of it is read where hotvet sees it")
	case c.crashed(seen.wrong[len(seen.wrong)-1].image):
		return unreached("the new program read wrong values and crashed before it used one where hotvet sees it: %s", c.Exit)
	case seen.ambiguous:
		return unreached("the new program read wrong values, but such as the old one reads too: they do not tell the layouts apart")
	case len(seen.others) > 0 && !fresh:
		return unreached("the new program read wrong values, but used only fields of %s that it had changed itself since", c.cast.name)
	}
	r := seen.wrong[0]
	whose, _ := c.foreign(r, old)
	return refuted("the new program refused the bytes that the old one left: it used no field as it is in them",
		evidence("layout-guard", c.layouts(r), "with %s, fields of %s have other values in %s, and none of these was used", c.cast.change, c.cast.name, whose))
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

// use returns the place of a use that counts: of a field of the struct that does not
// decide whether the bytes are taken.
func (c *Case) use(u Use) (plannedUse, bool) {
	if u.Number >= len(c.cast.uses) {
		return plannedUse{}, false
	}
	p := c.cast.uses[u.Number]
	return p, p.structType == c.cast.structType && (!p.check || c.mirrors())
}

// leaf returns the field of a path that is among some: an atomic value is one in it.
func (r *reading) leaf(path string, among []string) (string, bool) {
	for _, name := range among {
		if name == path || strings.HasPrefix(name, path+".") {
			return name, true
		}
	}
	return "", false
}

// known returns the values of each field that the old program has read, or would
// read: they do not show that the new one read wrongly.
func (c *Case) known(old []*Image, readings []*reading) map[string]map[string]bool {
	known := make(map[string]map[string]bool)
	add := func(field, value string) {
		if known[field] == nil {
			known[field] = make(map[string]bool)
		}
		known[field][value] = true
	}
	for _, m := range old {
		for _, u := range m.Uses {
			if p, ok := c.use(u); ok {
				add(p.field, u.Value)
			}
		}
		for _, cast := range m.Casts[c.Site] {
			for field, value := range cast.layout().decode(cast.Raw) {
				add(field, value)
			}
		}
	}
	for _, r := range readings {
		for field, value := range r.was {
			if r.cast.From != "" && !c.mirrors() && c.aligned(old, r) {
				add(field, value)
			}
		}
	}
	return known
}

// aligned reports whether the old program has read, or left, the very struct that
// the new one reads, and not the end of one and the beginning of the next.
func (c *Case) aligned(old []*Image, r *reading) bool {
	for _, cast := range c.castsOf(old) {
		if n := r.old.size; n <= len(cast.Raw) && n <= len(r.cast.Raw) && string(cast.Raw[:n]) == string(r.cast.Raw[:n]) {
			return true
		}
	}
	return false
}

// usedBy returns the values that images read at a place, in order.
func (c *Case) usedBy(images []*Image, number int) (values []string) {
	for _, m := range images {
		for _, u := range m.Uses {
			if u.Number == number && !slices.Contains(values, u.Value) {
				values = append(values, u.Value)
			}
		}
	}
	return values
}

// takes reports whether images used fields that do not decide.
func (c *Case) takes(images []*Image) bool {
	for _, m := range images {
		for _, u := range m.Uses {
			if _, ok := c.use(u); ok {
				return true
			}
		}
	}
	return false
}

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

func (c *Case) layouts(r *reading) map[string]any {
	offsets := func(l layout) map[string]int {
		m := make(map[string]int)
		for _, f := range l.fields {
			m[f.Name] = f.Offset
		}
		return m
	}
	return map[string]any{"struct": c.cast.name, "old_size": r.old.size, "new_size": r.new.size,
		"old_offsets": offsets(r.old), "new_offsets": offsets(r.new)}
}

// notRead judges a new program that never laid the struct over anything.
func (c *Case) notRead(old, updated []*Image) opinion {
	again := slices.ContainsFunc(old[1:], func(m *Image) bool { return len(m.Casts[c.Site]) > 0 })
	last := updated[len(updated)-1]
	switch {
	case !again:
		return unreached("the old program did not come to this cast again when it was started on what it had left")
	case c.crashed(last):
		return unreached("the new program crashed before it came to this cast: %s", c.Exit)
	case c.misreadElsewhere(updated):
		return unreached("the new program took another way than the old one, for it read %s elsewhere", c.cast.name)
	}
	entered := uint64(0)
	for _, m := range updated {
		entered += m.Count(c.Site, probeEntered)
	}
	data := map[string]any{"casts_old": len(c.castsOf(old)), "casts_new": 0, "calls_new": entered}
	if last.End == Exited && c.Exit != "exit status 0" && lastLine(c.Output) != "" {
		return endingWith(refuted("the new program refuses to start on what the old one left",
			evidence("layout-guard", data, "with %s, the new program ended with %s: %s", c.cast.change, c.Exit, lastLine(c.Output))))
	}
	calls := fmt.Sprintf("in %d calls of the function", entered)
	if entered == 0 {
		calls = "nor did it call the function"
	}
	return refuted("the new program does not take the bytes that the old one left",
		evidence("layout-guard", data, "the old program laid %s over bytes here when it was started again; with %s, the new one did not, %s",
			c.cast.name, c.cast.change, calls))
}

// crashed reports whether the last image of the new program ended by a signal or by
// an error of the run-time system, and not by a decision of its own.
func (c *Case) crashed(last *Image) bool {
	return last.End == Exited && (c.Signal != "" || strings.Contains(c.Output, "fatal error: ") || strings.Contains(c.Output, "panic: runtime error"))
}

// endingWith says that the end of the program is explained.
func endingWith(o opinion) opinion {
	o.ends = true
	return o
}

// misreadElsewhere reports whether the new program laid the same struct over bytes
// at other places.
func (c *Case) misreadElsewhere(updated []*Image) bool {
	for _, m := range updated {
		for site, casts := range m.Casts {
			if site != c.Site && !slices.Contains(c.Ends, site) && len(casts) > 0 && casts[0].Type == c.cast.name {
				return true
			}
		}
	}
	return false
}

// lastLine returns the line of an output that says most: the panic, if there is
// one, or the last.
func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, line := range slices.Backward(lines) {
		if strings.HasPrefix(line, "panic: ") {
			return line
		}
	}
	return lines[len(lines)-1]
}

// harmless judges casts that gave no wrong value.
func (c *Case) harmless(old []*Image, readings []*reading) opinion {
	same, own, private := 0, 0, 0
	known := c.known(old, readings)
	for _, r := range readings {
		_, foreign := c.foreign(r, old)
		switch {
		case foreign && !zero(r.cast.own()) && len(r.differing()) == 0:
			same++
		case foreign:
			return c.misread(old, readings)
		case c.inMemory() && (r.cast.File == "" || strings.HasPrefix(r.cast.File, "/dev/zero")):
			private++
		case !zero(r.cast.own()) && r.agrees(known):
			own++
		}
	}
	r := readings[0]
	switch {
	case same > 0 && same+own == len(readings):
		return refuted("the new program reads what the old one left as the old one does",
			evidence("layout", c.layouts(r), "%s has %d bytes in the old program, %d in the new one, and the same values in both: %s",
				c.cast.name, r.old.size, r.new.size, values(r)))
	case private == len(readings):
		return refuted("the memory belongs to the process alone: no other build writes it",
			evidence("memory", map[string]any{"casts": private}, "none of %d casts of %s in the new program lay over a file or over shared memory", private, c.cast.name))
	case own == len(readings):
		return refuted("the new program reads only what it wrote itself",
			evidence("layout", c.layouts(r), "with %s, %s has the values that the old program reads: %s", c.cast.change, c.cast.name, values(r)))
	}
	return unreached("the new program did not read what the old one left")
}

// inMemory reports whether the bytes are said to lie in memory that others write.
func (c *Case) inMemory() bool {
	return c.Finding.Category == "structcast/mmap" || c.Finding.Category == "structcast/shm"
}

// agrees reports whether the new program reads nothing but values known to the old.
func (r *reading) agrees(known map[string]map[string]bool) bool {
	for name, value := range r.is {
		if known[name] != nil && !known[name][value] {
			return false
		}
	}
	return true
}

// values writes some of the values that were read.
func values(r *reading) string {
	var list []string
	for _, f := range r.new.fields {
		if len(list) < 4 && r.is[f.Name] != "" {
			list = append(list, f.Name+" "+r.is[f.Name])
		}
	}
	return strings.Join(list, ", ")
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
