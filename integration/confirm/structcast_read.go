package confirm

import (
	"fmt"
	"slices"
	"strings"
)

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
