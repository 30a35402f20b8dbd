package lifecycle

import (
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Role is one thing that the model knows about a function. The head of
// model.txt says what each verb means, and what its object names.
type Role struct {
	Verb   string
	Object string // "" for a verb without one
}

// String is the role as model.txt writes it.
func (r Role) String() string {
	if r.Object == "" {
		return r.Verb
	}
	return r.Verb + ":" + r.Object
}

//go:embed model.txt
var modelText string

// model is the embedded table. Nothing but a wrong edit of model.txt makes it
// fail, and the package's tests parse the same text. A vettool runs once per
// package, so what this costs (half a millisecond) is paid on first use only.
var model = sync.OnceValue(func() map[string][]Role {
	table, err := parseModel(modelText)
	if err != nil {
		panic(err)
	}
	return table
})

// modelPackages are the paths of the packages that the model has functions of.
// Most callees are of another package, and for those no full name is built.
var modelPackages = sync.OnceValue(func() map[string]bool {
	paths := make(map[string]bool)
	for name := range model() {
		paths[modelPath(name)] = true
	}
	return paths
})

// modelPath returns the package path in a full name.
func modelPath(name string) string {
	if strings.HasPrefix(name, "(") {
		name = strings.TrimPrefix(name[1:strings.IndexByte(name, ')')], "*")
	}
	return name[:strings.LastIndexByte(name, '.')]
}

// Roles returns what the model knows about fn, or about the generic function
// that fn instantiates; nil when it knows nothing. The caller must not change
// the slice.
func Roles(fn *types.Func) []Role {
	if fn == nil || fn.Pkg() == nil {
		return nil // a method of error, or of a predeclared constraint
	}
	path := fn.Pkg().Path()
	source := unvendored(path)
	if !modelPackages()[source] {
		return nil
	}
	name := fn.Origin().FullName()
	if source != path {
		name = strings.Replace(name, path, source, 1)
	}
	// The receiver of a generic type's method is printed with type parameters,
	// whose names are up to each declaration.
	if before, rest, ok := strings.Cut(name, "["); ok {
		_, after, _ := strings.Cut(rest, "]")
		name = before + after
	}
	return model()[name]
}

// unvendored returns the path of the package that path is a vendored copy of:
// "b" for "a/vendor/b", and for the toolchain's "vendor/b" and "cmd/vendor/b".
func unvendored(path string) string {
	if i := strings.LastIndex("/"+path, "/vendor/"); i >= 0 {
		return path[i+len("vendor/"):]
	}
	return path
}

// Names returns the full names of all functions of the model, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(model()))
}

// EffectNames returns the full names of the functions that take part in effects:
// only a package that mentions one of them, or a function with a fact, has facts.
func EffectNames() []string {
	var names []string
	for name, roles := range model() {
		if slices.ContainsFunc(roles, func(r Role) bool { return effective[r.Verb] }) {
			names = append(names, name)
		}
	}
	return names
}

// isFullName reports whether name has the shape of a listed name: path.Func,
// (path.Type).Method or (*path.Type).Method.
func isFullName(name string) bool {
	if recv, method, ok := strings.Cut(name, ")."); ok {
		recv, ok = strings.CutPrefix(recv, "(")
		return ok && token.IsIdentifier(method) && isQualified(strings.TrimPrefix(recv, "*"))
	}
	return isQualified(name)
}

// isQualified reports whether name is a package path, a dot and an identifier.
func isQualified(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i > 0 && name[i-1] != '/' && token.IsIdentifier(name[i+1:]) && !strings.ContainsAny(name[:i], "()[]*: \t\r")
}

// modelVerbs returns the form that the object of each verb must have.
func modelVerbs() map[string]*regexp.Regexp {
	forms := map[string]string{
		``:                 `replaces mayexit exits armsexit restarts ready notifies catchesctx request waits events ticks`,
		`arg\d`:            `onexit onrestart onsignal handles wraps catches uncatches goes later once reloads`,
		`arg\d|recv`:       `calls`,
		`arg\d,arg\d`:      `actor`,
		`arg0|recv`:        `publishes loads`,
		`recv`:             `firesexit swaps locks unlocks rlocks runlocks trylocks tryrlocks`,
		`recv|global`:      `watches rereads writes reads flushes`,
		`process`:          `panics spawns reaps signals`,
		`goroutine`:        `ends`,
		`self`:             `overwrites`,
		`signals`:          `ignores resets`,
		`profilerate`:      `sets`,
		`[A-Z]\w*`:         `stopsby`,
		`cpu|trace|routes`: `profiles`,

		`cpuprofile|trace|profile`:  `starts stops`,
		`listener|packet|conn|file`: `inherits`,
		`http|net|service`:          `serves drains`,
		`http|net|listener`:         `closes`,
	}
	verbs := make(map[string]*regexp.Regexp)
	for form, names := range forms {
		for _, verb := range strings.Fields(names) {
			verbs[verb] = regexp.MustCompile(`^(?:` + form + `)$`)
		}
	}
	// The two verbs whose object is a shade of the plain meaning.
	verbs["restarts"] = regexp.MustCompile(`^(?:signal)?$`)
	verbs["ticks"] = regexp.MustCompile(`^(?:once)?$`)
	return verbs
}

// parseModel parses a table in the form of model.txt. Its errors begin with the
// line number: a malformed name, an unknown verb, an object that does not fit
// its verb, a function or role listed twice.
func parseModel(text string) (map[string][]Role, error) {
	table := make(map[string][]Role)
	p := modelParser{verbs: modelVerbs(), roles: make(map[string]Role)}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		name, roles, err := p.line(line)
		if err == nil && table[name] != nil {
			err = fmt.Errorf("%s is listed twice", name)
		}
		if err != nil {
			return nil, fmt.Errorf("model line %d: %v", number, err)
		}
		table[name] = roles
	}
	return table, nil
}

// modelParser remembers the words it has checked: the same few dozen recur.
type modelParser struct {
	verbs map[string]*regexp.Regexp
	roles map[string]Role
}

func (p *modelParser) line(line string) (string, []Role, error) {
	words := strings.Split(line, " ")
	name := words[0]
	if !isFullName(name) {
		return "", nil, fmt.Errorf("%q is not a full name", name)
	}
	if len(words) == 1 {
		return "", nil, fmt.Errorf("%s has no role", name)
	}
	roles := make([]Role, 0, len(words)-1)
	for _, word := range words[1:] {
		role, err := p.role(word)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %v", name, err)
		}
		if slices.Contains(roles, role) {
			return "", nil, fmt.Errorf("%s: role %s is listed twice", name, role)
		}
		roles = append(roles, role)
	}
	return name, roles, nil
}

func (p *modelParser) role(word string) (Role, error) {
	if role, ok := p.roles[word]; ok {
		return role, nil
	}
	verb, object, colon := strings.Cut(word, ":")
	form := p.verbs[verb]
	switch {
	case form == nil:
		return Role{}, fmt.Errorf("unknown verb %q", verb)
	case !form.MatchString(object) || colon && object == "":
		return Role{}, fmt.Errorf("%q does not fit verb %s", word, verb)
	}
	role := Role{Verb: verb, Object: object}
	p.roles[word] = role
	return role, nil
}
