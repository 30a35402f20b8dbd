package confirm

import (
	"fmt"
	"slices"
	"strings"
)

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
