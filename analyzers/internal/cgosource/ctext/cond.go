package ctext

import "strings"

// conditions is the stack of open #if groups.
type conditions struct {
	goos  string
	stack []group
}

// A group is one #if ... #endif.
type group struct {
	active bool // the current branch is read
	taken  bool // a branch was read, later ones are not
	outer  bool // the text around the group is read
}

func (c *conditions) active() bool {
	return len(c.stack) == 0 || c.stack[len(c.stack)-1].active
}

// directive takes one preprocessor line, without its #.
func (c *conditions) directive(line string) {
	name, expr := cutWord(strings.TrimLeft(line, " \t"))
	switch name {
	case "if":
		c.open(c.eval(expr))
	case "ifdef":
		c.open(c.defined(expr))
	case "ifndef":
		c.open(!c.defined(expr) || !c.known(expr))
	case "elif":
		c.branch(c.eval(expr))
	case "else", "elifdef", "elifndef":
		c.branch(true)
	case "endif":
		if len(c.stack) > 0 {
			c.stack = c.stack[:len(c.stack)-1]
		}
	}
}

func (c *conditions) open(holds bool) {
	outer := c.active()
	c.stack = append(c.stack, group{active: outer && holds, taken: holds, outer: outer})
}

func (c *conditions) branch(holds bool) {
	if len(c.stack) == 0 {
		return
	}
	g := &c.stack[len(c.stack)-1]
	g.active = g.outer && holds && !g.taken
	g.taken = g.taken || holds
}

// eval reports whether an #if expression may hold. Only the forms that decide
// between systems are understood, everything else may.
func (c *conditions) eval(expr string) bool {
	expr = strings.TrimSpace(expr)
	if expr == "0" {
		return false
	}
	if strings.ContainsAny(expr, "|&=<>+") {
		return c.evalAny(expr)
	}
	neg := strings.HasPrefix(expr, "!")
	word := strings.TrimLeft(expr, "! (")
	word = strings.TrimLeft(strings.TrimPrefix(word, "defined"), " (")
	if !c.known(word) {
		return true
	}
	return c.defined(word) != neg
}

// evalAny understands a plain "a || b"; other compound expressions may hold.
func (c *conditions) evalAny(expr string) bool {
	if strings.ContainsAny(expr, "&=<>+") {
		return true
	}
	for _, part := range strings.Split(expr, "||") {
		if c.eval(strings.ReplaceAll(part, "|", "")) {
			return true
		}
	}
	return false
}

// systems maps the macros that compilers predefine to the GOOS they stand for.
var systems = map[string]string{
	"_WIN32": "windows", "_WIN64": "windows", "WIN32": "windows", "_MSC_VER": "windows", "__MINGW32__": "windows",
	"__APPLE__": "darwin", "__MACH__": "darwin", "__linux__": "linux", "__linux": "linux", "linux": "linux",
	"__FreeBSD__": "freebsd", "__NetBSD__": "netbsd", "__OpenBSD__": "openbsd", "__ANDROID__": "android",
	// C++ only wraps the text in extern "C" under it.
	"__cplusplus": "c++",
}

func (c *conditions) known(expr string) bool {
	word, _ := cutWord(strings.TrimSpace(expr))
	_, known := systems[word]
	return known
}

// defined reports whether a macro may be defined.
func (c *conditions) defined(expr string) bool {
	word, _ := cutWord(strings.TrimSpace(expr))
	goos, known := systems[word]
	return !known || goos == c.goos
}

func cutWord(s string) (word, rest string) {
	if s == "" || !isLetter(s[0]) {
		return "", s
	}
	n := wordLen(s)
	return s[:n], s[n:]
}
